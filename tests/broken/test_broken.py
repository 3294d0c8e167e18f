"""Broken inputs: each gives its code, its file and line and its exit code, through the command line."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from evalkit.cli import main

HOME = Path(__file__).parent
ROW = re.compile(r"\| (\S+) \| `([^`]+)` \| (\d+) \| (EK\d{3}) \| `([^`]+)` \|")


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table in README.md."""

    name: str
    command: str
    exit_code: int
    code: str
    where: str

    def __str__(self) -> str:
        return f"{self.name}-{self.code}"


CASES = [
    Case(name, command, int(exit_code), code, where)
    for name, command, exit_code, code, where in ROW.findall((HOME / "README.md").read_text())
]


def lay_out(name: str, folder: Path) -> None:
    """Write the sound golden set with what is broken laid over it."""
    shutil.copytree(HOME / "sound", folder)
    if name != "sound":
        shutil.copytree(HOME / name, folder, dirs_exist_ok=True)
    without = folder / "without"
    if without.exists():
        for absent in without.read_text().split():
            (folder / absent).unlink()
        without.unlink()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_broken_input_gives_its_code_its_place_and_its_exit_code(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    lay_out(case.name, tmp_path / case.name)

    exit_code = main.run(case.command.split())

    captured = capsys.readouterr()
    block = told(case.code, captured.out + captured.err)
    assert exit_code == case.exit_code
    assert case.where in block
    assert "hint: " in block
    assert "Traceback" not in captured.err


def test_every_folder_is_in_the_table_and_there_are_at_least_forty() -> None:
    folders = {path.name for path in HOME.iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert {case.name for case in CASES} == folders
    assert len(folders) >= 40


def told(code: str, text: str) -> str:
    """Return the finding with a code, from its first line to its hint."""
    blocks = re.split(r"^(?=(?:error|warning|notice)\[)", text, flags=re.MULTILINE)
    return next((block for block in blocks if f"[{code}]" in block.split("\n")[0]), "")
