"""Parquet pages: a column of equally long lists of floats, its pages copied as they lie; None for any other.

pyarrow builds such lists value by value from levels, seven times as long as reading the bytes takes. What is
read here is the plain case alone: no NULL, every list of one length, numbers in the form of the machine. Of
whatever else, and of whatever seems wrong, nothing is said here: pyarrow reads it, and says what it is.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from evalkit.arrays import Array, Ints
from evalkit.embedding.vectorfiles.fileend import ColumnChunk, FileEnd, read_end
from evalkit.embedding.vectorfiles.pageheads import (
    DATA,
    DATA_V2,
    DICTIONARY,
    QUICK_BITS,
    PageHead,
    read_head,
    unpacked_numbers,
)
from evalkit.embedding.vectorfiles.thrift import Oddity

PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY = 0, 2, 3, 8
CODECS = {0: "", 1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd"}
NUMBERS = {"FLOAT": np.dtype("<f4"), "DOUBLE": np.dtype("<f8"), "FIXED_LEN_BYTE_ARRAY": np.dtype("<f2")}
MOST_LOOKED_UP = 8  # of pages whose numbers stand in a dictionary: pyarrow reads many of them sooner
HEAD_BYTES = 512  # a head is some dozens; statistics may make it longer


def plain_vectors(file: Any, path: Path, name: str) -> Array | None:
    """Return the (n, E) numbers of a column of lists, None where pyarrow is to read it.

    Args:
        file: The file, open as a `ParquetFile`.
        path: Where it lies.
        name: The column, on the top level.
    """
    try:
        with path.open("rb", buffering=0) as opened:
            end = read_end(opened)
            return _Column.of(file, end, name).vectors(opened, end.rows)
    except (Oddity, OSError, ValueError, IndexError, OverflowError, AttributeError, ImportError):
        return None


@dataclass(slots=True)
class _Column:
    """A column of lists: where its pages lie, and what its numbers are.

    Attributes:
        chunks: What the file says of its part in each group of rows.
        deepest: The definition level of a number that is there.
        dtype: The type of its numbers.
        dims: How long each list has to be; 0 where the type does not say.
        known: The levels of pages met so far, and at which places lists begin by them.
    """

    chunks: tuple[ColumnChunk, ...]
    deepest: int
    dtype: np.dtype[Any]
    dims: int
    known: dict[tuple[bytes, int], Ints] = field(default_factory=dict)

    @classmethod
    def of(cls, file: Any, end: FileEnd, name: str) -> _Column:
        """Return the column of this name.

        Raises:
            Oddity: It is no column of lists of floats, or nothing says plainly which column it is.
        """
        import pyarrow as pa

        kind, leaves = file.schema_arrow.field(name).type, file.schema
        fixed = pa.types.is_fixed_size_list(kind)
        if not (fixed or pa.types.is_list(kind) or pa.types.is_large_list(kind)):
            raise Oddity
        at = [number for number in range(len(leaves)) if leaves.column(number).path.split(".")[0] == name]
        if len(at) != 1 or any("." in other for other in file.schema_arrow.names):
            raise Oddity
        leaf = leaves.column(at[0])
        dtype: Any = NUMBERS.get(leaf.physical_type)
        if dtype is None or not pa.types.is_floating(kind.value_type) or leaf.max_repetition_level != 1:
            raise Oddity
        if dtype != kind.value_type.to_pandas_dtype():
            raise Oddity
        chunks = tuple(columns[at[0]] for _, columns in end.groups)
        if any(".".join(chunk.path) != leaf.path for chunk in chunks):
            raise Oddity
        return cls(chunks, leaf.max_definition_level, np.dtype(dtype), kind.list_size if fixed else 0)

    def vectors(self, file: IO[bytes], rows: int) -> Array:
        """Return the (n, E) numbers of n rows.

        Raises:
            Oddity: A list is NULL, holds NULL or is of another length, or a page is of no plain form.
        """
        count = sum(chunk.values for chunk in self.chunks)
        dims = self.dims or (count // rows if rows else 0)
        if not count or count != dims * rows:
            raise Oddity
        numbers = np.empty(count, dtype=self.dtype)
        at = 0
        for chunk in self.chunks:
            pages = _Pages(file, chunk, self)
            at = pages.fill(numbers, at, dims)
        if at != count:
            raise Oddity
        return numbers.reshape(rows, dims)


@dataclass(slots=True)
class _Pages:
    """The pages of a column in one group of rows."""

    file: IO[bytes]
    chunk: ColumnChunk
    column: _Column
    dictionary: Array | None = None
    looked_up: int = 0
    room: bytearray = field(default_factory=bytearray)

    def fill(self, numbers: Array, at: int, dims: int) -> int:
        """Copy all numbers to where they belong from place `at` on, and return the place after the last."""
        chunk = self.chunk
        place = chunk.place
        end = place + chunk.packed_bytes
        stop = at + chunk.values
        while at < stop:
            if place >= end:
                raise Oddity
            head, length = read_head(bytes(self._read(place, min(HEAD_BYTES, end - place))))
            body = self._read(place + length, head.packed_bytes)
            if head.crc is not None and zlib.crc32(body) != head.crc:
                raise Oddity
            place += length + head.packed_bytes
            if head.kind == DICTIONARY:
                self._keep(head, body)
            elif head.kind in (DATA, DATA_V2):
                found = self._numbers(head, body, at, dims)
                numbers[at : at + found.size] = found
                at += found.size
            else:
                raise Oddity
        return at

    def _read(self, place: int, size: int) -> memoryview:
        """Return some bytes of the file, good until the next ones are read into the same memory."""
        if size > len(self.room):
            self.room = bytearray(size)
        self.file.seek(place)
        some = memoryview(self.room)[:size]
        if self.file.readinto(some) != size:  # type: ignore[attr-defined] # a file without a buffer has it
            raise Oddity
        return some

    def _keep(self, head: PageHead, body: memoryview) -> None:
        if head.encoding not in (PLAIN, PLAIN_DICTIONARY):
            raise Oddity
        self.dictionary = np.frombuffer(bytes(self._unpacked(body, head.plain_bytes)), self.column.dtype)

    def _numbers(self, head: PageHead, body: memoryview, at: int, dims: int) -> Array:
        """Return the numbers of a page, its levels looked at first."""
        if head.kind == DATA:
            plain = memoryview(self._unpacked(body, head.plain_bytes))
            starts, rest = _levels(plain)
            depths, rest = _levels(rest)
        else:
            levels = head.repetition_bytes + head.definition_bytes
            starts, depths = body[: head.repetition_bytes], body[head.repetition_bytes : levels]
            packed = body[levels:]
            rest = memoryview(self._unpacked(packed, head.plain_bytes - levels) if head.packed else packed)
        self._check(bytes(starts), bytes(depths), head.values, at, dims)
        if head.encoding == PLAIN:
            found = np.frombuffer(rest, self.column.dtype)
        elif head.encoding in (PLAIN_DICTIONARY, RLE_DICTIONARY) and self.dictionary is not None:
            self.looked_up += rest[0] not in QUICK_BITS
            if self.looked_up > MOST_LOOKED_UP:
                raise Oddity
            found = self.dictionary[unpacked_numbers(bytes(rest[1:]), rest[0], head.values)]
        else:
            raise Oddity
        if found.size != head.values:
            raise Oddity
        return found

    def _check(self, starts: bytes, depths: bytes, values: int, at: int, dims: int) -> None:
        """Raise unless every number is there, and a list begins after every `dims` of them."""
        known = self.column.known
        for levels, bits in ((starts, 1), (depths, self.column.deepest.bit_length())):
            if (levels, values) not in known:  # pages are alike: few levels differ from those met before
                found = unpacked_numbers(levels, bits, values)
                same = found == self.column.deepest
                known[levels, values] = np.flatnonzero(found == 0) if levels is starts else same.all()[None]
        begun = known[starts, values]
        wanted = np.arange(-at % dims, values, dims)
        if not known[depths, values].all() or not np.array_equal(begun, wanted):
            raise Oddity

    def _unpacked(self, body: memoryview, size: int) -> Any:
        import pyarrow as pa

        codec = CODECS.get(self.chunk.codec)
        if codec is None:
            raise Oddity
        return body if not codec else pa.Codec(codec).decompress(pa.py_buffer(body), size)


def _levels(page: memoryview) -> tuple[memoryview, memoryview]:
    """Return the levels that a page of the first version begins with, and what follows them."""
    size = int.from_bytes(page[:4], "little")
    if size > len(page) - 4:
        raise Oddity
    return page[4 : 4 + size], page[4 + size :]
