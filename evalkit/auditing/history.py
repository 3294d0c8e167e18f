"""The history of an audit: one line a night, so that what changes slowly shows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import OutputError
from evalkit.opening import numbered_bytes
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
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    nights = []
    for _, raw in numbered_bytes(path):
        night = _night(raw)
        if night is not None and night.store == store:
            nights.append(night)
    return tuple(nights)


def note_night(folder: Path, night: Night) -> None:
    """Add a line, in one write, so that two jobs never share one.

    Raises:
        OutputError: It cannot be written.
    """
    path = folder / FILE
    line = json.dumps(asdict(night), ensure_ascii=False, allow_nan=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        torn = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(path, flags, 0o644)
        try:
            os.write(handle, (("\n" if torn else "") + line).encode())
        finally:
            os.close(handle)
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
