"""Build time: what building a graph over a large corpus takes, told from a few small builds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import InvalidValueError
from evalkit.planning.numbers import check_number

LEAST_BUILDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTime:
    """How long a build takes, in CPU seconds of one thread.

    Attributes:
        low: By N ln N from the largest build: too little, since a small build fits the processor's cache.
        high: By the power law through the builds.
        exponent: That of the power law.
    """

    low: float
    high: float
    exponent: float


def build_time(sizes: Sequence[float], seconds: Sequence[float], vectors: float) -> BuildTime:
    """Return what a build takes, from builds of a few sizes.

    N ln N alone under-predicts by half where it was measured; a power law through builds of 1,000 to 5,000
    vectors over-predicts: the truth lay between both four times of four.

    Args:
        sizes: Vectors of each small build, two sizes at the least, best 1,000 to 5,000.
        seconds: CPU seconds of each in one thread, the least of some repetitions.
        vectors: How many there are to be.

    Returns:
        Both ends; where the power law gives less than N ln N they change places.

    Raises:
        InvalidValueError: There are fewer than two sizes, one is not above 1, or a time is not above 0.

    Examples:
        >>> found = build_time([1000, 2000, 4000], [1.0, 2.5, 6.25], 8000)
        >>> round(found.low, 3), round(found.high, 3), round(found.exponent, 3)
        (13.545, 15.625, 1.322)
    """
    if len(set(sizes)) < LEAST_BUILDS or len(sizes) != len(seconds):
        raise InvalidValueError(
            f"{len(set(sizes))} sizes with {len(seconds)} times tell no build time",
            hint="build indexes of 1,000, 2,000 and 5,000 vectors",
            code="EK740",
        )
    counts = [check_number("sizes", size, least=1, above=True) for size in sizes]
    times = [check_number("seconds", second, above=True) for second in seconds]
    planned = check_number("vectors", vectors, least=1, above=True)
    exponent, offset = (float(value) for value in np.polyfit(np.log(counts), np.log(times), 1))
    power = math.exp(offset + exponent * math.log(planned))
    largest = max(range(len(counts)), key=lambda place: counts[place])
    sorted_ = times[largest] * planned * math.log(planned) / (counts[largest] * math.log(counts[largest]))
    return BuildTime(low=min(sorted_, power), high=max(sorted_, power), exponent=exponent)
