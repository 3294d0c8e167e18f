"""Clusters of documents by k-means: the order in which a topic-wise migration would walk them.

Source: Lloyd, Least squares quantization in PCM, IEEE Transactions on Information Theory 28(2), 1982.
"""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Floats, Ints, Vectors

SAMPLE = 10_000
TURNS = 25
BLOCK = 4096


def nearest_centres(vectors: Vectors, count: int, generator: np.random.Generator) -> Ints:
    """Return (D,) the cluster of each vector.

    Args:
        vectors: (D, E) vectors; centres are fitted on a sample of at most 10,000.
        count: How many clusters, 1 … D.
        generator: Where the sample and the first centres are drawn from.
    """
    rows = np.sort(generator.permutation(vectors.shape[0])[:SAMPLE])
    sample = vectors[rows].astype(np.float64)
    centres = sample[generator.permutation(rows.size)[:count]]
    for _ in range(TURNS):
        labels = _nearest(sample, centres)
        members = np.bincount(labels, minlength=len(centres))
        sums = np.zeros_like(centres)
        np.add.at(sums, labels, sample)
        moved = np.where(members[:, None] > 0, sums / np.maximum(members, 1)[:, None], centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    blocks = range(0, vectors.shape[0], BLOCK)
    return np.concatenate(
        [_nearest(vectors[start : start + BLOCK].astype(np.float64), centres) for start in blocks]
    )


def _nearest(vectors: Floats, centres: Floats) -> Ints:
    distances = (centres**2).sum(axis=1) - 2 * vectors @ centres.T
    return np.asarray(distances.argmin(axis=1))
