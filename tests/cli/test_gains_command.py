"""Gains at the command line: import, export, check, stats, run, gate and merge follow them, or refuse."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from support_sets import write_golden, write_run

from evalkit.cli import main
from evalkit.errors import UsageError
from evalkit.golden.folder import read_golden
from evalkit.judging.modelqrels import read_model_grades
from evalkit.results.result import Result

QUERIES = 60


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A golden set whose answers gain 1 and whose next best documents gain a quarter."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    folder = write_golden(tmp_path / "support")
    rows = [f"q{n:03}\td{n:03}\t1\nq{n:03}\td{n + 60:03}\t0.25" for n in range(QUERIES)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]))
    says(folder, 'grades = "gains"')
    write_run(tmp_path / "run.trec", {})
    return tmp_path


def says(folder: Path, *lines: str) -> None:
    """Write what the card says."""
    said = "".join(f"{line}\n" for line in lines)
    (folder / "golden.toml").write_text(f'name = "support"\njudgments = "complete"\n{said}')


def cli(*arguments: object) -> int:
    return main.run([str(argument) for argument in arguments])


@pytest.mark.parametrize("form", ["native", "trec", "csv"])
def test_a_set_of_gains_is_exported_and_imported_as_it_is(form: str, work: Path) -> None:
    assert cli("golden", "export", "support", "-o", "out", "--format", form) == 0
    assert cli("golden", "import", "out", "-o", "back") == 0

    assert read_golden(work / "back").digest == read_golden(work / "support").digest


def test_files_of_gains_are_imported_by_a_flag(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [f"--{name}" for name in ("queries", "corpus", "qrels")]
    paths = ["support/queries.jsonl", "support/corpus.jsonl", "support/qrels/test.tsv"]
    named = [part for pair in zip(files, paths, strict=True) for part in pair]

    assert cli("golden", "import", *named, "-o", "new") == 2
    assert "golden import --gains" in capsys.readouterr().err

    assert cli("golden", "import", *named, "-o", "new", "--gains") == 0
    assert 'grades = "gains"' in (work / "new" / "golden.toml").read_text()
    assert read_golden(work / "new").judgements_digest == read_golden(work / "support").judgements_digest


def test_labels_may_gain_decimals(work: Path) -> None:
    (work / "esci.csv").write_text(
        "query,doc_id,label\nred shoes,d000,E\nred shoes,d001,S\nred shoes,d002,I\n"
    )
    grades = "E=1,S=0.1,C=0.01,I=0"

    assert cli("golden", "import", "esci.csv", "--corpus", "support/corpus.jsonl", "--gains",
               "--grades", grades, "-o", "shop") == 0  # fmt: skip

    assert read_golden(work / "shop").to_frame()["gain"].tolist() == [1.0, 0.1, 0.0]


def test_what_a_set_gains_is_shown(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("golden", "stats", "support") == 0
    assert "60 of gain 0.25; 60 of gain 1" in capsys.readouterr().out

    says(work / "support", 'grades = "gains"', "gains = {1 = 0.25, 3 = 1.0}")
    assert cli("golden", "stats", "support") == 0
    assert "60 of grade 1, gain 0.25; 60 of grade 3, gain 1" in capsys.readouterr().out


def test_a_result_holds_gains_and_scores_by_them(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("run", "support", "--model", "run/run.trec", "--measure", "nDCG@10", "--json") == 0

    result = json.loads(capsys.readouterr().out)
    assert result["golden"]["gains"] == {"0": 0.0, "1": 0.25, "2": 1.0}
    assert result["golden"]["graded"] is False
    assert Result.of(result).golden.gains["1"] == 0.25
    best = 1 + 0.25 / math.log2(3)
    assert result["systems"]["run/run.trec"]["measures"]["nDCG@10"] == pytest.approx(1 / best)
    assert work


def test_a_measure_of_grades_is_refused_before_anything_is_embedded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = "--measure", "Recall(rel=2)@10"

    assert cli("run", "support", "--model", "python/nowhere:encode", *asked) == 2

    assert "EK691" in capsys.readouterr().err


def test_another_table_is_another_set_to_a_baseline(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    says(work / "support", 'grades = "gains"', "gains = {1 = 0.25, 2 = 1.0}")
    asked = "gate", "support", "--model", "run/run.trec"
    assert cli(*asked, "--update") == 0
    assert cli(*asked) == 0
    (work / "support" / "qrels" / "test.tsv").write_text(
        (work / "support" / "qrels" / "test.tsv").read_text().replace("0.25", "0.5")
    )
    says(work / "support", 'grades = "gains"', "gains = {1 = 0.5, 2 = 1.0}")
    capsys.readouterr()

    assert cli(*asked) == 2

    assert "60 queries with other judgements" in capsys.readouterr().err


def test_a_lock_notices_another_table(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    says(work / "support", 'grades = "gains"', "gains = {1 = 0.25, 2 = 1.0}")
    assert cli("golden", "lock", "support") == 0
    says(work / "support", 'grades = "gains"', "gains = {1 = 0.25, 3 = 1.0}")

    assert cli("golden", "lock", "support", "--check") == 2
    assert "EK270" in capsys.readouterr().err


def test_graded_worklists_bring_gains(work: Path) -> None:
    (work / "worklist.csv").write_text("query,document,grade\nq000,d070,0.5\nq001,d070,\n")

    assert cli("golden", "import", "worklist.csv", "--into", "support") == 0

    frame = read_golden(work / "support").to_frame()
    assert sorted(frame[frame["query_id"] == "q000"]["gain"]) == [0.25, 0.5, 1.0]


def test_judges_of_gains_are_refused(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "ann.tsv").write_text("query\tdocument\tgrade\nq000\td070\t0.5\n")

    assert cli("golden", "merge", "support", "ann.tsv") == 2

    assert "EK696" in capsys.readouterr().err


def test_grades_of_a_model_are_refused_beside_gains(work: Path) -> None:
    with pytest.raises(UsageError, match="EK696"):
        read_model_grades(work / "model.csv", read_golden(work / "support"))
