"""The claims: the few numbers of a line that hold whatever shares are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats
from evalkit.mixing.search import Course, explore

ESTIMATED_AT = np.arange(21) / 20
FEW_STEPS = 200
MOST_RANKS = 1_000_000
SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What is said of one strategy and measure over the whole way, from nothing moved to everything.

    Attributes:
        start: Mean before anything has moved.
        half: Mean when half has moved.
        end: Mean when everything has moved.
        worst: Least mean on the way, the start included; the end too where shares move continuously.
        worst_share: The share where it is reached first.
        break_even: Least share from which on the mean stays at or above the old index.
        lowest: Least lower end of the guarded interval of the difference to the old index, ends included.
        lowest_share: The share where that is reached first.
        blackout: Share of the documents found before that cannot be found when half has moved, or NaN.
        spread: Standard deviation of the mean over random moves when half has moved, or NaN.
        error: Standard error of a simulated mean when half has moved; 0 where it is exact.
        cohorts: Each cohort → its value when half has moved, NaN where it is empty.
        evaluated: At how many shares the whole way was looked at.
    """

    start: float
    half: float
    end: float
    worst: float
    worst_share: float
    break_even: float | None
    lowest: float
    lowest_share: float
    blackout: float
    spread: float
    error: float
    cohorts: Mapping[str, float]
    evaluated: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Way:
    """One strategy over the whole way, in M measures.

    Attributes:
        rows: Gives, at (S,) shares, (2M, S) numbers: the means, then the lower ends of the guarded intervals
            of the difference to the old index.
        known: These numbers at the shares that are looked at in any case.
        smooth: Whether `rows` may be asked at any share; only at the shares known where False.
        stepwise: Whether documents move one by one, so that the way ends a step before everything has moved.
    """

    rows: Callable[[Floats], Floats]
    known: Course
    smooth: bool
    stepwise: bool

    @property
    def measures(self) -> int:
        """M."""
        return len(self.known.rows) // 2

    def explored(self, old_means: Floats) -> Course:
        """Return the numbers at every share that a claim depends on.

        Args:
            old_means: (M,) means of the old index.
        """
        if not self.smooth:
            return self.known
        return explore(self.rows, self.known, np.append(old_means - SAME, np.full(self.measures, -np.inf)))

    def worst(self, course: Course, row: int) -> tuple[float, float]:
        """Return the least number of a row on the way, and where it is reached first."""
        kept = course.shares < 1 if self.stepwise else np.ones(course.shares.size, dtype=bool)
        return Course(course.shares[kept], course.rows[:, kept]).lowest(row)


def steps_of_order(documents: int, relevant: int) -> Floats:
    """Return the shares at which a fixed order is looked at: after every document, or evenly picked ones.

    Every step is looked at as long as the ranks of (J,) relevant documents at all of them fit in memory; 200
    steps at the least.
    """
    most = max(FEW_STEPS, MOST_RANKS // max(1, relevant))
    if documents <= most:
        return np.arange(documents + 1) / documents
    return np.unique(np.round(np.arange(most + 1) / most * documents)) / documents


def break_even(course: Course, row: int, old_mean: float, documents: int) -> float | None:
    """Return the least share from which on a row stays at or above the old index, None if it never does.

    A share that leaves less than half a document behind is the end.
    """
    share = course.settled_from(row, old_mean - SAME)
    return 1.0 if share is not None and share * documents > documents - 0.5 else share


def valley_of(first: Way, second: Way) -> list[tuple[float, float]]:
    """Return, for each measure, the worst of the better of two strategies, and where it is reached first."""
    count = first.measures

    def better(shares: Floats) -> Floats:
        return np.maximum(first.rows(shares)[:count], second.rows(shares)[:count])

    known = Course(first.known.shares, np.maximum(first.known.rows[:count], second.known.rows[:count]))
    smooth = first.smooth and second.smooth
    course = explore(better, known, np.full(count, -np.inf)) if smooth else known
    return [course.lowest(row) for row in range(count)]
