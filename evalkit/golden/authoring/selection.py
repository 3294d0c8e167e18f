"""The selection: a few hundred queries of a log, weighted so that their mean estimates that of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.errors import InvalidValueError
from evalkit.streams import stream

__all__ = ["Selection", "select"]

HEAD_SHARE = 1 / 6  # of 300 queries the 50 commonest are taken for certain


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Which of the distinct queries of a log are taken.

    Attributes:
        rows: (n,) their places in the log, increasing.
        weights: (n,) how many lines of the log each stands for; they add up to the lines of the log.
        certain: How many were taken for certain.
    """

    rows: Ints
    weights: Floats
    certain: int


def select(counts: Sequence[int], size: int, *, seed: int = 0) -> Selection:
    """Return the commonest queries and a random sample of the others, by how often they were asked.

    A sixth are the commonest. Of the rest each is taken with probability n·c/C, for n places and C lines
    left (systematic sampling in random order), so that Σ weight · value estimates the sum over all lines
    without bias, whatever the values; a query asked so often that it is sure to be taken counts as itself.

    Args:
        counts: (Q,) how often each distinct query was asked, ≥ 1.
        size: How many to take; all, where there are no more.
        seed: Names the random stream.

    Raises:
        InvalidValueError: There is no query, a count is below 1, or nothing is to be taken.

    Source: Horvitz and Thompson, JASA 47, 1952; systematic sampling: Madow, Annals of Mathematical
    Statistics 20, 1949.
    """
    asked = np.asarray(counts, dtype=np.int64)
    if size < 1 or not asked.size or asked.min() < 1:
        raise InvalidValueError(
            f"{size} of {asked.size} queries cannot be taken", hint="--size is 1 or more", code="EK577"
        )
    if size >= asked.size:
        return Selection(np.arange(asked.size), asked.astype(np.float64), int(asked.size))
    commonest = np.lexsort((np.arange(asked.size), -asked))
    certain = _certain(asked[commonest], size)
    rest = commonest[certain:]
    places = size - certain
    drawn = _systematic(asked[rest], places, stream(seed, "query log").permutation(rest.size), seed)
    each = asked[rest].sum() / places if places else 0.0
    rows = np.concatenate([commonest[:certain], rest[drawn]])
    weights = np.concatenate([asked[commonest[:certain]].astype(np.float64), np.full(drawn.size, each)])
    order = np.argsort(rows)
    return Selection(rows[order], weights[order], certain)


def _certain(falling: Ints, size: int) -> int:
    """Return how many of the commonest are taken for certain: a sixth, and whoever is asked too often."""
    certain = min(size, max(1, round(size * HEAD_SHARE)))
    left = int(falling[certain:].sum())
    while certain < size and falling[certain] * (size - certain) >= left:
        left -= int(falling[certain])
        certain += 1
    return certain


def _systematic(counts: Ints, places: int, order: Ints, seed: int) -> Ints:
    """Return the rows met by equal steps along the counts, laid end to end in random order."""
    if not places:
        return np.zeros(0, dtype=np.int64)
    ends = np.cumsum(counts[order], dtype=np.float64)
    step = ends[-1] / places
    start = float(stream(seed, "query log", "start").random())
    return np.asarray(order[np.searchsorted(ends, (np.arange(places) + start) * step, side="right")])
