"""Planning: known numbers of queries, and that the two directions of the same equation agree."""

import itertools
import math

import pytest
from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st
from known_answers import expected, given
from scipy import stats

from evalkit.comparison.noise import noise_floor
from evalkit.comparison.power import planning_sd, provable_margin, required_queries, smallest_detectable
from evalkit.errors import InvalidValueError

spreads = st.floats(0, 0.6)


def test_the_known_plans_need_the_known_numbers_of_queries() -> None:
    needed = [
        required_queries(case["sd"], threshold=case["theta"], effect=case["Delta"])
        for case in given("P11")["cases"]
    ]

    assert needed == expected("P11")["n"]


def test_the_known_numbers_of_queries_detect_the_known_effects() -> None:
    case, answer = given("P12"), expected("P12")

    gains = [smallest_detectable(case["sd"], n) for n in case["n"]]
    margins = [provable_margin(case["sd"], n) for n in case["n"]]

    assert gains == pytest.approx(answer["superiority"], abs=1e-6)
    assert margins == pytest.approx(answer["ni_margin_at_zero"], abs=1e-6)


@pytest.mark.parametrize("case", range(2))
def test_the_guard_asks_for_more_queries_than_a_plain_t_test(case: int) -> None:
    """The known answer is the plain paired t test's, which the guard's caution is measured against."""
    d_z, answer = given("P13")["d_z"][case], expected("P13")["n"][case]
    plain_t = next(
        n
        for n in itertools.count(2)
        if stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, d_z * math.sqrt(n)) >= 0.8
    )

    guarded = required_queries(0.26, threshold=0.0, effect=0.26 * d_z)

    assert plain_t == answer
    assert answer < guarded < 4 * answer


@settings(deadline=None)
@always(spreads, st.floats(0.01, 0.5), st.floats(0, 0.3))
def test_the_number_needed_is_the_least_that_is_enough(sd: float, margin: float, effect: float) -> None:
    needed = required_queries(sd, threshold=-margin, effect=effect)

    assert smallest_detectable(sd, needed, threshold=-margin) <= effect + 1e-9
    if needed > 1:
        assert smallest_detectable(sd, needed - 1, threshold=-margin) > effect - 1e-9


@settings(deadline=None)
@always(spreads, st.floats(0.01, 0.3), st.floats(0.001, 0.1))
def test_more_noise_or_a_smaller_margin_never_needs_fewer_queries(
    sd: float, margin: float, more: float
) -> None:
    needed = required_queries(sd, threshold=-margin, effect=0.0)

    assert required_queries(sd + more, threshold=-margin, effect=0.0) >= needed
    assert required_queries(sd, threshold=-margin - more, effect=0.0) <= needed


def test_what_a_single_query_could_show_is_nothing() -> None:
    assert smallest_detectable(0.26, 1) == math.inf
    assert provable_margin(0.26, 1) > 1


def test_below_a_hundred_queries_the_spread_is_planned_with_its_upper_bound() -> None:
    assert planning_sd(0.26, 50) == pytest.approx(0.26 * math.sqrt(49 / stats.chi2.ppf(0.2, 49)))
    assert planning_sd(0.26, 100) == 0.26


@pytest.mark.parametrize(("sd", "queries"), [(None, 100), (0.26, 1), (0.0, 1.0000004)])
def test_without_a_spread_or_a_second_query_nothing_is_planned(sd: float | None, queries: float) -> None:
    assert planning_sd(sd, queries) is None


@pytest.mark.parametrize(
    "plan",
    [
        {"sd": -0.1, "threshold": 0.0, "effect": 0.1},
        {"sd": math.nan, "threshold": 0.0, "effect": 0.1},
        {"sd": 0.2, "threshold": 0.0, "effect": 0.0},
        {"sd": 0.2, "threshold": 0.0, "effect": math.nan},
        {"sd": 0.2, "threshold": 0.0, "effect": 0.1, "alpha": 0.0},
        {"sd": 0.2, "threshold": 0.0, "effect": 0.1, "power": 1.0},
    ],
)
def test_a_plan_that_cannot_succeed_is_refused(plan: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError):
        required_queries(**plan)


@pytest.mark.parametrize("queries", [0, 0.5, math.inf, math.nan])
def test_what_no_queries_could_show_is_not_asked(queries: float) -> None:
    with pytest.raises(InvalidValueError, match="queries"):
        smallest_detectable(0.26, queries)


def test_repetitions_have_the_known_noise() -> None:
    case, answer = given("P17"), expected("P17")

    noise = noise_floor(case["runs"], queries=case["n"])

    assert noise.variance == pytest.approx(answer["s_w2"], abs=1e-9)
    assert noise.error == pytest.approx(answer["se_noise"], abs=1e-9)
    assert noise.tolerance == pytest.approx(answer["tol"], abs=1e-9)


def test_a_system_without_noise_keeps_the_tolerance_of_the_user() -> None:
    assert noise_floor([[0.5, 0.5]], queries=100, tolerance=0.02).tolerance == 0.02


def test_one_repetition_shows_no_noise() -> None:
    with pytest.raises(InvalidValueError, match="twice"):
        noise_floor([[0.5], [0.4]], queries=2)
