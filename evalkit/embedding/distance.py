"""Squared Euclidean distances as inner products: vectors are given four coordinates that make them so.

With |d|² = n + n2 and |q|² = m + m2, a float32 and what it leaves out, the inner product of
(2 q, −1, −1, −m, −m2) and (d, n, n2, 1, 1) is 2 q·d − |d|² − |q|² = −|q − d|². So whatever ranks by inner
products ranks by distance, and a column of one index is one matrix still.
"""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Vectors

ADDED = 4


def lifted_queries(queries: Vectors) -> Vectors:
    """Return (Q, E + 4) vectors for (Q, E) queries."""
    made, squares = _room(queries)
    made[:, :-ADDED] = 2 * np.asarray(queries, dtype=np.float32)
    made[:, -4:-2] = -1.0
    made[:, -2:] = -squares
    return made


def lifted_documents(documents: Vectors) -> Vectors:
    """Return (D, E + 4) vectors for (D, E) documents."""
    made, squares = _room(documents)
    made[:, :-ADDED] = documents
    made[:, -4:-2] = squares
    made[:, -2:] = 1.0
    return made


def _room(vectors: Vectors) -> tuple[Vectors, Vectors]:
    """Return an empty matrix four coordinates wider, and each squared length in two parts."""
    exact = np.asarray(vectors, dtype=np.float64)
    squares = np.einsum("ne,ne->n", exact, exact)
    coarse = squares.astype(np.float32)
    parts = np.stack([coarse, (squares - coarse).astype(np.float32)], axis=1)
    return np.empty((len(exact), exact.shape[1] + ADDED), dtype=np.float32), parts
