"""Vector lint: what looks wrong with vectors that can still be searched."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Bools, Floats, Vectors
from evalkit.defaults import SEED
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Role
from evalkit.findings import Finding, Severity, place
from evalkit.golden.texts import Texts
from evalkit.streams import stream

NOUNS = {Role.query: ("query", "queries"), Role.document: ("document", "documents")}
# Encoders that mean to give unit length miss it by rounding, float16 by about a thousandth.
SAME_LENGTH = 0.01
CHUNK = 4096


def vector_findings(texts: Texts, side: Embeddings) -> list[Finding]:
    """Return findings on vectors of length zero, of unlike lengths, and shared by unlike texts."""
    lengths = _lengths(side.vectors)
    zero = lengths == 0
    return [*_zero(texts, side, zero), *_uneven(side, lengths[~zero]), *_shared(texts, side, zero)]


def _zero(texts: Texts, side: Embeddings, zero: Bools) -> Iterator[Finding]:
    rows = np.flatnonzero(zero)
    if rows.size:
        noun = NOUNS[side.role][0]
        told = "retrieve nothing and score 0" if side.role is Role.query else "resemble nothing"
        if side.fingerprint.by_distance:
            told = "have distances, but no direction"
        problem = f"{rows.size} {noun} vector{'s' if rows.size > 1 else ''} of length zero: they {told}"
        hint = "texts without any word that the model knows, or empty ones"
        yield _finding("EK321", problem, side, [texts.ids[row] for row in rows], hint)


def _uneven(side: Embeddings, lengths: Floats) -> Iterator[Finding]:
    """Yield a finding where vectors that were left as they are differ in length, which bends the order.

    Whoever stated a metric knows.
    """
    if side.fingerprint.normalize or side.fingerprint.metric or not lengths.size:
        return
    low, high = float(lengths.min()), float(lengths.max())
    if high > low * (1 + SAME_LENGTH):
        problem = f"{NOUNS[side.role][0]} vectors have lengths from {low:.4g} to {high:.4g}"
        hint = (
            "inner products then favour long vectors; unless the model was trained for that, "
            'leave normalize on (its default); metric = "dot" says that the store compares so'
        )
        yield _finding("EK322", problem, side, [], hint)


def _shared(texts: Texts, side: Embeddings, zero: Bools) -> Iterator[Finding]:
    """Yield a finding where texts that differ in more than case and white space have one vector."""
    pairs = []
    for rows in _equal_rows(side.vectors):
        first = _plain(texts.bodies[rows[0]])
        other = next((row for row in rows[1:] if _plain(texts.bodies[row]) != first), None)
        if other is not None and not zero[other]:
            pairs.append(f"{texts.ids[rows[0]]} = {texts.ids[other]}")
    if pairs:
        noun, nouns = NOUNS[side.role]
        shared = f"{len(pairs)} vector{' is' if len(pairs) == 1 else 's are'} shared by different {nouns}"
        hint = (
            f"the model sees no difference: it cuts each {noun} off before they part, ignores what parts "
            "them, or the rows were mixed up"
        )
        yield _finding("EK323", shared, side, pairs, hint)


def _finding(code: str, problem: str, side: Embeddings, details: list[str], hint: str) -> Finding:
    where = place(f"{side.fingerprint.provider}/{side.fingerprint.model}", (), details)
    return Finding(code, Severity.WARNING, problem, (where,), hint)


def _lengths(vectors: Vectors) -> Floats:
    """Return (n,) lengths, chunk by chunk, since a corpus may be a file too large to hold twice."""
    lengths = np.zeros(len(vectors))
    for start in range(0, len(vectors), CHUNK):
        exact = np.asarray(vectors[start : start + CHUNK], dtype=np.float32)
        squares = np.einsum("ij,ij->i", exact, exact)
        lengths[start : start + CHUNK] = np.sqrt(squares)
        # The square of a small number may vanish in float32, the number itself must not.
        tiny = start + np.flatnonzero((squares == 0) & exact.any(axis=1))
        lengths[tiny] = np.linalg.norm(np.asarray(vectors[tiny], dtype=np.float64), axis=1)
    return lengths


def _equal_rows(vectors: Vectors) -> Iterator[list[int]]:
    """Yield the groups of two and more rows that are equal bit by bit, each in order."""
    keys = _row_keys(vectors)
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.append(0, edges), np.append(edges, keys.size)
    # A loop over keys that several rows share, which are few unless texts repeat.
    for at in np.flatnonzero(ends - starts > 1):
        yield order[starts[at] : ends[at]].tolist()


def _row_keys(vectors: Vectors) -> npt.NDArray[np.uint64]:
    """Return (n,) 64-bit keys: a sum of each row's bits times odd numbers, equal for equal rows.

    Unequal rows meet in one key with a probability of about n² / 2⁶⁴, which is taken for never.
    """
    raw = stream(SEED, "row keys").bit_generator.random_raw(vectors.shape[1])
    factors = np.asarray(raw, dtype=np.uint64) | np.uint64(1)
    keys = np.zeros(len(vectors), dtype=np.uint64)
    kind = np.uint32 if vectors.dtype == np.float32 else np.uint16
    for start in range(0, len(vectors), CHUNK):
        bits = np.ascontiguousarray(vectors[start : start + CHUNK]).view(kind)
        keys[start : start + CHUNK] = bits.astype(np.uint64) @ factors
    return keys


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
