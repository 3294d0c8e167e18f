"""Patchwork: a range of documents whose vectors come from another space than those of the rest."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, Vectors
from evalkit.defaults import SEED
from evalkit.findings import Finding, Severity
from evalkit.golden.checks.resemblance import words
from evalkit.golden.texts import Texts
from evalkit.streams import stream

LOOKED_AT = 400
FEWEST = 40
WORDS_READ, FEATURES = 200, 4096
SPLITS = (*((0.0, share / 10) for share in range(1, 10)), (0.25, 0.5), (0.5, 0.75), (0.25, 0.75))
ALIKE = 0.7  # a double across the border is compared where it is nearly as alike as the one on this side
RELATED, LOST = 0.7, 0.25
LEVEL, FLIPS = 0.01, 1_999


@dataclass(frozen=True, slots=True)
class Seam:
    """Two parts of a corpus, a range of rows and the rest, that share no space.

    Attributes:
        first: First row of the range.
        last: Its last row.
        within: How near the most alike text of the same part is: its mean place among all of that part, 1 for
            the nearest, 0.5 for any.
        across: The same for the most alike text of the other part.
        p: Of the difference, over all splits that were tried.
        gap: Sum of the differences of the two, larger for a clearer border.
    """

    first: int
    last: int
    within: float
    across: float
    p: float
    gap: float


def patchwork_findings(system: str, texts: Texts, vectors: Vectors) -> tuple[Finding, ...]:
    """Return a warning where a range of documents seems to be embedded by another model than the rest.

    Args:
        system: Whose vectors they are.
        texts: What was embedded, by row.
        vectors: (D, E) one for each text.
    """
    seam = find_seam(texts, vectors)
    if seam is None:
        return ()
    count = seam.last - seam.first + 1
    problem = (
        f"{system}: the documents {texts.ids[seam.first]} to {texts.ids[seam.last]} (about {count} of "
        f"{len(texts)}) and the rest share no space: alike texts are nearer than {seam.within:.0%} of their "
        f"own part, and than {seam.across:.0%} of the other, where chance gives 50%"
    )
    hint = "another model, prompt or version made one part: embed the whole corpus anew with one"
    return (Finding("EK417", Severity.WARNING, problem, hint=hint),)


def find_seam(texts: Texts, vectors: Vectors) -> Seam | None:
    """Return the clearest border between two spaces in the order of ids, None where none shows.

    For each document its most alike text (by words) is looked up in its own part and in the other, and where
    it stands among that part's vectors by similarity. In one space both stand near. Only documents that have
    about as alike a text on both sides count, so that sorting by topic or language shows no border.

    Args:
        texts: What was embedded, by row.
        vectors: (D, E) one for each text.

    Returns:
        A seam whose sign-flip p, times the number of splits, is at most 0.01, and across which less than a
        quarter of the relation within is left. At most 400 documents are looked at, evenly over the rows.
    """
    rows = np.unique(np.linspace(0, len(texts) - 1, min(LOOKED_AT, len(texts))).astype(np.int64))
    if len(rows) < 2 * FEWEST:
        return None
    alike = _likeness([texts.bodies[row] for row in rows])
    near = _similarities(np.asarray(vectors[rows], dtype=np.float32))
    seams = []
    for start, end in SPLITS:
        inside = (rows >= start * len(texts)) & (rows < end * len(texts))
        seam = _seam(alike, near, inside, rows)
        seams += [seam] if seam is not None else []
    return max(seams, key=lambda seam: seam.gap, default=None)


def _seam(alike: Floats, near: Floats, inside: Bools, rows: Ints) -> Seam | None:
    same = inside[:, None] == inside[None, :]
    own, other = same & ~np.eye(len(rows), dtype=bool), ~same
    best_own, best_other = (np.where(mask, alike, -1.0).max(axis=1) for mask in (own, other))
    paired = (best_own > 0) & (best_other >= ALIKE * best_own)
    if min((paired & inside).sum(), (paired & ~inside).sum()) < FEWEST // 2 or paired.sum() < FEWEST:
        return None
    within, across = (_place_of_most_alike(alike, near, mask)[paired] for mask in (own, other))
    sides = inside[paired]
    relation = min(within[sides].mean(), within[~sides].mean()) - 0.5
    left = across.mean() - 0.5
    if relation < RELATED - 0.5 or left > LOST * relation:
        return None
    p = _sign_flip(within - across) * len(SPLITS)
    if p > LEVEL:
        return None
    chosen = np.flatnonzero(inside)
    gap = float((within - across).sum())
    return Seam(
        int(rows[chosen[0]]), int(rows[chosen[-1]]), float(within.mean()), float(across.mean()), p, gap
    )


def _place_of_most_alike(alike: Floats, near: Floats, mask: Bools) -> Floats:
    """Return (n,) where the most alike text stands among the vectors of a part, 1 for the nearest."""
    chosen = np.where(mask, alike, -1.0).argmax(axis=1)
    own = np.take_along_axis(near, chosen[:, None], axis=1)
    below = (mask & (near < own)).sum(axis=1) + 0.5 * ((mask & (near == own)).sum(axis=1) - 1)
    return np.asarray(below / np.maximum(mask.sum(axis=1) - 1, 1), dtype=np.float64)


def _sign_flip(differences: Floats) -> float:
    """Return the one-sided p of a mean above 0 where signs are arbitrary."""
    signs = stream(SEED, "patchwork").choice([-1.0, 1.0], size=(FLIPS, differences.size))
    flipped = signs @ differences
    return float((1 + (flipped >= differences.sum() - 1e-12).sum()) / (FLIPS + 1))


def _likeness(bodies: list[str]) -> Floats:
    """Return (n, n) cosines of texts as bags of words, rare words counting more."""
    counts = np.zeros((len(bodies), FEATURES), dtype=np.float32)
    for row, body in enumerate(bodies):
        for word in words(body[: 20 * WORDS_READ])[:WORDS_READ]:
            counts[row, zlib.crc32(word.encode()) % FEATURES] += 1
    seen = (counts > 0).sum(axis=0)
    weighted = counts * np.log((1 + len(bodies)) / (1 + seen)).astype(np.float32)
    return _similarities(weighted)


def _similarities(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1.0)
    return np.asarray(unit @ unit.T)
