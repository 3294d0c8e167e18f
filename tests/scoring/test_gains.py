"""Fractional gains: other tools, brute force, and what stays as it was."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import pytrec_eval
from generated_runs import Case, generated

from evalkit.errors import InvalidValueError, UsageError
from evalkit.golden.gains import Gains
from evalkit.golden.goldenset import GoldenSet
from evalkit.mixing.credit import rule_of
from evalkit.mixing.expected import expected_curve
from evalkit.retrieval.run import Run
from evalkit.scoring.expected import score_expected
from evalkit.scoring.fitting import gain_findings
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score
from evalkit.studies.dictionaries import compare_runs, score_run

TABLE = {1: 0.25, 2: 1.0, 3: 1.75}
SEEDS = range(8)
EVERY = ("nDCG@5", "nDCG(exp)@5", "Recall@5", "MAP@5", "MRR@5", "ERR@5", "RBP@5", "Hit@5", "Bpref", "Rprec")


def valued(case: Case, table: dict[int, float] = TABLE) -> Case:
    """Return a case whose grades are worth what a table says."""
    return replace(case, golden=replace(case.golden, gains=Gains.stated(table)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cutoff", [1, 5, 30])
def test_ndcg_by_gains_is_that_of_trec_eval_on_four_times_the_gain(seed: int, cutoff: int) -> None:
    case = valued(generated(4000 + seed, 40))
    quarters = {
        query: {name: int(4 * TABLE.get(grade, 0.0)) for name, grade in judged.items()}
        for query, judged in case.qrels.items()
    }
    theirs = pytrec_eval.RelevanceEvaluator(quarters, {f"ndcg_cut.{cutoff}"}).evaluate(
        {query: found for query, found in case.results.items() if found}
    )

    ours = score(case.run, case.golden, [f"nDCG@{cutoff}"]).values[0]

    expected = [theirs.get(q, {}).get(f"ndcg_cut_{cutoff}", 0.0) for q in case.golden.queries.ids]
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_ndcg_of_gains_without_grades_is_the_plain_definition(seed: int) -> None:
    case = generated(5000 + seed, 30)
    rng = np.random.default_rng(seed)
    qrels = {
        query: {name: float(rng.choice([0.0, 0.05, 0.1, 0.3, 1.0, 2.5])) for name in judged}
        for query, judged in case.qrels.items()
    }

    scores = score_run(qrels, case.results, ["nDCG@5", "Recall@5"], grades="gains", missing_queries="zero")

    for row, query in enumerate(scores.query_ids):
        found = case.results.get(query, {})
        ranked = sorted(found, key=lambda name: (found[name], name), reverse=True)
        best = sum(
            g / math.log2(n + 2) for n, g in enumerate(sorted(qrels[query].values(), reverse=True)[:5])
        )
        got = sum(qrels[query].get(name, 0.0) / math.log2(n + 2) for n, name in enumerate(ranked[:5]))
        relevant = [name for name, gain in qrels[query].items() if gain > 0]
        assert scores.row("nDCG@5")[row] == pytest.approx(got / best if best else 0.0, abs=1e-12)
        share = len(set(ranked[:5]) & set(relevant)) / len(relevant) if relevant else 0.0
        assert scores.row("Recall@5")[row] == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_only_ndcg_moves_by_gains(seed: int) -> None:
    case = generated(6000 + seed, 30)

    plain, moved = (score(case.run, world.golden, EVERY) for world in (case, valued(case)))

    np.testing.assert_array_equal(plain.values[1:], moved.values[1:])
    assert not np.array_equal(plain.values[0], moved.values[0])


def test_gains_that_are_the_grades_change_nothing() -> None:
    case = generated(1, 20)
    stated = GoldenSet.of(
        "stated",
        queries=dict.fromkeys(case.qrels, "text"),
        corpus=dict.fromkeys(case.golden.corpus.ids, "text"),
        qrels=case.qrels,
        gains={0: 0.0, 1: 1.0, 2: 2, 3: 3.0},
    )

    assert stated.gains is None
    assert stated.judgements_digest == case.golden.judgements_digest
    assert stated.digest == case.golden.digest


def test_other_gains_are_another_golden_set() -> None:
    case = generated(1, 20)

    digests = {valued(case, table).golden.judgements_digest for table in (TABLE, {**TABLE, 3: 2.0})}

    assert len({*digests, case.golden.judgements_digest}) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mixed_index_adds_up_to_ndcg_by_gains(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grades = rng.integers(-1, 4, size=(12, 9))
    golden = GoldenSet.of(
        "mixed",
        queries={f"q{row:02}": "text" for row in range(12)},
        corpus={f"d{column}": "text" for column in range(9)},
        qrels={
            f"q{row:02}": {f"d{c}": int(g) for c, g in enumerate(given) if g >= 0}
            for row, given in enumerate(grades)
        },
        gains=TABLE,
    )
    old, new = rng.normal(size=(2, 12, 9))

    ends = expected_curve(old, new, grades, shares=[0, 1], measure="nDCG@4", gains=golden.gains)

    for end, scores in zip(ends, (old, new), strict=True):
        run = Run.ranked("all", np.tile(np.arange(9), (12, 1)), scores)
        np.testing.assert_allclose(end, score(run, golden, ["nDCG@4"]).values[0], atol=1e-12)


def test_the_credit_rule_adds_up_to_the_formula() -> None:
    judged = Retrieved.of(valued(generated(3, 30)).run, valued(generated(3, 30)).golden).judged
    measure = Measure.parse("nDCG@5")

    np.testing.assert_allclose(rule_of(measure).values(judged, 5), measure.values(judged), atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_ties_in_every_order_are_the_mean_over_orders(seed: int) -> None:
    """A class of two: its mean is that of both orders, drawn by hand."""
    case = valued(generated(7000 + seed, 10))
    rows = np.array([[0, 1, 2]] * 10)
    tied = Run.ranked("tied", rows, np.array([[1.0, 1.0, 0.5]] * 10))
    orders = [Run.ranked("one", rows, np.array([[1.0, a, 0.5]] * 10)) for a in (0.9, 1.1)]

    mean = score_expected(Retrieved.of(tied, case.golden), case.golden, ["nDCG@2"]).values[0]

    both = [score(run, case.golden, ["nDCG@2"]).values[0] for run in orders]
    np.testing.assert_allclose(mean, np.mean(both, axis=0), atol=1e-12)


@pytest.mark.parametrize("name", ["Recall(rel=2)@10", "MRR(rel=3)", "ERR@10", "nDCG(exp)@10"])
def test_what_asks_for_grades_is_refused_where_gains_alone_are_known(name: str) -> None:
    with pytest.raises(UsageError, match="are gains") as caught:
        score_run({"q": {"a": 0.5}}, {"q": {"a": 1.0}}, [name], grades="gains")

    assert caught.value.findings[0].code == "EK691"
    assert "gains = {" in caught.value.findings[0].hint


def test_gains_of_grades_let_thresholds_go_by_grade() -> None:
    qrels = {"q": {"a": 0.25, "b": 1.0}}

    scores = score_run(
        qrels, {"q": {"a": 1.0}}, ["Recall(rel=2)@10", "Recall@10"], grades="gains", gains={1: 0.25, 2: 1.0}
    )

    assert scores.values[:, 0].tolist() == [0.0, 0.5]


def test_measures_by_grade_are_told() -> None:
    golden = valued(generated(2, 20), {1: 0.0, 2: 1.0, 3: 1.0}).golden

    told = {f.code: f for f in gain_findings(golden, [Measure.parse(m) for m in ("ERR@10", "nDCG@10")])}

    assert told["EK692"].problem.startswith("ERR@10 goes by grade")
    assert "no document that gains anything" in told["EK693"].problem


@pytest.mark.parametrize(
    ("gains", "code"),
    [
        ({0: 0.5, 1: 1.0}, "EK690"),
        ({1: 0.5, 2: 0.25}, "EK690"),
        ({1: math.nan}, "EK690"),
        ({1: -1.0}, "EK690"),
        ({-1: 0.0}, "EK690"),
        ({1: True}, "EK690"),
        ({"high": 1.0}, "EK690"),
        ({1: "much"}, "EK690"),
        ([0.0, 1.0], "EK690"),
        ({}, "EK690"),
        ({2: 1.0}, "EK694"),
    ],
)
def test_gains_that_are_none_are_refused(gains: Any, code: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        score_run({"q": {"a": 1}}, {"q": {"a": 1.0}}, gains=gains)

    assert caught.value.findings[0].code == code


@pytest.mark.parametrize("qrels", [{"q": {"a": 0.5}}, {"q": {"a": 1, "b": 0.5}}])
def test_decimals_without_that_word_are_refused_with_the_word(qrels: dict[str, dict[str, float]]) -> None:
    with pytest.raises(InvalidValueError, match=r"0\.5") as caught:
        score_run(qrels, {"q": {"a": 1.0}})

    assert 'grades="gains"' in caught.value.findings[0].hint


def test_gains_of_any_number_are_taken() -> None:
    gains: Any = {np.int64(1): np.float32(0.5), 2: 1}

    (value,) = score_run({"q": {"a": 1, "b": 2}}, {"q": {"a": 1.0}}, ["nDCG@1"], gains=gains).values[0]

    assert value == 0.5
    with pytest.raises(InvalidValueError, match="not a choice"):
        score_run({"q": {"a": 1}}, {"q": {"a": 1.0}}, grades="gain")


def test_runs_are_compared_by_gains() -> None:
    qrels = {f"q{n}": {"good": 1.0, "fair": 0.25} for n in range(40)}
    first = {query: {"fair": 2.0, "good": 1.0} for query in qrels}
    second = {query: {"good": 2.0, "fair": 1.0} for query in qrels}

    outcome = compare_runs(qrels, first, second, grades="gains")

    worse = (0.25 + 1 / math.log2(3)) / (1 + 0.25 / math.log2(3))
    assert outcome.primaries[0].delta == pytest.approx(1 - worse)
