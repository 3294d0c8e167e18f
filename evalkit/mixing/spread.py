"""Spread: how far the mean of one actual migration lies from the expected curve."""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Floats
from evalkit.mixing.relevant import Relevant
from evalkit.scoring.crediting import Counts

Moments = tuple[Floats, Floats]


def spread_over_moves(
    counts: Counts, moved: Moments, unmoved: Moments, shares: Floats, relevant: Relevant, weights: Floats
) -> Floats:
    """Return (S,) the standard deviation of the mean over random moves, to first order.

    Each relevant document's variance is exact, and so is what several queries owe to one document that is
    relevant to all of them; for Hit and MRR each query's variance is exact, and queries count as independent.
    That documents are pushed about by the same third is left out: over many queries it hardly shows, and a
    simulation would need hundreds of migrations to show it.

    Args:
        counts: Which relevant documents bring their query a credit.
        moved: (J, S) expected credits and squares of credits of documents that have moved.
        unmoved: The same of documents that have not.
        shares: (S,) probabilities of having moved.
        relevant: The J relevant documents.
        weights: (Q,) how much each query counts.

    Returns:
        NaN where the squares are.
    """
    rest, weight = 1.0 - shares, weights[relevant.query_rows, None]
    mean, square = (shares * here + rest * there for here, there in zip(moved, unmoved, strict=True))
    if counts is Counts.FIRST:  # one credit for each query: the others are 0 when it is paid
        of_queries = relevant.summed(square) - relevant.summed(mean) ** 2
        variance = (of_queries * weights**2).sum(axis=1)
    else:
        swing = weight * (moved[0] - unmoved[0])
        together = np.zeros((int(relevant.doc_rows.max(initial=-1)) + 1, shares.size))
        np.add.at(together, relevant.doc_rows, swing)
        common = shares * rest * ((together**2).sum(axis=0) - (swing**2).sum(axis=0))
        variance = (weight**2 * (square - mean**2)).sum(axis=0) + common
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) / weights.sum())
