"""Assay sensitivity: comparisons that could not have shown anything are said to be so, or refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from paired_scores import NDCG, golden_of, scores_of
from scipy import stats

from evalkit.comparison.assay import _at_least, _at_most, assay, chance_findings, check_above_chance
from evalkit.comparison.paired import compare
from evalkit.decision.policy import Policy
from evalkit.errors import ModelError
from evalkit.findings import Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.judged import JudgedRun


def codes(baseline: float, changes: int, gain: float) -> list[str]:
    """Return the findings where `changes` of 60 queries gain something over a flat baseline."""
    golden = golden_of(60)
    before = np.full(60, baseline)
    after = before + gain * (np.arange(60) < changes)
    first, second = scores_of(golden, "a", {NDCG: before}), scores_of(golden, "b", {NDCG: after})
    return [f.code for f in assay(compare(first, second, golden, policy=Policy(), seed=1)[0])]


@pytest.mark.parametrize(
    ("baseline", "changes", "gain", "expected"),
    [
        (0.5, 30, 0.1, []),
        (0.5, 0, 0.0, []),
        (0.01, 30, 0.1, ["EK560"]),
        (0.99, 30, 0.01, ["EK561"]),
        (0.5, 9, 0.1, ["EK562"]),
        (0.01, 5, 0.1, ["EK560", "EK562"]),
    ],
)
def test_a_baseline_at_an_end_of_the_scale_or_few_differences_are_told(
    baseline: float, changes: int, gain: float, expected: list[str]
) -> None:
    assert codes(baseline, changes, gain) == expected


def judged(found: int, queries: int = 60, relevant: int = 1) -> JudgedRun:
    """Return a run that shows the first relevant document of `found` queries first, and no other."""
    grades = np.zeros((queries, 10), dtype=np.int64)
    grades[:found, 0] = 1
    return JudgedRun(grades, np.ones((queries, relevant), dtype=np.int64), np.full(queries, 10))


def golden_with(documents: int, queries: int) -> GoldenSet:
    ids = [f"q{number:03}" for number in range(queries)]
    return GoldenSet.of(
        "toy",
        queries=dict.fromkeys(ids, "how?"),
        corpus={f"d{number:03}": "so" for number in range(documents)},
        qrels={identity: {"d000": 1} for identity in ids},
    )


def refused(run: JudgedRun, golden: GoldenSet) -> bool:
    try:
        check_above_chance(run, golden, "prod")
    except ModelError:
        return True
    return False


def test_a_baseline_must_find_what_a_random_order_finds_once_in_a_thousand_times_at_most() -> None:
    """With one answer a query, the hits of a random order among 400 documents are binomial (60, 10/400)."""
    golden = golden_with(400, 60)

    for found in range(61):
        assert refused(judged(found), golden) == (stats.binom.sf(found - 1, 60, 10 / 400) > 0.001), found


def test_random_orders_are_refused_however_many_documents_are_relevant() -> None:
    golden, rng = golden_with(100, 40), np.random.default_rng(3)
    ideal = (np.arange(12) < rng.integers(1, 13, 40)[:, None]).astype(np.int64)
    ideal[:, 0] = 1

    outcomes = []
    for _ in range(300):
        order = rng.permuted(np.tile(np.arange(100), (40, 1)), axis=1)[:, :10]
        grades = (order < ideal.sum(axis=1)[:, None]).astype(np.int64)
        outcomes.append(refused(JudgedRun(grades, ideal, np.full(40, 10)), golden))

    assert sum(outcomes) >= 299


def test_on_29_queries_no_baseline_is_refused() -> None:
    assert not refused(judged(0, queries=29), golden_with(400, 29))
    assert refused(judged(0, queries=30), golden_with(400, 30))


@pytest.mark.parametrize(
    ("provider", "hint"),
    [
        ("vectors", "against its own id"),
        ("run", "made on this corpus"),
        ("search", "order of the queries"),
        ("st", "space"),
    ],
)
def test_a_candidate_at_chance_is_a_broken_input_with_a_hint_of_its_own(provider: str, hint: str) -> None:
    golden = golden_with(400, 60)

    (finding,) = chance_findings(judged(1), golden, "new", provider=provider)

    assert (finding.code, finding.severity) == ("EK520", Severity.WARNING)
    assert finding.problem.startswith(
        "new finds 1 relevant documents in its first 10 results, a random order 1.5"
    )
    assert hint in finding.hint
    assert chance_findings(judged(30), golden, "new", provider=provider) == ()


@given(places=some.integers(1, 400), probability=some.floats(1e-6, 0.999), data=some.data())
def test_the_quick_bound_is_never_below_the_chance(
    places: int, probability: float, data: some.DataObject
) -> None:
    count = data.draw(some.integers(0, places))
    exact = float(stats.binom.sf(count - 1, places, probability))
    assert _at_most(count, places, probability) >= exact * (1 - 1e-9)
    assert _at_least(count, places, probability) == pytest.approx(exact, rel=1e-6, abs=1e-300)
