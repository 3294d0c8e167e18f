"""The paired comparison: what each row says, and that no other row has a say in it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st
from paired_scores import HIT, NDCG, RECALL, golden_of, random_values, scores_of
from scipy import stats

from evalkit.comparison.effect import Status
from evalkit.comparison.intervals import guarded_interval
from evalkit.comparison.multiplicity import benjamini_hochberg
from evalkit.comparison.paired import compare
from evalkit.comparison.signflip import default_resamples, sign_flip
from evalkit.comparison.table import Comparison, to_frame
from evalkit.decision.policy import Objective, Policy
from evalkit.errors import InvalidValueError, NothingToEvaluateError

POLICY = Policy(objective=Objective.MAINTAIN, resamples=500)


def row(table: tuple[Comparison, ...], measure: object = NDCG, segment: str | None = None) -> Comparison:
    (found,) = (line for line in table if line.measure == measure and line.segment == segment)
    return found


def test_a_row_holds_what_the_functions_on_arrays_return() -> None:
    golden = golden_of(80)
    before, after = random_values(1, 80), random_values(2, 80)
    first, second = scores_of(golden, "old", {NDCG: before}), scores_of(golden, "new", {NDCG: after})

    found = row(compare(first, second, golden, policy=POLICY, seed=7))

    test, interval = sign_flip(after - before, resamples=500, seed=7), guarded_interval(after - before)
    assert (found.baseline, found.candidate, found.queries) == ("old", "new", 80)
    assert found.delta == pytest.approx(found.candidate_mean - found.baseline_mean, abs=1e-12)
    assert found.baseline_mean == pytest.approx(before.mean())
    assert (found.low, found.high) == (interval.low, interval.high)
    assert (found.p_greater, found.p_less) == (test.greater, test.less)
    assert found.wins + found.ties + found.losses == 80
    assert found.sd == pytest.approx((after - before).std(ddof=1))
    assert found.share_better == (found.wins + found.ties / 2) / 80
    assert found.relative_change == pytest.approx(after.mean() / before.mean() - 1)
    oracle = stats.ttest_1samp(after - before, 0).confidence_interval()
    assert found.ci_t == pytest.approx((oracle.low, oracle.high))


def test_weights_count_only_where_the_policy_says_so() -> None:
    golden = replace(golden_of(40), weights=np.arange(1.0, 41.0))
    before, after = random_values(1, 40), random_values(2, 40)
    first, second = scores_of(golden, "old", {NDCG: before}), scores_of(golden, "new", {NDCG: after})

    plain = row(compare(first, second, golden, policy=POLICY, seed=7))
    weighted = row(compare(first, second, golden, policy=replace(POLICY, use_weights=True), seed=7))

    assert plain.baseline_mean == pytest.approx(before.mean())
    assert weighted.baseline_mean == pytest.approx(np.average(before, weights=golden.weights))
    assert weighted.delta == pytest.approx(np.average(after - before, weights=golden.weights))
    assert weighted.effective_queries < plain.effective_queries == pytest.approx(40)


def test_groups_shrink_the_effective_queries_but_not_the_count() -> None:
    golden = replace(golden_of(40), groups=np.arange(40) // 4)
    first, second = (
        scores_of(golden, name, {NDCG: random_values(seed, 40)}) for seed, name in enumerate("ab")
    )

    found = row(compare(first, second, golden, policy=POLICY, seed=7))

    assert found.queries == found.wins + found.ties + found.losses == 40
    assert found.effective_queries == pytest.approx(10)


def test_identical_systems_differ_by_nothing_and_nothing_is_not_a_number() -> None:
    golden = golden_of(50)
    scores = scores_of(golden, "same", {NDCG: random_values(1, 50)})

    found = row(compare(scores, scores, golden, policy=POLICY, seed=7))

    assert found.delta == 0
    assert found.p_two_sided == found.p_greater == found.p_less == found.p_adjusted == 1
    assert found.low == pytest.approx(-0.0589913551392)
    assert (found.sd, found.d_z) == (0.0, None)


def test_one_query_has_no_spread_and_limits_within_reach() -> None:
    golden = golden_of(1)
    first, second = (scores_of(golden, "ab"[i], {NDCG: np.array([float(i)])}) for i in (0, 1))

    found = row(compare(first, second, golden, policy=POLICY, seed=7))

    assert (found.delta, found.low, found.high) == (1.0, -1.0, 1.0)
    assert found.relative_change is None
    assert (found.sd, found.d_z, found.ci_t, found.detectable, found.provable) == (None,) * 5


@settings(max_examples=10, deadline=None)
@always(st.integers(0, 10**6))
def test_another_measure_or_segment_changes_no_bit_of_a_row(seed: int) -> None:
    halves = {"low": np.arange(120) < 60, "odd": np.arange(120) % 2 == 1}
    bare, cut = golden_of(120), golden_of(120, halves)
    values = [
        {m: random_values(seed + i + 2 * j, 120) for j, m in enumerate((NDCG, RECALL, HIT))} for i in (0, 1)
    ]
    few = [scores_of(bare, "ab"[i], {NDCG: values[i][NDCG]}) for i in (0, 1)]
    many = [scores_of(cut, "ab"[i], values[i]) for i in (0, 1)]

    alone = row(compare(few[0], few[1], bare, policy=POLICY, seed=7))
    among = row(compare(many[0], many[1], cut, policy=POLICY, seed=7))

    assert replace(alone, p_adjusted=0.0) == replace(among, p_adjusted=0.0)


def test_each_segment_is_compared_on_its_own_queries() -> None:
    members = np.arange(100) < 30
    golden = golden_of(100, {"first": members, "none": np.zeros(100, dtype=bool)})
    before, after = random_values(1, 100), random_values(2, 100)
    first, second = scores_of(golden, "a", {NDCG: before}), scores_of(golden, "b", {NDCG: after})

    table = compare(first, second, golden, policy=POLICY, seed=7)

    assert [line.segment for line in table] == [None, "first"]
    found = row(table, segment="first")
    assert found.queries == 30
    assert found.delta == pytest.approx((after - before)[members].mean())
    assert found.low == guarded_interval((after - before)[members]).low
    assert found.limit == 2 * POLICY.margin


def test_queries_without_a_relevant_document_enter_nowhere() -> None:
    golden = golden_of(40, {"first": np.arange(40) < 15})
    counted = np.arange(40) >= 10
    first, second = (
        replace(scores_of(golden, "ab"[i], {NDCG: random_values(i, 40)}), counted=counted) for i in (0, 1)
    )

    table = compare(first, second, golden, policy=POLICY, seed=7)

    assert (row(table).queries, row(table, segment="first").queries) == (30, 5)
    assert row(table).delta == pytest.approx((second.values - first.values)[0, 10:].mean())


def test_small_segments_are_described_and_no_more() -> None:
    golden = golden_of(60, {"small": np.arange(60) < 19, "large": np.arange(60) < 20})
    first = scores_of(golden, "a", {NDCG: np.full(60, 0.1)})
    second = scores_of(golden, "b", {NDCG: np.full(60, 0.9)})

    table = compare(first, second, golden, policy=POLICY, seed=7)

    assert row(table, segment="small").status == Status.DESCRIPTIVE
    assert row(table, segment="large").status == Status.SUPERIOR


def test_a_segment_is_as_small_as_its_effective_queries() -> None:
    golden = replace(golden_of(80, {"half": np.arange(80) < 40}), groups=np.arange(80) // 4)
    first, second = (scores_of(golden, "ab"[i], {NDCG: random_values(i, 80)}) for i in (0, 1))

    found = row(compare(first, second, golden, policy=POLICY, seed=7), segment="half")

    assert (found.queries, found.effective_queries) == (40, 10)
    assert found.status == Status.DESCRIPTIVE


def constant(delta: float, noise: float, queries: int = 200) -> np.ndarray:
    return delta + noise * np.tile([1.0, -1.0], queries // 2)


@pytest.mark.parametrize(
    ("deltas", "policy", "status"),
    [
        (constant(0.1, 0.05), POLICY, Status.SUPERIOR),
        (constant(-0.1, 0.05), POLICY, Status.HARM),
        (constant(0.0, 0.01), POLICY, Status.EQUIVALENT),
        (constant(0.0, 0.092), POLICY, Status.EQUIVALENT),  # at .05, where no worse takes .025
        (constant(0.011, 0.045), POLICY, Status.NON_INFERIOR),
        (constant(-0.04, 0.01), replace(POLICY, margin=0.5), Status.EQUIVALENT),
        (constant(-0.04, 0.0), Policy(min_gain=0.1, margin=0.05), Status.FUTILE),
        (constant(0.0, 0.3), POLICY, Status.UNRESOLVED),
        (constant(0.0, 0.3), Policy(min_gain=0.01), Status.UNRESOLVED),
    ],
)
def test_the_status_is_the_strongest_thing_shown(deltas: np.ndarray, policy: Policy, status: Status) -> None:
    golden = golden_of(len(deltas))
    first = scores_of(golden, "a", {NDCG: np.full(len(deltas), 0.5)})
    second = scores_of(golden, "b", {NDCG: 0.5 + deltas})

    assert row(compare(first, second, golden, policy=policy, seed=7)).status == status


@pytest.mark.parametrize(("delta", "noise", "guard_is_stricter"), [(0.04, 0.2, True), (0.3, 0.01, False)])
def test_better_takes_both_locks_and_worse_the_sign_flip_alone(
    delta: float,
    noise: float,
    guard_is_stricter: bool,  # noqa: FBT001 - a table of cases
) -> None:
    golden, deltas = golden_of(200), constant(delta, noise)
    first = scores_of(golden, "a", {NDCG: np.full(200, 0.5)})
    second = scores_of(golden, "b", {NDCG: 0.5 + deltas})

    gain, loss = (
        row(compare(*pair, golden, policy=POLICY, seed=7)).effect
        for pair in ((first, second), (second, first))
    )

    guard, flip = gain.interval.p_above(0.0), gain.test.greater
    assert (guard > flip) == guard_is_stricter
    assert gain.p_superior == max(guard, flip)
    assert loss.p_harm == loss.test.less == flip


def test_a_policy_that_names_no_number_of_signs_takes_the_one_that_suits_the_set() -> None:
    golden = golden_of(60)
    first, second = (scores_of(golden, "ab"[i], {NDCG: random_values(i, 60)}) for i in (0, 1))

    found = row(compare(first, second, golden, policy=replace(POLICY, resamples=None), seed=7))

    assert found.effect.test.resamples in (default_resamples(60), 10 * default_resamples(60))
    assert (default_resamples(20_000), default_resamples(20_001)) == (100_000, 20_000)


def test_the_whole_table_is_adjusted_together() -> None:
    golden = golden_of(60, {"half": np.arange(60) < 30})
    first, second = (
        scores_of(golden, "ab"[i], {NDCG: random_values(i, 60), RECALL: random_values(i + 5, 60)})
        for i in (0, 1)
    )

    table = compare(first, second, golden, policy=POLICY, seed=7)

    adjusted = benjamini_hochberg([line.p_two_sided for line in table])
    assert [line.p_adjusted for line in table] == adjusted.tolist()


def test_systems_scored_on_other_queries_are_never_paired_by_position() -> None:
    golden, other = golden_of(30), golden_of(31)
    first = scores_of(golden, "a", {NDCG: random_values(1, 30)})
    second = scores_of(other, "b", {NDCG: random_values(2, 31)})

    with pytest.raises(InvalidValueError, match="q00030"):
        compare(first, second, golden, policy=POLICY, seed=7)
    renamed = replace(first, query_ids=(*first.query_ids[:-1], "q99999"))
    with pytest.raises(InvalidValueError, match="q00029"):
        compare(first, renamed, golden, policy=POLICY, seed=7)


def test_a_difference_in_the_last_bits_is_a_tie_and_one_beyond_them_is_none() -> None:
    golden = golden_of(4)
    first = scores_of(golden, "a", {NDCG: np.full(4, 0.5)})
    second = scores_of(golden, "b", {NDCG: 0.5 + np.array([5e-10, -5e-10, 5e-9, -5e-9])})

    found = row(compare(first, second, golden, policy=POLICY, seed=7))

    assert (found.wins, found.ties, found.losses) == (1, 2, 1)


def test_systems_scored_in_other_measures_or_counting_other_queries_are_refused() -> None:
    golden = golden_of(30)
    first = scores_of(golden, "a", {NDCG: random_values(1, 30)})
    other = scores_of(golden, "b", {RECALL: random_values(1, 30)})

    with pytest.raises(InvalidValueError, match="measures"):
        compare(first, other, golden, policy=POLICY, seed=7)
    with pytest.raises(InvalidValueError, match="count"):
        compare(first, replace(first, counted=np.arange(30) > 3), golden, policy=POLICY, seed=7)


def test_a_golden_set_without_counted_queries_is_nothing_to_evaluate() -> None:
    golden = golden_of(30)
    scores = replace(scores_of(golden, "a", {NDCG: random_values(1, 30)}), counted=np.zeros(30, dtype=bool))

    with pytest.raises(NothingToEvaluateError):
        compare(scores, scores, golden, policy=POLICY, seed=7)


def test_the_table_has_a_row_for_each_comparison_and_no_number_where_there_is_none() -> None:
    golden = golden_of(1)
    scores = scores_of(golden, "a", {NDCG: np.array([0.5])})

    frame = to_frame(compare(scores, scores, golden, policy=POLICY, seed=7))

    assert len(frame) == 1
    assert frame.loc[0, "measure"] == "nDCG@10"
    assert frame["d_z"].isna().all()
    assert {"delta", "low", "high", "p_adjusted", "effective_queries", "status"} <= set(frame.columns)
