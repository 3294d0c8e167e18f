"""The judged run: results joined with judgements, the only place where they meet."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, check_shape, read_only, row_counts
from evalkit.errors import InvalidValueError
from evalkit.golden.gains import Gains
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run

__all__ = ["judge"]

UNJUDGED = -1
LARGEST_POWER = 500


@dataclass(frozen=True, slots=True, eq=False)
class JudgedRun:
    """The grades of what was retrieved, beside the best grades that could have been.

    Attributes:
        grades: (Q, K) grade at each rank, −1 where unjudged and after the last result.
        ideal: (Q, R) grades ≥ 1 of all relevant documents, non-increasing, 0 after the last.
        returned: (Q,) how many results each query got.
        refused: (Q,) how many documents were judged not relevant, found or not; None: those found count.
        gains: What grades are worth; None where each is worth itself.
    """

    grades: Ints
    ideal: Ints
    returned: Ints
    refused: Ints | None = None
    gains: Gains | None = None

    def __post_init__(self) -> None:
        """Check shapes and the order of the ideal grades."""
        check_shape("grades", self.grades, (None, None))
        queries = self.grades.shape[0]
        check_shape("ideal", self.ideal, (queries, None))
        check_shape("returned", self.returned, (queries,))
        if np.any(np.diff(self.ideal, axis=1) > 0):
            raise InvalidValueError("ideal grades must not increase", code="EK511")
        if self.refused is not None:
            check_shape("refused", self.refused, (queries,))
        for name in ("grades", "ideal", "returned"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def at_least(self, grade: int) -> JudgedRun:
        """Return it as it is where only documents of this grade and above count as relevant."""
        below = self.ideal < grade
        return JudgedRun(
            np.where(self.grades < grade, np.minimum(self.grades, 0), self.grades),
            np.where(below, 0, self.ideal),
            self.returned,
            self.not_relevant + row_counts((self.ideal >= 1) & below),
            self.gains,
        )

    def worth(self, grades: Ints) -> Ints | Floats:
        """Return what grades are worth, whatever their shape: themselves, or what the golden set states."""
        return np.maximum(grades, 0) if self.gains is None else self.gains.of(np.maximum(grades, 0))

    @property
    def not_relevant(self) -> Ints:
        """(Q,) how many documents are known not to be relevant, retrieved or not."""
        found = row_counts(self.grades == 0)
        return found if self.refused is None else np.maximum(found, self.refused)

    @property
    def relevant(self) -> Ints:
        """(Q,) how many relevant documents each query has, retrieved or not."""
        return row_counts(self.ideal >= 1)


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """What a system retrieved, as it is judged: joined once, and handed to all who look at it.

    Attributes:
        run: (Q, K) its results; a document that never counts for its query is not among them.
        judged: Their grades.
    """

    run: Run
    judged: JudgedRun

    @classmethod
    def of(cls, run: Run, golden: GoldenSet) -> Retrieved:
        """Join a run with the judgements of the golden set that it was made for.

        Judged documents that the corpus lacks stay in the ideal.

        Raises:
            InvalidValueError: The run is of another number of queries.
        """
        check_shape("rows", run.rows, (len(golden.queries), None))
        seen = run.without(golden.uncounted)
        qrels = golden.qrels
        refused = np.bincount(qrels.query_rows[qrels.grades < 1], minlength=len(golden.queries))
        grades, ideal = _grades(seen, golden), ideal_grades(golden)
        return cls(seen, JudgedRun(grades, ideal, seen.returned, refused, golden.gains))

    @property
    def rows(self) -> Ints:
        """(Q, K) rows of the documents, −1 after the last result."""
        return self.run.rows

    def top(self, depth: int | None) -> Retrieved:
        """Return the first `depth` ranks, all for None."""
        if depth is None:
            return self
        judged = self.judged
        return Retrieved(self.run.top(depth), replace(judged, grades=judged.grades[:, :depth]))

    def holes(self, cutoff: int | None) -> Bools:
        """Return (Q, K) where an unjudged document stands at the first `cutoff` ranks."""
        holes: Bools = (self.rows >= 0) & (self.judged.grades == UNJUDGED)
        if cutoff is not None:
            holes[:, cutoff:] = False
        return holes


def exponential_gains(grades: Ints, top: Ints) -> Floats:
    """Return 2^grade − 1, for queries of very high grades divided by a power of two that keeps it finite.

    Measures divide gains by gains of the same query, so that its scale is of no account. Up to grade 500 no
    bit changes.

    Args:
        grades: Grades ≥ 0.
        top: The highest grade of each one's query, in a shape that fits.
    """
    shift = np.maximum(top - LARGEST_POWER, 0)
    gains: Floats = np.exp2((grades - shift).astype(np.float64)) - np.exp2(-shift.astype(np.float64))
    return gains


def judge(run: Run, golden: GoldenSet) -> JudgedRun:
    """Return (Q, K) grades of a run beside (Q, R) ideal ones; K = 0 where nothing was retrieved.

    Args:
        run: (Q, K) results, one row for each query of the golden set.
        golden: Whose judgements.

    Raises:
        InvalidValueError: The run is of another number of queries.
    """
    return Retrieved.of(run, golden).judged


def _grades(run: Run, golden: GoldenSet) -> Ints:
    """Return (Q, K) the grade at each rank: every judgement looks for its document in its query's results.

    Judgements stand in order and are as a rule fewer than results, which makes this the quicker way round.
    """
    qrels, span = golden.qrels, len(golden.corpus) + len(golden.missing) + 1  # one more, for rows of −1
    order = np.argsort(run.rows, axis=1)
    first_key = np.arange(len(golden.queries))[:, None] * span
    held = np.append(first_key + np.take_along_axis(run.rows, order, axis=1), -1)
    sought = qrels.query_rows * span + qrels.doc_rows
    place = np.searchsorted(held[:-1], sought)
    found = held[place] == sought
    grades = np.full(run.rows.shape, UNJUDGED, dtype=np.int64)
    grades[qrels.query_rows[found], order.ravel()[place[found]]] = qrels.grades[found]
    return grades


def ideal_grades(golden: GoldenSet) -> Ints:
    """Return (Q, R) the grades ≥ 1 of every query, best first, padded with 0."""
    relevant = golden.qrels.grades >= 1
    query_rows, grades = golden.qrels.query_rows[relevant], golden.qrels.grades[relevant]
    order = np.lexsort((-grades, query_rows))
    query_rows, grades = query_rows[order], grades[order]
    counts = np.bincount(query_rows, minlength=len(golden.queries))
    column = np.arange(grades.size) - np.repeat(np.cumsum(counts) - counts, counts)
    ideal = np.zeros((len(golden.queries), int(counts.max(initial=0))), dtype=np.int64)
    ideal[query_rows, column] = grades
    return ideal
