"""Identical documents among results: which of them nearly tie, so that their order says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run

NEAR = 1e-5  # of a score: what another batch, kernel or machine moves


def exchangeable_copies(seen: Run, golden: GoldenSet, depth: int | None = None) -> Iterator[tuple[int, Ints]]:
    """Yield the row of a query and ranks whose documents are identical and nearly tie, two or more of them.

    Args:
        seen: What a system retrieved.
        golden: Whose corpus.
        depth: How many ranks are looked at, None for all.
    """
    copies = _copies(seen.rows[:, :depth], golden)
    if copies is not None:
        for query in np.flatnonzero(_repeated(copies)).tolist():
            for ranks in _exchangeable(copies[query], seen.scores[query]):
                yield query, ranks


def _copies(rows: Ints, golden: GoldenSet) -> Ints | None:
    """Return (Q, K) which text each result has, −1 where no other retrieved document has it."""
    first: dict[str, int] = {}
    of_row = np.full(len(golden.corpus) + 1, -1, dtype=np.int64)  # the last for rows of −1
    repeated = set()
    for row in np.unique(rows[rows >= 0]).tolist():
        body = golden.corpus.bodies[row].strip()
        if body and first.setdefault(body, row) != row:
            repeated.add(first[body])
        of_row[row] = first.get(body, -1)
    if not repeated:
        return None
    of_row[~np.isin(of_row, list(repeated))] = -1
    return of_row[rows]


def _repeated(copies: Ints) -> Bools:
    """Return (Q,) for which queries two results have one text."""
    by_text = np.sort(copies, axis=1)
    return np.asarray(np.any((by_text[:, 1:] == by_text[:, :-1]) & (by_text[:, 1:] >= 0), axis=1))


def _exchangeable(copies: Ints, scores: Floats) -> Sequence[Ints]:
    """Return the ranks of each set of results with one text and, nearly, one score."""
    found = []
    for text in np.unique(copies[copies >= 0]):
        ranks = np.flatnonzero(copies == text)
        near = np.diff(-scores[ranks]) <= NEAR * np.maximum(1.0, np.abs(scores[ranks[1:]]))
        found += [part for part in np.split(ranks, np.flatnonzero(~near) + 1) if part.size > 1]
    return found
