"""Where reports go when nobody names a folder: the newest verdict, and never an older one of it besides."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from support_sets import write_golden, write_run

from evalkit.cli import main

FIRST, SECOND = ("--margin", "0.02"), ("--margin", "0.05")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a pooled golden set, so that a worklist is written, and two runs."""
    monkeypatch.chdir(tmp_path)
    card = write_golden(tmp_path / "support") / "golden.toml"
    card.write_text(card.read_text() + 'judgments = "pooled"\npooled_from = ["somebody"]\n')
    write_run(tmp_path / "old.trec", dict.fromkeys(range(20), 3))
    write_run(tmp_path / "new.trec", {})
    return tmp_path


def compare(*more: str) -> None:
    systems = ("--baseline", "run/old.trec", "--candidate", "run/new.trec")
    assert main.run(["compare", "support", *systems, *more]) in (0, 1, 3)


def margin(folder: Path) -> float:
    stated: float = json.loads((folder / "result.json").read_text())["question"]["margin"]
    return stated


def folders(work: Path) -> list[Path]:
    return sorted((work / "reports").iterdir())


@pytest.mark.long
def test_force_replaces_whatever_experiment_has_the_default_name(work: Path) -> None:
    compare(*FIRST)
    (work / "reports" / "support" / "per_query.csv").write_text("of a version without Parquet")
    compare(*SECOND, "--force")

    assert folders(work) == [work / "reports" / "support"]
    assert margin(work / "reports" / "support") == 0.05
    assert not (work / "reports" / "support" / "per_query.csv").exists()
    assert "0.05" in (work / "reports" / "support" / "report.html").read_text()


@pytest.mark.long
def test_another_experiment_goes_beside_and_each_replaces_its_own(work: Path) -> None:
    compare(*FIRST)
    compare(*SECOND)
    both = {folder: margin(folder) for folder in folders(work)}
    compare(*SECOND)
    compare(*FIRST)

    assert sorted(both.values()) == [0.02, 0.05]
    assert {folder: margin(folder) for folder in folders(work)} == both


@pytest.mark.long
def test_no_older_verdict_of_one_experiment_stays_beside_a_newer_one(work: Path) -> None:
    compare(*FIRST)
    compare(*SECOND)
    compare(*SECOND, "--force")

    assert folders(work) == [work / "reports" / "support"]
    assert margin(work / "reports" / "support") == 0.05


@pytest.mark.long
def test_what_somebody_put_beside_an_older_report_stays(work: Path) -> None:
    compare(*FIRST)
    compare(*SECOND)
    (second,) = [folder for folder in folders(work) if folder.name != "support"]
    (second / "notes.txt").write_text("mine")
    compare(*SECOND, "--force")

    assert [path.name for path in second.iterdir()] == ["notes.txt"]


@pytest.mark.long
def test_an_older_report_whose_worklist_holds_grades_stays(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compare(*FIRST)
    compare(*SECOND)
    (second,) = [folder for folder in folders(work) if folder.name != "support"]
    with (second / "worklist.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["grade"] = "1"
    with (second / "worklist.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

    main.run(
        [
            "compare",
            "support",
            "--baseline",
            "run/old.trec",
            "--candidate",
            "run/new.trec",
            *SECOND,
            "--force",
        ]
    )

    assert (second / "worklist.csv").exists()
    assert f"{Path('reports', second.name)} keeps an older report" in capsys.readouterr().err
