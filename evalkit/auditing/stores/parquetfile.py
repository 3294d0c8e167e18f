"""Parquet shards as a store: read a batch at a time, the columns beside id and vector as claims."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.auditing.stores.arrowrows import arrow_records, widths_of
from evalkit.auditing.stores.cells import ID, TEXT, USUAL, VECTOR
from evalkit.auditing.stores.counting import drawn
from evalkit.auditing.stores.roles import settled_roles
from evalkit.auditing.stores.store import BATCH, Description, Records, Stratum
from evalkit.auditing.stores.streamed import StreamedStore
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.storespec import pairs_of
from evalkit.embedding.vectorfiles.fileend import check_end
from evalkit.embedding.vectorfiles.ids import as_texts
from evalkit.embedding.vectorfiles.parquet import parquet_files, parquet_vectors
from evalkit.errors import EvalkitError, MissingExtraError, ModelError
from evalkit.findings import Finding
from evalkit.opening import FILE_FAULTS, fault, is_folder

CHECKED = {"page_checksum_verification": True}  # where a file has checksums, as those of evalkit embed
_UNREAD = -2  # of a width: what cells hold is known when they are read
_USUAL = {ID: ("id", "_id"), VECTOR: ("vector", "embedding"), **USUAL}


@dataclass(frozen=True, slots=True, eq=False)
class ParquetStore(StreamedStore):
    """One Parquet file, or a folder of them in name order.

    Attributes:
        path: The file or folder.
        files: The files, with how many rows each has.
        roles: Role → column.
        findings: What is worth knowing about it.
    """

    path: Path
    files: tuple[tuple[Path, int], ...]
    roles: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    def sample(self, sizes: Mapping[Stratum | None, int], seed: int) -> dict[Stratum | None, tuple[str, ...]]:
        """Return ids drawn evenly within each stratum."""
        batches = self._batches(
            0, {role: name for role, name in self.roles.items() if role not in (VECTOR, TEXT)}
        )
        return drawn((self._records(table, vectors=False) for table, _ in batches), sizes, seed)

    def fetch(self, ids: Sequence[str]) -> Records:
        """Return the records of some ids, in their order."""
        import pyarrow as pa

        wanted = set(ids)
        place: dict[str, int] = {}
        parts: list[Any] = []
        for table, _ in self._batches(0, self.roles):
            names = as_texts(table[self.roles[ID]].to_pylist(), self.path)
            rows = [row for row, name in enumerate(names) if name in wanted]
            start = sum(map(len, parts))
            place |= {names[row]: start + at for at, row in enumerate(rows)}
            if rows:
                parts.append(table.take(pa.array(rows)))
        order = [place[name] for name in ids if name in place]
        found = pa.concat_tables(parts) if parts else pa.table({name: [] for name in self.roles.values()})
        return self._records(found.take(pa.array(order, pa.int64())))

    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches, in the order of the rows."""
        roles = {role: name for role, name in self.roles.items() if role != TEXT or texts}
        for table, stop in self._batches(int(after or 0), roles):
            yield self._records(table, vectors=vectors, checkpoint=str(stop))

    def close(self) -> None:
        """Let go of it; no file stays open."""

    def _batches(self, skipped: int, roles: Mapping[str, str]) -> Iterator[tuple[Any, int]]:
        """Give tables of some rows, and how many rows precede what follows them."""
        import pyarrow as pa
        from pyarrow import parquet

        at = 0
        for path, rows in self.files:
            if at + rows <= skipped:
                at += rows
                continue
            first = at
            with _whole(self.description.name), parquet.ParquetFile(path, **CHECKED) as file:
                for batch in file.iter_batches(BATCH, columns=list(dict.fromkeys(roles.values()))):
                    begun, at = at, at + batch.num_rows
                    if at > skipped:
                        yield pa.Table.from_batches([batch]).slice(max(0, skipped - begun)), at
                if at != first + rows:  # what says how many there are has no checksum
                    raise ValueError(f"{path.name} has {rows} rows by its end, and {at - first} in its pages")

    def _records(self, table: Any, *, vectors: bool = True, checkpoint: str = "") -> Records:
        width = self.description.width
        with _whole(self.description.name):
            return arrow_records(
                table, self.roles, width, place=self.path, vectors=vectors, checkpoint=checkpoint
            )


def open_parquet(
    shown: str, path: Path, asked: Mapping[str, str], stated: Fingerprint | None = None
) -> ParquetStore:
    """Return a Parquet file or a folder of shards as a store.

    Args:
        shown: As the user named it.
        path: The file or folder.
        asked: Role → column as somebody said.
        stated: The space that is stated beside it.

    Raises:
        MissingExtraError: pyarrow is not installed.
        ModelError: A file is not whole, or has no ids or no vectors.
    """
    try:
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError.for_extra("parquet", f"reading {path.name}") from None
    with _whole(shown):
        files = [(file, parquet.ParquetFile(file, **CHECKED)) for file in parquet_files(path)]
        for name, file in files:
            check_end(name, file)
        held = set.intersection(*(set(file.schema_arrow.names) for _, file in files))
    roles, told = settled_roles(shown, held, asked, _USUAL)
    for role in (ID, VECTOR):
        if role not in roles:
            raise ModelError(
                f"{shown} has no column that is known as the {role}; it holds {', '.join(sorted(held))}",
                hint=f"--map {role}=COLUMN",
                code="EK618",
            )
    with _whole(shown):
        width = _usual_width(files, roles[VECTOR], path)
    store = ParquetStore(
        Description(
            name=shown,
            kind="parquet",
            count=sum(file.metadata.num_rows for _, file in files),
            width=width,
            snapshot="files as they were when each was read",
            columns=pairs_of(roles),
            source=str(path if is_folder(path) else path.parent),
            stated=stated,
        ),
        path,
        tuple((name, file.metadata.num_rows) for name, file in files),
        roles,
        told,
    )
    for _, file in files:
        file.close()
    return store


@contextlib.contextmanager
def _whole(shown: str) -> Iterator[None]:
    """Raise for whatever reading a damaged file raises.

    Raises:
        ModelError: It is not whole: cut off, or with bits that nobody wrote.
    """
    try:
        yield
    except EvalkitError:
        raise
    except FILE_FAULTS as error:
        raise ModelError(
            f"{shown} cannot be read: {fault(error).splitlines()[0]}",
            hint="write it again; the writing may have been interrupted, or the disk is failing",
            code="EK557",
        ) from error


def _usual_width(files: Sequence[tuple[Path, Any]], column: str, path: Path) -> int:
    """Return the width that most vectors have among the first that there are."""
    for _, file in files:
        for batch in file.iter_batches(BATCH, columns=[column]):
            cells = batch.column(0)
            widths = widths_of(cells, _UNREAD)
            if (widths == _UNREAD).any():  # texts and bytes
                some = cells.drop_null()
                return int(parquet_vectors(path, ("",) * len(some), some).shape[1])
            found = Counter(widths[widths > 0].tolist()).most_common(1)
            if found:
                return int(found[0][0])
    return 0
