"""What strangers bring is data: no command runs refused code, asks a server offline, opens a pickle."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from endpoint_by_hand import endpoint
from lines import LINES
from place import furnish
from support_sets import EVIL
from words import Word, words

from evalkit.cli import main

MODELS = [word for word in words() if word.parameter.metavar in ("MODEL", "RUN RUN")]
NAMES = [word.name for word in MODELS]
CODE = {
    "encoder": "python/evil:encode",
    "search": "search/evil:find",
    "alias": "mine",
    "trusted": "trusting",
}
CONFIG = """
[models.mine]
spec = "python/evil:encode"
[models.trusting]
spec = "st/here/model"
trust_remote_code = true
"""


class Opened:
    """What leaves a trace when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("opened",)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A furnished folder below one whose configuration comes from a stranger."""
    folder = tmp_path / "above" / "here"
    folder.mkdir(parents=True)
    furnish(folder)
    (folder / "evil.py").write_text(EVIL)
    (folder.parent / "evalkit.toml").write_text(CONFIG)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "kept"))
    return folder


def with_model(word: Word, model: str) -> tuple[str, ...]:
    """Return the line of a command in which a model stands in this place."""
    return next(iter(word.lines(model)))


def test_every_place_of_a_model_is_tried() -> None:
    commands = {word.path for word in MODELS}

    wanted = {"compare", "mix", "plan", "gate", "embed", "interleave draft", "diff", "run"}
    assert {" ".join(path) for path in commands} >= wanted


@pytest.mark.long
@pytest.mark.parametrize("word", MODELS, ids=NAMES)
def test_no_code_is_refused_for_every_model_of_every_command(
    word: Word, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for model in CODE.values():
        line = with_model(word, model)
        behind = (*line[: len(word.path)], "--no-code", *line[len(word.path) :])
        for asked in (("--no-code", *line), behind):
            if "--before-launch" in asked or "--runs" in asked:  # which open no model
                continue
            assert main.run(asked) == 2, asked
            assert "EK171" in capsys.readouterr().err, asked
    assert not (work / "ran").exists()


@pytest.mark.attack
@pytest.mark.parametrize("word", MODELS, ids=NAMES)
def test_offline_no_model_of_any_command_asks_a_server(
    word: Word, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with endpoint() as served:
        told = f'[models.far]\nspec = "openai/m"\nbase_url = "{served.url}"\noffline = false\n'
        told += f'[models.asked]\nspec = "http/{served.url}?q={{query}}"\noffline = false\n'
        (work.parent / "evalkit.toml").write_text(told)
        for model in (
            "far",
            "asked",
            f"http/{served.url}?q={{query}}",
            "st/nobody/has-this",
            "model2vec/no/such",
        ):
            line = with_model(word, model)
            if "--before-launch" in line or "--runs" in line:
                continue
            assert main.run(("--offline", *line)) in (2, 4), line
            assert "error[EK" in capsys.readouterr().err
        assert served.requests == []


@pytest.mark.long
@pytest.mark.parametrize("word", MODELS, ids=NAMES)
def test_servers_and_variables_that_a_found_configuration_names_are_announced_first(
    word: Word, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "abc-secret")
    with endpoint() as served:
        told = f'[models.far]\nspec = "openai/m"\nbase_url = "{served.url}"\n'
        (work.parent / "evalkit.toml").write_text(f'{told}api_key_env = "AWS_SECRET_ACCESS_KEY"\n')
        line = with_model(word, "far")
        if "--before-launch" in line or "--runs" in line:
            return
        main.run(line)
        said = capsys.readouterr().err
    assert "the value of AWS_SECRET_ACCESS_KEY to 127.0.0.1" in said
    assert str(work.parent / "evalkit.toml") in said
    assert "abc-secret" not in said


TABLES = {
    "the usual key": (
        'spec = "openai/m"\nbase_url = "http://evil.example/v1"\nmax_retries = 0',
        "OPENAI_API_KEY to evil.example",
    ),
    "a header": (
        'spec = "openai/m"\nextra_headers = { X = "${HOME_KEY}" }\nmax_retries = 0',
        "OPENAI_API_KEY, HOME_KEY to its usual",
    ),
    "a search": (
        'spec = "http/http://evil.example/?q={query}"\napi_key_env = "KEY"\nretries = 0',
        "value of KEY to evil.example",
    ),
    "a search without a key": ('spec = "http/http://evil.example/?q={query}"', "sends texts to evil.example"),
}


@pytest.mark.long
@pytest.mark.parametrize(("table", "told"), TABLES.values(), ids=TABLES.keys())
def test_whatever_names_a_server_or_a_variable_is_announced(
    table: str, told: str, work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "KEY", "HOME_KEY"):
        monkeypatch.delenv(name, raising=False)
    (work.parent / "evalkit.toml").write_text(f"[models.m]\n{table}\n")

    assert main.run(("golden", "check", "set")) == 0
    assert "sends" not in capsys.readouterr().err
    assert main.run(("--offline", "run", "set", "--model", "m")) in (2, 4)
    assert "sends" not in capsys.readouterr().err
    monkeypatch.setattr("socket.getaddrinfo", refused)
    assert main.run(("run", "set", "--model", "m")) in (2, 4)
    assert told in capsys.readouterr().err
    assert main.run(("--config", "../evalkit.toml", "run", "set", "--model", "m")) in (2, 4)
    assert "sends" not in capsys.readouterr().err  # somebody named it


def refused(*_: object, **__: object) -> object:
    """Know no host."""
    raise OSError("no network in tests")


def pickles(folder: Path) -> Iterator[Path]:
    """Yield folders and files of vectors that are pickles in every disguise."""
    content = np.array([Opened()], dtype=object)
    for name in ("object.npy", "object.npz", "plain.npy", "plain.npz", "plain.pkl"):
        top = folder / name.replace(".", "-")
        top.mkdir()
        for role in ("corpus", "queries"):
            path = top / f"{role}{Path(name).suffix}"
            if name == "object.npy":
                np.save(path, content, allow_pickle=True)
            elif name == "object.npz":
                np.savez(path, vectors=content, ids=content)
            else:
                path.write_bytes(pickle.dumps([Opened()]))
            (top / f"{role}.ids").write_text("d000\n")
        yield top


@pytest.mark.attack
def test_no_command_opens_a_pickle(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in pickles(work):
        for word in MODELS:
            line = with_model(word, f"vectors/{folder.name}")
            if "--before-launch" not in line and "--runs" not in line:
                assert main.run(line) == 2, line
        assert main.run(("parity", folder.name, f"vectors/{folder.name}")) == 2
        for path in folder.iterdir():
            state = ("canary", "events.csv", "--margin", "0.02", "--share", "0.5", "--state", str(path))
            assert main.run(state) == 2 or path.suffix == ".ids"
            assert main.run(("parity", str(path), str(path))) == 2
            assert main.run(("interleave", "score", str(path), str(path))) == 2
            assert main.run(("canary", str(path), "--margin", "0.02", "--share", "0.5")) == 2
            assert main.run(("golden", "import", str(path), "-o", "new")) == 2
    assert "EK900" not in capsys.readouterr().err
    assert not (work / "opened").exists()


HARMLESS = (
    "golden check set",
    "golden stats set",
    "golden lock set",
    "golden import grown -o new",
    "golden export set -o out",
    "cache ls",
    "init started",
    "doctor",
    "canary events.csv --margin 0.02 --share 0.5",
    "interleave score lists.jsonl clicks.csv",
    "plan --before-launch hash/8",
)


@pytest.mark.long
def test_what_runs_no_code_runs_none_beside_a_hostile_configuration(work: Path) -> None:
    table = '[goldensets]\nmine = "set"\n'
    (work.parent / "evalkit.toml").write_text(
        f'baseline = "mine"\ncandidates = ["search/evil:find"]\n{table}{CONFIG}'
    )
    for line in HARMLESS:
        assert main.run(line.split()) in (0, 1, 3), line
    for name in LINES:
        main.run((*name.partition(" -")[0].split(), "--help"))
    assert not (work / "ran").exists()
