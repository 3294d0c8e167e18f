"""Output: a file is written whole or not at all, and whether it can be is known before."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from evalkit.errors import OutputError


def check_folder(folder: Path) -> None:
    """Raise unless files can be written into a folder; best before hours of work. Nothing is left there.

    Raises:
        OutputError: The folder cannot be made or written.
    """
    absent = [path for path in (folder, *folder.parents) if not path.exists()]
    probe = folder / f".{os.getpid()}.part"
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


def write_file(path: Path, data: bytes, *, hint: str = "name another place with -o") -> None:
    """Write a file whole or not at all, into a folder that is made where it is missing.

    A link keeps pointing where it does; a device or a pipe, such as /dev/stdout, is written as it is.

    Args:
        path: Where to.
        data: Its content.
        hint: What to do where that is not possible.

    Raises:
        OutputError: It cannot be written.
    """
    target = path.resolve() if path.is_symlink() else path
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):  # a read-only disk does not even look for it
            draft.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}", hint=hint, code="EK611") from error
