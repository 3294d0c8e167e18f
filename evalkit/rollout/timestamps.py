"""Timestamps: texts and numbers of an event log become seconds, with a time zone or with none stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from evalkit.errors import UsageError

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_LATEST = 1e11  # seconds; the year 5138: numbers beyond it count something smaller


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds since 1970, row by row.

    Attributes:
        seconds: (n,) the values; 0 where none could be read.
        unreadable: Rows that hold no time.
        naive: Whether some of them state no zone.
        zoned: Whether some do, or are seconds.
    """

    seconds: list[float]
    unreadable: list[int]
    naive: bool
    zoned: bool


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name such as Europe/Berlin.

    Raises:
        UsageError: There is none of that name.
    """
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise UsageError(
            f"no time zone is called {name!r}", hint="such as Europe/Berlin, or UTC", code="EK462"
        ) from error


def parse_times(cells: Sequence[object], *, unit: str = "s", zone: tzinfo | None = None) -> Times:
    """Return the seconds of ISO 8601 texts, or of numbers.

    Args:
        cells: Texts, numbers or datetimes.
        unit: What numbers count: a key of `UNITS`.
        zone: The zone of texts that state none; UTC where it is None.
    """
    # The two common kinds of columns first, each in one sweep: a log may have millions of rows.
    try:
        seconds = [float(cell) * UNITS[unit] for cell in cells]  # type: ignore[arg-type] # a datetime raises
        if all(0 <= second < _LATEST for second in seconds):
            return Times(seconds, [], naive=False, zoned=bool(seconds))
    except (TypeError, ValueError):
        pass
    try:
        moments = [datetime.fromisoformat(cell) for cell in cells]  # type: ignore[arg-type] # else it raises
        if moments and all(moment.tzinfo is not None for moment in moments):
            return Times([moment.timestamp() for moment in moments], [], naive=False, zoned=True)
    except (TypeError, ValueError):
        pass
    found, unreadable, naive, zoned = [0.0] * len(cells), [], False, False
    for row, cell in enumerate(cells):
        read = _moment(cell, unit, zone)
        if read is None:
            unreadable.append(row)
            continue
        found[row], is_naive = read
        naive, zoned = naive or is_naive, zoned or not is_naive
    return Times(found, unreadable, naive=naive, zoned=zoned)


def parse_moment(text: str, *, zone: tzinfo | None = None) -> float:
    """Return the seconds of one text that a user typed.

    Raises:
        UsageError: It is no time.
    """
    read = _moment(text, "s", zone)
    if read is None:
        raise UsageError(
            f"{text!r} is no time", hint="write it as 2026-03-01T12:00:00Z, or as seconds", code="EK462"
        )
    return read[0]


def _moment(cell: object, unit: str, zone: tzinfo | None) -> tuple[float, bool] | None:
    """Return the seconds of one cell, and whether it states no zone; None for no time."""
    if isinstance(cell, str):
        text = cell.strip()
        try:
            cell = datetime.fromisoformat(text) if not _is_number(text) else float(text)
        except ValueError:
            return None
    if isinstance(cell, datetime):
        naive = cell.tzinfo is None
        try:
            return (cell.replace(tzinfo=zone or UTC) if naive else cell).timestamp(), naive
        except (OverflowError, ValueError, OSError):
            return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        seconds = float(cell) * UNITS[unit]
        return (seconds, False) if 0 <= seconds < _LATEST else None
    return None


def _is_number(text: str) -> bool:
    """Return whether a text is a number of seconds; 20260301 and 2026 are none, they could be dates."""
    if text.isdigit() and len(text) in (4, 8):
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True
