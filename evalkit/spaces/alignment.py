"""Alignment: what stores do on request so that vectors of different lengths fit one column."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evalkit.arrays import Vectors
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.embeddings import Embeddings
from evalkit.errors import UnknownNameError

TRUNCATE, PAD = "truncate", "pad"


def align(old: EmbeddedSet, new: EmbeddedSet, how: str) -> tuple[EmbeddedSet, EmbeddedSet]:
    """Return both sets with equally long vectors.

    Args:
        old: Vectors of the index in production.
        new: Vectors of the index to come.
        how: "truncate" cuts the longer ones, and brings them back to unit length where their fingerprint
            says so; "pad" fills the shorter ones with zeros, which changes no product within one model.

    Raises:
        UnknownNameError: There is no such alignment.
    """
    lengths = [side.corpus.vectors.shape[1] for side in (old, new)]
    if how == TRUNCATE:
        dims = min(lengths)
    elif how == PAD:
        dims = max(lengths)
    else:
        raise UnknownNameError.among("alignment", how, [TRUNCATE, PAD])
    return _fitted(old, dims), _fitted(new, dims)


def _fitted(embedded: EmbeddedSet, dims: int) -> EmbeddedSet:
    if embedded.corpus.vectors.shape[1] == dims:
        return embedded
    stamp = replace(embedded.fingerprint, dims=dims)
    queries, corpus = (
        Embeddings(
            fingerprint=stamp, role=side.role, vectors=_resized(side.vectors, dims, unit=stamp.normalize)
        )
        for side in (embedded.queries, embedded.corpus)
    )
    return EmbeddedSet(queries=queries, corpus=corpus)


def _resized(vectors: Vectors, dims: int, *, unit: bool) -> Vectors:
    if vectors.shape[1] < dims:
        return np.pad(vectors, ((0, 0), (0, dims - vectors.shape[1])))
    cut = vectors[:, :dims].astype(np.float64)
    if unit:
        lengths = np.linalg.norm(cut, axis=1, keepdims=True)
        cut = cut / np.where(lengths > 0, lengths, 1.0)
    return cut.astype(vectors.dtype)
