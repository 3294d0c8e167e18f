"""The loss of an approximate index against exact search, apart from the model's quality."""

from __future__ import annotations

import numpy as np

from evalkit.retrieval.run import Run

RANKS = 10


def recall_by_distance(approximate: Run, exact: Run, *, ranks: int = RANKS) -> float:
    """Return how much of the exact top an index finds, by similarity and not by name.

    A result counts when it is as similar to the query as the last of the exact top, so that one of several
    equally near documents is as good as another.

    Args:
        approximate: What the index retrieved.
        exact: What exact search retrieves from the same vectors.
        ranks: How many results are looked at.

    Returns:
        The mean over queries, in [0, 1]; 1 where no query retrieves anything.

    Source: the recall of Aumüller, Bernhardsson and Faithfull, ANN-Benchmarks, Information Systems 87, 2020.
    """
    wanted = np.minimum(exact.returned, ranks)
    asked = wanted > 0
    if not asked.any():
        return 1.0
    last = np.take_along_axis(exact.scores[asked], wanted[asked, None] - 1, axis=1)
    near = (approximate.scores[asked, :ranks] >= last) & (approximate.rows[asked, :ranks] >= 0)
    return float((np.minimum(near.sum(axis=1), wanted[asked]) / wanted[asked]).mean())
