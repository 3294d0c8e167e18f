"""A name hides no other model, and code runs where somebody asked for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support_sets import EVIL, write_golden

from evalkit.cli import main
from evalkit.config import find_config
from evalkit.errors import UsageError

COMPARE = ("compare", "set", "--baseline", "hash/16", "--no-mix", "-o", "out", "--candidate")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a set, below one whose configuration comes from a stranger."""
    folder = tmp_path / "above" / "here"
    folder.mkdir(parents=True)
    write_golden(folder / "set", queries=6)
    (folder.parent / "evil.py").write_text(EVIL)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "kept"))
    return folder


def cli(*arguments: str) -> int:
    return main.run(list(arguments))


def above(text: str, name: str = "evalkit.toml") -> None:
    (Path("..") / name).write_text(text, encoding="utf-8")


DISGUISES = {
    "a model": "lsa/64",
    "code": "st/all-MiniLM-L6-v2",
    "a file": "run/prod.trec",
    "a server": "http/search.example",
    "other capitals": "LSA/64",
    "spaces": " lsa / 64",
    "full width": "ｌｓａ／64",  # noqa: RUF001 - letters that look alike are its matter
    "another alphabet": "lsа/64",  # noqa: RUF001 - the same
    "another slash": "lsa\u2215 64",
    "what no one sees": "ls\u200ba/64",
}


@pytest.mark.parametrize("alias", DISGUISES.values(), ids=DISGUISES.keys())
@pytest.mark.parametrize("name", ["evalkit.toml", "pyproject.toml"])
def test_an_alias_that_reads_as_a_model_is_refused(
    alias: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = "tool.evalkit.models" if name == "pyproject.toml" else "models"
    above(f'[{table}.{json.dumps(alias, ensure_ascii=False)}]\nspec = "python/evil:encode"\n', name)

    assert cli("run", "set", "--model", alias) == 2
    assert "EK170" in capsys.readouterr().err
    assert not Path("ran").exists()


@pytest.mark.parametrize("name", ["./set", "goldensets/helpdesk", "..\\\\set"])
def test_a_set_that_reads_as_a_folder_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    above(f'[goldensets]\n"{name}" = "here/set"\n')

    assert cli("golden", "check", "set") == 2
    assert "EK170" in capsys.readouterr().err


@pytest.mark.parametrize("alias", ["production", "v 2", "team/model", "my-lsa", "a/b/c", "lsa"])
def test_other_names_are_names(alias: str) -> None:
    above(f'[models."{alias}"]\nspec = "hash/8"\n')

    assert str(find_config(Path.cwd()).system(alias).spec) == "hash/8"


CODE = {
    "an alias": ('[models.m]\nspec = "python/evil:encode"\n', "m"),
    "a search": ('[models.m]\nspec = "search/evil:find"\n', "m"),
    "a default": ('candidates = ["search/evil:find"]\n', None),
    "a default alias": ('candidates = ["m"]\n[models.m]\nspec = "python/evil:encode"\n', None),
}


@pytest.mark.long
@pytest.mark.parametrize(("text", "asked"), CODE.values(), ids=CODE.keys())
def test_code_that_a_found_configuration_names_is_announced_before_it_runs(
    text: str, asked: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend("..")
    above(text)
    candidate = (asked,) if asked else ()
    command = COMPARE if asked else COMPARE[:-1]

    assert cli(*command, *candidate) in (0, 1, 3)
    told = capsys.readouterr().err
    assert "runs code that" in told
    assert "evil:" in told.partition("runs code")[0]
    assert "evalkit.toml" in told

    Path("ran").unlink(missing_ok=True)
    for refusing in (("--no-code", *command), (*command[:2], "--no-code", *command[2:])):
        assert cli(*refusing, *candidate) == 2
        assert "EK171" in capsys.readouterr().err
        assert not Path("ran").exists()


def test_the_announcement_comes_before_the_first_import(capsys: pytest.CaptureFixture[str]) -> None:
    (Path("..") / "telling.py").write_text("import sys\nprint('imported', file=sys.stderr)\n" + EVIL)
    above('[models.m]\nspec = "search/telling:find"\n')

    assert cli("run", "set", "--model", "m") == 0
    told = capsys.readouterr().err
    assert told.index("runs code that") < told.index("imported")


def test_what_somebody_named_is_not_announced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend("..")
    above('[models.m]\nspec = "search/evil:find"\n')

    assert cli("run", "set", "--model", "search/evil:find") == 0
    assert cli("--config", "../evalkit.toml", "run", "set", "--model", "m") == 0
    assert "runs code" not in capsys.readouterr().err


COMMANDS: dict[str, tuple[str, ...]] = {
    "run": ("run", "set", "--model"),
    "compare": COMPARE,
    "the baseline": ("compare", "set", "--candidate", "hash/16", "--baseline"),
    "gate": ("gate", "set", "--model"),
    "storing a baseline": ("gate", "set", "--update", "--model"),
    "mix": ("mix", "set", "--new", "hash/16", "--old"),
    "diff": ("diff", "set", "--old", "hash/16", "--new"),
    "stats": ("golden", "stats", "set", "--runs", "run/x.trec"),
}


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
@pytest.mark.parametrize("spec", ["python/evil:encode", "search/evil:find", "trusting"])
def test_no_code_is_refused_in_every_command(
    command: tuple[str, ...], spec: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend("..")
    above('[models.trusting]\nspec = "st/here/model"\ntrust_remote_code = true\n')
    Path("x.trec").write_text("q000 Q0 d000 1 2 x\n")
    place = 2 if command[0] != "golden" else 3

    assert cli(*command[:place], "--no-code", *command[place:], spec) == 2
    told = capsys.readouterr().err
    assert "EK171" in told or (command[0] == "golden" and "EK4" in told)
    assert not Path("ran").exists()


def test_no_code_refuses_no_model_without_code(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("run", "set", "--model", "hash/8", "--no-code") == 0
    monkeypatch.setenv("EVALKIT_NO_CODE", "1")
    with pytest.raises(UsageError, match="--no-code"):
        main.evalkit.main(["run", "set", "--model", "search/evil:find"], "evalkit", standalone_mode=False)


@pytest.mark.long
def test_every_page_and_summary_shows_the_model_behind_an_alias(capsys: pytest.CaptureFixture[str]) -> None:
    above('[models.prod]\nspec = "hash/16"\n[models.next]\nspec = "hash/8"\n')
    asked: dict[str, tuple[str, ...]] = {
        "compare": ("compare", "set", "--baseline", "prod", "--candidate", "next"),
        "mix": ("mix", "set", "--old", "prod", "--new", "next"),
        "diff": ("diff", "set", "--old", "prod", "--new", "next"),
    }
    for name, command in asked.items():
        cli(*command, "-o", name)
        shown = capsys.readouterr().out
        cli("report", name, "-o", "-")
        pages = (shown, capsys.readouterr().out, (Path(name) / "report.html").read_text())
        assert [("prod: hash/16" in page, "next: hash/8" in page) for page in pages] == [(True, True)] * 3
    for more in (("run",), ("gate", "--update")):
        cli(more[0], "set", "--model", "next", *more[1:])
        assert "next: hash/8" in capsys.readouterr().out
    cli("gate", "set", "--model", "next", "-o", "gated")
    assert "next: hash/8" in capsys.readouterr().out
    assert all("next: hash/8" in path.read_text() for path in Path("gated").glob("*.[hm]*"))
