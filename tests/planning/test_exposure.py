"""Harm and delay: known answers, and what integrals of straight pieces have to obey."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InvalidValueError
from evalkit.planning.exposure import delay, harm

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
NEW_QUERY = (0.019, 0.183, 0.309, 0.415, 0.506)
CALIBRATED = (0.314, 0.313, 0.323, 0.360, 0.506)
OLD, NEW = 0.314, 0.506
curves = st.lists(st.floats(0, 1), min_size=2, max_size=12)


def even(values: list[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.linspace(0, 1, len(values))


def test_harm_counts_what_lies_below_and_no_late_gain() -> None:
    assert harm(SHARES, NEW_QUERY, OLD) == pytest.approx(0.070279, abs=1e-6)
    assert harm(SHARES, CALIBRATED, OLD) == pytest.approx(0.000138, abs=1e-6)
    assert harm(SHARES, [OLD] * 5, OLD) == 0


def test_delay_counts_what_is_not_there_yet() -> None:
    assert delay(SHARES, NEW_QUERY, NEW, hours=24) == pytest.approx(5.127, abs=1e-6)
    assert delay(SHARES, [OLD] * 5, NEW, hours=24) == pytest.approx(4.608, abs=1e-6)


@given(values=curves, old=st.floats(0, 1))
def test_harm_equals_a_fine_sum(values: list[float], old: float) -> None:
    fine = (np.arange(20_000) + 0.5) / 20_000
    below = np.maximum(old - np.interp(fine, even(values), values), 0)
    assert harm(even(values), values, old) == pytest.approx(below.mean(), abs=1e-6)


@given(values=curves, old=st.floats(0, 1), hours=st.floats(0, 1e4))
def test_harm_is_never_negative_and_at_least_the_delay_behind_the_old_index(
    values: list[float], old: float, hours: float
) -> None:
    found = harm(even(values), values, old, hours=hours)
    assert found >= 0
    assert found >= delay(even(values), values, old, hours=hours) - 1e-9 * max(1, hours)


@given(values=curves, at=st.floats(0.01, 0.99), old=st.floats(0, 1))
def test_a_share_more_on_the_line_changes_nothing(values: list[float], at: float, old: float) -> None:
    shares = np.union1d(even(values), [at])
    between = np.interp(shares, even(values), values)
    assert harm(shares, between, old) == pytest.approx(harm(even(values), values, old), abs=1e-9)
    assert delay(shares, between, old) == pytest.approx(delay(even(values), values, old), abs=1e-9)


@pytest.mark.parametrize(
    ("shares", "values"),
    [
        ((0, 0.5), (0.1, 0.2)),
        ((0.1, 1), (0.1, 0.2)),
        ((0, 1, 1), (0.1, 0.2, 0.3)),
        ((1, 0), (0.1, 0.2)),
        ((0,), (0.1,)),
        ((0, 1), (0.1,)),
        ((0, 1), (0.1, float("nan"))),
    ],
)
def test_what_is_no_way_is_refused(shares: tuple[float, ...], values: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValueError):
        harm(shares, values, 0.5)
    with pytest.raises(InvalidValueError):
        delay(shares, values, 0.5)


def test_hours_and_levels_are_numbers() -> None:
    with pytest.raises(InvalidValueError, match="hours"):
        harm((0, 1), (0, 1), 0.5, hours=-1)
    with pytest.raises(InvalidValueError, match="new"):
        delay((0, 1), (0, 1), float("nan"))
