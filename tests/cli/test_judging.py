"""The loop of judging: a verdict withheld, its worklist graded and imported, the verdict given."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support_sets import write_golden, write_run

from evalkit.cli import main


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pooled golden set, and two runs: the candidate shows something unjudged above most answers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    card = write_golden(tmp_path / "support") / "golden.toml"
    card.write_text(card.read_text() + 'judgments = "pooled"\npooled_from = ["old"]\n')
    write_run(tmp_path / "old.trec", {})
    write_run(tmp_path / "new.trec", dict.fromkeys(range(4, 44), 2))
    return tmp_path


def grade_all(path: Path) -> int:
    """Write a 0 behind every row of a worklist; return how many there are."""
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *([*row[:-1], "0"] for row in rows)])
    return len(rows)


def compared(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any]]:
    models = "--baseline", "run/old.trec", "--candidate", "run/new.trec"
    code = main.run(["compare", "support", *models, "--json", "-o", "report", "--force", *more])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.long
def test_a_verdict_withheld_is_given_once_its_worklist_is_graded(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, withheld = compared(capsys)
    path = work / "report" / "worklist.csv"
    graded = grade_all(path)

    assert (code, withheld["decisions"][0]["reason"]) == (3, "UNJUDGED")
    assert graded == withheld["unjudged"]["run/new.trec"]["unjudged"]
    assert main.run(["golden", "import", str(path), "--into", "support"]) == 0
    capsys.readouterr()
    code, given = compared(capsys)
    assert (code, given["verdict"]) == (1, "NO-GO")
    assert given["unjudged"]["run/new.trec"]["judged_candidate"] == 1.0


@pytest.mark.long
def test_grades_that_were_not_taken_in_are_never_overwritten(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same experiment replaces its own files, but hours of judging are no file of its own."""
    compared(capsys)
    path = work / "report" / "worklist.csv"
    graded = grade_all(path)
    kept = path.read_bytes()
    models = "--baseline", "run/old.trec", "--candidate", "run/new.trec"

    assert main.run(["compare", "support", *models, "-o", "report"]) == 2

    assert path.read_bytes() == kept
    assert f"error[EK614]: report/worklist.csv holds {graded} grades" in capsys.readouterr().err


def test_the_self_test_tells_where_a_verdict_turns(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_golden(work / "judged")
    models = "--baseline", "run/new.trec", "--candidate", "run/old.trec"

    assert main.run(["compare", "judged", *models, "--no-mix", "--self-test"]) == 0

    said = capsys.readouterr().out
    assert "self-test of run/old.trec: its results made random for a share of the queries" in said
    assert "      0%  +0.246  GO OK" in said
    assert "  100%  −" in said
    assert "the verdict turns at" in said
