"""Opening: the one place where files that people name are opened, regular ones alone and within limits."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO

from evalkit.errors import UsageError
from evalkit.packing import NotUnpackedError, unpacked_stream
from evalkit.parsing import parse_json, parse_toml

LONGEST_LINE = 256 * 2**20
BLANK_LINES = 1_000_000  # in a row; more are a flood, or a file of holes
LARGEST_JSON = 2**30
SETTINGS_BYTES = 16 * 2**20  # a card, a configuration, a lock
AT_ONCE = 2**20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What reading a stranger's file may raise, whatever library reads it: each is the file's fault, not ours.
FILE_FAULTS = (
    OSError,
    EOFError,
    ValueError,  # UnicodeError, and numbers of thousands of digits
    ArithmeticError,
    RecursionError,
    MemoryError,
    NotUnpackedError,
)
ARRAY_FAULTS = (  # of a .npy file, whose head NumPy reads as Python text and fails on as Python does
    *FILE_FAULTS,
    TypeError,
    SyntaxError,
    TokenError,
    KeyError,
    AttributeError,
)
ARCHIVE_FAULTS = (  # of a ZIP archive, as .npz and .xlsx files are, and of its members
    zipfile.BadZipFile,
    zlib.error,  # a damaged member
    OSError,
    EOFError,  # a member that is cut off
    RuntimeError,  # a member that is encrypted, or packed in a way that Python does not know
)


class NotOpenedError(OSError):
    """A file that is not opened or not read on, with the reason as one sentence part."""

    def __init__(self, reason: str) -> None:
        """Make the error; `strerror` holds the reason, as in every error of the system."""
        super().__init__(errno.EINVAL, reason)

    def __str__(self) -> str:
        """Return the reason."""
        return self.strerror or ""


def fault(error: BaseException) -> str:
    """Return what is wrong with a file, from whatever its reading raised."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not in UTF-8: byte {error.start}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def is_file(path: str | Path) -> bool:
    """Return whether a path names a regular file, False for a name that no system accepts."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises where a name is too long


def is_folder(path: str | Path) -> bool:
    """Return whether a path names a folder, False for a name that no system accepts."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where a name is too long


def is_there(path: str | Path) -> bool:
    """Return whether a path names anything, False for a name that no system accepts."""
    return "\0" not in str(path) and os.path.lexists(path)


def open_regular(path: str | Path) -> BufferedReader:
    """Open a regular file for reading; a pipe, a device or a folder is refused at once, never waited for.

    Raises:
        FileNotFoundError: There is no such file.
        NotOpenedError: It is something else, or its name is none.
        OSError: It may not be read.
    """
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except ValueError as error:  # a NUL character, or half of a character pair
        raise NotOpenedError(f"its name is none: {error}") from error
    mode = os.fstat(number).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(number, "rb")
    os.close(number)
    raise NotOpenedError(f"it is {_kind(mode)}, not a regular file")


def refuse_irregular(path: str | Path) -> None:
    """Raise where a name that a library will open itself is that of something else than a regular file.

    Raises:
        NotOpenedError: It is a pipe, which would be waited for, a device, a socket or a folder.
    """
    mode = stat.S_IFREG
    with contextlib.suppress(OSError, ValueError):  # told by the library
        mode = os.stat(path).st_mode  # noqa: PTH116 - Path.stat is the same
    if not stat.S_ISREG(mode):
        raise NotOpenedError(f"it is {_kind(mode)}, not a regular file")


def read_regular(path: str | Path) -> bytes:
    """Return the bytes of a regular file as they lie there.

    Raises:
        OSError: It cannot be read, or is something else.
    """
    with open_regular(path) as file:
        return file.read()


def open_unpacked(path: str | Path) -> BinaryIO:
    """Open a regular file, unpacked where its content is packed by gzip, bzip2, xz or Zstandard.

    Raises:
        OSError: It cannot be opened.
        NotUnpackedError: What would unpack it is not installed.
    """
    file = open_regular(path)
    try:
        return unpacked_stream(file)
    except BaseException:
        file.close()
        raise


def read_whole(path: str | Path, *, most: int | None = None) -> bytes:
    """Return the unpacked bytes of a regular file.

    Args:
        path: The file.
        most: How many bytes it may have; None for no limit but that of unpacking.

    Raises:
        OSError: It cannot be read, or is larger.
    """
    with open_unpacked(path) as file:
        data = file.read() if most is None else file.read(most + 1)
    if most is not None and len(data) > most:
        raise NotOpenedError(f"it is larger than the {most // 2**20} MiB that such a file may have")
    return data


def have_one_content(one: str | Path, other: str | Path) -> bool:
    """Return whether two files hold the same bytes once they are unpacked; True where one cannot be read."""
    try:
        with open_unpacked(one) as first, open_unpacked(other) as second:
            while (part := first.read(AT_ONCE)) == second.read(AT_ONCE):
                if not part:
                    return True
    except FILE_FAULTS:  # told by whoever reads it
        return True
    return False


def read_settings(path: str | Path) -> str:
    """Return the text of a small file of settings, without a byte-order mark.

    Raises:
        OSError: It cannot be read, or is larger than settings are.
        UnicodeDecodeError: It is not UTF-8.
    """
    with open_regular(path) as file:
        data = file.read(SETTINGS_BYTES + 1)
    if len(data) > SETTINGS_BYTES:
        raise NotOpenedError(f"it is larger than the {SETTINGS_BYTES // 2**20} MiB that settings may have")
    return data.decode("utf-8-sig")


def read_toml(path: str | Path, *, hint: str, code: str) -> dict[str, Any]:
    """Return the tables of a small TOML file that a user named.

    Raises:
        UsageError: It cannot be read, or is no TOML.
    """
    try:
        return parse_toml(read_settings(path))
    except FILE_FAULTS as error:
        raise UsageError(f"{path} cannot be read: {fault(error)}", hint=hint, code=code) from error


def read_json(path: str | Path) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the value of a JSON file, with or without a byte-order mark.

    Raises:
        OSError: It cannot be read, or is no regular file.
        NotationError: It is not JSON, or holds what nothing can hold.
    """
    with open_regular(path) as file:
        data = file.read(LARGEST_JSON + 1)
    if len(data) > LARGEST_JSON:
        raise NotOpenedError(
            f"it is larger than the {LARGEST_JSON // 2**20} MiB that one JSON value may have"
        )
    return parse_json(data)


def expanded(path: str | Path) -> Path:
    """Return a path with ~ replaced by the home folder.

    Raises:
        UsageError: Nobody knows where that is.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"{path} cannot be found: this user has no home folder",
            hint="set HOME, or name the folder: --cache FOLDER, or the variable EVALKIT_CACHE",
            code="EK258",
        ) from error


def numbered_bytes(path: str | Path) -> Iterator[tuple[int, bytes]]:
    """Yield (1-based line number, bytes without the line end), a line at a time: files may be large.

    A byte-order mark is dropped. An empty file is one blank line.

    Raises:
        OSError: The file cannot be read, a line is too long, or blank lines are without end.
    """
    with open_unpacked(path) as file:
        blank = 0
        for number, line in enumerate(_lines(file), 1):
            if len(line) > LONGEST_LINE:
                raise NotOpenedError(f"line {number} is longer than {LONGEST_LINE // 2**20} MiB")
            blank = blank + 1 if line.isspace() else 0
            if blank > BLANK_LINES:
                raise NotOpenedError(f"more than {BLANK_LINES:,} blank lines in a row, up to line {number:,}")
            raw = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
            yield number, raw.removesuffix(b"\n")


def line_end_of(data: bytes) -> bytes:
    """Return what ends the lines of a file: a carriage return alone, as on old Macs, else a line feed."""
    body = data.rstrip(b"\r\n")
    return b"\r" if b"\r" in body and b"\n" not in body else b"\n"


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file, one blank one of an empty file."""
    line, following = file.readline(LONGEST_LINE + 1), file.readline(LONGEST_LINE + 1)
    if not following and line_end_of(line) == b"\r":
        yield from line.rstrip(b"\r\n").split(b"\r")
        return
    yield line
    while following:
        yield following
        following = file.readline(LONGEST_LINE + 1)


def resolved(path: Path) -> Path:
    """Return where a path leads once all links are followed; a loop of links is told by whoever opens it."""
    return Path(os.path.realpath(path))


def leaves(path: Path, folder: Path) -> Path | None:
    """Return where a file of a folder lies by its links if that is outside of the folder, else None.

    The store of a hub keeps the files of a snapshot in a folder `blobs` beside `snapshots`; that is inside.
    """
    home, target = resolved(folder), resolved(path)
    if target.is_relative_to(home):
        return None
    store = home.parent.parent / "blobs" if home.parent.name == "snapshots" else None
    return None if store is not None and target.parent == store else target


def kind_of_place(path: Path) -> str:
    """Return what a path names that is no regular file: a folder, a pipe, a device, a link to nowhere."""
    try:
        return _kind(path.stat().st_mode)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((name for is_kind, name in kinds if is_kind(mode)), "something else")
