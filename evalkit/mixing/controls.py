"""Controls: sets whose mixed curve is known beforehand, made from one that is at hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evalkit.defaults import SEED
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.streams import stream

__all__ = ["rotated"]


def float16(embedded: EmbeddedSet) -> EmbeddedSet:
    """Return the same model in half precision: a shared space, so that mixing should cost almost nothing."""
    stamp = replace(embedded.fingerprint, dtype="float16")
    sides = (
        replace(side, fingerprint=stamp, vectors=side.vectors.astype(np.float16).astype(np.float32))
        for side in (embedded.queries, embedded.corpus)
    )
    queries, corpus = sides
    return EmbeddedSet(queries=queries, corpus=corpus)


def rotated(embedded: EmbeddedSet, *, seed: int = SEED) -> EmbeddedSet:
    """Return the same model times a random orthogonal matrix: equal quality, incompatible coordinates.

    The cleanest picture of the damage: both ends of every dual strategy are equal, and Procrustes restores
    the space fully.

    Source: Stewart, The efficient generation of random orthogonal matrices, SIAM J. Numer. Anal. 17, 1980.
    """
    dims = embedded.corpus.vectors.shape[1]
    basis, upper = np.linalg.qr(stream(seed, "rotated").standard_normal((dims, dims)))
    rotation = basis * np.sign(np.diag(upper))
    stamp = replace(embedded.fingerprint, model=f"{embedded.fingerprint.model}, rotated")
    sides = (
        replace(
            side, fingerprint=stamp, vectors=(side.vectors.astype(np.float64) @ rotation).astype(np.float32)
        )
        for side in (embedded.queries, embedded.corpus)
    )
    queries, corpus = sides
    return EmbeddedSet(queries=queries, corpus=corpus)


CONTROLS = {"float16": float16, "rotated": rotated}
