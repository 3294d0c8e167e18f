"""The guarded interval: known answers, scipy and statsmodels, and samples on which plain t fails."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st
from known_answers import D40, expected, given
from scipy import stats

from evalkit.comparison.intervals import guarded_interval, plain
from evalkit.comparison.querygroups import cluster
from evalkit.errors import InvalidValueError, NothingToEvaluateError

deltas = st.lists(st.floats(-1, 1), min_size=1, max_size=30)


def test_forty_queries_have_the_known_interval() -> None:
    interval, answer = guarded_interval(D40), expected("P6")

    assert interval.estimate == pytest.approx(answer["est"], abs=1e-12)
    assert interval.low == pytest.approx(answer["L"], abs=1e-9)
    assert interval.high == pytest.approx(answer["U"], abs=1e-9)
    assert interval.effective == pytest.approx(answer["G_eff"], abs=1e-9)
    assert interval.p_above(0) == pytest.approx(answer["p_gt"], abs=1e-9)
    assert interval.p_below(0) == pytest.approx(answer["p_lt"], abs=1e-9)
    assert interval.p_above(-0.05) == pytest.approx(answer["p_ni_margin_0_05"], abs=1e-9)


def test_forty_queries_have_the_known_plain_t_interval() -> None:
    spread, answer = plain(cluster(D40)), expected("P6")

    assert spread is not None
    assert (spread.low(0.05), spread.high(0.05)) == pytest.approx(tuple(answer["t_ci"]), abs=1e-9)
    assert 2 * spread.p_above(0) == pytest.approx(answer["t_p"], abs=1e-9)


@pytest.mark.parametrize("case", range(2))
def test_no_difference_at_all_still_has_the_known_width(case: int) -> None:
    interval = guarded_interval([0.0] * given("P7")["n"][case])

    assert interval.low == pytest.approx(expected("P7")["L"][case], abs=1e-9)
    assert interval.high == pytest.approx(expected("P7")["U"][case], abs=1e-9)


def test_weights_and_clusters_have_the_known_interval() -> None:
    case, answer = given("P8"), expected("P8")

    interval = guarded_interval(case["d"], weights=case["w"], groups=case["g"])

    assert interval.estimate == pytest.approx(answer["guard"]["est"], abs=1e-9)
    assert interval.low == pytest.approx(answer["guard"]["L"], abs=1e-9)
    assert interval.high == pytest.approx(answer["guard"]["U"], abs=1e-9)
    assert interval.p_above(0) == pytest.approx(answer["guard"]["p_gt"], abs=1e-9)
    assert interval.p_below(0) == pytest.approx(answer["guard"]["p_lt"], abs=1e-9)
    assert interval.effective == pytest.approx(answer["guard"]["G_eff"], abs=1e-9)


@pytest.mark.parametrize(
    ("weighted", "grouped", "key"),
    [(True, True, "se"), (True, False, "se_weights_only"), (False, True, "se_cluster_only")],
)
def test_standard_errors_are_the_known_ones(weighted: bool, grouped: bool, key: str) -> None:  # noqa: FBT001 - a table of cases
    case = given("P8")

    spread = plain(
        cluster(case["d"], weights=case["w"] if weighted else None, groups=case["g"] if grouped else None)
    )

    assert spread is not None
    assert spread.error == pytest.approx(expected("P8")[key], abs=1e-9)
    assert spread.mean == pytest.approx(expected("P8")["est" if weighted else "est_cluster_only"], abs=1e-9)


def test_two_one_sided_t_tests_have_the_known_p_value() -> None:
    case, answer = given("P14"), expected("P14")

    spread = plain(cluster(np.subtract(case["cand"], case["inc"])))

    assert spread is not None
    assert spread.p_above(case["low"]) == pytest.approx(answer["p_lower"], abs=1e-9)
    assert spread.p_below(case["high"]) == pytest.approx(answer["p_upper"], abs=1e-9)
    assert (spread.low(0.1), spread.high(0.1)) == pytest.approx(tuple(answer["ci90"]), abs=1e-9)


@settings(deadline=None)
@always(deltas, st.floats(-1, 1))
def test_the_guard_is_a_t_test_with_one_more_query_at_the_worst_value(
    values: list[float], threshold: float
) -> None:
    interval = guarded_interval(values)

    lost, won = np.append(values, -1.0), np.append(values, 1.0)
    if lost.std() > 1e-9:  # scipy warns of, and cannot handle, equal values
        oracle = stats.ttest_1samp(lost, threshold, alternative="greater")
        assert interval.p_above(threshold) == pytest.approx(oracle.pvalue, abs=1e-9)
        low = stats.ttest_1samp(lost, 0).confidence_interval(0.95).low
        assert interval.low == pytest.approx(low, abs=1e-9)
    if won.std() > 1e-9:
        oracle = stats.ttest_1samp(won, threshold, alternative="less")
        assert interval.p_below(threshold) == pytest.approx(oracle.pvalue, abs=1e-9)


@settings(deadline=None)
@always(st.integers(0, 2**32 - 1))
def test_the_robust_error_agrees_with_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, weights = rng.uniform(-1, 1, 30), rng.lognormal(0, 1, 30)
    groups = rng.integers(0, 8, 30)

    spread = plain(cluster(values, weights=weights, groups=groups))

    oracle = sm.WLS(values, np.ones(30), weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    count = len(set(groups))
    assert spread is not None
    assert spread.mean == pytest.approx(oracle.params[0], abs=1e-12)
    assert spread.error == pytest.approx(oracle.bse[0] * math.sqrt(count / (count - 1)), abs=1e-12)


@settings(deadline=None)
@always(deltas)
def test_swapping_the_systems_mirrors_the_interval(values: list[float]) -> None:
    there, back = guarded_interval(values), guarded_interval([-value for value in values])

    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), abs=1e-12)
    assert back.p_below(-0.1) == pytest.approx(there.p_above(0.1), abs=1e-12)


@settings(deadline=None)
@always(deltas)
def test_every_query_twice_in_one_cluster_changes_nothing(values: list[float]) -> None:
    once = guarded_interval(values)

    twice = guarded_interval(values * 2, groups=list(range(len(values))) * 2)

    assert (twice.estimate, twice.low, twice.high) == pytest.approx(
        (once.estimate, once.low, once.high), abs=1e-9
    )


@settings(deadline=None)
@always(deltas, st.floats(0.001, 1000))
def test_the_unit_of_the_weights_does_not_matter(values: list[float], unit: float) -> None:
    plain_interval = guarded_interval(values)

    scaled = guarded_interval(values, weights=[unit] * len(values))

    assert (scaled.low, scaled.high) == pytest.approx((plain_interval.low, plain_interval.high), abs=1e-9)


@settings(deadline=None)
@always(st.integers(1, 500), st.floats(1e-300, 1e300))
def test_equal_weights_leave_a_whole_number_of_effective_queries(queries: int, weight: float) -> None:
    assert guarded_interval([0.0] * queries, weights=[weight] * queries).effective == queries


def test_queries_of_weight_zero_count_for_nothing() -> None:
    with_them = guarded_interval([0.2, -0.1, 0.4, 1.0], weights=[1, 2, 1, 0])

    assert with_them == guarded_interval([0.2, -0.1, 0.4], weights=[1, 2, 1])


def test_a_single_query_has_a_finite_interval_that_proves_nothing() -> None:
    interval = guarded_interval([1.0])

    assert interval.effective == 1.0
    assert interval.low == pytest.approx(-12.7062047362)
    assert interval.high == 1.0
    assert interval.p_above(0) == 0.5
    assert plain(cluster([1.0])) is None


def test_all_lost_leaves_no_doubt_about_the_low_side_only() -> None:
    interval = guarded_interval([-1.0] * 50)

    assert interval.low == -1.0
    assert interval.high < -0.85
    assert interval.p_above(-1.0) == 1.0
    assert interval.p_below(0) < 1e-9


def test_one_heavy_query_leaves_one_effective_query() -> None:
    interval = guarded_interval([0.5] + [0.1] * 99, weights=[1e9] + [1] * 99)

    assert interval.effective == pytest.approx(1.0, abs=1e-6)
    assert interval.low < -1
    assert math.isfinite(interval.high)


@pytest.mark.parametrize("alpha", [0.0, 1.0, math.nan])
def test_alpha_is_a_probability(alpha: float) -> None:
    with pytest.raises(InvalidValueError, match="alpha"):
        guarded_interval([0.1, 0.2], alpha=alpha)


def test_nan_is_refused_and_no_query_is_nothing_to_evaluate() -> None:
    with pytest.raises(InvalidValueError, match="not finite"):
        guarded_interval([0.1, math.nan])
    with pytest.raises(NothingToEvaluateError):
        guarded_interval([])
