"""Parity: what a new store lacks, keeps too long, has not brought up to date, or took from another model."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from evalkit.arrays import Array, Bools, Floats, Ints
from evalkit.auditing.side import Side
from evalkit.embedding.rowfile import RowFile
from evalkit.indexing.faiss import IndexRows

SAME = 0.9999  # of the cosine: the same vector, kept in half the precision or not
OTHER = 0.99  # below it two vectors of one text and one model are not the same
_BLOCK = 8_192


@dataclass(frozen=True, slots=True)
class Difference:
    """Documents that differ in one way: how many, their ids, and why."""

    ids: tuple[str, ...] = ()
    why: tuple[str, ...] = field(default=())

    @property
    def count(self) -> int:
        """How many."""
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How two stores of the same documents differ.

    Attributes:
        old: The store in production.
        new: The store to come.
        missing_in_new: Documents that only the old one has.
        missing_in_old: Documents that only the new one has.
        stale: Documents whose vector in the new store is of an older text.
        foreign: Documents whose vector in the new store is of another model.
        lag_s: By how many seconds the new store is behind, at most; None where rows are not dated.
        checked: By what staleness and foreignness could be told; what is not there, could not be.
    """

    old: Side
    new: Side
    missing_in_new: Difference
    missing_in_old: Difference
    stale: Difference
    foreign: Difference
    lag_s: float | None
    checked: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        parts = (self.missing_in_new, self.missing_in_old, self.stale, self.foreign)
        return not any(part.count for part in parts)


def compare_stores(old: Side, new: Side, texts: dict[str, str] | None = None) -> Parity:
    """Return how two stores differ, document by document; nothing is sampled.

    Args:
        old: The store in production.
        new: The store to come.
        texts: Id → digest of the text as it is now, where somebody said what that is.
    """
    old_rows = {identity: row for row, identity in enumerate(old.ids)}
    common = [(old_rows[identity], row) for row, identity in enumerate(new.ids) if identity in old_rows]
    pairs = np.array(common, dtype=np.int64).reshape(-1, 2)
    known = set(new.ids)
    stale, lag, dated = _stale(old, new, pairs, texts)
    foreign, told = _foreign(old, new, pairs)
    return Parity(
        old=old,
        new=new,
        missing_in_new=Difference(tuple(sorted(identity for identity in old.ids if identity not in known))),
        missing_in_old=Difference(
            tuple(sorted(identity for identity in new.ids if identity not in old_rows))
        ),
        stale=stale,
        foreign=foreign,
        lag_s=lag,
        checked=(*dated, *told),
    )


def _stale(
    old: Side, new: Side, pairs: Ints, texts: dict[str, str] | None
) -> tuple[Difference, float | None, tuple[str, ...]]:
    """Return the documents of older texts, the lag, and by what this could be told."""
    found: dict[str, str] = {}
    checked: list[str] = []
    lag: float | None = None
    if texts is not None and new.digests:
        checked.append("text digests against the corpus")
        held = zip(new.ids, new.digests, strict=True)
        found |= {
            identity: "not the corpus's text"
            for identity, digest in held
            if texts.get(identity, digest) != digest
        }
    if old.digests and new.digests:
        checked.append("text digests of both stores")
        differ = [(a, b) for a, b in pairs.tolist() if old.digests[a] != new.digests[b]]
        found |= {new.ids[b]: "another text than in the old store" for _, b in differ}
    if len(old.updated) and len(new.updated):
        checked.append("dates of both stores")
        behind = old.updated[pairs[:, 0]] - new.updated[pairs[:, 1]]
        late = np.flatnonzero(behind > 0)
        found |= {new.ids[row]: "written before the old store's" for row in pairs[late, 1].tolist()}
        lag = float(np.nanmax(behind, initial=0.0))
    ids = tuple(sorted(found))
    return Difference(ids, tuple(sorted(set(found.values())))), lag, tuple(checked)


def _foreign(old: Side, new: Side, pairs: Ints) -> tuple[Difference, tuple[str, ...]]:
    """Return the documents whose vector is of another model, and by what this could be told."""
    found: dict[str, str] = {}
    checked: list[str] = []
    stamps = Counter(new.fingerprints)
    if stamps:
        checked.append("what each row says of its model")
        (usual, _), *_ = stamps.most_common(1)
        usual = new.space if new.space and new.space in stamps else usual
        strange = [row for row, stamp in enumerate(new.fingerprints) if stamp != usual]
        found |= {new.ids[row]: f"says {new.fingerprints[row]!r}, not {usual!r}" for row in strange}
    if old.vectors.shape[1] == new.vectors.shape[1] and len(pairs) and old.space and new.space:
        alike = _cosines(old.vectors, new.vectors, pairs)
        if old.space == new.space:
            checked.append("vectors of both stores, which are of one space")
            exact = old.exact and new.exact
            off = alike < (OTHER if exact else OTHER - 0.2)
            why = "not the vector that the old store has, though both are of one space"
        else:
            checked.append("vectors of both stores, which are of two spaces")
            off, why = alike > SAME, "the old store's vector, though the spaces differ"
        found |= {new.ids[row]: why for row in pairs[np.flatnonzero(off), 1].tolist()}
    broken = _broken(new.vectors)
    found |= {new.ids[row]: "no direction: zeros, or not finite" for row in np.flatnonzero(broken).tolist()}
    checked.append("finite vectors that are not zero")
    return Difference(tuple(sorted(found)), tuple(sorted(set(found.values())))), tuple(checked)


def _cosines(old: Array | RowFile | IndexRows, new: Array | RowFile | IndexRows, pairs: Ints) -> Floats:
    first, second = _rows(old), _rows(new)
    found = np.zeros(len(pairs))
    for start in range(0, len(pairs), _BLOCK):
        some = pairs[start : start + _BLOCK]
        a, b = first[some[:, 0]].astype(np.float64), second[some[:, 1]].astype(np.float64)
        lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[start : start + _BLOCK] = np.einsum("ij,ij->i", a, b) / lengths
    return found


def _broken(vectors: Array | RowFile | IndexRows) -> Bools:
    rows = _rows(vectors)
    broken = np.zeros(len(rows), dtype=np.bool_)
    for start in range(0, len(rows), _BLOCK):
        some = rows[start : start + _BLOCK].astype(np.float64)
        broken[start : start + _BLOCK] = ~np.isfinite(some).all(axis=1) | ~some.any(axis=1)
    return broken


def _rows(vectors: Array | RowFile | IndexRows) -> Array:
    return cast("Array", vectors)  # each gives rows as an array does
