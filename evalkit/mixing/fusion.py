"""Fusion: reciprocal rank fusion of the two halves of an index, by a simulated move of its documents.

Source: Cormack, Clarke and Buettcher, Reciprocal rank fusion outperforms Condorcet, SIGIR 2009.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.indexing.faiss import build_index
from evalkit.mixing.relevant import Relevant
from evalkit.retrieval.candidates import NOTHING, asked, similarities_of
from evalkit.retrieval.run import Run, retrieve
from evalkit.scaling.executor import Executor

CONSTANT = 60
LISTED = 2000
LISTED_PER_RANK = 20


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """(Q, L) rows of the documents that each whole index ranks highest, best first, −1 in the tail."""

    old: Ints
    new: Ints

    @classmethod
    def of(
        cls,
        old: EmbeddedSet,
        new: EmbeddedSet,
        *,
        removed: Ints,
        depth: int,
        executor: Executor | None = None,
    ) -> Lists:
        """Return the candidate lists from which the first `depth` results of either half can be taken.

        They hold 2,000 documents at least, or 20 for each rank: small corpora are listed whole.
        """
        listed = max(LISTED, LISTED_PER_RANK * depth)
        return cls(*(candidate_list(side, listed, removed, executor).rows for side in (old, new)))


def candidate_list(embedded: EmbeddedSet, depth: int, removed: Ints, executor: Executor | None = None) -> Run:
    """Return the `depth` best documents of a whole index, without those taken out of the results."""
    count = min(depth, embedded.corpus.vectors.shape[0])
    index = build_index(embedded.corpus)
    return retrieve(embedded, index, depth=count, executor=executor).without(removed)


def fused_ranks(lists: Lists, moved: Bools, relevant: Relevant, *, depth: int, share: float | None) -> Floats:
    """Return (J,) the rank of each relevant document after fusing both halves, inf beyond `depth`.

    Args:
        lists: What each whole index would rank highest.
        moved: (D,) which documents are searched in the new half; all others are searched in the old one.
        relevant: J relevant documents.
        depth: How many results each half contributes, and how many are kept.
        share: Weigh ranks by the size of their half (`dual-rrf-share`) with this share; None: do not.
    """
    halves = [_half(lists.old, ~moved, depth), _half(lists.new, moved, depth)]
    portions = (1.0, 1.0) if share is None else (1.0 - share, share)
    places = np.arange(1, depth + 1)
    scores = [1.0 / (CONSTANT + places / portion) if portion > 0 else np.zeros(depth) for portion in portions]
    rows = np.concatenate(halves, axis=1)
    fused = Run.ranked("fused", rows, np.broadcast_to(np.concatenate(scores), rows.shape), depth=depth)
    return ranks_in(fused.rows, relevant)


def cascade_ranks(
    old: EmbeddedSet,
    new: EmbeddedSet,
    relevant: Relevant,
    *,
    removed: Ints,
    candidates: int,
    executor: Executor | None = None,
) -> Floats:
    """Return (J,) ranks when the old index's candidates are ordered by vectors of the new model."""
    proposed = candidate_list(old, candidates, removed, executor).rows
    heard = asked(new.queries)
    proposed = np.where(heard[:, None], proposed, NOTHING)
    scores = similarities_of(
        new.queries.vectors, new.corpus.vectors, proposed, by_distance=new.fingerprint.by_distance
    )
    return ranks_in(Run.ranked("cascade", proposed, scores).rows, relevant)


def ranks_in(rows: Ints, relevant: Relevant) -> Floats:
    """Return (J,) the rank of each relevant document in (Q, K) results, inf where it does not stand there."""
    hits = rows[relevant.query_rows] == relevant.doc_rows[:, None]
    return np.where(hits.any(axis=1), 1.0 + hits.argmax(axis=1), np.inf)


def _half(rows: Ints, members: Bools, depth: int) -> Ints:
    """Return (Q, depth) the first members of each list, −1 in the tail."""
    kept = (rows >= 0) & members[rows]
    places = np.cumsum(kept, axis=1)
    queries, columns = np.nonzero(kept & (places <= depth))
    half = np.full((rows.shape[0], depth), NOTHING, dtype=np.int64)
    half[queries, places[queries, columns] - 1] = rows[queries, columns]
    return half
