"""Packing: what gzip, bzip2, xz or Zstandard packed is told by its content and unpacked within limits."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
MAGICS = (
    (b"\x1f\x8b", ".gz"),
    (b"BZh", ".bz2"),
    (b"\xfd7zXZ\0", ".xz"),
    (b"\x28\xb5\x2f\xfd", ".zst"),
)
NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "Zstandard"}
ALWAYS_BYTES = 512 * 2**20  # so much may come out of any packed file
RATIO = 200  # and beyond that no more than so many times its size; texts come to 3 to 30 times
EXTRA = "zstd"
ZSTD_BYTES = 2**13  # taken at a time: a block of four bytes may hold 128 KiB


class NotUnpackedError(Exception):
    """A packed file that is not unpacked here; `extra` names what would unpack it, "" where nothing does."""

    def __init__(self, reason: str, *, extra: str = "") -> None:
        """Make the error of one reason."""
        super().__init__(reason)
        self.extra = extra


class _Bounded(io.RawIOBase):
    """A stream of unpacked bytes that ends in an error where more come out than can be meant."""

    def __init__(self, unpacked: BinaryIO, packed: BinaryIO, *, most: int) -> None:
        self._unpacked, self._packed, self._most, self._given = unpacked, packed, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the buffer protocol
        data = self._read(len(buffer))
        self._given += len(data)
        if self._given > self._most:
            raise NotUnpackedError(
                f"it unpacks to more than {self._most / 2**20:,.0f} MiB, {RATIO} times its size; "
                "if that is meant, unpack it yourself"
            )
        buffer[: len(data)] = data
        return len(data)

    def _read(self, size: int) -> bytes:
        try:
            return self._unpacked.read(size)
        except (zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
            raise OSError(None, f"its packing is damaged: {error}") from error
        except Exception as error:
            if type(error).__name__ == "ZstdError":
                raise OSError(None, f"its packing is damaged: {error}") from error
            raise

    def close(self) -> None:
        self._unpacked.close()
        self._packed.close()
        super().close()


def check_members(archive: zipfile.ZipFile) -> None:
    """Raise where the members of a ZIP archive are larger than can be meant; none gives more than it states.

    Raises:
        NotUnpackedError: They are.
    """
    file = archive.fp
    packed = file.seek(0, os.SEEK_END) if file is not None else 0
    stated, most = sum(member.file_size for member in archive.infolist()), max(ALWAYS_BYTES, RATIO * packed)
    if stated > most:
        raise NotUnpackedError(
            f"its members unpack to {stated / 2**20:,.0f} MiB, more than {RATIO} times its size; "
            "if that is meant, unpack it yourself"
        )


def unpacked_stream(file: BinaryIO) -> BinaryIO:
    """Return a stream of a file's bytes, unpacked where its first bytes say that it is packed.

    Raises:
        NotUnpackedError: It is packed by Zstandard and the extra for that is absent.
    """
    head = file.read(8)
    file.seek(0)
    suffix = packing_of(head)
    if not suffix:
        return file
    most = max(ALWAYS_BYTES, RATIO * os.fstat(file.fileno()).st_size)
    bounded = _Bounded(_OPENERS[suffix](file), file, most=most)
    return cast("BinaryIO", io.BufferedReader(bounded, buffer_size=2**17))


def packing_of(head: bytes) -> str:
    """Return the suffix of what packed a file that starts with these bytes, "" for nothing known."""
    return next((suffix for magic, suffix in MAGICS if head.startswith(magic)), "")


def bare(path: Path) -> Path:
    """Return the name of a file without the suffix of what packed it."""
    return path.with_suffix("") if path.suffix.casefold() in SUFFIXES else path


def packed_again(data: bytes, suffix: str) -> bytes:
    """Return bytes packed as a file of this suffix is, or as they are where it is none.

    Raises:
        NotUnpackedError: The extra that packs so is absent.
    """
    if suffix == ".zst":
        return bytes(_zstandard().ZstdCompressor().compress(data))
    packers: dict[str, Callable[[bytes], bytes]] = {
        ".gz": lambda plain: gzip.compress(plain, mtime=0),
        ".bz2": bz2.compress,
        ".xz": lzma.compress,
    }
    return packers[suffix](data) if suffix in packers else data


def _gzip(file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=file))


def _bzip2(file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", bz2.BZ2File(file))


def _xz(file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", lzma.LZMAFile(file))


def _zstd(file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", _Frames(file, _zstandard().ZstdDecompressor(max_window_size=2**31)))


class _Frames(io.RawIOBase):
    """The content of Zstandard frames; the library's own reader takes a cut file for one that ends."""

    def __init__(self, file: BinaryIO, unpacker: Any) -> None:  # noqa: ANN401 - an untyped library
        self._file, self._unpacker = file, unpacker
        self._frame: Any = None
        self._ready = io.BytesIO()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not (given := self._ready.read(size)):
            packed = self._file.read(ZSTD_BYTES)
            if not packed and self._frame is not None:
                raise EOFError("the last frame is cut")
            if not packed:
                break
            self._ready = io.BytesIO(self._unpacked(packed))
        return given

    def _unpacked(self, packed: bytes) -> bytes:
        parts = []
        while packed:
            self._frame = self._frame or self._unpacker.decompressobj()
            parts.append(self._frame.decompress(packed))
            packed = self._frame.unused_data if self._frame.eof else b""
            self._frame = None if self._frame.eof else self._frame
        return b"".join(parts)


def _zstandard() -> Any:  # noqa: ANN401 - an untyped library
    try:
        import zstandard  # noqa: PLC0415 - an extra
    except ImportError:
        raise NotUnpackedError("it is packed by Zstandard", extra=EXTRA) from None
    return zstandard


_OPENERS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    ".gz": _gzip,
    ".bz2": _bzip2,
    ".xz": _xz,
    ".zst": _zstd,
}
