"""Vectors that are hard to search in parts, and an executor that cuts a corpus as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from evalkit.arrays import Floats, Vectors
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role


@dataclass
class Cut:
    """Calls functions here, over shards whose edges a test chooses, in an order that it chooses."""

    edges: Sequence[int]
    seed: int = 0
    device: str = ""
    asked: list[Any] = field(default_factory=list)

    def partition(self, rows: int, row_bytes: int) -> list[range]:
        """Return the shards that the edges make."""
        del row_bytes
        edges = sorted({0, rows, *(edge % (rows + 1) for edge in self.edges)})
        return [range(start, stop) for start, stop in pairwise(edges)]

    def map(
        self, function: Callable[[Any, Any], Any], shared: object, tasks: Sequence[Any]
    ) -> Iterator[tuple[Any, Any]]:
        """Yield each task with what the function gives for it."""
        for at in np.random.default_rng(self.seed).permutation(len(tasks)):
            self.asked.append(tasks[at])
            yield tasks[at], function(shared, tasks[at])


def embedded_set(queries: Vectors, corpus: Vectors, **fingerprint: Any) -> EmbeddedSet:
    space = Fingerprint(provider="test", model="shards", dims=queries.shape[1], **fingerprint)
    return EmbeddedSet(
        queries=Embeddings(fingerprint=space, role=Role.query, vectors=queries),
        corpus=Embeddings(fingerprint=space, role=Role.document, vectors=corpus),
    )


def unit(rows: Floats) -> Vectors:
    found: Vectors = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return found


def planted(documents: int, dims: int, seed: int, *, copies: int = 0) -> tuple[Vectors, Vectors]:
    """Return queries and unit documents, some of them copies of others, or nearer than float32 can tell."""
    rng = np.random.default_rng(seed)
    corpus = unit(rng.standard_normal((documents, dims)))
    for _ in range(copies):
        source, place = rng.integers(documents, size=2)
        corpus[place] = corpus[source] + np.float32(rng.choice([0.0, 3e-8])) * corpus[place]
    queries = unit(corpus[rng.integers(documents, size=7)] + 0.3 * rng.standard_normal((7, dims)))
    queries[0] = 0.0
    return queries, corpus
