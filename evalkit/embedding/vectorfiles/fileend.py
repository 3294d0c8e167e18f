"""The end of a Parquet file: where the pages of its columns lie, and whether it says one thing of each."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from evalkit.embedding.vectorfiles.signature import TAKE_A_COPY, unreadable
from evalkit.embedding.vectorfiles.thrift import Compact, Oddity, check_counts

# Parquet's types by their numbers, as pyarrow spells them.
TYPES = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")
MAGIC = b"PAR1"
TAIL_BYTES = 4 + len(MAGIC)  # how long the end is, and what every file closes with
LONGEST_END = 2**20  # in bytes, some thousands of chunks; a longer one is no plain form


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChunk:
    """What the end of a file says of one column in one group of rows.

    Attributes:
        kind: Its type, as one of `TYPES`.
        path: The column's name, and those of what its lists hold.
        codec: How its pages are packed, by Parquet's number for it.
        values: How many values it holds.
        packed_bytes: How many bytes its pages have in the file, heads included.
        place: Where the first of them begins.
    """

    kind: str
    path: tuple[str, ...]
    codec: int
    values: int
    packed_bytes: int
    place: int


@dataclass(frozen=True, slots=True)
class FileEnd:
    """What the end of a file says.

    Attributes:
        rows: How many the file has; below 0 where the end is damaged.
        groups: Of each group of rows how many there are, and its columns.
    """

    rows: int
    groups: tuple[tuple[int, tuple[ColumnChunk, ...]], ...]


def read_end(file: IO[bytes]) -> FileEnd:
    """Return what a file's end says of its rows and columns.

    pyarrow tells the same, but ends the process where sizes in a damaged end do not fit one another.

    Args:
        file: The Parquet file, open.

    Raises:
        Oddity: Its end is none, or says less than where pages lie.
    """
    size = file.seek(0, os.SEEK_END)
    if size < TAIL_BYTES:
        raise Oddity
    file.seek(size - TAIL_BYTES)
    tail = file.read(TAIL_BYTES)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or not 0 < length <= min(LONGEST_END, size - TAIL_BYTES):
        raise Oddity
    file.seek(size - TAIL_BYTES - length)
    fields = Compact(file.read(length), lists=True).struct()
    try:
        groups = [(int(group[3]), tuple(_chunk(column[3]) for column in group[1])) for group in fields[4]]
        return FileEnd(int(fields[3]), tuple(groups))
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Oddity from None


def _chunk(fields: dict[int, Any]) -> ColumnChunk:
    places = [fields[at] for at in (9, 11) if fields.get(at)]  # of its data, of a dictionary before them
    check_counts(fields[1], fields[4], fields[5], fields[7], *places)
    return ColumnChunk(
        kind=TYPES[fields[1]],
        path=tuple(name.decode() for name in fields[3]),
        codec=fields[4],
        values=fields[5],
        packed_bytes=fields[7],
        place=min(places),
    )


def check_end(file: Path, opened: Any) -> None:
    """Raise where a file's end tells one thing in two ways.

    Args:
        file: Which it is.
        opened: The same, opened by pyarrow.

    Raises:
        ModelError: It does: it is damaged.
    """
    with file.open("rb") as raw:
        told = contradiction(opened, raw)
    if told:
        raise unreadable(file, told, TAKE_A_COPY)


def contradiction(opened: Any, raw: IO[bytes]) -> str:
    """Return what a file's end, which has no checksum, says in two ways; "" where it is at one with itself.

    pyarrow takes one of the two and says nothing.

    Args:
        opened: The file, opened by pyarrow.
        raw: The same, as bytes.
    """
    for one, other in (*_names(opened), *_types_and_counts(opened, raw)):
        if one != other:
            return f"its end says {one} and {other} at once"
    return ""


def short_column(opened: Any, table: Any) -> str:
    """Return which column of a table that was read has another number of rows than the end says; "" for none.

    Where a damaged end says that pages begin elsewhere, pyarrow gives the rows that it finds.

    Args:
        opened: The file, opened by pyarrow.
        table: What it gave.
    """
    rows = opened.metadata.num_rows
    wrong = [name for name in table.column_names if len(table[name]) != rows]
    return f"its end says {rows:,} rows, and column {wrong[0]} has {len(table[wrong[0]]):,}" if wrong else ""


def _names(opened: Any) -> list[tuple[str, str]]:
    """Return the names of the columns, and those of the schema that Arrow wrote beside it."""
    import pyarrow as pa

    schema = (opened.metadata.metadata or {}).get(b"ARROW:schema")
    if schema is None:
        return []
    try:
        names = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(schema))).names
    except (OSError, ValueError, pa.ArrowException):  # of a writer that pyarrow knows nothing of
        return []
    return [(f"columns {', '.join(opened.schema_arrow.names)}", f"columns {', '.join(names)}")]


def _types_and_counts(opened: Any, raw: IO[bytes]) -> list[tuple[str, str]]:
    """Return types of columns and counts of rows, beside those that each group of rows states."""
    try:
        end = read_end(raw)
    except Oddity:  # too long to be read here, or of a form that pyarrow alone knows
        return []
    leaves = [opened.schema.column(number) for number in range(len(opened.schema))]
    types = ", ".join(f"{leaf.path} ({leaf.physical_type})" for leaf in leaves)
    flat = [number for number, leaf in enumerate(leaves) if not leaf.max_repetition_level]
    told = [(f"{end.rows:,} rows", f"{sum(rows for rows, _ in end.groups):,} rows")]
    for rows, parts in end.groups:
        told.append((types, ", ".join(f"{'.'.join(part.path)} ({part.kind})" for part in parts)))
        held = {parts[number].values for number in flat if number < len(parts)}
        told += [(f"{rows:,} rows", f"{values:,} values") for values in held if values != rows]
    return told
