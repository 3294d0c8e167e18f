"""Queries whose right answer is nothing: measured apart, in no other mean, told and guarded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.cli import main
from evalkit.decision.policy import Guardrail, Policy
from evalkit.errors import GoldenSetError, InvalidValueError, RunError, UsageError
from evalkit.golden.examination import examine
from evalkit.golden.folder import read_golden
from evalkit.mixing.credit import has_curve
from evalkit.mixing.options import mixable
from evalkit.results.result import Result
from evalkit.retrieval.trec import RunReading, read_run
from evalkit.scoring.measure import Measure
from evalkit.studies.dictionaries import compare_runs, score_run

QUIET = [f"n{n:02}" for n in range(12)]
ASKED = [f"q{n:02}" for n in range(30)]
QRELS = {query: {f"d{query}": 1} for query in ASKED}
EVERY = ("nDCG@10", "Recall@10", "MRR@10", "MAP@10", "Judged@10", "Precision@5")


def results_of(seed: int) -> dict[str, dict[str, float]]:
    """Return results of every query; about half of the quiet ones find nothing."""
    rng = np.random.default_rng(seed)
    names = [f"d{query}" for query in ASKED]
    found = {q: {str(n): float(rng.random()) for n in rng.choice(names, 5, replace=False)} for q in ASKED}
    return found | {q: ({"dq00": 1.0} if rng.random() < 0.5 else {}) for q in QUIET}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("cutoff", [1, 10, None])
def test_silent_is_the_share_of_quiet_queries_that_got_nothing(seed: int, cutoff: int | None) -> None:
    found = results_of(seed)
    name = str(Measure("Silent", cutoff))

    scores = score_run(QRELS, found, [name], silent=QUIET)

    assert scores.mean(name) == sum(not found[query] for query in QUIET) / len(QUIET)


@pytest.mark.parametrize("seed", range(3))
def test_quiet_queries_are_in_no_other_mean(seed: int) -> None:
    found = results_of(seed)

    with_them, without = score_run(QRELS, found, EVERY, silent=QUIET), score_run(QRELS, found, EVERY)

    for name in EVERY:
        assert with_them.mean(name) == without.mean(name)


def test_judgements_of_grade_0_leave_a_query_quiet() -> None:
    scores = score_run({**QRELS, "n00": {"dq00": 0}}, results_of(1), ["Silent@10"], silent=QUIET)

    assert int(scores.counted_in("Silent@10").sum()) == len(QUIET)


def test_what_contradicts_itself_is_refused() -> None:
    found = results_of(1)
    with pytest.raises(InvalidValueError, match="EK387"):
        score_run(QRELS, found, ["Silent"], silent=[*QUIET, "q00"])
    with pytest.raises(UsageError, match="has none"):
        score_run(QRELS, found, ["Silent@10"])
    with pytest.raises(UsageError, match="takes no rel"):
        Measure.parse("Silent(rel=2)@10")
    with pytest.raises(UsageError, match="guardrail"):
        Policy(primary=Measure("Silent", 10))


def test_a_quiet_query_that_a_run_does_not_name_was_perhaps_never_asked() -> None:
    found = {query: inner for query, inner in results_of(1).items() if query in ASKED}

    with pytest.raises(RunError, match="EK386"):
        score_run(QRELS, found, ["Silent@10"], silent=QUIET)

    assert score_run(QRELS, found, ["Silent@10"], silent=QUIET, missing_queries="zero").mean("Silent@10") == 1


def test_systems_are_compared_and_guarded_on_quiet_queries() -> None:
    quiet = {query: {f"d{query}": 1.0} for query in ASKED} | {query: {} for query in QUIET}
    loud = quiet | {query: {"dq00": 1.0} for query in QUIET}
    policy = Policy(guardrails=(Guardrail(Measure("Silent", 10)),))

    outcome = compare_runs(QRELS, quiet, loud, policy=policy, silent=QUIET)

    rows = {str(row.measure): row for row in outcome.comparisons[0] if row.segment is None}
    assert (rows["Silent@10"].queries, rows["Silent@10"].delta) == (len(QUIET), -1.0)
    assert (rows["nDCG@10"].queries, rows["nDCG@10"].delta) == (len(ASKED), 0.0)
    assert str(outcome.conclusion.verdict) == "NO-GO"


def test_the_lab_leaves_it_out() -> None:
    """A mixed index returns as much as its two halves: no document's rank says that nothing is returned."""
    assert not has_curve(Measure("Silent", 10))
    assert mixable([Measure("Silent", 10), Measure("Recall", 10)]) == (Measure("Recall", 10),)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a set whose last queries have no answer, and a run that is silent for one of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "set" / "qrels").mkdir(parents=True)
    write(tmp_path, {query: {"answer": "none"} for query in QUIET[:2]})
    rows = [f"{query}\td{query}\t1" for query in ASKED]
    (tmp_path / "set" / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]))
    (tmp_path / "set" / "golden.toml").write_text('judgments = "complete"\n')
    run = [f"{query} Q0 d{query} 1 1.0 s" for query in ASKED]
    run += ["n00 Q0 __no_results__ 1 0 s", "n01 Q0 dq00 1 1.0 s"]
    (tmp_path / "run.trec").write_text("\n".join(run))
    return tmp_path


def write(folder: Path, metadata: dict[str, dict[str, Any]]) -> None:
    asked = [{"_id": q, "text": f"ask {q}", "metadata": metadata.get(q, {})} for q in [*ASKED, *QUIET[:2]]]
    (folder / "set" / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    corpus = [{"_id": f"d{query}", "text": f"on {query}"} for query in ASKED]
    (folder / "set" / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))


def test_the_mark_stands_in_the_queries_and_is_told(home: Path) -> None:
    told = {finding.code: finding for finding in examine(home / "set").findings}

    assert told["EK388"].problem == "2 queries whose right answer is nothing"
    assert "EK224" not in told
    assert int(read_golden(home / "set").silent.sum()) == 2


@pytest.mark.parametrize("answer", ["None", " NONE ", "none"])
def test_the_mark_is_read_without_case(answer: str, home: Path) -> None:
    write(home, {"n00": {"answer": answer}, "n01": {"answer": "Paris"}})

    golden = read_golden(home / "set")

    assert [golden.queries.ids[row] for row in np.flatnonzero(golden.silent)] == ["n00"]


def test_a_mark_beside_a_relevant_document_is_an_error(home: Path) -> None:
    write(home, {"q00": {"answer": "none"}})

    with pytest.raises(GoldenSetError, match="EK387"):
        read_golden(home / "set")


def test_a_run_is_measured_and_its_result_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = "run", "set", "--model", "run/run.trec", "--measure", "nDCG@10,Silent@10"
    assert main.run([*asked, "--json"]) == 0

    result = json.loads(capsys.readouterr().out)
    assert result["systems"]["run/run.trec"]["measures"]["Silent@10"] == 0.5
    assert (result["counts"]["silent"], result["counts"]["without_relevant"]) == (2, 0)
    assert Result.of(result).counts.silent == 2
    assert main.run([*asked, "--ties", "expected"]) == 0
    assert home


def test_a_run_file_that_does_not_name_them_stops(home: Path) -> None:
    text = (home / "run.trec").read_text().replace("n00 Q0 __no_results__ 1 0 s\n", "")
    (home / "run.trec").write_text(text)
    golden = read_golden(home / "set")

    with pytest.raises(RunError, match="EK386"):
        read_run(home / "run.trec", golden)

    run = read_run(home / "run.trec", golden, reading=RunReading(missing_queries="zero"))
    assert any(finding.code == "EK386" for finding in run.findings)


def test_a_gate_watches_them_and_another_mark_is_another_question(home: Path) -> None:
    (home / "evalkit.toml").write_text('[[policy.guardrails]]\nmeasure = "Silent@10"\n')
    asked = ["gate", "set", "--model", "run/run.trec"]
    assert main.run([*asked, "--update"]) == 0
    assert main.run(asked) == 0
    write(home, {"n00": {"answer": "none"}})

    assert main.run(asked) == 2


def test_a_report_is_written_with_them(home: Path) -> None:
    (home / "old.trec").write_text((home / "run.trec").read_text())
    models = "--baseline", "run/old.trec", "--candidate", "run/run.trec"

    assert main.run(["compare", "set", *models, "--measure", "Silent@10", "-o", "report"]) in (0, 1, 3)

    page = (home / "report" / "report.html").read_text()
    assert "Right answer nothing" in page
    assert "Silent@10" in page
