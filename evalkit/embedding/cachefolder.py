"""The folder of a cache: marked as such, so that nothing else is touched, and locked while it is made."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARKER = ".evalkit-cache"
LOCK = ".lock"
DATABASE = "vectors.sqlite"
JUDGED = "judged"
OURS = (DATABASE, "matrices", "indexes", JUDGED)
TOLD = "A cache of evalkit: all of it can be made again; evalkit cache prune empties it.\n"


def is_marked(folder: Path) -> bool:
    """Return whether a folder is known to be a cache."""
    return (folder / MARKER).is_file()


def mark(folder: Path) -> None:
    """Mark a folder as a cache."""
    if not is_marked(folder):
        (folder / MARKER).write_text(TOLD, encoding="utf-8")


def strangers(folder: Path) -> list[str]:
    """Return what a folder without a mark holds under the names that a cache uses."""
    return [name for name in OURS if (folder / name).exists() or (folder / name).is_symlink()]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other programs from making or mending a cache meanwhile; without a lock where none can be had."""
    file = -1
    with suppress(OSError):
        # A pipe, which somebody may have put there, would be waited for until it is read.
        file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
        fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if file >= 0:
            os.close(file)
