"""The pool: what several systems show first, as pairs of query and document to be judged blindly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Ints
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.unjudged import pair_numbers
from evalkit.retrieval.run import Run
from evalkit.streams import stream

__all__ = ["Pool", "pool_of"]

UNJUDGED = -1
STREAM = "pool"


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Pairs to be judged, in the order in which they are shown.

    Attributes:
        golden: The golden set, whose queries and documents they are.
        pairs: (P, 2) rows of query and document: those of a query together, otherwise in random order.
        grades: (P,) the grade that the set has, −1 where nobody judged.
        known: How many pairs are left out because the set has their grade.
        empty: Rows of the queries for which no system found anything.
        settled: Rows of the queries for which all that was found is judged already, and left out.
    """

    golden: GoldenSet
    pairs: Ints
    grades: Ints
    known: int
    empty: tuple[int, ...]
    settled: tuple[int, ...]

    @property
    def open(self) -> int:
        """How many pairs nobody has judged."""
        return int((self.grades == UNJUDGED).sum())


def pool_of(
    runs: Sequence[Run], golden: GoldenSet, *, depth: int, seed: int = 0, shows_judged: bool = False
) -> Pool:
    """Return the first `depth` results of all runs as one pool, in an order that tells nothing of them.

    The order of queries depends on the seed alone, that of a query's documents on the seed, the query and
    which documents they are. A document that is the query itself, and counts as no result, is left out.

    Args:
        runs: What each system retrieved.
        golden: The golden set whose queries were asked.
        depth: How many results of each are taken, ≥ 1.
        seed: Names the random streams.
        shows_judged: Whether pairs that the set has judged are shown, too.
    """
    found = _united(runs, golden, depth)
    grades = _grades(found, golden)
    shown = np.ones(len(found), dtype=bool) if shows_judged else grades == UNJUDGED
    order = _shuffled(found[shown], golden, seed)
    queries = np.arange(len(golden.queries))
    seen, offered = np.isin(queries, found[:, 0]), np.isin(queries, found[shown, 0])
    return Pool(
        golden,
        found[shown][order],
        grades[shown][order],
        int((~shown).sum()),
        _rows(~seen),
        _rows(seen & ~offered),
    )


def _united(runs: Sequence[Run], golden: GoldenSet, depth: int) -> Ints:
    """Return (P, 2) the distinct pairs at the first ranks of any run, sorted."""
    found = [np.empty((0, 2), dtype=np.int64)]
    for run in runs:
        rows = run.without(golden.uncounted).rows[:, :depth]
        queries, ranks = np.nonzero(rows >= 0)
        found.append(np.column_stack([queries, rows[queries, ranks]]))
    return np.unique(np.concatenate(found), axis=0).astype(np.int64)


def _grades(pairs: Ints, golden: GoldenSet) -> Ints:
    """Return (P,) the grades that the set has of pairs, −1 where it has none."""
    known = pair_numbers(golden.qrels.query_rows, golden.qrels.doc_rows)
    asked = pair_numbers(pairs[:, 0], pairs[:, 1])
    places = np.minimum(np.searchsorted(known, asked), max(len(known) - 1, 0))
    grades = np.full(len(pairs), UNJUDGED, dtype=np.int64)
    if len(known):
        judged = known[places] == asked
        grades[judged] = golden.qrels.grades[places[judged]]
    return grades


def _shuffled(pairs: Ints, golden: GoldenSet, seed: int) -> Ints:
    """Return (P,) the order in which sorted pairs are shown."""
    starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
    parts = np.split(np.arange(len(pairs)), starts[1:])
    turns = stream(seed, STREAM).permutation(len(golden.queries))
    place = np.argsort(
        turns
    )  # of each query among all: it stays where it is when others have nothing to judge
    told = sorted((part for part in parts if part.size), key=lambda part: place[pairs[part[0], 0]])
    mixed = [
        part[stream(seed, STREAM, golden.queries.ids[pairs[part[0], 0]]).permutation(part.size)]
        for part in told
    ]
    return np.concatenate([np.empty(0, dtype=np.int64), *mixed])


def _rows(mask: Bools) -> tuple[int, ...]:
    return tuple(np.flatnonzero(mask).tolist())
