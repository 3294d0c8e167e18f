"""One side of a parity check: the ids of a store, their vectors, and what is stored of each beside them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from evalkit.arrays import Array, Floats
from evalkit.auditing.stores.cells import DATE, DIGEST, TEXT, VERSION
from evalkit.auditing.stores.held import HeldStore
from evalkit.auditing.stores.opening import open_store
from evalkit.auditing.stores.store import Records, Store
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.rowfile import RowFile
from evalkit.errors import ModelError
from evalkit.findings import Finding, place
from evalkit.indexing.faiss import IndexRows


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


def open_side(spec: str, roles: Mapping[str, str] | None = None) -> Side:
    """Read a store.

    Args:
        spec: Its name, as `open_store` reads it.
        roles: Role → column as somebody said.

    Raises:
        ModelError: It is not there, cannot be read, or an id stands twice.
        ProviderError: It does not answer.
    """
    with closing(open_store(spec, roles)) as store:
        side = _side(store)
    if len(set(side.ids)) < len(side.ids):
        seen: set[str] = set()
        twice = sorted({name for name in side.ids if name in seen or seen.add(name)})  # type: ignore[func-returns-value] # None
        raise ModelError(
            f"{len(twice)} ids stand more than once in {side.name}",
            places=(place(side.name, (), twice),),
            hint="one vector for each id: remove the older ones",
            code="EK557",
        )
    return side


def _side(store: Store) -> Side:
    description = store.describe()
    held = store.values if isinstance(store, HeldStore) else None
    known = {role for role, _ in description.columns}
    batches = list(store.stream(vectors=held is None))
    return Side(
        name=description.name,
        ids=tuple(identity for records in batches for identity in records.ids),
        vectors=_joined(batches, description.width) if held is None else held,
        fingerprint=description.stated,
        exact=description.exact,
        fingerprints=tuple(one for records in batches for one in records.versions)
        if VERSION in known
        else (),
        updated=np.concatenate([records.updated for records in batches]) if DATE in known else np.zeros(0),
        digests=tuple(one for records in batches for one in records.digests)
        if {DIGEST, TEXT} & known
        else (),
        findings=store.findings,
    )


def _joined(batches: list[Records], width: int) -> Array:
    """Return (n, E) the vectors of all batches; a row without one of this width is not finite."""
    if not batches:
        return np.zeros((0, width), dtype=np.float32)
    return np.concatenate([records.vectors for records in batches])
