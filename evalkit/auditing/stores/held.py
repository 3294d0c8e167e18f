"""Vectors at hand as a store: rows of an array or of a file, with their ids and what is known beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evalkit.arrays import Array, Ints
from evalkit.auditing.stores.cells import records_of
from evalkit.auditing.stores.store import BATCH, Records
from evalkit.auditing.stores.streamed import StreamedStore
from evalkit.embedding.rowfile import RowFile
from evalkit.findings import Finding
from evalkit.indexing.storedrows import IndexRows

__all__ = ["HeldStore"]


@dataclass(frozen=True, slots=True, eq=False)
class HeldStore(StreamedStore):
    """A store whose rows can be picked by number.

    Attributes:
        ids: (n,) its ids.
        values: (n, E) its vectors, held or on disk.
        cells: Role → (n,) what stands beside them.
        findings: What is worth knowing about it.
    """

    ids: tuple[str, ...]
    values: Array | RowFile | IndexRows
    cells: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def fetch(self, ids: Sequence[str]) -> Records:
        """Return the records of some ids, in their order."""
        wanted = set(ids)
        rows = {identity: row for row, identity in enumerate(self.ids) if identity in wanted}
        return self._records(np.array([rows[name] for name in ids if name in rows], dtype=np.int64))

    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches, in the order of the rows."""
        del texts  # they are at hand
        for start in range(int(after or 0), len(self.ids), BATCH):
            rows = np.arange(start, min(len(self.ids), start + BATCH))
            yield self._records(rows, vectors=vectors, checkpoint=str(rows[-1] + 1))

    def close(self) -> None:
        """Let go of it; nothing is open."""

    def _records(self, rows: Ints, *, vectors: bool = True, checkpoint: str = "") -> Records:
        numbers = rows.tolist()
        return records_of(
            [self.ids[row] for row in numbers],
            {role: [column[row] for row in numbers] for role, column in self.cells.items()},
            vectors=np.asarray(self.values[rows], dtype=np.float32) if vectors else None,
            widths=np.full(len(rows), self.description.width, dtype=np.int64),
            checkpoint=checkpoint,
        )
