"""Spread: how far the mean of one actual migration lies from the expected curve."""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Floats
from evalkit.mixing.credit import Counts, Credit
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.rivals import Standing


def spread_over_moves(
    credit: Credit,
    moved: Standing,
    unmoved: Standing,
    shares: Floats,
    relevant: Relevant,
    weights: Floats,
) -> Floats:
    """Return (S,) the standard deviation of the mean over random moves, to first order.

    Each relevant document's variance is exact, and so is what it owes to one document being relevant to
    several queries. That two relevant documents are pushed about by the same third is left out: over many
    queries it hardly shows, and a simulation would need hundreds of migrations to show it.

    Returns:
        NaN for MAP, whose credits multiply.
    """
    if credit.counts is Counts.TIMES_FOUND:
        return np.full(shares.size, np.nan)
    rest, heft = 1.0 - shares, weights[relevant.query_rows, None]
    here, there = credit.expected(moved, shares), credit.expected(unmoved, shares)
    mean = shares * here + rest * there
    square = shares * credit.expected_square(moved, shares) + rest * credit.expected_square(unmoved, shares)
    if credit.counts is Counts.FIRST:  # one credit for each query: the others are 0 when it is paid
        of_queries = relevant.summed(square) - relevant.summed(mean) ** 2
        variance = (of_queries * weights**2).sum(axis=1)
    else:
        variance = (heft**2 * (square - mean**2)).sum(axis=0)
    swing = heft * (here - there)
    shared = np.zeros((int(relevant.doc_rows.max(initial=-1)) + 1, shares.size))
    np.add.at(shared, relevant.doc_rows, swing)
    variance = variance + shares * rest * ((shared**2).sum(axis=0) - (swing**2).sum(axis=0))
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) / max(weights.sum(), 1e-300))
