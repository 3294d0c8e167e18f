"""An open file of vectors: whatever happens to its name, what is read is what was read at first."""

from __future__ import annotations

import os
import socket
from hashlib import sha256
from pathlib import Path
from typing import IO

from evalkit.errors import ModelError

READ_AT_ONCE = 1 << 24


class OpenFile:
    """One file that stays open. A program that writes into it meanwhile is noticed at the next look.

    Another file put in its place under the same name is not looked at. Each look asks the system when the
    file was last changed; where that moved, the digest of the content decides.
    """

    def __init__(self, path: Path, file: IO[bytes], start: int, head: bytes) -> None:
        """Keep a descriptor of an open file.

        Args:
            path: What it is called.
            file: The file, which may be closed afterwards.
            start: Where its content begins.
            head: What the digest begins with.
        """
        self.path = path
        self._start = start
        self._head = head
        self._descriptor = os.dup(file.fileno())
        self._stamp = self._look()
        self._digest = ""

    def __del__(self) -> None:
        """Close the file with the last of those who read it."""
        descriptor = getattr(self, "_descriptor", -1)
        if descriptor >= 0:
            os.close(descriptor)

    def __reduce__(self) -> tuple[object, ...]:
        """Open the same file again, in another process or on another machine that sees it."""
        return _reopened, (self.path.absolute(), self._start, self._head, self._stamp[:2])

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes from `offset` on.

        Raises:
            ModelError: The file was changed since it was opened.
        """
        found = self._bytes(offset, size)
        self._check(whole=len(found) == size)
        return found

    def read_each(self, offsets: list[int], size: int) -> bytes:
        """Return `size` bytes from each of the offsets, one after the other."""
        found = b"".join([os.pread(self._descriptor, size, offset) for offset in offsets])
        self._check(whole=len(found) == size * len(offsets))
        return found

    def digest(self) -> str:
        """Return the SHA-256 of the head and the content, as they were when it was first asked for."""
        if not self._digest:
            found = self._content()
            self._check(whole=True)
            self._digest = found
        return self._digest

    def _bytes(self, offset: int, size: int) -> bytes:
        parts = []
        while size > 0:  # the system reads at most 2 GB at once
            part = os.pread(self._descriptor, min(size, READ_AT_ONCE), offset)
            if not part:
                break
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _look(self) -> tuple[int, int, int]:
        found = os.fstat(self._descriptor)
        return found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _check(self, *, whole: bool) -> None:
        stamp = self._look()
        if whole and stamp == self._stamp:
            return
        # A new name or owner moves the stamp too; only the content matters.
        if whole and self._digest and self._content() == self._digest:
            self._stamp = stamp
            return
        raise _changed(self.path)

    def _content(self) -> str:
        sha, at = sha256(self._head), self._start
        while part := os.pread(self._descriptor, READ_AT_ONCE, at):
            sha.update(part)
            at += len(part)
        return sha.hexdigest()


def _reopened(path: Path, start: int, head: bytes, stamp: tuple[int, int]) -> OpenFile:
    """Return the file that another process has open, if it still lies under its name.

    Raises:
        ModelError: It cannot be read here, or another one lies there.
    """
    try:
        with path.open("rb") as file:
            found = OpenFile(path, file, start, head)
    except OSError as error:
        raise ModelError(
            f"a worker on {socket.gethostname()} cannot read {path.name}: {error.strerror}",
            places=(str(path),),
            hint="keep vectors where all machines see them under one path",
            code="EK767",
        ) from error
    if found._look()[:2] != stamp:  # noqa: SLF001 - of this very class
        raise _changed(path)
    return found


def _changed(path: Path) -> ModelError:
    return ModelError(
        f"{path.name} was changed while its vectors were read",
        places=(str(path),),
        hint="run again once nothing writes it; write a new file and rename it into place",
        code="EK349",
    )
