"""Synthetic vectors and golden sets, the same for everyone who takes part in a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from evalkit.embedding.embeddedset import EmbeddedSet
    from evalkit.golden.goldenset import GoldenSet

Vectors = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

DIMS = 384
RELEVANT = 3
BLOCK = 100_000


def unit_vectors(count: int, *names: int) -> Vectors:
    """Return (count, 384) float32 vectors of unit length; `names` address them."""
    rng = np.random.default_rng(names)
    vectors = rng.standard_normal((count, DIMS), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def turned(block: Vectors, number: int) -> Vectors:
    """Return the block with its dimensions in another order and other signs: other vectors, made quickly."""
    rng = np.random.default_rng((7, number))
    signs = rng.choice(np.array([-1, 1], dtype=block.dtype), DIMS)
    return np.asarray(block[:, rng.permutation(DIMS)] * signs, dtype=block.dtype)


def judged(queries: int, documents: int) -> Ints:
    """Return (Q, 3) rows of the relevant documents of each query, spread over the corpus."""
    step = 7_919  # a prime: every query has other documents
    return np.arange(queries * RELEVANT).reshape(queries, RELEVANT) * step % documents


def queries_near(corpus: Vectors, relevant: Ints, *names: int) -> Vectors:
    """Return (Q, 384) unit vectors near their relevant documents, some nearer than others."""
    noise = unit_vectors(len(relevant), *names)
    towards = corpus[relevant].sum(axis=1)
    vectors = towards * np.linspace(0.1, 0.9, len(relevant), dtype=np.float32)[:, None] + noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def golden_set(queries: int, documents: int) -> GoldenSet:
    """Return a golden set of short texts, three relevant documents a query."""
    from evalkit.golden.goldenset import GoldenSet  # noqa: PLC0415 - peers do not need it

    ids = [f"d{row:08}" for row in range(documents)]
    names = [f"q{row:05}" for row in range(queries)]
    relevant = judged(queries, documents)
    return GoldenSet.of(
        "bench",
        queries={name: f"question {name}" for name in names},
        corpus={identity: f"text {identity}" for identity in ids},
        qrels={
            name: {ids[row]: 1 for row in rows} for name, rows in zip(names, relevant.tolist(), strict=True)
        },
    )


def embedded(queries: Vectors, corpus: Vectors, model: str) -> EmbeddedSet:
    """Return the vectors as evalkit takes them."""
    from evalkit.embedding.embeddedset import EmbeddedSet  # noqa: PLC0415 - peers do not need it
    from evalkit.embedding.embeddings import Embeddings  # noqa: PLC0415 - peers do not need it
    from evalkit.embedding.encoder import Fingerprint, Role  # noqa: PLC0415 - the same

    space = Fingerprint(provider="bench", model=model, dims=DIMS)
    return EmbeddedSet(
        queries=Embeddings(fingerprint=space, role=Role.query, vectors=queries),
        corpus=Embeddings(fingerprint=space, role=Role.document, vectors=corpus),
    )
