"""Sharded search: exact search of a corpus in parts, with the rows and scores of one search to the bit.

Each shard gives `depth` + 28 candidates and how far they reach: whatever it did not give has a float32
product below that. Where the cut of the merged candidates lies within the error of a float32 kernel of a
shard's reach, that shard is asked again, twice as deep.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.rowfile import on_disk
from evalkit.indexing.device import device_search
from evalkit.indexing.faiss import exact_scan
from evalkit.retrieval.candidates import (
    MOST,
    NOTHING,
    QUERIES_AT_ONCE,
    SLACK,
    Candidates,
    asked,
    best_chunks,
    joined,
    kernel_errors,
    similarities_of,
    some_queries,
)
from evalkit.scaling.executor import Executor


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a shard is asked: its rows, how many candidates, for which (Q',) queries, on which device."""

    rows: range
    count: int
    queries: Ints
    device: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What a shard proposes to (Q',) queries.

    Attributes:
        rows: (Q', C) rows of the corpus, −1 where there is none.
        similarities: (Q', C) as they decide an order: in float64, rounded; −inf where there is none.
        reach: (Q',) no document that it left out has a product above it, however the kernel erred; −inf
            where it left none out.
        errors: (Q',) how far the kernel may have erred.
    """

    rows: Ints
    similarities: Floats
    reach: Floats
    errors: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """(Q, W) the best documents of some shards: by similarity, then row, descending; −1 in the tail."""

    rows: Ints
    similarities: Floats

    @classmethod
    def empty(cls, queries: int, width: int) -> Merged:
        """Return what no shard proposes."""
        shape = (queries, width)
        return cls(np.full(shape, NOTHING, dtype=np.int64), np.full(shape, -np.inf))


def search_shard(embedded: EmbeddedSet, question: Question) -> Proposal:
    """Return the candidates of one shard.

    Args:
        embedded: All queries and the whole corpus; only the rows of the shard are read.
        question: Which, for whom, how many.
    """
    by_distance, rows = embedded.fingerprint.by_distance, question.rows
    queries = np.ascontiguousarray(embedded.queries.vectors[question.queries], dtype=np.float32)
    vectors = np.ascontiguousarray(embedded.corpus.vectors[rows.start : rows.stop], dtype=np.float32)
    count = min(question.count, len(rows))
    if question.device:
        near, found = device_search(vectors, queries, count, by_distance=by_distance, device=question.device)
    else:
        near, found = exact_scan(vectors, by_distance=by_distance).search(queries, count)
    near = (-near if by_distance else near).astype(np.float64)
    errors = kernel_errors(queries, vectors, embedded.fingerprint)
    return Proposal(
        rows=np.where(found >= 0, found + rows.start, NOTHING),
        similarities=similarities_of(queries, vectors, found, by_distance=by_distance),
        reach=near[:, -1] + errors if count < len(rows) else np.full(len(queries), -np.inf),
        errors=errors,
    )


def merge(merged: Merged, queries: Ints, proposal: Proposal, documents: Ints | None = None) -> Merged:
    """Return the best of what was merged before and what one more shard proposes, however often it did.

    Shards may come in any order, and what they propose may overlap.

    Args:
        merged: (Q, W) the best so far.
        queries: (Q',) which of them the shard was asked for.
        proposal: (Q', C) its candidates.
        documents: Row of the document that each chunk is a part of, where a corpus is searched by chunk.
    """
    rows, similarities = proposal.rows, proposal.similarities
    if documents is not None:
        rows, similarities = best_chunks(rows, similarities, documents)
    rows = np.hstack([merged.rows[queries], rows])
    similarities = np.hstack([merged.similarities[queries], similarities])
    if documents is not None:  # a document has chunks in several shards
        rows, similarities = best_chunks(rows, similarities, np.arange(int(documents.max(initial=-1)) + 1))
    rows, similarities = _in_order(rows, similarities)
    twice = (rows[:, 1:] == rows[:, :-1]) & (rows[:, 1:] >= 0)
    if twice.any():
        again = np.hstack([np.zeros((len(rows), 1), dtype=bool), twice])
        rows, similarities = _in_order(np.where(again, NOTHING, rows), np.where(again, -np.inf, similarities))
    width = merged.rows.shape[1]
    short = ((0, 0), (0, max(0, width - rows.shape[1])))
    best = np.pad(rows, short, constant_values=NOTHING), np.pad(similarities, short, constant_values=-np.inf)
    whole, all_similarities = merged.rows.copy(), merged.similarities.copy()
    whole[queries], all_similarities[queries] = best[0][:, :width], best[1][:, :width]
    return Merged(whole, all_similarities)


def shared_candidates(embedded: EmbeddedSet, depth: int, executor: Executor) -> Candidates | None:
    """Return candidates from which the first `depth` documents are those of one exact search.

    None where so many documents tie around the cut that one search would not look at all of them: which of
    them it finds is an accident, and nobody else can repeat it.

    Args:
        embedded: (Q, E) queries and (D, E) documents, or (C, E) chunks.
        depth: K, how many documents are wanted.
        executor: Where shards are searched.
    """
    if not on_disk(embedded.queries.vectors):
        return _of_queries(embedded, depth, executor)
    parts = []
    for start in range(0, len(embedded.queries.vectors), QUERIES_AT_ONCE):
        found = _of_queries(some_queries(embedded, start), depth, executor)
        if found is None:
            return None
        parts.append(found)
    return joined(parts)


def _of_queries(embedded: EmbeddedSet, depth: int, executor: Executor) -> Candidates | None:
    """Return the candidates of queries whose vectors are held."""
    vectors, dims = embedded.corpus.vectors.shape
    search, heard = SharedSearch(embedded, depth, executor.device), np.flatnonzero(asked(embedded.queries))
    shards = executor.partition(vectors, 4 * dims) if heard.size else []
    questions = [Question(rows, depth + SLACK, heard, executor.device) for rows in shards]
    while questions:
        search.hear(executor.map(search_shard, embedded, questions))
        if vectors > MOST and search.crowded:
            return None
        questions = search.again()
    merged = search.merged
    return Candidates(merged.rows, merged.similarities, np.zeros(len(merged.rows), dtype=bool))


class SharedSearch:
    """What is known after some rounds of questions.

    Attributes:
        merged: The best documents so far.
        rounds: How often shards were asked.
    """

    def __init__(self, embedded: EmbeddedSet, depth: int, device: str = "") -> None:
        """Begin with nothing known.

        Args:
            embedded: Queries and corpus.
            depth: How many documents are wanted.
            device: On which shards are searched, "" for the processor.
        """
        self._device = device
        self._documents = embedded.documents
        held = len(embedded.corpus.vectors)
        if self._documents is not None:
            held = int(self._documents.max(initial=-1)) + 1
        queries = len(embedded.queries.vectors)
        self.merged = Merged.empty(queries, min(depth + SLACK, held))
        self.rounds = 0
        self._rank = min(depth, held) - 1
        self._shards: dict[range, tuple[int, Floats]] = {}
        self._around = np.zeros(queries, dtype=np.int64)

    def hear(self, answers: Iterable[tuple[Question, Proposal]]) -> None:
        """Take in one round."""
        self.rounds += 1
        for question, proposal in answers:
            queries = question.queries
            self.merged = merge(self.merged, queries, proposal, self._documents)
            _, reach = self._shards.get(question.rows, (0, np.full(len(self._around), -np.inf)))
            reach[queries] = proposal.reach
            self._shards[question.rows] = question.count, reach
            bar = self._cut[queries] - 2 * proposal.errors  # the cut only rises: rather too many than too few
            self._around[queries] += (proposal.similarities >= bar[:, None]).sum(axis=1)

    @property
    def crowded(self) -> bool:
        """Whether one search might not look at all vectors at or above some query's cut."""
        return bool(np.any(self._around >= MOST))

    def again(self) -> list[Question]:
        """Return the questions of the next round: twice as deep, where the cut is within reach."""
        cut, questions = self._cut, []
        for rows, (count, reach) in self._shards.items():
            wanting = np.flatnonzero((cut <= reach) & (reach > -np.inf))
            if wanting.size:
                questions.append(Question(rows, 2 * count, wanting, self._device))
        return questions

    @property
    def _cut(self) -> Floats:
        return self.merged.similarities[:, self._rank]


def _in_order(rows: Ints, similarities: Floats) -> tuple[Ints, Floats]:
    order = np.lexsort((-rows, -similarities), axis=-1)
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(similarities, order, axis=1)
