"""--on: the same JSON as without it, but for the provenance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support_sets import write_golden

from evalkit.cli import main

COMMANDS = {
    "run": ("run", "support", "--model", "hash/64"),
    "run-graph": ("run", "support", "--model", "hash/64", "--index", "HNSW8"),
    "mix": ("mix", "support", "--old", "hash/64", "--new", "hash/32", "--align", "pad", "--strategy", "all"),
    "mix-id": ("mix", "support", "--old", "hash/64", "--new", "hash/32", "--order", "id"),
    "compare": ("compare", "support", "--baseline", "hash/64", "--candidate", "hash/32"),
}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A golden set, and a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, dict[str, Any], str]:
    code = main.run([*command, "--json"])
    told = capsys.readouterr()
    return code, json.loads(told.out), told.err


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_processes_give_the_result_of_one(name: str, capsys: pytest.CaptureFixture[str], work: Path) -> None:
    code, one, told = asked(capsys, *COMMANDS[name])
    again, shared, also_told = asked(capsys, *COMMANDS[name], "--on", "local:2")
    assert {**one, "provenance": 0} == {**shared, "provenance": 0}
    assert (code, told) == (again, also_told)
    assert not list((work / "cache" / "scratch").iterdir())


@pytest.mark.parametrize("name", ["run", "mix", "compare"])
def test_a_place_that_is_none_ends_with_2(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([*COMMANDS[name], "--on", "loacl"]) == 2
    assert "EK764" in capsys.readouterr().err
