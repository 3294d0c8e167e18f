"""The sample: which queries count, how much each, and which of them belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, check_shape
from evalkit.comparison.intervals import guarded_lows
from evalkit.comparison.querygroups import Clusters, number_groups
from evalkit.golden.goldenset import GoldenSet


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The queries of a golden set as the statistics see them.

    Attributes:
        weights: (Q,) how much each query counts.
        groups: (Q,) number of each query's cluster, from 0, over the whole golden set.
        members: The counted queries of the whole set (None) and of each segment that has any.
    """

    weights: Floats
    groups: Ints
    members: Mapping[str | None, Bools]

    @classmethod
    def of(cls, golden: GoldenSet, counted: Bools, *, use_weights: bool) -> Sample:
        """Return the sample of the queries that are `counted` (Q,)."""
        check_shape("counted", counted, (len(golden.queries),))
        members: dict[str | None, Bools] = {None: counted}
        for name, segment in golden.segments.items():
            if np.any(segment & counted):
                members[name] = segment & counted
        weights = golden.weights if use_weights else np.ones(len(golden.queries))
        return cls(weights, number_groups(golden.groups), members)

    def clusters(self, deltas: Floats, segment: str | None) -> Clusters:
        """Return the cluster sums of (Q,) deltas over one segment, or over the whole set (None).

        All clusters of the golden set have a place, those without a query in the segment too, so that
        all segments share one row of random signs for each.
        """
        weights = np.where(self.members[segment], self.weights, 0.0)
        return Clusters.total(deltas, weights, self.groups, int(self.groups.max()) + 1)

    def guarded_lows(self, deltas: Floats, alpha: float) -> Floats:
        """Return (S,) the lower ends of the guarded intervals of (S, Q) deltas over the whole set."""
        weights = np.where(self.members[None], self.weights, 0.0)
        count = int(self.groups.max()) + 1
        clusters = Clusters.total(np.zeros(weights.size), weights, self.groups, count)
        order = np.argsort(self.groups, kind="stable")
        starts = np.flatnonzero(np.diff(self.groups[order], prepend=-1))  # every cluster has a query
        sums = np.add.reduceat((weights * deltas)[:, order], starts, axis=1)
        return guarded_lows(clusters, sums, alpha)
