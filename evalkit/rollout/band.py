"""The band: a confidence sequence around the difference of two arms, for people to look at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from evalkit.errors import InvalidValueError

_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class ArmTotals:
    """How many users an arm has, the sum of their values and of the squares of these."""

    users: int = 0
    first: float = 0.0
    second: float = 0.0

    @property
    def mean(self) -> float | None:
        """The plain mean; None without a user."""
        return self.first / self.users if self.users else None

    def guarded(self) -> tuple[int, float, float]:
        """Return users, mean and variance after one success and one failure are added."""
        users = self.users + 2
        mean = (self.first + 1.0) / users
        return users, mean, max(0.0, (self.second + 1.0) / users - mean**2)


def half_width(se: float, t: float, *, t_star: float, alpha: float = 0.05) -> float:
    """Return the half-width of the asymptotic confidence sequence with a normal mixture.

    se · sqrt(2 (t r² + 1) / (t r²) · ln(sqrt(t r² + 1) / alpha)), where
    r² = (−2 ln alpha + ln(1 − 2 ln alpha)) / t*; it is narrowest beside a fixed interval at t*.

    Args:
        se: Standard error at t, at least 0.
        t: How many values there are, above 0.
        t_star: Where it is to be narrowest, above 0.
        alpha: Error rate, in (0, 1).

    Returns:
        The half-width, in the unit of `se`.

    Raises:
        InvalidValueError: A number lies outside its range.

    Source:
        Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), "Time-uniform central limit theory and
        asymptotic confidence sequences", doi:10.1214/24-AOS2408.
    """
    if not (se >= 0 and t > 0 and t_star > 0 and 0 < alpha < 1):
        raise InvalidValueError(
            f"se = {se}, t = {t}, t* = {t_star}, alpha = {alpha}: no interval goes with these",
            hint="se at least 0, t and t* above 0, alpha between 0 and 1",
            code="EK553",
        )
    spread = t * (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / t_star
    return se * math.sqrt(2 * (spread + 1) / spread * math.log(math.sqrt(spread + 1) / alpha))


def guarded_sequence(
    canary: ArmTotals, control: ArmTotals, *, t_star: float, alpha: float = 0.05
) -> tuple[float, float, float]:
    """Return the difference of the arms with the ends of its confidence sequence; it decides nothing.

    Both arms get one success and one failure more. Without that guard a sequence that is looked at from the
    first users on errs several times as often as it says.
    """
    (n, mean, variance), (m, other, spread) = canary.guarded(), control.guarded()
    half = half_width(math.sqrt(variance / n + spread / m), n + m, t_star=t_star, alpha=alpha)
    return mean - other, max(-1.0, mean - other - half), min(1.0, mean - other + half)


def share_sequence(wins: int, losses: int, *, alpha: float = 0.05) -> tuple[float, float]:
    """Return the ends of a confidence sequence for the chance of a win, ties left out.

    All p at which B(w+1, l+1) / (p^w (1−p)^l) < 1/alpha: the chance of the votes under a share spread evenly
    over (0, 1), held against p. It holds at every look, at every number of votes.

    Args:
        wins: How often one side won, at least 0.
        losses: How often the other one did, at least 0.
        alpha: Error rate, in (0, 1).

    Returns:
        Both ends; (0, 1) without a vote.

    Source:
        Robbins (1970), "Statistical methods related to the law of the iterated logarithm",
        doi:10.1214/aoms/1177696786: the mixture of a binomial, here with a uniform weight.

    Examples:
        >>> [round(end, 3) for end in share_sequence(13, 4)]
        [0.412, 0.963]
    """
    votes = wins + losses
    if not votes:
        return 0.0, 1.0
    limit = math.log(1 / alpha)
    mixed = math.lgamma(wins + 1) + math.lgamma(losses + 1) - math.lgamma(votes + 2)

    def excess(p: float) -> float:
        likelihood = wins * math.log(p) if wins else 0.0
        likelihood += losses * math.log1p(-p) if losses else 0.0
        return mixed - likelihood - limit

    middle = wins / votes
    low = _root(excess, 1e-300, middle) if wins else 0.0
    high = _root(excess, 1 - 1e-16, middle) if losses else 1.0
    return low, high


def _root(excess: Callable[[float], float], outside: float, inside: float) -> float:
    """Return where what is above 0 outside and below 0 inside is 0."""
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        outside, inside = (middle, inside) if excess(middle) > 0 else (outside, middle)
    return (outside + inside) / 2
