"""The run: what a system retrieved for each query, put in its one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, check_shape, read_only, row_counts
from evalkit.errors import RunError, UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.index import Index, is_exact
from evalkit.retrieval.candidates import NOTHING, Candidates, check_index, find_candidates

if TYPE_CHECKING:  # a run can be read and scored without what embeds
    from evalkit.embedding.embeddedset import EmbeddedSet
    from evalkit.scaling.executor import Executor

DEEPEST = 2**31 - 1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Run:
    """The K best documents of each of Q queries; row j belongs to query j of the golden set.

    Attributes:
        system: Name of the system that retrieved.
        rows: (Q, K) document rows, best first; −1 only pads the tail.
        scores: (Q, K) scores, non-increasing, −inf where `rows` is −1; equal scores stand by document
            row, descending, which is trec_eval's rule because row order is id order.
        depth: How many documents were asked for; None for a run that was read from a file.
        findings: What retrieving or reading it found that is no error.
    """

    system: str
    rows: Ints
    scores: Floats
    depth: int | None = None
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """Check shapes, order, padding and that no document stands twice for a query."""
        check_shape("rows", self.rows, (None, None))
        check_shape("scores", self.scores, self.rows.shape)
        object.__setattr__(self, "rows", read_only(self.rows))
        object.__setattr__(self, "scores", read_only(self.scores))
        present = self.rows >= 0
        if np.any(present[:, 1:] & ~present[:, :-1]):
            raise RunError(f"{self.system}: a gap stands before a result", code="EK411")
        if np.any(np.isnan(self.scores)) or not np.all(np.isneginf(self.scores[~present])):
            raise RunError(f"{self.system}: a score is not a number", code="EK412")
        self._check_order(present)

    @classmethod
    def ranked(
        cls,
        system: str,
        rows: Ints,
        scores: Floats,
        *,
        depth: int | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> Run:
        """Return the run in its one order: score descending, then document row descending.

        Args:
            system: Name of the system.
            rows: (Q, K') document rows in any order, −1 where there is none.
            scores: (Q, K') their scores; ignored where the row is −1.
            depth: Keep at most so many; None keeps all.
            findings: What to tell about it.
        """
        rows, scores = _in_order(rows, np.where(rows >= 0, scores, -np.inf))
        return cls(
            system=system,
            rows=rows[:, :depth],
            scores=scores[:, :depth],
            depth=depth,
            findings=findings,
        )

    @classmethod
    def of(cls, system: str, results: Mapping[str, Mapping[str, float]], golden: GoldenSet) -> Run:
        """Return the run that a mapping states: query id → document id → score.

        Args:
            system: Name of the system.
            results: Larger scores stand first, ties by document id, descending.
            golden: Whose queries were asked. One that is absent got nothing; other queries are left out.

        Raises:
            RunError: A document is not in the corpus, or a score is not a number.
        """
        found = [results.get(query, {}) for query in golden.queries.ids]
        counts = np.fromiter(map(len, found), dtype=np.int64, count=len(found))
        total = int(counts.sum())
        doc_rows = golden.corpus.rows(chain.from_iterable(found))
        if total and doc_rows.min() < 0:
            strangers = [name for documents in found for name in documents if golden.corpus.row(name) < 0]
            raise RunError(
                f"{len(strangers)} results that the corpus does not hold",
                places=(place(system, (), strangers),),
                hint="the run was made on another corpus; retrieve again on this one",
                code="EK433",
            )
        values = chain.from_iterable(documents.values() for documents in found)
        present = np.arange(counts.max(initial=0)) < counts[:, None]
        rows = np.full(present.shape, NOTHING, dtype=np.int64)
        scores = np.full(present.shape, -np.inf)
        rows[present] = doc_rows
        scores[present] = np.fromiter(values, dtype=np.float64, count=total)
        return cls.ranked(system, rows, scores)

    @property
    def returned(self) -> Ints:
        """(Q,) how many documents each query got."""
        return row_counts(self.rows >= 0)

    def top(self, depth: int) -> Run:
        """Return the first `depth` ranks."""
        rows, scores = self.rows[:, :depth], self.scores[:, :depth]
        return replace(self, rows=rows, scores=scores, depth=depth)

    def without(self, document_rows: Ints) -> Run:
        """Return the run without one document for each query, such as the query itself.

        Args:
            document_rows: (Q,) the row to take out of each query's results, −1 for none.
        """
        unwanted = (self.rows == document_rows[:, None]) & (self.rows >= 0)
        if not unwanted.any():
            return self
        rows = np.where(unwanted, NOTHING, self.rows)
        return Run.ranked(self.system, rows, self.scores, depth=self.depth, findings=self.findings)

    def _check_order(self, present: Bools) -> None:
        later = present[:, 1:]
        better, tied = self.scores[:, 1:] > self.scores[:, :-1], self.scores[:, 1:] == self.scores[:, :-1]
        wrong = later & (better | (tied & (self.rows[:, 1:] > self.rows[:, :-1])))
        if wrong.any():
            raise RunError(
                f"{self.system}: results are not in order", hint="make runs with Run.ranked", code="EK413"
            )
        by_row = np.sort(self.rows, axis=1)
        twice = (by_row[:, 1:] == by_row[:, :-1]) & (by_row[:, 1:] >= 0)
        if twice.any():
            query, column = np.argwhere(twice)[0]
            raise RunError(
                f"{self.system}: document row {by_row[query, column]} stands twice for query row {query}",
                code="EK414",
            )


def retrieve(
    embedded: EmbeddedSet,
    index: Index,
    *,
    depth: int = 100,
    system: str | None = None,
    executor: Executor | None = None,
) -> Run:
    """Retrieve the `depth` documents with the largest inner products for each query.

    The index only proposes candidates; their similarities are inner products of the stored vectors in
    float64, rounded to nine decimals, so that identical documents tie on every machine and ties are
    settled by id.

    Args:
        embedded: Queries and corpus in one space. Where the corpus is in chunks, each document takes the
            rank of its best chunk.
        index: An index over exactly this corpus.
        depth: How many to retrieve, ≥ 1.
        system: Name of the run; the model's when left out.
        executor: Who searches an exact index in parts, with the same result; None: this process as a whole.

    Returns:
        A run of min(depth, D) columns. A query whose vector is zero retrieves nothing.

    Raises:
        UsageError: The depth is below 1.
        ModelError: The index was built over other vectors.
    """
    if not 1 <= depth <= DEEPEST:
        told = "retrieves nothing" if depth < 1 else f"is more than the {DEEPEST} documents of a run"
        raise UsageError(f"depth {depth} {told}", hint="--depth is 1 or more; 100 is usual", code="EK116")
    found = _shared(embedded, index, depth, executor) or find_candidates(embedded, index, depth)
    name = system or str(embedded.fingerprint)
    tied = int(found.cut_open.sum())
    findings: tuple[Finding, ...] = ()
    if tied:
        problem = f"{name}: for {tied} queries more documents tie at rank {depth} than were looked at"
        hint = "identical documents: merge them, or which of them is retrieved is an accident"
        findings = (Finding("EK421", Severity.WARNING, problem, hint=hint),)
    return Run.ranked(name, found.rows, found.similarities, depth=depth, findings=findings)


def _shared(embedded: EmbeddedSet, index: Index, depth: int, executor: Executor | None) -> Candidates | None:
    """Return what an executor finds, None where there is none or it is not to be asked."""
    if executor is None or not is_exact(index):
        return None
    from evalkit.retrieval.sharding import shared_candidates  # noqa: PLC0415 - only where work is shared out

    check_index(embedded, index)
    return shared_candidates(embedded, depth, executor)


def _in_order(rows: Ints, scores: Floats) -> tuple[Ints, Floats]:
    """Return rows and scores by score descending, then row descending.

    Sorting by score alone is five times as fast as by both; only queries with ties are sorted again.
    """
    rows, scores = _taken(rows, scores, np.argsort(-scores, axis=1))
    tied = (scores[:, 1:] == scores[:, :-1]) & (rows[:, 1:] > rows[:, :-1])
    again = np.flatnonzero(tied.any(axis=1))
    order = np.lexsort((-rows[again], -scores[again]), axis=-1)
    rows[again], scores[again] = _taken(rows[again], scores[again], order)
    return rows, scores


def _taken(rows: Ints, scores: Floats, order: Ints) -> tuple[Ints, Floats]:
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1)
