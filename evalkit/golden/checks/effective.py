"""Effective queries: how many equally weighted, independent ones carry as much as those at hand."""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Floats, Ints

SEGMENT_QUERIES = 20
ENOUGH_QUERIES = 30


def effective_number(weights: Floats) -> float:
    """Return W² / ΣW_g², at least 1.

    Args:
        weights: (G,) weights ≥ 0 of independent clusters, not all 0; clusters of weight 0 count for nothing.

    Source:
        Kish, Survey Sampling, 1965, the effective sample size under unequal weights.
    """
    # Relative to the largest, equal weights become 1 and their number comes out whole.
    relative = weights / weights.max()
    return max(1.0, float(relative.sum()) ** 2 / float((relative**2).sum()))


def effective_queries(weights: Floats, groups: Ints) -> float:
    """Return the effective number of the queries with these (Q,) weights and (Q,) group numbers ≥ 0.

    Returns:
        A number in [1, Q]; 0 when there is no query or no weight.
    """
    by_group = np.bincount(groups, weights=weights).astype(np.float64)
    return effective_number(by_group) if by_group.size and by_group.max() > 0 else 0.0
