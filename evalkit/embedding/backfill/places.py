"""Places of shards: a folder of this machine, or one at a URL, and what is done differently in either."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeAlias

from evalkit.embedding.cache import default_cache_folder
from evalkit.embedding.mirror import local_name
from evalkit.errors import OutputError
from evalkit.opening import read_json, refuse_irregular
from evalkit.output import DRAFT, check_folder, draft_name, write_file
from evalkit.parsing import parse_json
from evalkit.remote import RemotePath, is_url

CHECKPOINTS = "checkpoints"
MARK = 15  # hexadecimal digits that SQLite's numbers hold

Place: TypeAlias = Path | RemotePath


def place_of(text: str) -> Place:
    """Return the place that somebody named.

    Raises:
        UsageError: It looks like a URL and is none.
    """
    return RemotePath.parse(text) if is_url(text) else Path(text)


def check_writable(folder: Place) -> None:
    """Raise unless files can be written into a folder, which is made where it is missing.

    Raises:
        OutputError: It cannot be made or written.
        ProviderError: The server refuses, or does not answer.
    """
    if isinstance(folder, RemotePath):
        folder.check_writable()
        return
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)


def home_of(folder: Place) -> Path:
    """Return where the checkpoint of a folder lies: beside its shards, or in the cache of this machine."""
    if not isinstance(folder, RemotePath):
        return folder
    home = default_cache_folder() / CHECKPOINTS / local_name(folder)
    check_writable(home)
    return home


def is_elsewhere(place: Place) -> bool:
    """Return whether other machines may write there, too."""
    return isinstance(place, RemotePath)


def is_gone(folder: Place) -> bool:
    """Return whether nothing is left of a folder whose checkpoint lies elsewhere."""
    return isinstance(folder, RemotePath) and not folder.files(1)


def listed(folder: Place, pattern: str) -> list[Place]:
    """Return the files of a folder whose names fit, in name order."""
    found: list[Place] = [*folder.glob(pattern)]
    return sorted(found, key=str)


def mark_of(path: Place) -> int:
    """Return the number by which a file is known again: its size, at a URL that of its version."""
    return int(path.stat().version[:MARK], 16) if isinstance(path, RemotePath) else path.stat().st_size


def json_at(path: Place) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the value of a JSON file."""
    return parse_json(path.open("rb").read()) if isinstance(path, RemotePath) else read_json(path)


def readable(path: Place) -> Path | IO[bytes]:
    """Return what pyarrow reads a file from.

    Raises:
        NotOpenedError: It is a pipe, a device or a folder.
    """
    if isinstance(path, RemotePath):
        return path.open("rb")
    refuse_irregular(path)
    return path


def put_small(path: Place, data: bytes) -> None:
    """Write a small file whole or not at all."""
    if isinstance(path, RemotePath):
        path.write_bytes(data)
    else:
        write_file(path, data)


def put(path: Place, write: Callable[[IO[bytes]], object]) -> int:
    """Write a file whole or not at all, on a disk beside its place first; return its mark.

    Raises:
        OutputError: It cannot be written.
        ProviderError: The server refuses, or does not answer.
    """
    if isinstance(path, RemotePath):
        held = io.BytesIO()
        write(held)
        path.write_bytes(held.getbuffer())
        return mark_of(path)
    draft = path.with_name(draft_name(path.name))
    try:
        with draft.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return mark_of(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written: {error.strerror}", hint="free some space, run it again", code="EK611"
        ) from error


def remove_drafts(folder: Place) -> None:
    """Take away what a killed process left half written; at a URL such a thing is never read."""
    if isinstance(folder, Path):
        for path in folder.glob(f".*{DRAFT}"):
            path.unlink(missing_ok=True)
