"""The relevant documents of all queries, one row each: what a measure of a mixed index is a sum over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, check_shape, read_only
from evalkit.errors import InvalidValueError
from evalkit.golden.gains import Gains
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.judged import ideal_grades


@dataclass(frozen=True, slots=True, eq=False)
class Relevant:
    """J pairs of a query and a relevant document of the corpus, sorted by query and document.

    Attributes:
        query_rows: (J,) rows of the queries.
        doc_rows: (J,) rows of the documents.
        grades: (J,) their grades, ≥ 1.
        ideal: (Q, R) grades of all relevant documents of each query, best first, 0 after the last. Those
            that the corpus lacks are among them: they can never be found and stay in the denominators.
        gains: What grades are worth; None where each is worth itself.
    """

    query_rows: Ints
    doc_rows: Ints
    grades: Ints
    ideal: Ints
    gains: Gains | None = None

    def __post_init__(self) -> None:
        """Check shapes and the order."""
        check_shape("ideal", self.ideal, (None, None))
        for name in ("query_rows", "doc_rows", "grades"):
            check_shape(name, getattr(self, name), (self.query_rows.size,))
            object.__setattr__(self, name, read_only(getattr(self, name)))
        object.__setattr__(self, "ideal", read_only(self.ideal))
        step = np.diff(self.query_rows)
        if np.any(step < 0) or np.any((step == 0) & (np.diff(self.doc_rows) <= 0)):
            raise InvalidValueError("relevant documents must be sorted by query and document", code="EK506")

    @classmethod
    def of(cls, golden: GoldenSet) -> Relevant:
        """Return the relevant documents of a golden set."""
        qrels = golden.qrels
        here = (qrels.grades >= 1) & (qrels.doc_rows < len(golden.corpus))
        ideal = ideal_grades(golden)
        return cls(qrels.query_rows[here], qrels.doc_rows[here], qrels.grades[here], ideal, golden.gains)

    @classmethod
    def of_grades(cls, grades: Ints, gains: Gains | None = None) -> Relevant:
        """Return the relevant documents of a (Q, D) matrix of grades, −1 where unjudged."""
        query_rows, doc_rows = np.nonzero(grades >= 1)
        best_first = -np.sort(-np.maximum(grades, 0), axis=1)
        widest = int((best_first >= 1).sum(axis=1).max(initial=0))
        found = grades[query_rows, doc_rows].astype(np.int64)
        return cls(query_rows, doc_rows, found, best_first[:, :widest].astype(np.int64), gains)

    def __len__(self) -> int:
        return int(self.query_rows.size)

    @property
    def queries(self) -> int:
        """Q, those without a relevant document included."""
        return int(self.ideal.shape[0])

    @property
    def counted(self) -> Bools:
        """(Q,) which queries have a relevant document."""
        return np.asarray(self.per_query > 0)

    @property
    def per_query(self) -> Ints:
        """(Q,) how many relevant documents each query has, in the corpus or not."""
        return np.asarray((self.ideal >= 1).sum(axis=1), dtype=np.int64)

    def summed(self, values: Floats) -> Floats:
        """Return (S, Q) the (J, S) values of its relevant documents, added up for each query."""
        sums = np.zeros((self.queries, values.shape[1]))
        starts = np.flatnonzero(np.diff(self.query_rows, prepend=-1))
        if starts.size:  # rows are sorted by query
            sums[self.query_rows[starts]] = np.add.reduceat(values, starts, axis=0)
        return np.ascontiguousarray(sums.T)

    def fellows(self) -> Iterator[tuple[Ints, Ints]]:
        """Yield rows (a, b) of pairs of one query, b after a, until each two have met."""
        # A loop over distances in the sorted rows, at most as long as the longest list of relevant
        # documents: no (J, J) table is ever made.
        for distance in range(1, int(self.ideal.shape[1])):
            ahead = np.flatnonzero(self.query_rows[distance:] == self.query_rows[:-distance])
            if not ahead.size:
                return
            yield ahead, ahead + distance
