"""Vectors of one space, and embedded sets made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role

OLD = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
Reals = npt.NDArray[np.floating[Any]]


def embedded(queries: Reals, corpus: Reals, *, unit: bool = False) -> EmbeddedSet:
    """Return both arrays as one embedded set; `unit` is what its fingerprint says of lengths."""
    stamp = Fingerprint(provider="test", model="by-hand", dims=corpus.shape[1], normalize=unit)
    return EmbeddedSet(
        queries=Embeddings(fingerprint=stamp, role=Role.query, vectors=queries.astype(np.float32)),
        corpus=Embeddings(fingerprint=stamp, role=Role.document, vectors=corpus.astype(np.float32)),
    )
