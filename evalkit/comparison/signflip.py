"""The paired sign-flip test of the mean: exact for few differences, else from shared random signs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats
from evalkit.comparison.querygroups import cluster
from evalkit.defaults import SEED
from evalkit.errors import InvalidValueError
from evalkit.streams import stream

EXACT_UP_TO = 36
MANY_CLUSTERS = 20_000
BATCH_BYTES = 32_000_000
TOLERANCE = 1e-10
_WORD_BITS = 64
_LATTICE_BITS = 51  # of the 53 that float64 holds; one is left for rounding up, one for doubling


@dataclass(frozen=True, slots=True)
class SignFlip:
    """Three p-values of one test, and whether they are exact or come from `resamples` random signs."""

    greater: float
    less: float
    two_sided: float
    exact: bool
    resamples: int = 0


def default_resamples(clusters: int) -> int:
    """Return how many random signs are drawn for so many clusters: enough for a standard error of .0005."""
    return 100_000 if clusters <= MANY_CLUSTERS else 20_000


def sign_flip(
    deltas: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    groups: Iterable[Hashable] | None = None,
    resamples: int = 100_000,
    seed: int = SEED,
) -> SignFlip:
    """Test whether the mean delta is zero by flipping the signs of whole clusters.

    Under the null hypothesis baseline and candidate are exchangeable within each cluster, so every
    pattern of signs is equally likely. On deltas of -1, 0, 1 this is the exact McNemar test.

    Args:
        deltas: (Q,) candidate minus baseline, each in [-1, 1].
        weights: (Q,) how much each query counts; all 1 when left out.
        groups: (Q,) labels, equal for queries of one cluster; each query its own when left out.
        resamples: How many random sign patterns are drawn when more than 36 cluster sums are not zero.
        seed: What the random signs are addressed by.

    Returns:
        p-values in (0, 1]. All are 1 when no delta differs from zero; fewer than six non-zero
        clusters cannot reach a one-sided .025.

    Raises:
        NothingToEvaluateError: There is no query.
        InvalidValueError: A value is out of range or not finite, or lengths differ.

    Source: Fisher 1935; Smucker, Allan, Carterette, CIKM 2007; add-one: Phipson and Smyth 2010.

    Examples:
        >>> sign_flip([0.2, 0.1, 0.3, 0.1, 0.4, 0.2]).greater  # one of the 2**6 patterns of signs
        0.015625
    """
    sums = cluster(deltas, weights=weights, groups=groups).sums
    return sign_flip_columns(sums[:, np.newaxis], resamples=resamples, seed=seed)[0]


def sign_flip_columns(
    sums: Floats,
    *,
    resamples: int,
    seed: int,
    levels: Sequence[float] = (),
    exact_up_to: int = EXACT_UP_TO,
) -> tuple[SignFlip, ...]:
    """Test each column of cluster sums, all with the same signs.

    One row of signs is drawn for each cluster, zeros included, so that a column's p-values are the
    same whatever other columns stand beside it.

    Args:
        sums: (G, K) weighted delta sums of G clusters in K columns.
        resamples: Random sign patterns for columns that are not tested exactly.
        seed: What the random signs are addressed by.
        levels: One-sided significance levels that will be asked of the p-values. A column within three
            standard errors of one of them is continued, on the same stream, to ten times as many signs.
        exact_up_to: Columns with at most so many non-zero sums are enumerated.

    Returns:
        One result for each column.
    """
    if resamples < 1:
        raise InvalidValueError(f"resamples must be at least 1, not {resamples}", code="EK543")
    lattice = on_lattice(sums)
    busy = np.count_nonzero(lattice, axis=0)
    results = {int(k): _enumerate(lattice[:, k]) for k in np.flatnonzero(busy <= exact_up_to)}
    sampled = np.flatnonzero(busy > exact_up_to)
    tests = _sample(lattice[:, sampled], resamples, seed, levels)
    results |= {int(k): test for k, test in zip(sampled, tests, strict=True)}
    return tuple(results[k] for k in range(sums.shape[1]))


def on_lattice(sums: Floats) -> Floats:
    """Return each column as whole numbers, scaled by a power of two so that all its sums are exact.

    The absolute values of a column add up to less than 2^52, so float64 adds any part of it in any order
    without rounding. This is what makes p-values equal to the last bit on every machine and beside any
    other columns: kernels of matrix products add in different orders.
    """
    totals = np.abs(sums).sum(axis=0)
    _, exponents = np.frexp(totals)
    lattice: Floats = np.rint(np.ldexp(sums, _LATTICE_BITS - exponents))
    return lattice


def _enumerate(column: Floats) -> SignFlip:
    """Return the exact p-values of one column on the lattice, meeting in the middle."""
    sizes = np.abs(column[column != 0])
    if not sizes.size:
        return SignFlip(1.0, 1.0, 1.0, exact=True)
    total, slack = float(column.sum()), TOLERANCE * float(sizes.sum())
    left, right = _all_sums(sizes[: len(sizes) // 2]), _all_sums(sizes[len(sizes) // 2 :])
    patterns = 1 << len(sizes)

    def at_least(bound: float) -> float:
        below = np.searchsorted(right, bound - slack - left)
        return (patterns - int(below.sum())) / patterns

    greater, less = at_least(total), at_least(-total)
    return SignFlip(greater, less, min(1.0, 2 * min(greater, less)), exact=True)


def _all_sums(sizes: Floats) -> Floats:
    """Return the sums of `sizes` under all sign patterns, in order."""
    sums = np.zeros(1)
    for size in sizes:
        # a stable sort merges the two sorted halves in one pass
        sums = np.sort(np.concatenate([sums - size, sums + size]), kind="stable")
    return sums


def _sample(columns: Floats, resamples: int, seed: int, levels: Sequence[float]) -> list[SignFlip]:
    """Return the p-values of columns on the lattice from random signs."""
    if not columns.shape[1]:
        return []
    signs = _Signs(columns.shape[0], seed)
    counts = signs.count(columns, resamples)
    drawn = np.full(columns.shape[1], resamples)
    near = np.flatnonzero(_near_a_level(counts, resamples, levels))
    if near.size:
        counts[:, near] += signs.count(columns[:, near], 9 * resamples)
        drawn[near] *= 10
    p_values = ((counts + 1) / (drawn + 1)).T.tolist()
    return [
        SignFlip(greater, less, two_sided, exact=False, resamples=int(size))
        for (greater, less, two_sided), size in zip(p_values, drawn, strict=True)
    ]


def _near_a_level(counts: Floats, resamples: int, levels: Sequence[float]) -> npt.NDArray[np.bool_]:
    """Return (K,) which columns have a one-sided p within three standard errors of a level."""
    p = (counts[:2] + 1) / (resamples + 1)
    reach = 3 * np.sqrt(p * (1 - p) / resamples)
    gaps = np.abs(p[..., np.newaxis] - np.array(levels))
    near: npt.NDArray[np.bool_] = (gaps <= reach[..., np.newaxis]).any(axis=(0, 2))
    return near


class _Signs:
    """The stream of random signs: one row of G bits after another, whatever is done with them."""

    def __init__(self, clusters: int, seed: int) -> None:
        self._clusters = clusters
        self._words = -(-clusters // _WORD_BITS)
        self._bits = stream(seed, "signflip").bit_generator

    def count(self, columns: Floats, resamples: int) -> Floats:
        """Draw the next rows; return (3, K) how often each column was as great, as small, as far from 0."""
        busy = np.flatnonzero(columns.any(axis=1))
        live = columns[busy]
        total, slack = live.sum(axis=0), TOLERANCE * np.abs(live).sum(axis=0)
        counts = np.zeros((3, columns.shape[1]))
        # Signs of all clusters take a byte each, those of the clusters that differ a float.
        step = max(1, BATCH_BYTES // max(self._clusters, 8 * len(busy), 8 * columns.shape[1]))
        for start in range(0, resamples, step):
            heads = self._next(min(step, resamples - start))[:, busy].astype(np.float64)
            flipped = 2 * (heads @ live) - total
            counts[0] += (flipped >= total - slack).sum(axis=0)
            counts[1] += (flipped <= total + slack).sum(axis=0)
            counts[2] += (np.abs(flipped) >= np.abs(total) - slack).sum(axis=0)
        return counts

    def _next(self, rows: int) -> npt.NDArray[np.uint8]:
        """Return the next (rows, G) bits; raw words of the generator never change between releases."""
        words = self._bits.random_raw(rows * self._words).astype("<u8").view(np.uint8)
        return np.unpackbits(words.reshape(rows, -1), axis=1, count=self._clusters, bitorder="little")
