"""One side of a parity check: the ids of a store, their vectors, and what is stored of each beside them."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np

from evalkit.arrays import Array, Floats
from evalkit.auditing.stores.cells import DATE, DIGEST, TEXT, VERSION
from evalkit.auditing.stores.counting import rank
from evalkit.auditing.stores.held import HeldStore
from evalkit.auditing.stores.opening import open_store
from evalkit.auditing.stores.store import BATCH, Records, Store
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.rowfile import RowFile
from evalkit.errors import ModelError
from evalkit.findings import Finding, place
from evalkit.indexing.storedrows import IndexRows


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Side:
    """A store.

    Attributes:
        name: As the user named it.
        ids: (n,) what it holds.
        vectors: (n, E) their vectors.
        fingerprint: The space that the store states; None where it states none.
        exact: Whether vectors are those that were stored, not an approximation.
        fingerprints: (n,) what each row says of its model; empty where rows say nothing.
        updated: (n,) when each was last written, as seconds; empty where rows do not say.
        digests: (n,) digests of the texts; empty where rows have none.
        findings: What is worth knowing about the store.
    """

    name: str
    ids: tuple[str, ...]
    vectors: Array | RowFile | IndexRows
    fingerprint: Fingerprint | None = None
    exact: bool = True
    fingerprints: tuple[str, ...] = ()
    updated: Floats = field(default_factory=lambda: np.zeros(0))
    digests: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def space(self) -> str:
        """The digest of its fingerprint, "" where it states none."""
        return self.fingerprint.digest if self.fingerprint else ""


def share_space(old: Side, new: Side) -> bool | None:
    """Return whether two stores say that their vectors are of one space; None where that cannot be told.

    They say so by a fingerprint beside the store, else by one claim that all records share.
    """
    if old.fingerprint and new.fingerprint:
        return old.space == new.space
    names = [_names(side) for side in (old, new)]
    if not all(names):
        return None
    if names[0] & names[1]:
        return True
    return None if old.fingerprint or new.fingerprint else False  # one name for a model may be another's


def _names(side: Side) -> set[str]:
    if side.fingerprint:
        return {side.space, str(side.fingerprint)}
    claims = set(side.fingerprints)
    return claims if len(claims) == 1 and "" not in claims else set()


def open_side(spec: str, roles: Mapping[str, str] | None = None) -> Side:
    """Read a whole store.

    Args:
        spec: Its name, as `open_store` reads it.
        roles: Role → column as somebody said.

    Raises:
        ModelError: It is not there, cannot be read, or an id stands twice.
        ProviderError: It does not answer.
    """
    with closing(open_store(spec, roles)) as store:
        return whole_side(store)


def whole_side(store: Store) -> Side:
    """Return all of an open store.

    Raises:
        ModelError: An id stands twice.
    """
    held = store.values if isinstance(store, HeldStore) else None
    batches = list(store.stream(vectors=held is None))
    return _checked(_side(store, batches, _joined(batches, store.describe().width) if held is None else held))


def claims_side(store: Store) -> Side:
    """Return what the records of an open store say of themselves, without vectors and texts."""
    batches = list(store.stream(vectors=False, texts=False))
    vectors = np.zeros((sum(map(len, batches)), 0), dtype=np.float32)
    side = _checked(_side(store, batches, vectors))
    return side if any(side.digests) else replace(side, digests=())


def sampled_side(store: Store, ids: Sequence[str]) -> Side:
    """Return some documents of an open store."""
    batches = [store.fetch(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]
    return _side(store, batches, _joined(batches, store.describe().width))


def open_sides(names: tuple[str, str], size: int, seed: int) -> tuple[tuple[Side, Side], tuple[Side, Side]]:
    """Return the claims of two stores, and both vectors of documents drawn from those that both have.

    Args:
        names: The stores.
        size: How many documents are drawn; all of them where there are fewer.
        seed: Which ones: the same draw the same, whatever else the stores hold.
    """
    with closing(open_store(names[0])) as old, closing(open_store(names[1])) as new:
        claims = claims_side(old), claims_side(new)
        common = set(claims[0].ids) & set(claims[1].ids)
        ids = heapq.nsmallest(size, common, key=lambda name: rank(seed, name))
        return claims, (sampled_side(old, ids), sampled_side(new, ids))


def _checked(side: Side) -> Side:
    if len(set(side.ids)) == len(side.ids):
        return side
    twice = sorted(name for name, times in Counter(side.ids).items() if times > 1)
    raise ModelError(
        f"{len(twice)} ids stand more than once in {side.name}",
        places=(place(side.name, (), twice),),
        hint="one vector for each id: remove the older ones",
        code="EK557",
    )


def _side(store: Store, batches: Sequence[Records], vectors: Array | RowFile | IndexRows) -> Side:
    description = store.describe()
    known = {role for role, _ in description.columns}
    stamped, dated, texted = VERSION in known, DATE in known, bool({DIGEST, TEXT} & known)
    return Side(
        name=description.name,
        ids=tuple(identity for records in batches for identity in records.ids),
        vectors=vectors,
        fingerprint=description.stated,
        exact=description.exact,
        fingerprints=tuple(one for records in batches for one in records.versions) if stamped else (),
        updated=np.concatenate([records.updated for records in batches])
        if dated and batches
        else np.zeros(0),
        digests=tuple(one for records in batches for one in records.digests) if texted else (),
        findings=store.findings,
    )


def _joined(batches: Sequence[Records], width: int) -> Array:
    """Return (n, E) the vectors of all batches; a row without one of this width is not finite."""
    if not batches:
        return np.zeros((0, width), dtype=np.float32)
    return np.concatenate([records.vectors for records in batches])
