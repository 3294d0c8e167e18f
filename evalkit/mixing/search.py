"""The search along a curve: where it is lowest, and where it rises for good, whatever shares are shown.

A curve of the random order is smooth in the log-odds of the share (its slope there is the covariance of the
measure with the number of documents moved), and is followed in steps of half a log-odds, from half a
document to all but half of one; each low point is then closed in on until a parabola through it promises
no more than 1e-7. This is a search and no proof: a valley narrower than a step could be missed. On drawn
worlds no share of 401 lies lower than what it finds by more than 1e-6, no lower end by more than 1e-4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats

STEP = 0.5
ROUNDS = 8
CLOSE = 0.01
SETTLED = 1e-7
_MOST_VALLEYS = 3
_NARROW = 0.1
_NEVER = -np.inf

Rows = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """(R, G) rows of numbers along (G,) increasing shares from 0 to 1."""

    shares: Floats
    rows: Floats

    def at(self, shares: Floats) -> Floats:
        """Return the (R, S) numbers at shares that are among those known."""
        return self.rows[:, np.searchsorted(self.shares, shares)]

    def lowest(self, row: int) -> tuple[float, float]:
        """Return the least number of a row, and the share where it is reached first."""
        place = first_least(self.rows[row])
        return float(self.rows[row, place]), float(self.shares[place])

    def settled_from(self, row: int, level: float) -> float | None:
        """Return the least share from which on a row stays at or above `level`, None if it never does."""
        place = settled(self.rows[row], level)
        return None if place is None else float(self.shares[place])


def even_odds(documents: int) -> Floats:
    """Return increasing shares from 0 to 1, half a log-odds apart, both ends and one half among them.

    Args:
        documents: How many documents move; the shares next to the ends are half of one document.
    """
    reach = np.log(2.0 * max(documents, 2))
    odds = np.arange(STEP, reach + STEP, STEP)
    upper = 1.0 / (1.0 + np.exp(-odds))
    return np.concatenate([[0.0], (1.0 - upper)[::-1], [0.5], upper, [1.0]])


def explore(rows: Rows, known: Course, levels: Floats) -> Course:
    """Return rows of numbers at the shares known and wherever else they are lowest or reach a level for good.

    Args:
        rows: Gives the (R, S) numbers at (S,) shares.
        known: The numbers at (G,) shares.
        levels: (R,) what each row is to stay at or above in the end; −inf for a row that has no level.
    """
    course = known
    for _ in range(ROUNDS):
        wanted = np.setdiff1d(_candidates(course, levels), course.shares)
        if not wanted.size:
            break
        joined = np.concatenate([course.shares, wanted])
        order = np.argsort(joined, kind="stable")
        course = Course(joined[order], np.concatenate([course.rows, rows(wanted)], axis=1)[:, order])
    return course


def first_least(values: Floats) -> int:
    """Return where the least value stands first; the last bits of a flat line do not count."""
    return int((values <= values.min() + 1e-9).argmax())


def settled(values: Floats, level: float) -> int | None:
    """Return the place from which on values stay at or above a level, None if the last one lies below."""
    below = np.flatnonzero(values < level)
    first = int(below[-1]) + 1 if below.size else 0
    return first if first < values.size else None


def _candidates(course: Course, levels: Floats) -> Floats:
    wanted: list[float] = []
    for values, level in zip(course.rows, levels.tolist(), strict=True):
        for place in _valleys(values):
            wanted += _closer(course.shares[place - 1 : place + 2], values[place - 1 : place + 2])
        wanted += _next_to_ends(course.shares, values)
        first = None if level == _NEVER else settled(values, level)
        if first:
            wanted += _crossing(course.shares[first - 1 : first + 1], values[first - 1 : first + 1], level)
    return np.array(wanted)


def _next_to_ends(shares: Floats, values: Floats) -> list[float]:
    """Return a share next to each end that is the lowest place, in case the valley lies beside it."""
    width, wanted = shares[1] - shares[0], []
    for end, inner in ((0, 1), (-1, -2)):
        rise = values[inner] - values[end]
        if values[end] <= values.min() and SETTLED < rise < CLOSE and width > _NARROW * shares[2]:
            wanted.append(float(shares[end] + shares[inner]) / 2)
    return wanted


def _valleys(values: Floats) -> list[int]:
    """Return the few places inside that are as low as their neighbours and close to the lowest of all."""
    inner = values[1:-1]
    low = (inner <= values[:-2]) & (inner <= values[2:]) & (inner <= values.min() + CLOSE)
    places = np.flatnonzero(low) + 1
    return [int(place) for place in places[np.argsort(values[places], kind="stable")][:_MOST_VALLEYS]]


def _closer(shares: Floats, values: Floats) -> list[float]:
    """Return shares nearer to the least value of three neighbours; none where no more is to be gained."""
    (left, middle, right), (before, least, after) = shares.tolist(), values.tolist()
    here, there = (before - least) / (middle - left), (after - least) / (right - middle)
    if max(before, after) - least < SETTLED or here + there <= 0:
        return []
    # The vertex of the parabola through the three points, and how far below the least of them it lies.
    bend = (here + there) / (right - left)
    slope = there - bend * (right - middle)
    vertex, gain = middle - slope / (2 * bend), slope * slope / (4 * bend)
    if gain < SETTLED and max(before, after) - least < CLOSE:
        return []
    return [
        share for share in (_between(left, middle), vertex, _between(middle, right)) if left < share < right
    ]


def _crossing(shares: Floats, values: Floats, level: float) -> list[float]:
    """Return shares nearer to where a row comes up to its level."""
    (left, right), (below, above) = shares.tolist(), values.tolist()
    if right - left < SETTLED:
        return []
    secant = left + (right - left) * (level - below) / max(above - below, 1e-300)
    width = (right - left) / 8
    near = (secant - width, secant, secant + width, _between(left, right))
    return [share for share in near if left < share < right]


def _between(left: float, right: float) -> float:
    """Return the middle in log-odds; in the share itself next to an end, whose odds are not finite."""
    if left <= 0 or right >= 1:
        return (left + right) / 2
    odds = np.sqrt(left / (1 - left)) * np.sqrt(right / (1 - right))
    return float(odds / (1 + odds))
