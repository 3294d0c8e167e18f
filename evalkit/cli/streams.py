"""Patient streams: what is written for a reader who has gone is dropped, and the exit code stays as it is."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

GONE = (errno.EPIPE, errno.EBADF)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Patient(io.RawIOBase):
    """A raw stream that goes on when nobody reads it any more."""

    def __init__(self, raw: io.RawIOBase, dropped: tuple[int, ...]) -> None:
        self._raw, self._dropped = raw, dropped

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the number of the file beneath."""
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Return whether a terminal is beneath."""
        return self._raw.isatty()

    def write(self, data: Buffer) -> int | None:
        """Write, or drop what nobody reads."""
        try:
            return self._raw.write(data)
        except OSError as error:
            if error.errno in self._dropped:
                return memoryview(data).nbytes
            raise


def patient(stream: TextIO | None, *, dropped: tuple[int, ...] = GONE) -> TextIO:
    """Return a stream that drops what its reader does not want, and writes out what its encoding lacks.

    Args:
        stream: stdout or stderr; None where the caller closed it, to have the exit code alone.
        dropped: The faults by which what was to be written is lost without a word.
    """
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)  # an unbuffered stream is raw already
    if not isinstance(raw, io.RawIOBase):  # not a file: a capture
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Patient(raw, dropped)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.isatty(),
        write_through=getattr(stream, "write_through", False),
    )
