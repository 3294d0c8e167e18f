"""Judgements and runs that are dictionaries: scored and compared without texts, folders or files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

import evalkit
from evalkit import Policy, compare_runs, score_run
from evalkit.errors import InvalidValueError, NothingToEvaluateError, RunError, UsageError
from evalkit.reporting.notebook import show
from evalkit.results.compare import result_of

QRELS = {f"q{n}": {f"d{n}": 2, f"d{n + 1}": 1, f"d{n + 2}": 0} for n in range(40)}
GOOD = {
    query: {document: float(grade) for document, grade in judged.items()} for query, judged in QRELS.items()
}
BAD = {query: {document: -score for document, score in found.items()} for query, found in GOOD.items()}

ids = st.sampled_from([f"d{n}" for n in range(8)])
judgements = st.dictionaries(ids, st.integers(0, 3), min_size=1, max_size=6)
rankings = st.dictionaries(ids, st.integers(-8, 8).map(lambda n: n / 4), min_size=1, max_size=8)


@given(pairs=st.lists(st.tuples(judgements, rankings), min_size=1, max_size=5))
def test_scores_are_those_of_pytrec_eval(pairs: list[tuple[dict[str, int], dict[str, float]]]) -> None:
    qrels = {f"q{n}": judged for n, (judged, _) in enumerate(pairs)}
    run = {f"q{n}": found for n, (_, found) in enumerate(pairs)}
    if not any(grade > 0 for judged in qrels.values() for grade in judged.values()):
        with pytest.raises(NothingToEvaluateError):
            score_run(qrels, run)
        return
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut_10", "recall_10", "recip_rank"}).evaluate(run)
    ours = score_run(qrels, run, ["nDCG@10", "Recall@10", "MRR"])
    for column, query in enumerate(ours.query_ids):
        if ours.counted[column]:
            expected = [theirs[query][name] for name in ("ndcg_cut_10", "recall_10", "recip_rank")]
            np.testing.assert_allclose(ours.values[:, column], expected, atol=1e-9)


def test_a_better_run_is_a_go_and_a_worse_one_is_not() -> None:
    assert compare_runs(QRELS, BAD, GOOD).conclusion.verdict == "GO"
    assert compare_runs(QRELS, GOOD, BAD).conclusion.verdict == "NO-GO"
    assert compare_runs(QRELS, GOOD, GOOD).primaries[0].delta == 0


def test_the_difference_is_that_of_the_scores_and_the_policy_is_asked() -> None:
    outcome = compare_runs(QRELS, BAD, GOOD, policy=Policy(min_gain=0.99), measures=["MRR@3"])
    delta = score_run(QRELS, GOOD).mean("nDCG@10") - score_run(QRELS, BAD).mean("nDCG@10")
    assert outcome.primaries[0].delta == pytest.approx(delta, abs=1e-12)
    assert outcome.conclusion.verdict == "NO-GO"
    assert [str(measure) for measure in outcome.baseline.scores.measures][-1] == "MRR@3"


def test_the_outcome_has_a_result_and_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = compare_runs(QRELS, BAD, GOOD)
    show(outcome)
    assert "GO" in capsys.readouterr().out
    assert result_of(outcome, {}).systems.keys() == {"a", "b"}


@pytest.mark.long
def test_runs_and_judgements_of_ranx_are_taken_as_they_are() -> None:
    ranx = pytest.importorskip("ranx")
    qrels = ranx.Qrels({query: {d: g for d, g in judged.items() if g} for query, judged in QRELS.items()})
    outcome = compare_runs(qrels, ranx.Run(BAD, name="bm25"), ranx.Run(GOOD))
    assert outcome.baseline.system.name == "bm25"
    assert score_run(qrels, ranx.Run(GOOD)).mean("nDCG@10") == pytest.approx(1.0)


def test_a_query_that_lacks_results_is_never_left_out_of_the_mean_in_silence() -> None:
    part = {query: found for query, found in GOOD.items() if query not in ("q1", "q2")}
    with pytest.raises(RunError, match="lacks 2 of 40 judged queries") as told:
        score_run(QRELS, part)
    assert 'missing_queries="zero"' in told.value.hint
    assert score_run(QRELS, part, ["Hit@10"], missing_queries="zero").mean("Hit@10") == pytest.approx(38 / 40)
    outcome = compare_runs(QRELS, GOOD, part, missing_queries="zero")
    assert any(finding.code == "EK435" for finding in outcome.findings)


def test_queries_that_nobody_judged_are_left_out() -> None:
    more = {**GOOD, "another": {"d1": 1.0}}
    assert score_run(QRELS, more).mean("nDCG@10") == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("qrels", "run", "error", "told"),
    [
        ([("q", "d", 1)], GOOD, UsageError, "qrels is of type list"),
        (QRELS, {"q1": ["d1", "d2"]}, UsageError, "run holds of type list for query 'q1'"),
        ({1: {"d": 1}}, GOOD, UsageError, "query id 1"),
        ({"q": {7: 1}}, GOOD, UsageError, "document id 7"),
        ({"q": {"d": 0.5}}, {"q": {"d": 1.0}}, InvalidValueError, "whole"),
        ({"q": {"d": -1}}, {"q": {"d": 1.0}}, InvalidValueError, "grade"),
        ({"q": {"d": 1}}, {"q": {"d": float("nan")}}, RunError, "nan"),
        ({"q": {"d": 1}}, {"q": {"d": "0.5"}}, RunError, "'0.5'"),
        ({"q": {"d": 0}}, {"q": {"d": 1.0}}, NothingToEvaluateError, "no query"),
        ({}, {}, NothingToEvaluateError, "no query"),
    ],
)
def test_what_cannot_be_scored_is_told(qrels: Any, run: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        score_run(qrels, run)


def test_both_names_are_public() -> None:
    assert {"compare_runs", "score_run"} <= set(evalkit.__all__)
