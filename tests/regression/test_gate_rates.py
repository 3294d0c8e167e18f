"""How often the gate fails: hardly ever by accident (C14 in docs), nearly always on a real drop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from test_checks import compared, examined

from evalkit.regression.checks import verdict_of

Deltas = npt.NDArray[np.float64]
EVERYDAY = 500


def jittered(rng: np.random.Generator, share: float, queries: int = 300) -> Deltas:
    """A share of the queries moves by up to a half either way."""
    return np.where(rng.random(queries) < share, rng.uniform(-0.5, 0.5, queries), 0.0)


def fallen(rng: np.random.Generator, queries: int) -> Deltas:
    """Fifteen queries in a hundred change, by −0.2 in the mean: a true drop of 0.03."""
    return np.where(rng.random(queries) < 0.15, rng.uniform(-0.6, 0.2, queries), 0.0)


def failures(make: Callable[[np.random.Generator], Deltas], repetitions: int) -> int:
    runs = (np.random.default_rng([14, number]) for number in range(repetitions))
    return sum(verdict_of(examined(compared(make(rng)))) == "FAIL" for rng in runs)


def test_identical_results_never_fail() -> None:
    assert failures(lambda _: np.zeros(300), 20) == 0


@pytest.mark.long
def test_a_little_jitter_fails_at_most_once_in_five_hundred() -> None:
    assert failures(lambda rng: jittered(rng, 0.03), EVERYDAY) <= 2


@pytest.mark.calibration
def test_a_little_jitter_fails_at_most_four_times_in_two_thousand() -> None:
    assert failures(lambda rng: jittered(rng, 0.03), 2_000) <= 4


def test_without_a_tolerance_that_follows_the_noise_much_jitter_would_fail_more_often() -> None:
    """The negative control: jitter of 30 %, tolerance left at 0.01."""
    assert failures(lambda rng: jittered(rng, 0.3), 200) >= 1


@pytest.mark.long
@pytest.mark.parametrize(("queries", "low", "high"), [(100, 0.57, 0.83), (300, 0.97, 1.0)])
def test_a_drop_of_three_hundredths_is_caught_at_the_stated_rate(
    queries: int, low: float, high: float
) -> None:
    """Stated: 0.69 on 100 queries, 0.996 on 300, where fifteen in a hundred change."""
    repetitions = 120

    rate = failures(lambda rng: fallen(rng, queries), repetitions) / repetitions

    assert low <= rate <= high
