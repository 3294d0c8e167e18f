"""Names that no file has and homes that no user has: a short line says so, whatever was typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.cli import main
from evalkit.errors import UnknownNameError
from evalkit.golden import folder

LONG = "a" * 5000
LINES = [
    "golden check {}",
    "report {}",
    "diff helpdesk {} --old hash/8 --new hash/16",
    "interleave score {} {}",
    "run helpdesk --model run/{}",
    "run helpdesk --model vectors/{}",
    "run helpdesk --model {}",
    "run helpdesk --model hash/16 -o {}/x.trec",
    "parity {} {}",
    "audit {} --expect hash/64",
    "embed {} --model hash/8 -o x",
    "golden import {} -o y",
    "golden from-log {} --size 3 -o y",
    "golden merge helpdesk {}",
    "plan helpdesk --old hash/8 --new hash/16 --plan {}",
    "audit x --audit {}",
    "canary {} --margin 0.1 --share 0.5",
    "gate helpdesk --model hash/16 --baseline {}",
    "compare helpdesk --baseline hash/16 --candidate hash/8 -o {}",
    "compare helpdesk --baseline hash/16 --candidate hash/8 --{}",
    "{}",
]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to work in, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


@pytest.mark.long
@pytest.mark.parametrize("line", LINES)
def test_a_name_of_5000_characters_fills_no_terminal(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(line.format(LONG, LONG).split()) == 2
    told = capsys.readouterr()
    assert "error[EK" in told.err
    assert "EK900" not in told.err
    assert "hint: " in told.err
    assert 40 < len(told.err) < 1500
    assert not told.out


def test_a_name_that_no_file_system_takes_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["report", LONG]) == 2
    assert "error[EK259]" in capsys.readouterr().err


def test_what_is_offered_is_a_golden_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mine", "__pycache__"):
        (tmp_path / "goldensets" / name).mkdir(parents=True)
    (tmp_path / "goldensets" / "mine" / "golden.toml").touch()
    (tmp_path / "goldensets" / "__pycache__" / "figures.pyc").touch()
    monkeypatch.setattr(folder, "__file__", str(tmp_path / "package" / "golden" / "folder.py"))
    with pytest.raises(UnknownNameError) as raised:
        folder.find_golden("none of them")
    assert raised.value.hint == "choose from mine; or name a folder that exists"


@pytest.mark.parametrize("taken", ["a-file", "a-file/below"])
def test_a_cache_where_none_can_be_is_told(
    taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a-file").touch()
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / taken))
    assert main.run(["run", "helpdesk", "--model", "hash/16"]) == 2
    told = capsys.readouterr().err
    assert "error[EK601]" in told
    assert "EVALKIT_CACHE" in told


def test_a_user_without_a_home_names_the_cache(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def homeless(path: Path) -> Path:
        raise RuntimeError(f"Could not determine home directory: {path}")

    monkeypatch.delenv("EVALKIT_CACHE")
    monkeypatch.setattr(Path, "expanduser", homeless)  # as where HOME is unset and no user has this number
    assert main.run(["run", "helpdesk", "--model", "hash/16"]) == 2
    told = capsys.readouterr().err
    assert "error[EK258]" in told
    assert "--cache FOLDER" in told
