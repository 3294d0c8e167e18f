"""The rows of a log: columns of a CSV or Parquet file by what they hold, each row with its line."""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError, MissingExtraError, UsageError
from evalkit.findings import place
from evalkit.golden.reading.columns import Aliases, Columns
from evalkit.opening import FILE_FAULTS, fault, read_whole
from evalkit.parsing import csv_table

Roles = Callable[[str, Sequence[str]], Mapping[str, str]]  # a file's name and its columns → role → column
_HEAD = 65_536  # characters in which the line of headings ends
_DELIMITERS = (",", "\t", ";")
_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns as they were read; `lines` says where each row stands."""

    lines: Sequence[int]
    cells: Mapping[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """A file of events as it lies there.

    Attributes:
        name: As the user named it.
        data: Its unpacked bytes.
        skipped: How many of these were read before.
        digest: Of all bytes.
    """

    name: str
    data: bytes
    skipped: int = 0

    @property
    def digest(self) -> str:
        """The digest of its bytes."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def is_parquet(self) -> bool:
        """Whether it is Parquet, by its content."""
        return self.data.startswith(_MAGIC)


def open_source(path: str | Path) -> Source:
    """Return a file of events with its bytes.

    Raises:
        UsageError: It is not there, or cannot be read.
    """
    try:
        return Source(str(path), read_whole(path))
    except FILE_FAULTS as error:
        raise UsageError(
            f"{path} cannot be read: {fault(error)}",
            hint="name a CSV or Parquet file that is there",
            code="EK459",
        ) from error


def read_rows(source: Source, roles: Roles) -> Rows:
    """Return the columns of a file.

    Args:
        source: The file.
        roles: Says which column holds what, or raises.

    Raises:
        UsageError: It is no table, or a line is not whole.
    """
    try:
        return _parquet(source, roles) if source.is_parquet else _csv(source, roles)
    except FILE_FAULTS as error:
        if isinstance(error, EvalkitError):
            raise
        raise UsageError(
            f"{source.name} cannot be read: {fault(error)}", hint="a CSV or Parquet file", code="EK459"
        ) from error


def sure_roles(
    name: str, names: Sequence[str], *, aliases: Aliases, stated: Mapping[str, str], needed: Sequence[str]
) -> Mapping[str, str]:
    """Return role → column.

    Args:
        name: The file.
        names: Its columns.
        aliases: What they are usually called.
        stated: Role → column, as the user said it.
        needed: Roles that must have a column.

    Raises:
        UsageError: A needed role has none, or more than one could have it.
    """
    columns = Columns(aliases, dict(stated))
    found, rivals = columns.of(names), columns.rivals(names)
    lacking = [role for role in needed if role not in found]
    if not lacking:
        return found
    could = "; ".join(f"{role} could be {' or '.join(rivals[role])}" for role in lacking if role in rivals)
    raise UsageError(
        f"{name} has no column that surely holds: {', '.join(sorted(lacking))}"
        + (f" ({could})" if could else ""),
        places=(place(name, [1], names),),
        hint=f"say it by  --map {','.join(f'{role}=COLUMN' for role in lacking)}",
        code="EK459",
    )


def _csv(source: Source, roles: Roles) -> Rows:
    text = source.data.decode("utf-8-sig")
    head = next(iter(text[:_HEAD].splitlines()), "")
    delimiter = max(_DELIMITERS, key=head.count)
    lines, rows = csv_table(text, delimiter)
    names = [name.strip() for name in rows[0]] if rows else []
    found = roles(source.name, names)
    seen = len(source.data[: source.skipped].splitlines())
    first = max(bisect_right(lines, seen), 1)
    kept = [(line, row) for line, row in zip(lines[first:], rows[first:], strict=True) if row]
    short = [line for line, row in kept if len(row) != len(names)]
    if short:
        raise UsageError(
            f"{len(short)} lines of {source.name} have another number of cells than its {len(names)} columns",
            places=(place(source.name, short),),
            hint="write them again; was the file cut off?",
            code="EK459",
        )
    at = {role: names.index(column) for role, column in found.items()}
    cells = {role: [row[index] for _, row in kept] for role, index in at.items()}
    return Rows([line for line, _ in kept], cells)


def _parquet(source: Source, roles: Roles) -> Rows:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415 - only Parquet needs it
    except ImportError as error:
        raise MissingExtraError.for_extra("parquet", f"reading {source.name}") from error
    file = parquet.ParquetFile(io.BytesIO(source.data))
    found = roles(source.name, list(file.schema_arrow.names))
    table = file.read(columns=sorted(set(found.values())))
    cells = {}
    for role, column in found.items():
        array = table[column]
        if pa.types.is_timestamp(array.type):  # nanoseconds are more than a datetime holds
            array = array.cast(pa.timestamp("us", tz=array.type.tz), safe=False)
        cells[role] = array.to_pylist()
    return Rows(range(1, table.num_rows + 1), cells)
