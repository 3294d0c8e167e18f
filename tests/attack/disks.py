"""Disks: full ones and read-only ones, real where they may be mounted; else files may not grow."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from children import Told, told
from disturbances import Course, disturbed
from lines import LINES
from place import Place, Tally

SIZE = 256 * 2**20
FILLER = "filler"
READING = [name for name, line in LINES.items() if not line.writes and name != "cache prune"]


def mounted(folder: Path, *options: str) -> bool:
    """Return whether a file system in memory could be put on a folder, or changed there."""
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def may_mount() -> bool:
    """Return whether this process may mount."""
    with tempfile.TemporaryDirectory() as folder:
        if not mounted(Path(folder), "size=64k"):
            return False
        subprocess.run(["umount", folder], check=False)
    return True


@contextmanager
def disk(place: Place) -> Iterator[Place]:
    """Give the same place on a file system of its own, as far as that is possible."""
    real = mounted(place.folder, f"size={SIZE}")
    try:
        place.again()
        yield place
    finally:
        if real:
            subprocess.run(["umount", "-l", str(place.folder)], check=True)


def full(place: Place, count: int) -> Tally:
    """Leave every line some kilobytes of its disk."""
    if not may_mount():
        return disturbed(place, count, _limited)
    with disk(place):
        return disturbed(place, count, _full)


def _limited(place: Place, course: Course) -> Told:
    return place.child(*course.line.words, largest_file=int(2 ** place.chance.uniform(9, 18))).run()


def _full(place: Place, course: Course) -> Told:
    free = shutil.disk_usage(place.folder).free
    left = int(2 ** place.chance.uniform(12, 20))
    filler = place.folder / FILLER
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - left)
    try:
        return place.run(*course.line.words)
    finally:
        filler.unlink()


def read_only(place: Place, count: int) -> Tally:
    """Let the disk be read-only: what writes says so and leaves all as it was, what reads is as always."""
    tally = Tally()
    if not may_mount():
        return tally
    with disk(place):
        tally = disturbed(place, count, _read_only)
        _warm(place, tally)
    return tally


def _read_only(place: Place, course: Course) -> Told:
    mounted(place.folder, "remount", "ro")
    try:
        return place.run(*course.line.words)
    finally:
        mounted(place.folder, "remount", "rw")


def _warm(place: Place, tally: Tally) -> None:
    """Note whether every line that reads says the same beside a warm cache that cannot be written."""
    place.again()
    for name in READING:
        line = LINES[name]
        if line.before:
            place.run(*LINES[line.before].words)
        right = place.run(*line.words)
        mounted(place.folder, "remount", "ro")
        found = place.run(*line.words)
        mounted(place.folder, "remount", "rw")
        same = found.code == right.code and told(found.out) == told(right.out)
        tally.note(same or name == "doctor", f"{name} read-only: {found.code} {found.err[-300:]}")
