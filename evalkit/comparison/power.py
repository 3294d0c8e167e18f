"""What a number of queries can resolve: queries needed, and the smallest effect that can be shown."""

from __future__ import annotations

import math
from collections.abc import Callable

from evalkit.comparison.intervals import check_alpha, student_quantile
from evalkit.errors import InvalidValueError

__all__ = ["provable_margin", "required_queries", "smallest_detectable"]

SMALL_SAMPLE = 100
PLANNABLE = 2
_CAUTION = 0.8


def required_queries(
    sd: float, *, threshold: float, effect: float, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return the least number of queries that shows a planned effect to lie above a threshold.

    Args:
        sd: Standard deviation of the deltas per query, 0 or more.
        threshold: What must be excluded: 0 for a gain, minus the margin for "no worse".
        effect: The planned true mean delta, above the threshold; never the one that was observed.
        alpha: Two-sided level of the guarded interval.
        power: The chance that the interval then lies above the threshold, in (0, 1).

    Returns:
        The number of queries, at least 1 (of effective queries, where there are weights or clusters).

    Raises:
        InvalidValueError: A number is out of range or the effect does not lie above the threshold.

    Examples:
        >>> required_queries(0.26, threshold=-0.02, effect=0.0)  # to exclude a loss of 0.02
        1435
    """
    _check(sd, alpha, power)
    if not -1 <= threshold < effect <= 1:
        raise InvalidValueError(
            f"an effect of {effect} cannot be shown to lie above {threshold}",
            hint="plan an effect above the threshold, both in [-1, 1]",
            code="EK546",
        )

    def enough(queries: int) -> bool:
        return _reach(sd, queries, effect, alpha, power) <= effect - threshold

    return _least(enough)


def smallest_detectable(
    sd: float, queries: float, *, threshold: float = 0.0, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the smallest true mean delta that so many queries show to lie above a threshold.

    Args:
        sd: Standard deviation of the deltas per query, 0 or more.
        queries: How many there are (effective ones, where there are weights or clusters), at least 1.
        threshold: What must be excluded, in [-1, 1].
        alpha: Two-sided level of the guarded interval.
        power: The chance of showing it, in (0, 1).

    Returns:
        The effect in (threshold, 1], or infinity when even an effect of 1 would go unseen.

    Raises:
        InvalidValueError: A number is out of range.

    Examples:
        >>> round(smallest_detectable(0.26, 300), 3)
        0.046
    """
    _check(sd, alpha, power)
    _check_queries(queries)

    def shortfall(effect: float) -> float:
        return _reach(sd, queries, effect, alpha, power) - (effect - threshold)

    # The reach is convex in the effect, so the shortfall changes its sign at most once below 1.
    return _first_root(shortfall, threshold, 1.0)


def provable_margin(sd: float, queries: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest loss that so many queries exclude when there is none.

    Args:
        sd: Standard deviation of the deltas per query, 0 or more.
        queries: How many there are (effective ones, where there are weights or clusters), at least 1.
        alpha: Two-sided level of the guarded interval.
        power: The chance of excluding it, in (0, 1).

    Returns:
        The margin; above 1 it says that nothing can be excluded.

    Raises:
        InvalidValueError: A number is out of range.
    """
    _check(sd, alpha, power)
    _check_queries(queries)
    return _reach(sd, queries, 0.0, alpha, power)


def planning_sd(sd: float | None, queries: float) -> float | None:
    """Return the standard deviation to plan with: below 100 queries its upper 80 % bound.

    Args:
        sd: Standard deviation of the deltas that were seen, None where there is none.
        queries: How many (effective) queries it was seen on.

    Returns:
        The deviation; None where fewer than two queries leave nothing to plan with.
    """
    from scipy.special import gammaincinv  # noqa: PLC0415 - scipy is slow to import

    if sd is None or queries < PLANNABLE:
        return None
    if queries >= SMALL_SAMPLE:
        return sd
    df = queries - 1
    chi_square = 2 * float(gammaincinv(df / 2, 1 - _CAUTION))
    return sd * math.sqrt(df / chi_square)


def normal_quantile(probability: float) -> float:
    """Return the quantile of the standard normal distribution."""
    from scipy.special import ndtri  # noqa: PLC0415 - scipy takes longer to import than a report to print

    return float(ndtri(probability))


def _reach(sd: float, queries: float, effect: float, alpha: float, power: float) -> float:
    """Return how far above a threshold `effect` must lie: the guarded half-width and the power's share.

    The half-width is that of the guarded interval on deltas with this mean and standard deviation, seen
    from the mean: the pseudo-query at -1 shifts the mean by (1 + effect) / (n + 1) and widens the spread.
    """
    fall = 1 + effect
    squares = (queries - 1) * sd**2 + queries / (queries + 1) * fall**2
    error = math.sqrt(squares / queries / (queries + 1))
    half_width = fall / (queries + 1) + student_quantile(1 - alpha / 2, queries) * error
    return half_width + normal_quantile(power) * sd / math.sqrt(queries)


def _least(enough: Callable[[int], bool]) -> int:
    """Return the least whole number from 1 that is enough, where more is never less."""
    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _first_root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where `function` falls through 0 between `low` and `high`, or infinity if it does not."""
    if function(high) > 0:
        return math.inf
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return high


def _check(sd: float, alpha: float, power: float) -> None:
    check_alpha(alpha)
    if not 0 <= sd < math.inf:
        raise InvalidValueError(
            f"a standard deviation must be finite and not negative, not {sd}",
            hint="0.26 is typical of nDCG@10 between two models",
            code="EK545",
        )
    if not 0 < power < 1:
        raise InvalidValueError(
            f"power must lie strictly between 0 and 1, not {power}", hint="0.8 is usual", code="EK547"
        )


def _check_queries(queries: float) -> None:
    if not 1 <= queries < math.inf:
        raise InvalidValueError(f"queries must be at least 1, not {queries}", code="EK548")
