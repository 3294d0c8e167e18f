"""The expected curve by definition: all 2^D sets of moved documents, each with its probability."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evalkit.arrays import Floats, Ints
from evalkit.scoring.judged import JudgedRun
from evalkit.scoring.measure import Measure

Case = tuple[Floats, Floats, Ints]

EXACT = (
    "nDCG@10",
    "nDCG@2",
    "nDCG(exp)@3",
    "Recall@3",
    "RecallCap@2",
    "Precision@3",
    "Hit@2",
    "MRR@3",
    "MAP@3",
    "nDCG",
    "MAP",
)


def by_definition(
    s_old: Floats, s_new: Floats, grades: Ints, *, shares: Floats, measure: Measure | str
) -> Floats:
    """Return (S, Q) expected values, every subset ranked and scored for itself."""
    wanted = Measure.parse(measure) if isinstance(measure, str) else measure
    documents = s_old.shape[1]
    subsets = (np.arange(2**documents)[:, None] >> np.arange(documents)) & 1
    size = subsets.sum(axis=1)
    chances = shares[:, None] ** size * (1 - shares[:, None]) ** (documents - size)
    columns = []
    for old, new, judged in zip(s_old, s_new, grades, strict=True):
        scores = np.where(subsets == 1, new, old)
        columns.append(chances @ wanted.values(ranked(scores, judged)))
    return np.stack(columns, axis=1)


def ranked(scores: Floats, grades: Ints) -> JudgedRun:
    """Return the judged run of (n, D) scores for one query with (D,) grades, −inf never retrieved."""
    rows = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    order = np.lexsort((-rows, -scores), axis=-1)
    retrieved = np.take_along_axis(scores, order, axis=1) > -np.inf
    ideal = np.broadcast_to(-np.sort(-np.maximum(grades, 0)), scores.shape)
    return JudgedRun(np.where(retrieved, grades[order], -1), ideal, retrieved.sum(axis=1))


def cases(most: int = 8) -> st.SearchStrategy[Case]:
    """Return corpora of a few documents with ties, documents never retrieved, grades and holes."""
    scores = st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 0.5, 1.0, 2.0])
    shapes = st.tuples(st.integers(1, 2), st.integers(1, most))
    return shapes.flatmap(
        lambda shape: st.tuples(
            arrays.arrays(np.float64, shape, elements=scores),
            arrays.arrays(np.float64, shape, elements=scores),
            arrays.arrays(np.int64, shape, elements=st.integers(-1, 3)),
        )
    )
