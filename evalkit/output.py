"""Output: a file is written whole or not at all, and whether it can be is known before."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from evalkit.errors import OutputError
from evalkit.opening import kind_of_place, refuse_irregular, resolved

DRAFT = ".part"
ABANDONED_S = 3600
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE


def check_folder(folder: Path) -> None:
    """Raise unless files can be written into a folder; best before hours of work. Nothing is left there.

    Raises:
        OutputError: The folder cannot be made or written.
    """
    absent = [path for path in (folder, *folder.parents) if not path.exists()]
    probe = folder / draft_name("")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror}", hint="name another folder with -o", code="EK611"
        ) from error
    finally:
        with contextlib.suppress(OSError):  # somebody else may have put something there meanwhile
            for path in absent:
                path.rmdir()


def write_file(
    path: Path,
    data: bytes,
    *,
    hint: str = "name another place with -o",
    named: bool = True,
    made: bool = True,
) -> None:
    """Write a file whole or not at all.

    Where somebody named the file, a link keeps pointing where it does, and a device or a pipe, such as
    /dev/stdout, is written as it is.

    Args:
        path: Where to.
        data: Its content.
        hint: What to do where that is not possible.
        named: Whether somebody named this very file; else a link is what a stranger left there.
        made: Whether its folder is made where it is missing.

    Raises:
        OutputError: It cannot be written, or it is a link and nobody named it.
    """
    if not named and path.is_symlink():
        raise OutputError(
            f"{path} is a link: what it points at may be anything",
            places=(f"→ {path.readlink()}",),
            hint="put a file of its own there, or take the link away",
            code="EK172",
        )
    target = resolved(path) if path.is_symlink() else path
    if not named and path.exists() and not path.is_file() and not path.is_dir():
        raise OutputError(
            f"{path} is {kind_of_place(path)}, not a file: nothing is written there",
            hint="take it away, or name another place",
            code="EK172",
        )
    draft = target.with_name(draft_name(target.name))
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
            return
        if made:
            target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):  # a read-only disk does not even look for it
            draft.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}", hint=hint, code="EK611") from error


def write_together(folder: Path, files: Mapping[str, bytes], *, replaced: tuple[str, ...] = ()) -> None:
    """Write the files of one result so that a folder never tells two: an old one and a new one.

    All are drafted first. Then every old view goes, and only then do the new files take their places, the
    first of `files` before all others. Whoever stops this on the way leaves the old result, or part of the
    new one, never both. Drafts that an earlier attempt left behind are removed.

    Args:
        folder: Where they lie, made where it is missing.
        files: Name → content; the first is what the others are views of.
        replaced: Names that an older result may have left, and that this one replaces or does without.

    Raises:
        OutputError: A file cannot be written.
    """
    names = tuple(dict.fromkeys([*files, *replaced]))
    drafts = {folder / name: (folder / name).with_name(draft_name(name)) for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            clear_abandoned(folder, name)
        for path, data in zip(drafts, files.values(), strict=True):
            drafts[path].write_bytes(data)
        first = next(iter(files), None)
        for name in names:
            if name != first:
                (folder / name).unlink(missing_ok=True)
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        for draft in drafts.values():
            with contextlib.suppress(OSError):  # a read-only disk does not even look for it
                draft.unlink(missing_ok=True)
        raise OutputError(
            f"{error.filename or folder} cannot be written: {error.strerror}",
            hint="name another place with -o",
            code="EK611",
        ) from error


def append(path: Path, data: bytes, *, mode: int = 0o644) -> bool:
    """Add bytes to the end of a regular file, in one write; return whether all of them are written.

    Args:
        path: The file, made where it is missing.
        data: What is added.
        mode: Who may read and write it where it is made.

    Raises:
        OSError: It cannot be written, is a link, or is a pipe or a device, which is never waited for.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0)
    refuse_irregular(path)
    handle = os.open(path, flags, mode)
    try:
        return os.write(handle, data) == len(data)
    finally:
        os.close(handle)


def clear_abandoned(folder: Path, name: str) -> None:
    """Remove drafts of a file or a folder that somebody left behind an hour ago or more."""
    token = re.compile(re.escape(f".{name}.") + "[0-9a-f]{12}" + re.escape(DRAFT))
    with contextlib.suppress(OSError):  # what is there is in nobody's way
        for left in filter(lambda path: token.fullmatch(path.name), folder.iterdir()):
            if left.lstat().st_mtime > time.time() - ABANDONED_S:  # another process may be at it
                continue
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def exchanged(one: Path, other: Path) -> bool:
    """Exchange the names of two folders in one step; return whether that was possible.

    Source: renameat2(2) of Linux, with RENAME_EXCHANGE; elsewhere nothing happens.
    """
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    names = os.fsencode(one.absolute()), os.fsencode(other.absolute())
    return int(call(_HERE, names[0], _HERE, names[1], _EXCHANGE)) == 0


def draft_name(name: str) -> str:
    """Return a draft's name that no other process has; the number of a process repeats in every container."""
    return f".{name}.{secrets.token_hex(6)}{DRAFT}"
