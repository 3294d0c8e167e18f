"""Events: rows of arm, user, metric and time, read from CSV and Parquet and checked line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import NoReturn

import numpy as np

from evalkit import figures
from evalkit.arrays import Bools, Floats
from evalkit.errors import UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.reading.columns import Aliases, Columns
from evalkit.rollout.rows import Rows, Source, read_rows, sure_roles
from evalkit.rollout.timestamps import Times, parse_times

__all__ = ["Events"]

CONTROL, CANARY = "control", "canary"
EVENTS: Aliases = {
    "arm": (("arm",), ("variant", "group", "bucket")),
    "user": (("user", "user_id"),),
    "metric": (("metric",), ("value",)),
    "timestamp": (("timestamp",), ("time", "ts", "datetime")),
}
_TRUTHS = {"true": 1.0, "false": 0.0}
SECONDS_DIGITS = 11  # seconds since 1970 have so many until the year 5138


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


def read_events(source: Source, reading: Reading) -> Events:
    """Return the events of a file.

    Raises:
        EvalkitError: It is no table, lacks a column, or holds rows that cannot be used; all of these at once.
    """
    table = read_rows(source, lambda name, names: _roles(name, names, reading))
    return _checked(source, table, reading)


def _roles(name: str, names: Sequence[str], reading: Reading) -> Mapping[str, str]:
    """Return role → column, or raise where a column is missing or could be two things."""
    needed = [role for role in EVENTS if role != "user" or reading.unit == "user"]
    columns = Columns(EVENTS, dict(reading.columns))
    found = columns.of(names)
    if "user" not in columns.rivals(names) and [role for role in needed if role not in found] == ["user"]:
        _without_user(f"{name} has no column of users", place(name, [1], names))
    sure = sure_roles(name, names, aliases=EVENTS, stated=reading.columns, needed=needed)
    return {role: sure[role] for role in needed}


def _without_user(problem: str, where: str) -> NoReturn:
    raise UsageError(
        problem,
        places=(where,),
        hint="events of one user are alike: counted apart they raise false alarms in 25 to 71 % of cases; "
        "name the column with  --map user=COLUMN, or take events as they are with  --unit event",
        code="EK460",
    )


def _checked(source: Source, rows: Rows, reading: Reading) -> Events:
    findings: list[Finding] = []
    users = _users(source, rows, reading)
    canary = _arms(source, rows, reading, findings)
    values = _values(source, rows, reading, findings)
    times = _times(source, rows, reading, findings)
    if findings:
        raise UsageError.of(findings)
    seconds = np.array(times.seconds, dtype=np.float64)
    return Events(users, canary, values, seconds, naive=times.naive, zoned=times.zoned)


def _users(source: Source, rows: Rows, reading: Reading) -> list[str]:
    if reading.unit == "event":
        return [f"{source.name}:{line}" for line in rows.lines]
    users = ["" if cell is None else str(cell).strip() for cell in rows.cells["user"]]
    if not all(users):
        empty = [line for line, user in zip(rows.lines, users, strict=True) if not user]
        _without_user(f"{len(empty)} of {len(users)} events name no user", place(source.name, empty))
    return users


def _arms(source: Source, rows: Rows, reading: Reading, findings: list[Finding]) -> Bools:
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


def _values(source: Source, rows: Rows, reading: Reading, findings: list[Finding]) -> Floats:
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
                f"{len(bad)} of {len(cells)} metrics are no numbers from "
                f"{figures.as_set(reading.low)} to {figures.as_set(reading.high)}",
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


def _times(source: Source, rows: Rows, reading: Reading, findings: list[Finding]) -> Times:
    cells = rows.cells["timestamp"]
    times = parse_times(cells, unit=reading.time_unit, zone=reading.zone)
    if times.unreadable:
        bad = times.unreadable
        stated = [str(cells[row]).strip() for row in bad]
        large = any(text.isdigit() and len(text) > SECONDS_DIGITS for text in stated)
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
