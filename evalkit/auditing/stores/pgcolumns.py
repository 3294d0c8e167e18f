"""Columns of a PostgreSQL table: which there are, how each is read by its type, and vectors in binary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalkit.arrays import Ints, Vectors
from evalkit.auditing.stores.cells import DATE, ID, TENANT, VECTOR, VERSION
from evalkit.auditing.stores.roles import quoted

STORED = {"vector": "float32", "halfvec": "float16", "bit": "bit", "_float4": "float32", "_float8": "float64"}
OTHERS = {"sparsevec": "sparse vectors", "text": "text", "varchar": "text", "bytea": "bytes", "jsonb": "JSON"}
_MOMENTS = ("timestamptz", "timestamp", "date")
_JSON = ("json", "jsonb")
_BITS = 8
_METRICS = {"cosine": "cosine", "_ip": "dot", "_l1": "l1", "hamming": "hamming"}

TABLES = """
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid
              AND NOT a.attisdropped AND t.typname IN ('vector', 'halfvec', 'sparsevec'))
"""
COLUMNS = """
SELECT a.attname, t.typname, a.atttypmod FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
KEYS = """
SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = to_regclass(%s) AND i.indisprimary AND i.indnkeyatts = 1
"""
INDEXES = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass(%s)"


@dataclass(frozen=True, slots=True)
class PgColumn:
    """One column: its type by PostgreSQL's name, and the modifier that may state a width."""

    name: str
    kind: str
    modifier: int


@dataclass(frozen=True, slots=True)
class PgTable:
    """A table or view, and what is read of it.

    Attributes:
        source: Its name, quoted.
        columns: Name → column.
        roles: Role → column, or a path into a column of JSON.
        home: The schema of pgvector's own functions, quoted.
    """

    source: str
    columns: Mapping[str, PgColumn]
    roles: Mapping[str, str]
    home: str

    @property
    def vector(self) -> PgColumn:
        """The column of vectors."""
        return self.columns[self.roles[VECTOR]]

    @property
    def dated(self) -> bool:
        """Whether months can be told by the database itself."""
        return DATE not in self.roles or self._kind(DATE) in _MOMENTS

    def text(self, role: str) -> str:
        """Return the expression of a role's cell as text; NULL where nothing plays it."""
        return f"({self.cell(role)})::text" if role in self.roles else "NULL::text"

    def cell(self, role: str) -> str:
        """Return the expression of a role's cell; of moments, their seconds."""
        name = self.roles[role]
        if name not in self.columns:
            column, *path = name.split(".")
            return f"{quoted(column)} #>> '{{{','.join(map(_element, path))}}}'"
        if role == DATE and self._kind(DATE) in _MOMENTS:
            return f"extract(epoch FROM {quoted(name)})::float8"
        return quoted(name)

    def month(self) -> str:
        """Return the expression of a record's month, where `dated`."""
        if DATE not in self.roles:
            return "''"
        zone = " AT TIME ZONE 'UTC'" if self._kind(DATE) == "timestamptz" else ""
        return f"coalesce(to_char({quoted(self.roles[DATE])}{zone}, 'YYYY-MM'), '')"

    def strata(self) -> tuple[str, str, str]:
        """Return the expressions of version, month and tenant, "" for none."""
        version, tenant = (f"coalesce({self.text(role)}, '')" for role in (VERSION, TENANT))
        return version, self.month(), tenant

    def binary(self) -> str:
        """Return the expression of a vector as its bytes."""
        name, kind = quoted(self.vector.name), self.vector.kind
        if kind == "bit":
            return f"bit_send({name})"
        if kind.startswith("_float"):
            return f"array_send({name}::real[])"
        return f"{self.home}.{kind}_send({name})"

    def width(self) -> str:
        """Return the expression of a vector's width, 0 for NULL."""
        name, kind = quoted(self.vector.name), self.vector.kind
        if self.vector.modifier > 0 and kind in ("vector", "halfvec", "bit"):
            return f"CASE WHEN {name} IS NULL THEN 0 ELSE {self.vector.modifier} END"
        if kind == "bit":
            return f"coalesce(length({name}), 0)"
        if kind.startswith("_float"):
            return f"coalesce(cardinality({name}), 0)"
        return f"coalesce({self.home}.vector_dims({name}), 0)"

    def key(self) -> str:
        """Return the type of the ids, to which a checkpoint is brought back."""
        return self.columns[self.roles[ID]].kind

    def _kind(self, role: str) -> str:
        column = self.columns.get(self.roles[role])
        return column.kind if column else "text"


def _element(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''") + '"'


def decoded(cells: Sequence[bytes | None], kind: str, width: int) -> tuple[Vectors, Ints]:
    """Return (n, width) float32 and (n,) widths of vectors as pgvector, or PostgreSQL itself, sends them.

    Args:
        cells: (n,) bytes, all big-endian. Of vectors two numbers of 16 bits, the width and 0, then the
            values; of bits one number of 32 bits first; of arrays five of them (dimensions, whether NULLs are
            in it, type, width, first index), and before each value its size.
        kind: The type of the column.
        width: The usual width.
    """
    layout = _LAYOUTS.get(kind, _ARRAY if kind.startswith("_float") else _VECTOR)
    found = np.full((len(cells), width), np.nan, dtype=np.float32)
    widths = np.zeros(len(cells), dtype=np.int64)
    size = layout.head + (-(-width // _BITS) if kind == "bit" else width * layout.cell.itemsize)
    fitting = []
    for row, cell in enumerate(cells):  # each may have another width
        if cell is not None:
            widths[row] = layout.width_of(cell)
            if widths[row] == width and len(cell) == size:
                fitting.append(row)
    if fitting and width:
        joined = b"".join(_held(cells[row])[layout.head :] for row in fitting)
        if kind == "bit":
            packed = np.frombuffer(joined, np.uint8).reshape(len(fitting), -1)
            found[fitting] = np.unpackbits(packed, axis=1)[:, :width]
        else:
            cells_of = np.frombuffer(joined, layout.cell).reshape(len(fitting), width)
            found[fitting] = cells_of["value"] if layout is _ARRAY else cells_of
    return found, widths


@dataclass(frozen=True, slots=True)
class _Layout:
    """How many bytes stand before the values, how each lies there, and where the width is (start, stop)."""

    head: int
    cell: np.dtype[Any]
    at: tuple[int, int]

    def width_of(self, cell: bytes) -> int:
        """Return how many values a cell states; one of several dimensions has that of its first."""
        return int.from_bytes(cell[slice(*self.at)], "big")


_VECTOR = _Layout(4, np.dtype(">f4"), (0, 2))
_ARRAY = _Layout(20, np.dtype([("size", ">i4"), ("value", ">f4")]), (12, 16))
_LAYOUTS = {"halfvec": _Layout(4, np.dtype(">f2"), (0, 2)), "bit": _Layout(4, np.dtype(np.uint8), (0, 4))}


def _held(cell: bytes | None) -> bytes:
    return cell or b""


def is_json(column: PgColumn) -> bool:
    """Return whether paths lead into a column."""
    return column.kind in _JSON


def metric_of(definitions: Sequence[str], column: str) -> tuple[str, str]:
    """Return the index over a column of vectors and how it compares, "" for either where there is none."""
    for text in definitions:
        _, _, body = text.partition(" USING ")
        if body.startswith(("hnsw", "ivfflat")) and (f"({column} " in body or f'("{column}" ' in body):
            for mark, metric in (
                ("cosine", "cosine"),
                ("_l2", "l2"),
                ("_ip", "dot"),
                ("_l1", "l1"),
                ("hamming", "hamming"),
            ):
                if f"{mark}_ops" in body:
                    return body.partition(" ")[0], metric
            return body.partition(" ")[0], "l2"
    return "", ""


def values_of(rows: Sequence[Sequence[Any]], roles: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Return role → (n,) cells of rows."""
    if not rows:
        return dict.fromkeys(roles, ())
    return dict(zip(roles, zip(*rows, strict=True), strict=True))
