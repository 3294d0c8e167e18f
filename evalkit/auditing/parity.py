"""Parity: what a new store lacks, keeps too long, has not brought up to date, or took from another model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from evalkit.arrays import Array, Bools, Floats, Ints
from evalkit.auditing.sampling import bound_of
from evalkit.auditing.side import Side, share_space
from evalkit.embedding.rowfile import RowFile
from evalkit.indexing.storedrows import IndexRows

SAME = 0.9999  # of the cosine: the same vector, kept in half the precision or not
OTHER = 0.99  # below it two vectors of one text and one model are not the same
_BLOCK = 8_192
_ABSENT = ""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Documents that differ in one way.

    Attributes:
        ids: Those that were found.
        why: Why.
        low: At least so many there are; as many as were found where all were looked at.
        high: At most so many.
    """

    ids: tuple[str, ...] = ()
    why: tuple[str, ...] = field(default=())
    low: int = 0
    high: int = 0

    @classmethod
    def of(cls, found: Mapping[str, str]) -> Mismatch:
        """Return all documents that differ, by id, with why they do."""
        why = tuple(sorted(set(found.values()) - {_ABSENT}))
        return cls(tuple(sorted(found)), why, len(found), len(found))

    @property
    def count(self) -> int:
        """How many were found."""
        return len(self.ids)

    def with_sampled(self, found: Mapping[str, str], examined: int, total: int) -> Mismatch:
        """Return these and what a sample found, with what that says of the whole.

        Args:
            found: Id → why, among those that were drawn.
            examined: How many were.
            total: Out of how many.
        """
        bound = bound_of(len(found), examined, total)
        every = Mismatch.of({**dict.fromkeys(self.ids, ""), **found})
        return Mismatch(
            every.ids,
            tuple(sorted({*self.why, *found.values()})),
            max(every.count, math.floor(bound.low * total)),
            max(every.count, min(total, self.high + math.ceil(bound.high * total))),
        )


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
    missing_in_new: Mismatch
    missing_in_old: Mismatch
    stale: Mismatch
    foreign: Mismatch
    lag_s: float | None
    checked: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        parts = (self.missing_in_new, self.missing_in_old, self.stale, self.foreign)
        return not any(part.count for part in parts)


def compare_stores(
    old: Side, new: Side, texts: dict[str, str] | None = None, sample: tuple[Side, Side] | None = None
) -> Parity:
    """Return how two stores differ, document by document.

    Args:
        old: The store in production.
        new: The store to come.
        texts: Id → digest of the text as it is now, where somebody said what that is.
        sample: The same documents of both, drawn at random from those that both have: vectors, and texts
            without digests beside them, are looked at there alone. None for all.
    """
    pairs, common = _pairs(old, new), set(old.ids) & set(new.ids)
    stale, lag, dated = _stale(old, new, pairs, texts)
    foreign, told = _claimed(new)
    lately, strange = Mismatch.of(stale), Mismatch.of(foreign)
    if sample is None:
        off, seen = _foreign(old, new, pairs)
        strange = Mismatch.of({**off, **foreign})
    else:
        rows = _pairs(*sample)
        off, seen = _foreign(*sample, rows)
        strange = strange.with_sampled(off, len(rows), len(common))
        if not new.digests:
            late, _, told_of = _stale(*_undated(sample), rows, texts)
            lately = lately.with_sampled(late, len(rows), len(common)) if told_of else lately
            dated += told_of
        seen = (*seen, f"vectors of {len(rows)} of {len(common)} documents, drawn at random; bounds at 95 %")
    return Parity(
        old=old,
        new=new,
        missing_in_new=Mismatch.of(dict.fromkeys(set(old.ids) - common, _ABSENT)),
        missing_in_old=Mismatch.of(dict.fromkeys(set(new.ids) - common, _ABSENT)),
        stale=lately,
        foreign=strange,
        lag_s=lag,
        checked=(*dated, *told, *seen),
    )


def _pairs(old: Side, new: Side) -> Ints:
    """Return (n, 2) rows of both stores that are of one document."""
    rows = {identity: row for row, identity in enumerate(old.ids)}
    common = [(rows[identity], row) for row, identity in enumerate(new.ids) if identity in rows]
    return np.array(common, dtype=np.int64).reshape(-1, 2)


def _undated(sides: tuple[Side, Side]) -> tuple[Side, Side]:
    none = np.zeros(0)
    return replace(sides[0], updated=none), replace(sides[1], updated=none)


def _stale(
    old: Side, new: Side, pairs: Ints, texts: dict[str, str] | None
) -> tuple[dict[str, str], float | None, tuple[str, ...]]:
    """Return the documents of older texts with why, the lag, and by what this could be told."""
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
    return found, lag, tuple(checked)


def _claimed(new: Side) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the documents that name another model than most, with why, and by what this could be told."""
    stamps = Counter(new.fingerprints)
    if not stamps:
        return {}, ()
    (usual, _), *_ = stamps.most_common(1)
    usual = new.space if new.space and new.space in stamps else usual
    strange = [row for row, stamp in enumerate(new.fingerprints) if stamp != usual]
    found = {new.ids[row]: f"says {new.fingerprints[row]!r}, not {usual!r}" for row in strange}
    return found, ("what each row says of its model",)


def _foreign(old: Side, new: Side, pairs: Ints) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the documents whose vector is of another model, with why, and by what this could be told."""
    found: dict[str, str] = {}
    checked: list[str] = []
    shared = share_space(old, new)
    if old.vectors.shape[1] == new.vectors.shape[1] and len(pairs) and shared is not None:
        alike = _cosines(old.vectors, new.vectors, pairs)
        if shared:
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
    return found, (*checked, "finite vectors that are not zero")


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
