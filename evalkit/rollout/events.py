"""Events: rows of arm, user, metric and time, read from CSV and Parquet and checked line by line."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from evalkit.arrays import Bools, Floats
from evalkit.errors import EvalkitError, MissingExtraError, UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.columns import Aliases, Columns
from evalkit.opening import FILE_FAULTS, fault, read_whole
from evalkit.rollout.timestamps import Times, parse_times

CONTROL, CANARY = "control", "canary"
EVENTS: Aliases = {
    "arm": (("arm",), ("variant", "group", "bucket")),
    "user": (("user", "user_id"),),
    "metric": (("metric",), ("value",)),
    "timestamp": (("timestamp",), ("time", "ts", "datetime")),
}
_TRUTHS = {"true": 1.0, "false": 0.0}
_DELIMITERS = (",", "\t", ";")
_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How events are read.

    Attributes:
        columns: Role → column, as the user named them.
        arms: What the arms are called in the files: control and canary.
        low: The metric's least value.
        high: Its greatest.
        unit: "user", or "event" where each event stands for itself.
        time_unit: What numbers in the column of times count.
        zone: The zone of times that state none; None where nothing was said.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    arms: tuple[str, str] = (CONTROL, CANARY)
    low: float = 0.0
    high: float = 1.0
    unit: str = "user"
    time_unit: str = "s"
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """(n,) events of one file.

    Attributes:
        users: Who; each event a name of its own where events are the units.
        canary: Whether the event is of the canary arm.
        values: The metric, scaled to [0, 1].
        times: Seconds since 1970.
        naive: Whether some times state no zone.
        zoned: Whether some do.
    """

    users: list[str]
    canary: Bools
    values: Floats
    times: Floats
    naive: bool = False
    zoned: bool = False

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.users)


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
            hint="name a CSV or Parquet file of events",
            code="EK459",
        ) from error


def read_events(source: Source, reading: Reading) -> Events:
    """Return the events of a file.

    Raises:
        EvalkitError: It is no table, lacks a column, or holds rows that cannot be used; all of these at once.
    """
    try:
        table = _parquet(source, reading) if source.is_parquet else _csv(source, reading)
    except FILE_FAULTS as error:
        if isinstance(error, EvalkitError):
            raise
        raise UsageError(
            f"{source.name} cannot be read: {fault(error)}",
            hint="a CSV or Parquet file of events",
            code="EK459",
        ) from error
    return _checked(source, table, reading)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Columns as they were read; `lines` says where each row stands."""

    lines: Sequence[int]
    cells: Mapping[str, list[Any]]


def _csv(source: Source, reading: Reading) -> _Rows:
    text = source.data.decode("utf-8-sig")
    head = next(iter(text.splitlines()), "")
    delimiter = max(_DELIMITERS, key=head.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    names = [name.strip() for name in next(rows, [])]
    found = _roles(source.name, names, reading)
    lines: list[int] = []
    kept: list[list[str]] = []
    seen = len(source.data[: source.skipped].splitlines())
    short: list[int] = []
    for row in rows:
        if rows.line_num <= seen or not row:
            continue
        if len(row) != len(names):
            short.append(rows.line_num)
        else:
            lines.append(rows.line_num)
            kept.append(row)
    if short:
        raise UsageError(
            f"{len(short)} lines of {source.name} have another number of cells than its {len(names)} columns",
            places=(place(source.name, short),),
            hint="write them again; was the file cut off?",
            code="EK459",
        )
    at = {role: names.index(column) for role, column in found.items()}
    return _Rows(lines, {role: [row[index] for row in kept] for role, index in at.items()})


def _parquet(source: Source, reading: Reading) -> _Rows:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415 - the same
    except ImportError as error:
        raise MissingExtraError.for_extra("parquet", f"reading {source.name}") from error
    file = parquet.ParquetFile(io.BytesIO(source.data))
    found = _roles(source.name, list(file.schema_arrow.names), reading)
    table = file.read(columns=sorted(set(found.values())))
    cells = {}
    for role, column in found.items():
        array = table[column]
        if pa.types.is_timestamp(array.type):  # nanoseconds are more than a datetime holds
            array = array.cast(pa.timestamp("us", tz=array.type.tz), safe=False)
        cells[role] = array.to_pylist()
    return _Rows(range(1, table.num_rows + 1), cells)


def _roles(name: str, names: Sequence[str], reading: Reading) -> Mapping[str, str]:
    """Return role → column, or raise where a column is missing or could be two things."""
    columns = Columns(EVENTS, dict(reading.columns))
    found, rivals = columns.of(names), columns.rivals(names)
    needed = [role for role in EVENTS if role != "user" or reading.unit == "user"]
    lacking = [role for role in needed if role not in found]
    if lacking == ["user"] and "user" not in rivals:
        _without_user(f"{name} has no column of users", place(name, [1], names))
    if lacking:
        could = "; ".join(
            f"{role} could be {' or '.join(rivals[role])}" for role in lacking if role in rivals
        )
        stated = ", ".join(sorted(set(lacking)))
        raise UsageError(
            f"{name} has no column that surely holds: {stated}{f' ({could})' if could else ''}",
            places=(place(name, [1], names),),
            hint=f"say it by  --map {','.join(f'{role}=COLUMN' for role in lacking)}",
            code="EK459",
        )
    return {role: found[role] for role in needed}


def _without_user(problem: str, where: str) -> NoReturn:
    raise UsageError(
        problem,
        places=(where,),
        hint="events of one user are alike: counted apart they raise false alarms in 25 to 71 % of cases; "
        "name the column with  --map user=COLUMN, or take events as they are with  --unit event",
        code="EK460",
    )


def _checked(source: Source, rows: _Rows, reading: Reading) -> Events:
    findings: list[Finding] = []
    users = _users(source, rows, reading)
    canary = _arms(source, rows, reading, findings)
    values = _values(source, rows, reading, findings)
    times = _times(source, rows, reading, findings)
    if findings:
        raise UsageError.of(findings)
    seconds = np.array(times.seconds, dtype=np.float64)
    return Events(users, canary, values, seconds, naive=times.naive, zoned=times.zoned)


def _users(source: Source, rows: _Rows, reading: Reading) -> list[str]:
    if reading.unit == "event":
        return [f"{source.name}:{line}" for line in rows.lines]
    users = ["" if cell is None else str(cell).strip() for cell in rows.cells["user"]]
    if not all(users):
        empty = [line for line, user in zip(rows.lines, users, strict=True) if not user]
        _without_user(f"{len(empty)} of {len(users)} events name no user", place(source.name, empty))
    return users


def _arms(source: Source, rows: _Rows, reading: Reading, findings: list[Finding]) -> Bools:
    known = {reading.arms[0]: False, reading.arms[1]: True}
    arms = [known.get(str(cell).strip()) for cell in rows.cells["arm"]]
    if None in arms:
        wrong = [row for row, arm in enumerate(arms) if arm is None]
        named = sorted({str(rows.cells["arm"][row]).strip() for row in wrong})
        findings.append(
            Finding(
                "EK461",
                Severity.ERROR,
                f"{len(wrong)} of {len(arms)} events are of another arm than {' and '.join(reading.arms)}",
                (place(source.name, [rows.lines[row] for row in wrong], named),),
                f"two arms are compared; say which is which with  --arms control=NAME,{CANARY}=NAME",
            )
        )
    return np.array([bool(arm) for arm in arms], dtype=bool)


def _values(source: Source, rows: _Rows, reading: Reading, findings: list[Finding]) -> Floats:
    cells = rows.cells["metric"]
    try:
        values = np.array(cells, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.array([_number(cell) for cell in cells])
    bad = np.flatnonzero(~((values >= reading.low) & (values <= reading.high))).tolist()
    if bad:
        findings.append(
            Finding(
                "EK463",
                Severity.ERROR,
                f"{len(bad)} of {len(cells)} metrics are no numbers from {reading.low:g} to {reading.high:g}",
                (place(source.name, [rows.lines[row] for row in bad], [str(cells[row]) for row in bad]),),
                "correct them, or state what the metric may be with  --range LOW,HIGH",
            )
        )
    return (values - reading.low) / (reading.high - reading.low)


def _number(cell: object) -> float:
    try:
        return (
            _TRUTHS.get(str(cell).strip().casefold(), np.nan) if isinstance(cell, bool) else float(str(cell))
        )
    except ValueError:
        return _TRUTHS.get(str(cell).strip().casefold(), np.nan)


def _times(source: Source, rows: _Rows, reading: Reading, findings: list[Finding]) -> Times:
    cells = rows.cells["timestamp"]
    times = parse_times(cells, unit=reading.time_unit, zone=reading.zone)
    if times.unreadable:
        bad = times.unreadable
        large = any(str(cells[row]).strip().isdigit() and len(str(cells[row]).strip()) > 11 for row in bad)  # noqa: PLR2004
        hint = "ISO 8601 (2026-03-01T12:00:00Z), or seconds"
        findings.append(
            Finding(
                "EK462",
                Severity.ERROR,
                f"{len(bad)} of {len(cells)} timestamps cannot be read",
                (place(source.name, [rows.lines[row] for row in bad], [str(cells[row]) for row in bad]),),
                f"{hint}; are these smaller than seconds? then  --time-unit ms" if large else hint,
            )
        )
    return times
