"""Embedded sets made from bare arrays."""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Floats
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role


def embedded(queries: Floats, corpus: Floats, *, model: str = "by-hand") -> EmbeddedSet:
    """Return both arrays as one embedded set, in float32."""
    fingerprint = Fingerprint(provider="test", model=model, dims=corpus.shape[1], normalize=False)
    return EmbeddedSet(
        queries=Embeddings(fingerprint=fingerprint, role=Role.query, vectors=queries.astype(np.float32)),
        corpus=Embeddings(fingerprint=fingerprint, role=Role.document, vectors=corpus.astype(np.float32)),
    )


def brute_force(found: EmbeddedSet, depth: int) -> list[list[int]]:
    """Return the rows of the nearest documents, straight from the rule, for queries that are not zero."""
    corpus = found.corpus.vectors.astype(np.float64)
    ranking = []
    for query in found.queries.vectors.astype(np.float64):
        similarities = np.round(corpus @ query, 9)
        order = sorted(range(len(corpus)), key=lambda row: (similarities[row], row), reverse=True)
        ranking.append(order[:depth])
    return ranking
