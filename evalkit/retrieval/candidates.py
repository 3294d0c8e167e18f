"""Candidates: the documents that may belong to the top of a query, with similarities no kernel decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, Vectors, row_counts
from evalkit.embedding.memory import within_memory
from evalkit.embedding.rowfile import on_disk
from evalkit.errors import ModelError
from evalkit.indexing.index import Index, is_exact

if TYPE_CHECKING:  # runs can be read and scored without what embeds
    from evalkit.embedding.embeddedset import EmbeddedSet
    from evalkit.embedding.embeddings import Embeddings
    from evalkit.embedding.encoder import Fingerprint

NOTHING = -1
DECIMALS = 9
SLACK = 28
MOST = 20_000
KERNEL_ERROR = 1e-5
LONGEST_UNIT = 1.001  # what was brought to unit length, with room for the rounding of float16
BLOCK_BYTES = 64_000_000
QUERIES_AT_ONCE = 16_384  # of those that lie on disk


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """(Q, C) document rows, −1 where there is none, and their similarities, −inf there; in no order.

    No document stands twice for a query: of its chunks, the best counts.

    `cut_open` (Q,) says for which queries documents that were not looked at may tie with the last rank.
    """

    rows: Ints
    similarities: Floats
    cut_open: Bools


def find_candidates(embedded: EmbeddedSet, index: Index, depth: int) -> Candidates:
    """Return more candidates than `depth`, so that ties at the cut can be settled by id.

    With an exact index, candidates are added until no document outside them can reach the cut; where
    documents are searched by chunk, with any index until there are `depth` documents. At most 20,000 vectors
    are looked at for a query. A query whose vector is zero has no candidates.

    Args:
        embedded: (Q, E) queries and (D, E) documents, or (C, E) chunks, in one space.
        index: Over exactly these documents or chunks.
        depth: K, how many documents are wanted.

    Raises:
        ModelError: The index was built over other vectors.
    """
    check_index(embedded, index)
    with within_memory(f"a search of {index.manifest.documents:,} × {index.manifest.dims} vectors"):
        if not on_disk(embedded.queries.vectors):
            return _of_queries(embedded, index, depth)
        blocks = range(0, len(embedded.queries.vectors), QUERIES_AT_ONCE)
        return joined([_of_queries(some_queries(embedded, start), index, depth) for start in blocks])


def _of_queries(embedded: EmbeddedSet, index: Index, depth: int) -> Candidates:
    """Return the candidates of queries whose vectors are held."""
    queries, corpus = embedded.queries.vectors, embedded.corpus.vectors
    by_distance = embedded.fingerprint.by_distance
    vectors, in_chunks = corpus.shape[0], embedded.documents is not None
    errors = kernel_errors(queries, corpus, embedded.fingerprint)
    count = min(depth + SLACK, vectors)
    rows = np.full((queries.shape[0], count), NOTHING, dtype=np.int64)
    similarities = np.full(rows.shape, -np.inf)
    unsettled = np.flatnonzero(asked(embedded.queries))
    while unsettled.size:
        found, proposed = index.search(queries[unsettled], count)
        missing = ((0, 0), (0, count - rows.shape[1]))
        rows = np.pad(rows, missing, constant_values=NOTHING)
        similarities = np.pad(similarities, missing, constant_values=-np.inf)
        rows[unsettled] = found
        similarities[unsettled] = similarities_of(queries[unsettled], corpus, found, by_distance=by_distance)
        cut = _at_cut(rows[unsettled], similarities[unsettled], depth, embedded.documents)
        reach = proposed[:, -1] + errors[unsettled]
        wanting = cut <= reach if is_exact(index) else np.isneginf(cut)
        unsettled = unsettled[wanting]
        if count == min(vectors, MOST) or not (is_exact(index) or in_chunks):
            break
        count = min(2 * count, vectors, MOST)
    cut = _at_cut(rows, similarities, depth, embedded.documents)
    open_cut = _cut_open(similarities, cut, depth, vectors)
    if embedded.documents is not None:
        rows, similarities = best_chunks(rows, similarities, embedded.documents)
    return Candidates(rows, similarities, open_cut)


def asked(queries: Embeddings) -> Bools:
    """Return (Q,) which queries retrieve anything: a zero vector has distances, but no direction."""
    if queries.fingerprint.by_distance:
        return np.ones(len(queries.vectors), dtype=bool)
    return np.asarray(queries.vectors.any(axis=1))


def some_queries(embedded: EmbeddedSet, start: int) -> EmbeddedSet:
    """Return the set with the vectors of some of its queries, which are held."""
    few = embedded.queries.vectors[start : start + QUERIES_AT_ONCE]
    return replace(embedded, queries=replace(embedded.queries, vectors=few))


def joined(parts: list[Candidates]) -> Candidates:
    """Return the candidates of all queries from those of some."""
    width = max(part.rows.shape[1] for part in parts)
    missing = [((0, 0), (0, width - part.rows.shape[1])) for part in parts]
    pairs = list(zip(parts, missing, strict=True))
    return Candidates(
        np.concatenate([np.pad(part.rows, wide, constant_values=NOTHING) for part, wide in pairs]),
        np.concatenate([np.pad(part.similarities, wide, constant_values=-np.inf) for part, wide in pairs]),
        np.concatenate([part.cut_open for part in parts]),
    )


def similarities_of(queries: Vectors, corpus: Vectors, rows: Ints, *, by_distance: bool = False) -> Floats:
    """Return (Q, K) inner products in float64, rounded to nine decimals, −inf where the row is −1.

    By distance, they are the squares of Euclidean distances with a minus before them.

    Args:
        queries: (Q, E) query vectors.
        corpus: (D, E) document vectors.
        rows: (Q, K) which document stands in each place.
        by_distance: Whether vectors are compared by their distance.
    """
    similarities = np.empty(rows.shape)
    step = max(1, BLOCK_BYTES // (8 * max(1, rows.shape[1] * corpus.shape[1])))
    for start in range(0, rows.shape[0], step):  # blocks, so that the gathered documents stay small
        block = slice(start, start + step)
        documents = corpus[rows[block]].astype(np.float64)
        if by_distance:
            documents -= queries[block].astype(np.float64)[:, None, :]
            similarities[block] = -np.einsum("qke,qke->qk", documents, documents)
            continue
        # Not matmul, whose last bits depend on how many documents are asked about at once.
        similarities[block] = np.einsum("qke,qe->qk", documents, queries[block].astype(np.float64))
    return np.where(rows >= 0, np.round(similarities, DECIMALS), -np.inf)


def best_chunks(rows: Ints, scores: Floats, documents: Ints) -> tuple[Ints, Floats]:
    """Return the documents that chunks are parts of, each where its best chunk stands.

    Args:
        rows: (Q, C) rows of chunks, −1 where there is none.
        scores: (Q, C) their scores.
        documents: Row of the document that each chunk is a part of.

    Returns:
        (Q, K) rows of documents and their scores, best first, −1 and −inf after the last. K is C, or the
        number of documents where that is less.
    """
    found = np.where(rows >= 0, documents[rows], NOTHING)
    order = np.lexsort((-scores, found), axis=-1)
    found, scores = np.take_along_axis(found, order, axis=1), np.take_along_axis(scores, order, axis=1)
    best = found >= 0
    best[:, 1:] &= found[:, 1:] != found[:, :-1]
    found, scores = np.where(best, found, NOTHING), np.where(best, scores, -np.inf)
    order = np.argsort(-scores, axis=1, kind="stable")[:, : documents.max(initial=-1) + 1]
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(scores, order, axis=1)


def check_index(embedded: EmbeddedSet, index: Index) -> None:
    """Raise where an index is not of these vectors.

    Raises:
        ModelError: It is of another model, or of other numbers.
    """
    manifest, (documents, dims) = index.manifest, embedded.corpus.vectors.shape
    if manifest.fingerprint != embedded.fingerprint.digest:
        raise ModelError(
            f"the index was built by another model than {embedded.fingerprint}",
            hint="a vector means something only inside its own model; build the index from these vectors",
            code="EK404",
        )
    if (manifest.documents, manifest.dims) != (documents, dims):
        raise ModelError(
            f"the index holds {(manifest.documents, manifest.dims)} vectors and dimensions, "
            f"the corpus {(documents, dims)}",
            hint="build the index from these vectors",
            code="EK405",
        )


def kernel_errors(queries: Vectors, corpus: Vectors, fingerprint: Fingerprint) -> Floats:
    """Return (Q,) how far a float32 kernel may be off: 1e-5 times |q| times the longest |d|.

    By distance it is the square of |q| + |d| instead, since distances come from |q|² − 2 q·d + |d|².
    """
    longest = LONGEST_UNIT
    if not fingerprint.normalize:
        step = max(1, BLOCK_BYTES // (4 * corpus.shape[1]))
        blocks = (corpus[start : start + step] for start in range(0, corpus.shape[0], step))
        longest = max(float(np.linalg.norm(block, axis=1).max()) for block in blocks)
    lengths = np.linalg.norm(queries, axis=1).astype(np.float64)
    if fingerprint.by_distance:
        return np.asarray(KERNEL_ERROR * (lengths + longest) ** 2, dtype=np.float64)
    return np.asarray(KERNEL_ERROR * longest * lengths, dtype=np.float64)


def _at_cut(rows: Ints, similarities: Floats, depth: int, documents: Ints | None) -> Floats:
    """Return (Q,) the similarity at rank `depth`, or at the last rank where there are fewer.

    Where documents are searched by chunk, ranks are of documents; it is −inf while too few are found.
    """
    if documents is not None:
        depth = min(depth, int(documents.max()) + 1)
        _, similarities = best_chunks(rows, similarities, documents)
    rank = min(depth, similarities.shape[1])
    return np.asarray(-np.partition(-similarities, rank - 1, axis=1)[:, rank - 1])


def _cut_open(similarities: Floats, cut: Floats, depth: int, vectors: int) -> Bools:
    """Return (Q,) whether the last rank ties with the weakest candidate while vectors are left over."""
    found = row_counts(np.isfinite(similarities))
    weakest = np.where(np.isfinite(similarities), similarities, np.inf).min(axis=1)
    return np.asarray((cut <= weakest) & (found > depth) & (found < vectors))
