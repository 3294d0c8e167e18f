"""The agreement: how much of one system's results another keeps, query by query, without any judgement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, check_shape, read_only
from evalkit.defaults import CUTOFF
from evalkit.errors import UsageError
from evalkit.retrieval.run import Run

PERSISTENCE = 0.9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Agreement:
    """What Q queries keep of their results when one system takes another's place.

    Attributes:
        cutoff: How many results people see.
        overlap: (Q,) share of the first `cutoff` results that both systems have in common.
        rank_biased: (Q,) rank-biased overlap of the whole rankings, at persistence 0.9.
        same_first: (Q,) whether the first result stays.
        same_order: (Q,) whether the first `cutoff` results stay, in their order.
    """

    cutoff: int
    overlap: Floats
    rank_biased: Floats
    same_first: Bools
    same_order: Bools

    def __post_init__(self) -> None:
        """Check that every array has one value for each query."""
        for name in ("overlap", "rank_biased", "same_first", "same_order"):
            check_shape(name, getattr(self, name), self.overlap.shape)
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @classmethod
    def between(cls, old: Run, new: Run, *, cutoff: int = CUTOFF) -> Agreement:
        """Return how much of `old` is kept by `new`.

        Args:
            old: A run over the same queries and documents as `new`.
            new: The run that may take its place.
            cutoff: How many results people see, ≥ 1.

        Raises:
            UsageError: The cutoff is below 1.
        """
        if cutoff < 1:
            raise UsageError(f"a cutoff of {cutoff} shows no result", hint="-k is 1 or more", code="EK111")
        width = max(cutoff, old.rows.shape[1], new.rows.shape[1])
        first, second = _padded(old.rows, width), _padded(new.rows, width)
        alike = first[:, :cutoff] == second[:, :cutoff]
        return cls(
            cutoff=cutoff,
            overlap=overlap(old.rows, new.rows, cutoff),
            rank_biased=rank_biased_overlap(old.rows, new.rows),
            same_first=alike[:, 0],
            same_order=alike.all(axis=1),
        )

    @property
    def most_changed_first(self) -> Ints:
        """(Q,) rows of the queries, those whose results change most first; equal ones keep their order."""
        return np.lexsort((self.overlap, self.rank_biased))


def overlap(first: Ints, second: Ints, depth: int = CUTOFF) -> Floats:
    """Return (Q,) the share of the first `depth` results that two rankings have in common.

    Args:
        first: (Q, K) document rows, best first; −1 only pads the tail.
        second: (Q, K') the same of another system.
        depth: How many ranks to look at.

    Returns:
        Documents in common ÷ the longer of both results, `depth` at most: what is all there is, is all kept.
        1 where neither returned anything.
    """
    longest = np.minimum(np.maximum(_returned(first), _returned(second)), depth)
    common = _common(first, second, depth)[:, -1]
    return np.where(longest > 0, common / np.maximum(longest, 1), 1.0)


def rank_biased_overlap(first: Ints, second: Ints) -> Floats:
    """Return (Q,) rank-biased overlap at persistence 0.9, extrapolated from the ranks that are there.

    Args:
        first: (Q, K) document rows, best first; −1 only pads the tail.
        second: (Q, K') the same of another system; each query's two rankings may differ in length.

    Returns:
        1 for equal rankings, 0 for rankings without a common document; 1 where neither returned anything.

    Source: Webber, Moffat and Zobel, A similarity measure for indefinite rankings, ACM TOIS 28(4), 2010,
        equation 32 (equation 23 where both are equally long).
    """
    common = _common(first, second, max(first.shape[1], second.shape[1])).astype(np.float64)
    lengths = np.sort([_returned(first), _returned(second)], axis=0)
    short, long = lengths[0][:, None], lengths[1][:, None]
    ranks = np.arange(1, common.shape[1] + 1)
    weights = PERSISTENCE**ranks
    at_short, at_long = (_at(common, length) for length in (short, long))
    # Beyond its end, the shorter ranking is taken to agree as much as it did at its end.
    extended = common + np.where(ranks > short, at_short * (ranks - short) / np.maximum(short, 1), 0.0)
    series = (np.where(ranks <= long, extended, 0.0) / ranks * weights).sum(axis=1)
    last = (at_long - at_short) / np.maximum(long, 1) + at_short / np.maximum(short, 1)
    tail = (last * PERSISTENCE**long)[:, 0]
    found = (1 - PERSISTENCE) / PERSISTENCE * series + tail
    return np.where(long[:, 0] > 0, found, 1.0)


def _at(common: Floats, length: Ints) -> Floats:
    """Return (Q, 1) how many documents are shared down to each ranking's length."""
    return np.where(length > 0, np.take_along_axis(common, np.maximum(length - 1, 0), axis=1), 0.0)


def _returned(rows: Ints) -> Ints:
    return np.asarray((rows >= 0).sum(axis=1))


def _padded(rows: Ints, width: int) -> Ints:
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=-1)


def _common(first: Ints, second: Ints, depth: int) -> Ints:
    """Return (Q, K) how many documents two rankings share up to each rank, at least one column."""
    columns = max(1, min(depth, max(first.shape[1], second.shape[1])))
    mine, other = (_padded(rows, max(columns, rows.shape[1]))[:, :columns] for rows in (first, second))
    new = np.zeros(mine.shape, dtype=np.int64)
    for rank in range(columns):  # ranks, not queries
        at, beside = mine[:, rank, None], other[:, rank, None]
        new[:, rank] = (
            ((at == other[:, :rank]) & (at >= 0)).any(axis=1).astype(np.int64)
            + ((beside == mine[:, :rank]) & (beside >= 0)).any(axis=1)
            + ((at == beside) & (at >= 0))[:, 0]
        )
    return np.cumsum(new, axis=1)
