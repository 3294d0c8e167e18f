"""The orders of ties: results in classes, within each of which every order is as likely as any other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.identical import exchangeable_copies
from evalkit.scoring.judged import JudgedRun, Retrieved


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """A judged run whose results are in classes; within one, every order is as likely as any other.

    Attributes:
        judged: The run in the order it is in.
        classes: (Q, K) numbers of classes, no class in two queries.
    """

    judged: JudgedRun
    classes: Ints

    @classmethod
    def of(cls, retrieved: Retrieved, golden: GoldenSet) -> Orders:
        """Return the classes of a run: results of equal scores, and identical documents that nearly tie."""
        from scipy.sparse import coo_array  # noqa: PLC0415 - scipy takes longer to import than a short command
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - as above

        seen = retrieved.run
        queries, depth = seen.rows.shape
        tied = (seen.scores[:, 1:] == seen.scores[:, :-1]) & (seen.rows[:, 1:] >= 0)
        query, rank = np.nonzero(tied)
        left, right = [query * depth + rank], [query * depth + rank + 1]
        for row, ranks in exchangeable_copies(seen, golden):
            left.append(row * depth + ranks[:-1])
            right.append(row * depth + ranks[1:])
        ends = np.concatenate(left), np.concatenate(right)
        size = queries * depth
        links = coo_array((np.ones(len(ends[0]), dtype=bool), ends), shape=(size, size))
        _, found = connected_components(links, directed=False)
        return cls(retrieved.judged, found.astype(np.int64).reshape(queries, depth))

    def mean(self, values: Floats) -> Floats:
        """Return (Q, K) values with the mean of its class in place of each."""
        flat = self.classes.ravel()
        return np.asarray((np.bincount(flat, values.ravel()) / np.bincount(flat))[self.classes])

    @property
    def relevant(self) -> Floats:
        """(Q, K) 1 where a relevant document stands."""
        return (self.judged.grades >= 1).astype(np.float64)

    @property
    def earlier(self) -> Ints:
        """(Q, K) how many of its class stand before each."""
        flat = self.classes.ravel()
        order = np.argsort(flat, kind="stable")
        starts = np.flatnonzero(np.diff(flat[order], prepend=-1))
        sizes = np.diff(starts, append=flat.size)
        place = np.empty(flat.size, dtype=np.int64)
        place[order] = np.arange(flat.size) - np.repeat(starts, sizes)
        return place.reshape(self.classes.shape)

    def chance_of_none(self, cutoff: int | None) -> Floats:
        """Return (Q,) the chance that no relevant result stands at the first ranks.

        Of a class of n with R relevant ones, m of whose places are looked at, it is C(n − R, m) ÷ C(n, m).
        """
        from scipy.special import gammaln  # noqa: PLC0415 - scipy takes longer to import than a short command

        flat = self.classes.ravel()
        inside = np.zeros(self.classes.shape)
        inside[:, :cutoff] = 1.0
        sizes, found = np.bincount(flat), np.bincount(flat, self.relevant.ravel())
        looked = np.bincount(flat, inside.ravel())
        others = sizes - found
        possible = looked <= others
        spare = np.where(possible, others - looked, 0.0)
        with_none = gammaln(others + 1) - gammaln(spare + 1)
        any_of_all = gammaln(sizes + 1.0) - gammaln(sizes - looked + 1)
        chance = np.where(possible, np.exp(np.minimum(with_none - any_of_all, 0.0)), 0.0)
        owner = np.zeros(len(sizes), dtype=np.int64)
        owner[flat] = np.repeat(np.arange(len(self.classes)), self.classes.shape[1])
        none = np.ones(len(self.classes))
        np.multiply.at(none, owner, chance)
        return none
