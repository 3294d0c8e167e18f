"""Scoring: which queries count, what a hole is, what lies beyond the depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from generated_runs import as_run
from hypothesis import given
from hypothesis import strategies as st

from evalkit.arrays import Floats, Ints
from evalkit.errors import InvalidValueError, NothingToEvaluateError, UnknownNameError, UsageError
from evalkit.golden.card import Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import judge
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores, depth_findings, score


def golden_of(qrels: dict[str, dict[str, int]], documents: str = "abcd") -> GoldenSet:
    return GoldenSet.of(
        "set", queries=dict.fromkeys(qrels, "text"), corpus=dict.fromkeys(documents, "text"), qrels=qrels
    )


def test_a_two_way_tie_is_ordered_by_id_descending_in_every_measure() -> None:
    golden = golden_of({"q": {"a": 1}})
    run = as_run(golden, {"q": {"a": 1.0, "b": 1.0}})

    scores = score(run, golden, ["P@1", "MRR", "MRR@10", "nDCG@1"])

    assert scores.values[:, 0].tolist() == [0.0, 0.5, 0.5, 0.0]


def test_a_query_that_retrieved_nothing_scores_zero_and_counts() -> None:
    golden = golden_of({"q1": {"a": 1}, "q2": {"a": 1}})

    scores = score(as_run(golden, {"q1": {"a": 1.0}}), golden, ["nDCG@10"])

    assert scores.counted.tolist() == [True, True]
    assert scores.mean("nDCG@10") == 0.5


def test_a_query_without_a_relevant_document_is_not_averaged_in() -> None:
    golden = golden_of({"q1": {"a": 1}, "q2": {"a": 0}})

    scores = score(as_run(golden, {"q1": {"a": 1.0}, "q2": {"a": 1.0}}), golden, ["nDCG@10"])

    assert scores.counted.tolist() == [True, False]
    assert scores.mean("nDCG@10") == 1.0


def test_precision_divides_by_the_cutoff_even_when_fewer_are_returned() -> None:
    golden = golden_of({"q": {"a": 1}})

    scores = score(as_run(golden, {"q": {"a": 1.0}}), golden, ["P@10", "Judged@10"])

    assert scores.values[:, 0].tolist() == [0.1, 1.0]


def test_holes_are_not_relevant_and_tell_in_judged() -> None:
    golden = golden_of({"q": {"a": 1, "b": 0}})
    run = as_run(golden, {"q": {"c": 3.0, "a": 2.0, "b": 1.0}})

    judged = judge(run, golden)

    assert judged.grades.tolist() == [[-1, 1, 0]]
    assert Measure("Judged", 2).values(judged).tolist() == [0.5]
    assert Measure("MRR").values(judged).tolist() == [0.5]


def test_unreachable_documents_stay_in_the_denominator() -> None:
    golden = golden_of({"q": {"a": 1, "b": 1}})
    without_b = replace(
        GoldenSet.of("set", queries={"q": "text"}, corpus={"a": "text"}, qrels={"q": {"a": 1}}),
        qrels=golden.qrels,
        missing=("b",),
    )

    scores = score(as_run(without_b, {"q": {"a": 1.0}}), without_b, ["Recall@10"])

    assert scores.mean("Recall@10") == 0.5


def test_the_query_itself_leaves_its_results_where_the_card_says_so() -> None:
    golden = GoldenSet.of(
        "quora", queries={"a": "same"}, corpus={"a": "same", "b": "like"}, qrels={"a": {"b": 1}}
    )
    run = as_run(golden, {"a": {"a": 1.0, "b": 0.9}})

    kept = score(run, replace(golden, card=Card(self_hits="keep")), ["MRR"])
    removed = score(run, replace(golden, card=Card(self_hits="remove")), ["MRR"])

    assert (kept.mean("MRR"), removed.mean("MRR")) == (0.5, 1.0)


def test_a_cutoff_beyond_the_depth_is_refused_for_our_own_retrieval() -> None:
    golden = golden_of({"q": {"a": 1}})
    run = Run.ranked("model", np.array([[0, 1]]), np.array([[2.0, 1.0]]), depth=2)

    with pytest.raises(UsageError, match="--depth 10"):
        score(run, golden, ["nDCG@10"])


def test_nothing_to_evaluate_is_an_error_of_its_own() -> None:
    golden = golden_of({"q": {"a": 0}})

    with pytest.raises(NothingToEvaluateError) as caught:
        score(as_run(golden, {"q": {"a": 1.0}}), golden, ["nDCG@10"])

    assert caught.value.exit_code == 5


@pytest.mark.parametrize("wrong", [np.nan, -0.1, 1.1, np.inf])
def test_scores_refuse_what_no_measure_can_be(wrong: float) -> None:
    with pytest.raises(InvalidValueError):
        Scores("s", (Measure("MRR"),), np.array([[wrong]]), np.array([True]), ("q",))


def test_a_measure_that_was_not_scored_is_told_by_name() -> None:
    golden = golden_of({"q": {"a": 1}})
    scores = score(as_run(golden, {"q": {"a": 1.0}}), golden, ["nDCG@10"])

    with pytest.raises(UnknownNameError, match="nDCG@10"):
        scores.row("nDCG@5")


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_a_better_order_never_scores_less(seed: int, cutoff: int) -> None:
    """Moving a relevant document up, past one that is not, raises or keeps every measure."""
    rng = np.random.default_rng(seed)
    grades = rng.integers(0, 3, size=12)
    golden = golden_of(
        {"q": {name: int(g) for name, g in zip("abcdefghijkl", grades, strict=True)}}, "abcdefghijkl"
    )
    order = rng.permutation(12)
    better = np.argsort(-grades[order], kind="stable")
    names = [f"{name}@{cutoff}" for name in ("nDCG", "nDCG(exp)", "Recall", "Precision", "MRR", "MAP", "Hit")]
    if not (grades >= 1).any():
        return

    def values(rows: Ints) -> Floats:
        run = Run.ranked("s", rows[None, :], np.arange(12, 0, -1.0)[None, :])
        return score(run, golden, names).values[:, 0]

    assert (values(order[better]) >= values(order) - 1e-12).all()


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ("ab", ["MRR@3"]),  # the corpus has two more
        ("abc", []),
        ("abcd", []),
    ],
)
def test_a_run_file_shorter_than_a_measure_looks_is_told(results: str, told: list[str]) -> None:
    golden = golden_of({"q": {"a": 1}})
    run = as_run(golden, {"q": dict.fromkeys(results, 1.0)})

    found = depth_findings(run, golden, [Measure("nDCG", 2), Measure("MRR", 3), Measure("MAP")])

    assert [finding.code for finding in found] == ["EK438"] * len(told)
    assert [name in finding.problem for finding in found for name in told] == [True] * len(told)


def test_a_whole_corpus_retrieved_is_as_long_as_any_measure_looks() -> None:
    golden = golden_of({"q": {"a": 1}})
    run = as_run(golden, {"q": dict.fromkeys("abcd", 1.0)})

    assert depth_findings(run, golden, [Measure("nDCG", 10)]) == ()
