"""The history of an audit: one line a night, so that what changes slowly shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import OutputError
from evalkit.opening import FILE_FAULTS, NotOpenedError, fault, numbered_bytes, read_regular
from evalkit.output import append
from evalkit.parsing import parse_json

FILE = "history.jsonl"
FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What one audit found.

    Attributes:
        time: When it ran.
        verdict: What it said; FAILED where it could not look.
        expect: Which model was expected.
        store: Which store, without credentials.
        total: How many records there were.
        versions: Version → records; "" for those that state none.
        share: Share of the records that state the expected model.
        examined: How many vectors were held against it.
        foreign: How many of these were not of it.
        high: Upper bound of their share among all; None where none was examined.
    """

    time: str
    verdict: str
    expect: str
    store: str
    total: int = 0
    versions: Mapping[str, int] = field(default_factory=dict)
    share: float | None = None
    examined: int = 0
    foreign: int = 0
    high: float | None = None


def read_history(folder: Path, store: str) -> tuple[Night, ...]:
    """Return what earlier nights found of one store, oldest first; lines that are none are left aside.

    Args:
        folder: Where they were noted.
        store: Its name.

    Raises:
        NotOpenedError: The file cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    try:
        nights = [_night(raw) for _, raw in numbered_bytes(path)]
    except FILE_FAULTS as error:
        raise NotOpenedError(f"{path}: {fault(error)}") from error
    return tuple(night for night in nights if night is not None and night.store == store)


def note_night(folder: Path, night: Night) -> None:
    """Add a line, in one write, so that two jobs never share one.

    Raises:
        OutputError: It cannot be written.
    """
    path = folder / FILE
    line = json.dumps(asdict(night), ensure_ascii=False, allow_nan=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        torn = path.exists() and read_regular(path)[-1:] not in (b"", b"\n")
        append(path, (("\n" if torn else "") + line).encode())
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}", hint="name another folder with -o", code="EK611"
        ) from error


def _night(raw: bytes) -> Night | None:
    try:
        written: Any = parse_json(raw)
        known = {name: written[name] for name in Night.__dataclass_fields__ if name in written}
        night = Night(**known)
        sound = isinstance(night.total, int) and all(isinstance(n, int) for n in night.versions.values())
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    return night if sound else None
