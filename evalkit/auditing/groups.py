"""The groups: whether vectors alone look as if two models had made them. What is said here is a hint.

Two statistics hold one group against another. The mean squared cosine across them, beside those within,
says whether they share directions; the correlation of the variances of their dimensions, whether they weigh
dimensions alike. A group that shares neither with the rest is of another model, or a rotation, and where a
model is one of language hardly of another topic; topics of a model that counts words share neither, too.
A fine-tune, another prompt or rounding shows in neither. Study C22 (tests/calibration) has the rates.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evalkit import figures
from evalkit.arrays import Bools, Floats, Vectors

LEAST = 15  # vectors in a group
SUSPECT = 0.4  # between .134, the most where 5 % were foreign, and .864, the least where none was
_FEW, _MOST = 60, 2000
_ORDERED = 0.9  # a correlation of place and variance: dimensions that a decomposition sorted
_AXES, _STEPS, _TINY = 4, 25, 1e-12


def kinship(first: Floats, second: Floats) -> tuple[float, float]:
    """Return how far two groups of unit vectors share directions, and how far they weigh dimensions alike.

    Args:
        first: (m, E) unit vectors.
        second: (n, E) unit vectors.

    Returns:
        The mean squared cosine across less 1/E, beside the geometric mean of those within, 0 where one of
        these is not above chance; the correlation of the logarithms of the dimensions' variances.
    """
    chance = 1 / first.shape[1]
    across = float(np.mean((first @ second.T) ** 2)) - chance
    within = [_mean_within(group) - chance for group in (first, second)]
    directions = across / float(np.sqrt(within[0] * within[1])) if min(within) > 0 else 0.0
    spreads = [np.log(group.var(axis=0) + _TINY) for group in (first, second)]
    if min(float(np.std(spread)) for spread in spreads) < _TINY:
        return directions, 0.0
    return directions, float(np.corrcoef(*spreads)[0, 1])


def strangers(vectors: Floats | Vectors) -> Bools | None:
    """Return (n,) which of the vectors share least with the others; None where no group of them is strange.

    The smaller part of the one division, among several that a difference of models would show in, whose parts
    share least; None, too, where dimensions are sorted by their variance, which misleads, or there are few.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.asarray(vectors / np.maximum(lengths, _TINY), dtype=np.float64)[:_MOST]
    if len(rows) < _FEW or _is_ordered(rows):
        return None
    found = [(max(kinship(rows[part], rows[~part])), part) for part in _divisions(rows)]
    least, part = min(found, key=lambda item: item[0], default=(1.0, None))
    if part is None or least >= SUSPECT:
        return None
    whole = np.zeros(len(vectors), dtype=np.bool_)
    whole[: len(rows)] = part if 2 * part.sum() <= len(part) else ~part
    return whole


def groups_hint(vectors: Vectors) -> str:
    """Return what vectors alone make one suspect, in a sentence; "" where they look as one model's."""
    found = strangers(vectors)
    if found is None:
        return ""
    return (
        f"Without any model: {figures.count(int(found.sum()))} of {figures.counted(len(found), 'vector')} "
        "share neither directions nor weights of dimensions with the others, as vectors of another model do "
        "not (nor another topic's, where a model counts words); confirm it by embedding their texts again"
    )


def _mean_within(group: Floats) -> float:
    squares = (group @ group.T) ** 2
    pairs = len(group) * (len(group) - 1)
    return float((squares.sum() - np.trace(squares)) / max(pairs, 1))


def _is_ordered(rows: Floats) -> bool:
    """Return whether dimensions are sorted by variance, as those of a decomposition (LSA, PCA) are."""
    ranks = np.argsort(np.argsort(rows.var(axis=0)))
    return abs(float(np.corrcoef(ranks, np.arange(rows.shape[1]))[0, 1])) > _ORDERED


def _divisions(rows: Floats) -> Iterator[Bools]:
    """Yield the ways to divide vectors that a difference of models would show in, both parts large enough."""
    cosines = rows @ rows.T
    energies = ((cosines**2).sum(axis=1) - 1) / (len(rows) - 1)
    gram = cosines**2
    _, axes = np.linalg.eigh(gram - gram.mean(axis=0) - gram.mean(axis=1)[:, None] + gram.mean())
    for values in (energies, *(axes[:, -1 - number] for number in range(_AXES))):
        for part in (_at_gap(values), _two_means(rows, values > np.median(values))):
            if LEAST <= part.sum() <= len(part) - LEAST:
                yield part


def _at_gap(values: Floats) -> Bools:
    """Return which values lie above the widest gap that leaves enough on both sides."""
    order = np.sort(values)
    gaps = np.diff(order)[LEAST - 1 : len(order) - LEAST]
    cut = LEAST - 1 + int(np.argmax(gaps))
    return np.asarray(values > order[cut], dtype=np.bool_)


def _two_means(rows: Floats, part: Bools) -> Bools:
    """Return the two groups that squared cosines with group means settle at, from where they begin."""
    for _ in range(_STEPS):
        if not LEAST <= part.sum() <= len(part) - LEAST:
            return part
        nearer = _explained(rows, rows[part]) > _explained(rows, rows[~part])
        if np.array_equal(nearer, part):
            return part
        part = np.asarray(nearer, dtype=np.bool_)
    return part


def _explained(rows: Floats, group: Floats) -> Floats:
    """Return (n,) the mean squared cosine of each row with a group."""
    return np.asarray(((rows @ group.T) ** 2).mean(axis=1))
