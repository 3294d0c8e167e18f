"""How many records to look at, and what a share found among them says of all."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evalkit.errors import UsageError

__all__ = ["needed_sample"]

PROMISE, CONFIDENCE = 0.01, 0.95


@dataclass(frozen=True, slots=True)
class Bound:
    """A share that was found among some of the records, and between what it lies among all of them.

    Attributes:
        examined: How many records were looked at.
        found: How many of them have what was looked for.
        low: Lower bound of the share among all, at 95 % by itself.
        high: Upper bound, at 95 % by itself.
    """

    examined: int
    found: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share among those that were looked at; 0 where none was."""
        return self.found / self.examined if self.examined else 0.0


def needed_sample(share: float, *, total: int | None = None, confidence: float = CONFIDENCE) -> int:
    """Return how many records to draw so that a share of foreign ones is met at least once.

    Args:
        share: The share, in (0, 1].
        total: How many records there are; None for so many that it does not matter.
        confidence: With which probability, in (0, 1).

    Raises:
        UsageError: A number lies outside.

    Examples:
        >>> [needed_sample(share) for share in (0.05, 0.01, 0.005, 0.001)]
        [59, 299, 598, 2995]
        >>> needed_sample(0.01, total=1_000)
        258
    """
    if not 0 < share <= 1 or not 0 < confidence < 1:
        raise UsageError(
            f"a share of {share} at a confidence of {confidence} cannot be promised",
            hint="a share such as 0.01, a confidence such as 0.95",
            code="EK645",
        )
    if share == 1:
        return 1
    far = math.ceil(math.log(1 - confidence) / math.log(1 - share) - 1e-9)
    if total is None:
        return far
    foreign = max(1, math.ceil(share * total - 1e-9))
    low, high = 0, total
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _none_met(total, foreign, middle) <= 1 - confidence else (middle, high)
    return high


def _none_met(total: int, foreign: int, drawn: int) -> float:
    """Return the probability that none of `foreign` records is among `drawn` of `total`."""
    if drawn > total - foreign:
        return 0.0
    log = math.lgamma(total - foreign + 1) - math.lgamma(total - foreign - drawn + 1)
    return math.exp(log + math.lgamma(total - drawn + 1) - math.lgamma(total + 1))


def bound_of(found: int, examined: int, total: int | None = None) -> Bound:
    """Return a share with its exact bounds; where all records were looked at, they are the share itself.

    Args:
        found: How many of the examined have what was looked for.
        examined: How many were drawn at random.
        total: How many there are; None for so many that it does not matter.

    Source: Clopper and Pearson 1934; among few records, the same with the hypergeometric distribution.
    """
    if not examined:
        return Bound(0, 0, 0.0, 1.0)
    if total is not None and examined >= total:
        return Bound(examined, found, found / examined, found / examined)
    low, high = _clopper_pearson(found, examined)
    if total is None:
        return Bound(examined, found, low, high)
    # At most so many can lack it, or have it, among those that were not drawn.
    return Bound(
        examined,
        found,
        _least(found, examined, total) / total,
        min(high, _most(found, examined, total) / total),
    )


def _clopper_pearson(found: int, examined: int) -> tuple[float, float]:
    from scipy.stats import beta  # noqa: PLC0415 - heavy, and only audits need it

    error = 1 - CONFIDENCE
    low = float(beta.ppf(error, found, examined - found + 1)) if found else 0.0
    high = float(beta.ppf(1 - error, found + 1, examined - found)) if found < examined else 1.0
    return low, high


def _most(found: int, examined: int, total: int) -> int:
    """Return the largest number among all with which as few as were found are no surprise."""
    from scipy.stats import hypergeom  # noqa: PLC0415 - the same

    low, high = found, total - (examined - found)
    while low < high:
        middle = (low + high + 1) // 2
        unsurprising = float(hypergeom.cdf(found, total, middle, examined)) > 1 - CONFIDENCE
        low, high = (middle, high) if unsurprising else (low, middle - 1)
    return low


def _least(found: int, examined: int, total: int) -> int:
    """Return the smallest number among all with which as many as were found are no surprise."""
    return total - _most(examined - found, examined, total)
