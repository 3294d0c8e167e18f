"""The store: records of vectors as they lie somewhere; counted, sampled, read in batches, never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Protocol

import numpy as np

from evalkit.arrays import Floats, Ints, Vectors
from evalkit.embedding.encoder import Fingerprint
from evalkit.findings import Finding

__all__ = ["Description"]

BATCH = 4_096
UNKNOWN = -1  # of a width: nobody looked at the vector


class Stratum(NamedTuple):
    """Records that say the same of themselves; "" where they say nothing.

    Attributes:
        version: What they say of the model that made their vectors.
        month: When they were written, as "2026-03".
        tenant: Whose they are.
    """

    version: str = ""
    month: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """How many records of a stratum have vectors of one width.

    Attributes:
        stratum: What they say of themselves.
        width: Numbers in each vector; 0 where there is none.
        count: How many.
    """

    stratum: Stratum
    width: int
    count: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Records:
    """Some records of a store, row by row.

    Attributes:
        ids: (n,) their ids, as texts.
        vectors: (n, E) float32, E the width that the store's description states; NaN in a row without a
            vector, or with one of another width. (n, 0) where vectors were not asked for.
        widths: (n,) numbers in each vector; 0 for none, `UNKNOWN` where nobody looked.
        versions: (n,) what each says of its model, "" where it says nothing.
        updated: (n,) when each was written, as seconds since 1970; NaN where it does not say.
        tenants: (n,) whose each is, "" where it does not say.
        texts: (n,) the text beside each; None where there is none, or nobody asked.
        digests: (n,) digests of the texts, "" where neither a text nor a digest is there.
        checkpoint: What `stream` goes on from behind these records; "" where they are not of a stream.
    """

    ids: tuple[str, ...]
    vectors: Vectors
    widths: Ints
    versions: tuple[str, ...]
    updated: Floats
    tenants: tuple[str, ...]
    texts: tuple[str | None, ...]
    digests: tuple[str, ...]
    checkpoint: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    def first(self, count: int) -> Records:
        """Return no more than so many."""
        kept = {
            item.name: getattr(self, item.name)[:count] for item in fields(self) if item.name != "checkpoint"
        }
        return replace(self, **kept)

    @property
    def sound(self) -> Ints:
        """Rows that have a vector of the store's width, all of it finite."""
        return np.flatnonzero(np.isfinite(self.vectors).all(axis=1) & (self.vectors.shape[1] > 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a store is, without anything that is secret.

    Attributes:
        name: As a user may name it again, credentials left out.
        kind: "pgvector", "qdrant", "parquet" …
        software: What answers, with its version; "" for files.
        count: How many records there are.
        width: The usual numbers in a vector, 0 where there is no vector at all.
        metric: How the store compares vectors, in its own words; "" where it does not say.
        index: What it searches by, in its own words; "" where it does not say.
        stored: The number type that vectors are kept in.
        exact: Whether vectors are given as they were put in, not an approximation of them.
        normalised: Whether the store itself brings vectors to unit length; None where nobody knows.
        snapshot: What makes all reading see one moment; "" where nothing does.
        columns: (role, name) pairs: what was read as what.
        source: The table or collection as the store's own language writes it; the folder of files.
        stating: The column that states a version, and the keys inside it that lead there; () where none does.
        is_view: Whether it shows records of another table.
        stated: The space that is stated beside the store as a whole; None where none is.
    """

    name: str
    kind: str
    software: str = ""
    count: int
    width: int
    metric: str = ""
    index: str = ""
    stored: str = "float32"
    exact: bool = True
    normalised: bool | None = None
    snapshot: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    source: str = ""
    stating: tuple[str, ...] = ()
    is_view: bool = False
    stated: Fingerprint | None = None

    @property
    def space(self) -> str:
        """The digest of the space that is stated, "" where none is."""
        return self.stated.digest if self.stated else ""


class Store(Protocol):
    """A store of vectors, open for reading, until it is closed."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing about it and no error."""

    def describe(self) -> Description:
        """Return what it is."""

    def census(self) -> tuple[Group, ...]:
        """Return how many records say what of themselves, by width of vector, sorted."""

    def sample(self, sizes: Mapping[Stratum | None, int], seed: int) -> dict[Stratum | None, tuple[str, ...]]:
        """Return ids drawn evenly within each stratum; None stands for all records.

        The same seed draws the same ids, in the same order, whatever the order of the records; ids that two
        stores share are ranked alike in both. A stratum with fewer records is given whole.
        """

    def fetch(self, ids: Sequence[str]) -> Records:
        """Return the records of some ids in the order of `ids`, vectors and texts included.

        Ids that are not there (any more) are left out: compare `ids`.
        """

    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches, in an order of the store's own.

        Args:
            after: The checkpoint of a batch that was read before; what follows it is given.
            vectors: Whether vectors are read, too; without them it is fast.
            texts: Whether texts are read, and their digests where only texts are there.
        """

    def close(self) -> None:
        """Let go of the store."""
