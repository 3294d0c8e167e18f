"""Qrels: all judgements of a golden set, by row number, in one order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Ints, check_shape, read_only
from evalkit.errors import InvalidValueError

__all__ = ["Qrels"]


@dataclass(frozen=True, slots=True, eq=False)
class Qrels:
    """J judgements: query row, document row and grade, sorted by (query, document) without repeats.

    Pairs that nobody judged are absent. A grade is an integer ≥ 0; relevant means grade ≥ 1.
    """

    query_rows: Ints
    doc_rows: Ints
    grades: Ints

    def __post_init__(self) -> None:
        """Check the order, the grades and that all three arrays are (J,)."""
        for name in ("query_rows", "doc_rows", "grades"):
            array = getattr(self, name)
            check_shape(name, array, (self.query_rows.size,))
            if array.dtype != np.int64:
                raise InvalidValueError(f"{name} must be int64, not {array.dtype}", code="EK504")
            object.__setattr__(self, name, read_only(array))
        if self.grades.min(initial=0) < 0:
            raise InvalidValueError(f"grades start at 0, but one is {self.grades.min()}", code="EK505")
        step = np.diff(self.query_rows)
        if np.any(step < 0) or np.any((step == 0) & (np.diff(self.doc_rows) <= 0)):
            raise InvalidValueError(
                "judgements must be sorted by query and document, each pair once",
                hint="make them with Qrels.ordered",
                code="EK506",
            )

    @classmethod
    def ordered(cls, query_rows: Ints, doc_rows: Ints, grades: Ints) -> Qrels:
        """Return the judgements in their one order; a pair that stands twice is an error.

        Args:
            query_rows: (J,) rows of the queries, in any order.
            doc_rows: (J,) rows of the documents.
            grades: (J,) integers ≥ 0.
        """
        # One key for both is sorted in a third of the time; equal keys are an error in any order.
        order = np.argsort(query_rows * (doc_rows.max(initial=0) + 1) + doc_rows)
        return cls(query_rows[order], doc_rows[order], grades[order])

    def __len__(self) -> int:
        return int(self.grades.size)

    def relevant_per_query(self, queries: int) -> Ints:
        """Return (Q,) how many documents of grade ≥ 1 each of `queries` queries has."""
        return np.bincount(self.query_rows[self.grades >= 1], minlength=queries).astype(np.int64)
