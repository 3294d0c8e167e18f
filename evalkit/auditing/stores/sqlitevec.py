"""sqlite-vec and plain SQLite tables as a store; the file is opened for reading alone."""

from __future__ import annotations

import itertools
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Ints, Vectors
from evalkit.auditing.stores.cells import ID, TEXT, USUAL, VECTOR, VERSION, records_of, way_to
from evalkit.auditing.stores.faults import (
    locked,
    missing_extra,
    no_numbers,
    no_role,
    said,
    several_vectors,
    which_table,
)
from evalkit.auditing.stores.roles import quoted, settled_roles
from evalkit.auditing.stores.sqlitetables import NAMES, declared_vectors, with_vectors
from evalkit.auditing.stores.store import BATCH, Description, Records
from evalkit.auditing.stores.streamed import StreamedStore
from evalkit.embedding.sqlitefaults import SQLITE_FAULTS
from evalkit.embedding.storespec import StoreSpec, pairs_of
from evalkit.errors import EvalkitError, ModelError
from evalkit.findings import Finding
from evalkit.opening import resolved

_USUAL = {ID: ("id", "_id", "doc_id", "chunk_id", "rowid"), VECTOR: NAMES, **USUAL}
_NUMBERS = {"int8": np.dtype(np.int8), "bit": np.dtype(np.uint8)}
WAIT_S = 5.0  # for a writer that is about to finish
_AT_ONCE = 500  # values in one statement
_COUNT_S = 600.0  # in which rows are counted; a view may make up rows without end
_STEPS = 100_000  # of SQLite's machine between two looks at the clock
_LONGEST = 64 * 2**20  # bytes of a cell; a view may make up gigabytes of zeros
_HINT_TEXT = "CREATE VIEW v AS SELECT …, vec_f32(COLUMN) AS embedding …, and name the view"


@dataclass(frozen=True, slots=True, eq=False)
class SqliteStore(StreamedStore):
    """A table or view of an SQLite file.

    Attributes:
        database: The connection, of sqlite3 or apsw.
        table: Its name, quoted.
        roles: Role → column.
        number: The number type of vectors: "float32", "int8" or "bit".
        findings: What is worth knowing about it.
    """

    database: Any
    table: str
    roles: Mapping[str, str]
    number: str
    findings: tuple[Finding, ...] = ()

    def fetch(self, ids: Sequence[str]) -> Records:
        """Return the records of some ids, in their order."""
        keys = [key for name in ids if (key := self._key(name)) is not None]
        found: dict[str, Sequence[Any]] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            where = f"{quoted(self.roles[ID])} IN ({', '.join('?' * len(some))})"
            found |= {str(row[0]): row for row in self._rows(self._columns(), where, some)}
        return self._records([found[name] for name in ids if name in found], self._columns())

    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches, by id."""
        identity = quoted(self.roles[ID])
        columns = self._columns(vectors=vectors, texts=texts)
        where, values = (f"{identity} > ?", [self._key(after)]) if after else ("1", [])
        for rows in self._batches(columns, where, values):
            yield self._records(rows, columns, vectors=vectors, checkpoint=str(rows[-1][0]))

    def claims(self) -> Iterator[Records]:
        """Give what records say of themselves, in any order where putting them in order is dear."""
        if self.description.index != "vec0":
            yield from self.stream(vectors=False, texts=False)
            return
        columns = self._columns(vectors=False, texts=False)
        rows = self._rows(columns, "1", ())
        while some := list(itertools.islice(rows, BATCH)):
            yield self._records(some, columns, vectors=False)

    def _batches(
        self, columns: Mapping[str, str], where: str, values: Sequence[Any]
    ) -> Iterator[Sequence[Sequence[Any]]]:
        order = f"ORDER BY {columns[ID]}"
        if self.description.index == "vec0":  # which looks at all of its rows for each statement
            rows = self._rows(columns, f"{where} {order}", values)
            while some := list(itertools.islice(rows, BATCH)):
                yield some
            return
        keys = [row[0] for row in self._rows({ID: columns[ID]}, f"{where} {order}", values)]
        for start in range(0, len(keys), BATCH):
            # A statement for each batch, so that without a snapshot no writer waits for long.
            ends = keys[start], keys[min(start + BATCH, len(keys)) - 1]
            if batch := list(self._rows(columns, f"{columns[ID]} BETWEEN ? AND ? {order}", ends)):
                yield batch

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def _columns(self, *, vectors: bool = True, texts: bool = True) -> dict[str, str]:
        """Return role → expression; without vectors, their length in bytes."""
        columns = {role: quoted(name) for role, name in self.roles.items() if role != TEXT or texts}
        if not vectors:
            declared = self.description.index == "vec0"
            columns[VECTOR] = "0" if declared else f"length({columns[VECTOR]})"
        return {ID: columns.pop(ID), **columns}

    def _rows(self, columns: Mapping[str, str], where: str, values: Sequence[Any]) -> Iterator[Sequence[Any]]:
        # Names are quoted and values bound; nothing of it is a text that somebody could end.
        statement = f"SELECT {', '.join(columns.values())} FROM {self.table} WHERE {where}"  # noqa: S608 - said above
        try:
            yield from self.database.execute(statement, tuple(values))
        except Exception as error:
            raise _failed(self.description.name, error) from error

    def _key(self, name: str) -> object | None:
        """Return an id as the table has it, None where none there can be it."""
        if self.description.software.endswith("integer ids"):
            return int(name) if re.fullmatch(r"-?\d{1,19}", name) else None
        return name

    def _records(
        self,
        rows: Sequence[Sequence[Any]],
        columns: Mapping[str, str],
        *,
        vectors: bool = True,
        checkpoint: str = "",
    ) -> Records:
        cells = dict(zip(columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True))
        ids, held = cells.pop(ID), cells.pop(VECTOR)
        found: Vectors | None = None
        if vectors:
            found, widths = self._vectors(ids, held)
        elif self.description.index == "vec0":
            widths = np.full(len(ids), self.description.width, dtype=np.int64)
        else:
            widths = np.array([(size or 0) // 4 for size in held], dtype=np.int64)
        return records_of(ids, cells, vectors=found, widths=widths, checkpoint=checkpoint)

    def _vectors(self, ids: Sequence[object], blobs: Sequence[Any]) -> tuple[Vectors, Ints]:
        width = self.description.width
        found = np.full((len(blobs), width), np.nan, dtype=np.float32)
        widths = np.zeros(len(blobs), dtype=np.int64)
        for row, blob in enumerate(blobs):  # each may have another length
            if blob is None:
                continue
            numbers = self._numbers(ids[row], blob)
            widths[row] = len(numbers)
            if len(numbers) == width:
                found[row] = numbers
        return found, widths

    def _numbers(self, identity: object, blob: Any) -> Any:
        name, column = self.description.name, self.roles[VECTOR]
        if not isinstance(blob, bytes):
            raise no_numbers(name, f"{column} of {identity}", type(blob).__name__, _HINT_TEXT)
        if self.number == "bit":
            return np.unpackbits(np.frombuffer(blob, np.uint8), bitorder="little")[: self.description.width]
        kind = _NUMBERS.get(self.number, np.dtype("<f4"))
        if len(blob) % kind.itemsize:
            told = f"{len(blob)} bytes, which are no float32 numbers"
            raise no_numbers(name, f"{column} of {identity}", told, _HINT_TEXT)
        return np.frombuffer(blob, kind)


def open_store(spec: StoreSpec, asked: Mapping[str, str]) -> SqliteStore:
    """Return a table of an SQLite file as a store.

    Args:
        spec: `sqlite-vec://FILE#table`.
        asked: Role → column as somebody said.

    Raises:
        UsageError: There is no such table, or a column that was named is not there.
        ModelError: The file is none of SQLite's, or the table has no ids or vectors.
        ProviderError: Another program holds it.
    """
    path = Path(spec.place)
    if not path.is_file():
        raise ModelError(f"{spec.shown} is no file", hint="sqlite-vec://FILE#table", code="EK557")
    plain = sqlite3.connect(
        f"{resolved(path).as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=WAIT_S
    )
    plain.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    try:
        made = plain.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
        journal = str(plain.execute("PRAGMA journal_mode").fetchone()[0])
        tables = with_vectors(plain, dict(made), spec.table)
    except SQLITE_FAULTS as error:
        plain.close()
        raise _failed(spec.shown, error) from error
    table = which_table(spec.bare, spec.table, tables)
    declared = declared_vectors(dict(made)[table])
    database: Any = plain
    if declared is not None:
        plain.close()
        database = _extended(spec, path)
    if journal == "wal":
        database.execute("BEGIN")  # of reading: what is written meanwhile is not seen
    is_view = (dict(made)[table] or "").lstrip().upper().startswith("CREATE VIEW")
    try:
        return _opened(
            spec, asked, _Table(database, table, declared, snapshot=journal == "wal", is_view=is_view)
        )
    except EvalkitError:
        database.close()
        raise
    except Exception as error:  # of sqlite3 or apsw
        database.close()
        raise _failed(spec.shown, error) from error


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of an open database: vec0's declared vectors, None for a plain table."""

    database: Any
    name: str
    declared: Mapping[str, tuple[str, int]] | None
    snapshot: bool
    is_view: bool


def _opened(spec: StoreSpec, asked: Mapping[str, str], table: _Table) -> SqliteStore:
    shown = f"{spec.shown.partition('#')[0]}#{table.name}"
    held = [str(row[1]) for row in table.database.execute(f"PRAGMA table_info({quoted(table.name)})")]
    usual = {**_USUAL, VECTOR: tuple(table.declared)} if table.declared is not None else _USUAL
    if table.declared is not None and len(table.declared) > 1 and not asked.get(VECTOR):
        raise several_vectors(shown, tuple(table.declared))
    roles, told = settled_roles(
        shown, [*held, *(["rowid"] if asked.get(ID) == "rowid" else [])], asked, usual
    )
    for role in (ID, VECTOR):
        if role not in roles:
            raise no_role(shown, role, held)
    source, identity, vector = quoted(table.name), quoted(roles[ID]), quoted(roles[VECTOR])
    number, width = (table.declared or {}).get(roles[VECTOR], ("float32", 0))
    _stop_after(table.database, _COUNT_S)
    count, null = table.database.execute(
        f"SELECT count(*), count(*) - count({identity}) FROM {source}"  # noqa: S608 - names are quoted
    ).fetchone()
    _stop_after(table.database, None)
    if null:
        raise ModelError(
            f"{shown} has {null} records whose {roles[ID]} is NULL", hint="--map id=COLUMN", code="EK618"
        )
    first = table.database.execute(f"SELECT typeof({identity}) FROM {source} LIMIT 1").fetchone()  # noqa: S608 - the same
    if table.declared is None:
        width = _usual_width(table.database, source, vector)
    description = Description(
        name=shown,
        kind="sqlite-vec",
        software=f"SQLite {sqlite3.sqlite_version}, {first[0] if first else 'no'} ids",
        count=int(count),
        width=width,
        index="vec0" if table.declared is not None else "",
        stored=number,
        snapshot="one read transaction" if table.snapshot else "",
        columns=pairs_of(roles),
        source=source,
        stating=way_to(roles.get(VERSION, ""), held),
        is_view=table.is_view,
    )
    return SqliteStore(description, table.database, source, roles, number, told)


def _stop_after(database: Any, seconds: float | None) -> None:
    """Let what is asked next end in an error after some time; None for as long as it takes."""
    over = time.monotonic() + (seconds or 0.0)
    look = (lambda: time.monotonic() > over) if seconds else None
    database.set_progress_handler(look, _STEPS)


def _usual_width(database: Any, source: str, vector: str) -> int:
    """Return the width that most vectors have among the first that there are."""
    rows = database.execute(
        f"SELECT length({vector}) / 4, count(*) FROM (SELECT {vector} FROM {source} "  # noqa: S608 - names are quoted
        f"WHERE {vector} IS NOT NULL LIMIT {BATCH}) GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    ).fetchall()
    return int(rows[0][0]) if rows else 0


def _extended(spec: StoreSpec, path: Path) -> Any:
    """Return a connection that knows vec0 tables; many builds of Python let sqlite3 load no extension."""
    try:
        import apsw
        import sqlite_vec
    except ImportError:
        raise missing_extra(spec.kind) from None
    database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    database.enable_load_extension(True)  # noqa: FBT003 - apsw's own way
    database.load_extension(sqlite_vec.loadable_path())
    database.limit(apsw.SQLITE_LIMIT_LENGTH, _LONGEST)
    database.set_busy_timeout(int(1_000 * WAIT_S))
    database.enable_load_extension(False)  # noqa: FBT003 - the same
    return database


def _failed(name: str, error: Exception) -> Exception:
    told = said(error)
    if "locked" in told or "Busy" in type(error).__name__:
        return locked(name, error, "wait for the writer, or read a copy: sqlite3 FILE '.backup COPY'")
    return ModelError(
        f"{name} cannot be read: {told}", hint="is it an SQLite file, and may you read it?", code="EK557"
    )
