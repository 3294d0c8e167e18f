"""Writing: a golden-set folder appears whole or not at all, and what stood there before is kept."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from evalkit.errors import OutputError
from evalkit.opening import resolved
from evalkit.output import clear_abandoned, draft_name, exchanged, write_file


def write_new_folder(folder: Path, files: Mapping[str, bytes], *, force: bool = False) -> Path | None:
    """Write files into a folder that is not there yet, or is empty.

    Args:
        folder: Where to.
        files: Name inside the folder → content.
        force: Whether a folder that holds something makes way; it is renamed, never deleted.

    Returns:
        Where the former folder is now, None where there was none.

    Raises:
        OutputError: Something is there and `force` is off, or the folder cannot be written.
    """
    folder = folder.absolute()
    draft = folder.with_name(draft_name(folder.name))
    clear_abandoned(folder.parent, folder.name)
    try:
        if not force and not _is_free(folder):
            raise OutputError(
                f"{folder.name} is there already and is not empty",
                places=(str(folder),),
                hint="name another folder with -o, or use --force: what is there is then renamed and kept",
                code="EK612",
            )
        for name, data in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return _swapped(draft, folder)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror}", hint="name another folder with -o", code="EK611"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_into(path: Path, data: bytes) -> None:
    """Write a file of a golden set that is there; one that has gone does not come back as half of one.

    Raises:
        OutputError: The set has gone, or the file cannot be written.
    """
    gone = "is the golden set still there? files that were to change are kept beside it as they were"
    write_file(path, data, hint=gone, named=False, made=False)


def keep_files(folder: Path, paths: Iterable[Path]) -> Path:
    """Copy files into the first free NAME.before-N beside their folder, and return that.

    Raises:
        OutputError: They cannot be copied.
    """
    kept = _free_name(resolved(folder))
    try:
        for path in paths:
            copy = kept / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    except OSError as error:
        raise OutputError(
            f"{kept} cannot be written: {error.strerror}",
            hint="copy the golden set to a place that you may write, and change it there",
            code="EK611",
        ) from error
    return kept


def _is_free(folder: Path) -> bool:
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def _swapped(draft: Path, folder: Path) -> Path | None:
    """Rename the draft to the folder; return what the folder's former content is called now.

    Where the system can exchange two names, a set stands under the folder's name at every moment.
    """
    if _is_free(folder):
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
        return None
    kept = _free_name(folder)
    draft.rename(kept)
    if exchanged(kept, folder):
        return kept
    kept.rename(draft)  # no such call here: for a moment nothing stands under the folder's name
    folder.rename(kept)
    try:
        draft.rename(folder)
    except OSError:
        kept.rename(folder)
        raise
    return kept


def _free_name(folder: Path) -> Path:
    names = (folder.with_name(f"{folder.name}.before-{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())
