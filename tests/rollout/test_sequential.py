"""Evidence over time: known answers, what holds for any values, and what is refused."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from evalkit.errors import InvalidValueError
from evalkit.rollout.band import ArmTotals, guarded_sequence, half_width
from evalkit.rollout.sequential import (
    Bet,
    continued,
    e_process,
    planned_total,
    planned_users,
    sample_ratio_e_value,
    sign_e_value,
)

TWENTY = [1, 0, 1, -1, 1, 1, 0, 1, 1, 0, -1, 1, 1, 1, 0, 1, 1, -1, 1, 1]
VALUES = st.lists(st.floats(-1, 1, allow_nan=False), max_size=60)
THETAS = st.floats(-1, 1, allow_nan=False)


@pytest.mark.parametrize(
    ("theta", "known"),
    [(0.0, {4: 0.75, 10: 3.245192, 20: 13.72177}), (-0.02, {4: 0.787053, 20: 16.778227})],
)
def test_the_e_process_has_its_known_answers(theta: float, known: dict[int, float]) -> None:
    values = e_process(TWENTY, theta=theta)
    assert {step: round(float(values[step - 1]), 6) for step in known} == known


@pytest.mark.parametrize(
    ("wins", "losses", "known"), [(13, 4, 6.02465), (8, 2, 4.00202), (0, 0, 1.0), (1, 0, 1.5)]
)
def test_the_sign_e_value_has_its_known_answers(wins: int, losses: int, known: float) -> None:
    assert sign_e_value(wins, losses) == pytest.approx(known, abs=5e-7)


@pytest.mark.parametrize(("wins", "losses"), [(3, 1), (5, 5), (2, 7)])
def test_the_sign_e_value_is_the_mean_over_coins_above_one_half(wins: int, losses: int) -> None:
    integral, _ = quad(lambda coin: 2 * coin**wins * (1 - coin) ** losses, 0.5, 1)
    assert sign_e_value(wins, losses) == pytest.approx(integral * 2 ** (wins + losses), rel=1e-9)


@pytest.mark.parametrize(("canary", "control", "known"), [(500, 9500, 0.097873), (600, 9400, 1667.506712)])
def test_the_sample_ratio_has_its_known_answers(canary: int, control: int, known: float) -> None:
    assert sample_ratio_e_value([canary, control], [0.05, 0.95]) == pytest.approx(known, abs=5e-7)


@pytest.mark.parametrize(
    ("p", "delta", "share", "two_sided", "total", "one_sided", "total_one_sided"),
    [
        (0.1, 0.005, 0.05, 29744, 594863, 23429, 468573),
        (0.1, 0.005, 0.5, 56512, 113024, 44515, 89029),
        (0.1, 0.01, 0.05, 7436, 148716, 5858, 117144),
        (0.1, 0.02, 0.5, 3532, 7064, 2783, 5565),
        (0.3, 0.005, 0.5, 131862, 263723, 103867, 207734),
        (0.3, 0.02, 0.05, 4338, 86751, 3417, 68334),
        (0.3, 0.02, 0.5, 8242, 16483, 6492, 12984),
    ],
)
def test_planned_users_have_their_known_answers(  # noqa: PLR0913, PLR0917 - a row of a table
    p: float, delta: float, share: float, two_sided: int, total: int, one_sided: int, total_one_sided: int
) -> None:
    asked = {"delta": delta, "share": share}
    assert planned_users(p, **asked) == two_sided
    assert planned_total(p, **asked) == total
    assert planned_users(p, **asked, alpha=0.1) == one_sided
    assert planned_total(p, **asked, alpha=0.1) == total_one_sided


@pytest.mark.parametrize(
    ("t", "known"), [(100, 0.168194386289), (500, 0.067869336284), (2000, 0.0349621989934)]
)
def test_the_confidence_sequence_has_its_known_width(t: int, known: float) -> None:
    assert half_width(0.5 / math.sqrt(t), t, t_star=500) == pytest.approx(known, abs=1e-10)


def test_the_sequence_of_two_samples_has_its_known_width() -> None:
    se = math.sqrt(0.29 * 0.71 / 1000 + 0.3 * 0.7 / 19000)
    assert half_width(se, 20_000, t_star=20_000) == pytest.approx(0.044707, abs=5e-7)


def test_the_guard_adds_a_success_and_a_failure() -> None:
    one = ArmTotals(users=3, first=3.0, second=3.0)
    users, mean, variance = one.guarded()
    assert (users, round(mean, 9), round(variance, 9)) == (5, 0.8, 0.16)
    delta, low, high = guarded_sequence(one, ArmTotals(), t_star=1000)
    assert low == -1.0
    assert high == 1.0
    assert delta == pytest.approx(0.3)


@given(values=VALUES, theta=THETAS)
def test_evidence_is_never_negative_and_has_the_length_of_its_values(
    values: list[float], theta: float
) -> None:
    found = e_process(values, theta=theta)
    assert len(found) == len(values)
    assert (found >= 0).all()
    assert np.isfinite(found).all()


@given(values=VALUES, theta=THETAS, cut=st.integers(0, 60))
def test_a_stream_that_is_interrupted_goes_on_to_the_bit(values: list[float], theta: float, cut: int) -> None:
    logs, whole = continued(Bet(), values, theta=theta)
    first, bet = continued(Bet(), values[:cut], theta=theta)
    second, parts = continued(bet, values[cut:], theta=theta)
    assert np.array_equal(np.concatenate((first, second)), logs)
    assert parts == whole


@given(values=VALUES, theta=st.floats(-1, 1), more=st.floats(-1, 1), where=st.integers(0, 60))
def test_the_bet_on_a_value_is_made_before_it_is_seen(
    values: list[float], theta: float, more: float, where: int
) -> None:
    """Whatever the next value is, its mean over a fair bet around theta leaves E where it was."""
    head = values[:where]
    before = e_process(head, theta=theta)[-1] if head else 1.0
    reach = min(1 - theta, 1 + theta, abs(more))
    up, down = (float(e_process([*head, theta + sign * reach], theta=theta)[-1]) for sign in (1, -1))
    assert (up + down) / 2 == pytest.approx(float(before), rel=1e-9)


@given(counts=st.tuples(st.integers(0, 400), st.integers(0, 400)), share=st.floats(0.01, 0.99))
def test_the_sample_ratio_is_fair_one_user_at_a_time(counts: tuple[int, int], share: float) -> None:
    """The mean of E after one more user, drawn by the intended shares, is E before."""
    shares = [share, 1 - share]
    now = sample_ratio_e_value(counts, shares)
    after = [sample_ratio_e_value([counts[0] + (arm == 0), counts[1] + (arm == 1)], shares) for arm in (0, 1)]
    assert sum(s * e for s, e in zip(shares, after, strict=True)) == pytest.approx(now, rel=1e-6)


@given(wins=st.integers(0, 300), losses=st.integers(0, 300))
def test_the_sign_e_value_is_fair_one_click_at_a_time(wins: int, losses: int) -> None:
    after = (sign_e_value(wins + 1, losses) + sign_e_value(wins, losses + 1)) / 2
    assert after == pytest.approx(sign_e_value(wins, losses), rel=1e-6)


def test_large_evidence_stays_a_number() -> None:
    assert math.isfinite(sign_e_value(50_000, 0))
    assert np.isfinite(e_process(np.ones(20_000), theta=-1.0)).all()


@pytest.mark.parametrize(
    ("function", "arguments", "said"),
    [
        (e_process, ([0.5, 1.5], {"theta": 0.0}), "x = 1.5 at position 1"),
        (e_process, ([float("nan")], {"theta": 0.0}), "nan"),
        (e_process, ([0.5], {"theta": 2.0}), "theta = 2.0"),
        (e_process, (["a"], {"theta": 0.0}), "no number"),
        (e_process, ([[0.5]], {"theta": 0.0}), "2 axes"),
        (sign_e_value, (-1, 3, {}), "no counts"),
        (sign_e_value, (1.5, 3, {}), "no counts"),
        (sample_ratio_e_value, ([1, 2], [0.5, 0.6], {}), "do not divide"),
        (sample_ratio_e_value, ([1], [1.0], {}), "do not divide"),
        (sample_ratio_e_value, ([1, 2], [0.0, 1.0], {}), "do not divide"),
        (sample_ratio_e_value, ([1, 2], [0.5, 0.5], {"k": 0}), "k = 0"),
        (planned_users, (1.0, {"delta": 0.02, "share": 0.05}), "p = 1.0"),
        (planned_users, (0.3, {"delta": 0.0, "share": 0.05}), "delta = 0.0"),
        (planned_users, (0.3, {"delta": 0.02, "share": 5}), "share = 5"),
        (half_width, (0.1, 0, {"t_star": 5}), "t = 0"),
    ],
)
def test_what_is_outside_its_range_is_named(
    function: Callable[..., Any], arguments: tuple[Any, ...], said: str
) -> None:
    *positional, named = arguments
    with pytest.raises(InvalidValueError, match="EK553") as raised:
        function(*positional, **named)
    assert said in str(raised.value)
