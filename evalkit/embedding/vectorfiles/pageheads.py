"""Page heads and the end of a Parquet file, in Thrift's compact form; packed whole numbers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Ints

DATA, DICTIONARY, DATA_V2 = 0, 2, 3
_STOP, _TRUE, _FALSE, _BYTE, _BINARY, _LIST, _SET, _STRUCT = 0, 1, 2, 3, 8, 9, 10, 12
_WHOLE = (4, 5, 6)
_DOUBLE = 7
MOST_FIELDS = 64
DEEPEST = 12  # of records and lists inside one another; a file's end has six
LONG_LIST = 15  # a list of so many or more states its length apart
LONGEST_NUMBER = 10  # in bytes: 64 bits
MORE = 128  # the bit that says that a number goes on
QUICK_BITS = (8, 16)  # of numbers that end where bytes do
DEEPEST_BITS = 25  # so many, and their place in a byte, four bytes hold

MAGIC = b"PAR1"
TAIL_BYTES = 4 + len(MAGIC)  # how long the end is, and what every file closes with
LONGEST_END = 2**20  # in bytes, some thousands of chunks; a longer one is no plain form

Bytes = npt.NDArray[np.uint8]


class Oddity(Exception):  # noqa: N818 - no error: whoever meets it reads with more care
    """Something that is not of the plainest form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHead:
    """What the head of a page says.

    Attributes:
        kind: Data, dictionary, data of the second version.
        plain_bytes: How many bytes the page has unpacked.
        packed_bytes: How many it has in the file.
        crc: Its checksum; None where it has none.
        values: How many values it holds.
        encoding: How they are written.
        repetition_bytes: Of the levels of repetition, where the second version states them.
        definition_bytes: Of those of definition.
        packed: Whether what follows the levels is packed.
    """

    kind: int
    plain_bytes: int
    packed_bytes: int
    crc: int | None
    values: int
    encoding: int
    repetition_bytes: int = 0
    definition_bytes: int = 0
    packed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChunk:
    """What the end of a file says of one column in one group of rows.

    Attributes:
        path: The column's name, and those of what its lists hold.
        codec: How its pages are packed, by Parquet's number for it.
        values: How many values it holds.
        packed_bytes: How many bytes its pages have in the file, heads included.
        place: Where the first of them begins.
    """

    path: tuple[str, ...]
    codec: int
    values: int
    packed_bytes: int
    place: int


def read_end(file: IO[bytes]) -> tuple[tuple[ColumnChunk, ...], ...]:
    """Return the columns of each group of rows.

    pyarrow tells the same, but ends the process where sizes in a damaged end do not fit one another.

    Args:
        file: The Parquet file, open.

    Raises:
        Oddity: Its end is none, or says less than where pages lie.
    """
    size = file.seek(0, os.SEEK_END)
    if size < TAIL_BYTES:
        raise Oddity
    file.seek(size - TAIL_BYTES)
    tail = file.read(TAIL_BYTES)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or not 0 < length <= min(LONGEST_END, size - TAIL_BYTES):
        raise Oddity
    file.seek(size - TAIL_BYTES - length)
    fields = _Compact(file.read(length), lists=True).struct()
    try:
        return tuple(tuple(_chunk(column[3]) for column in group[1]) for group in fields[4])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Oddity from None


def _chunk(fields: dict[int, Any]) -> ColumnChunk:
    places = [fields[at] for at in (9, 11) if fields.get(at)]  # of its data, of a dictionary before them
    _check_counts(fields[4], fields[5], fields[7], *places)
    return ColumnChunk(
        path=tuple(name.decode() for name in fields[3]),
        codec=fields[4],
        values=fields[5],
        packed_bytes=fields[7],
        place=min(places),
    )


def _check_counts(*counts: Any) -> None:
    """Raise unless all are whole numbers from 0 on: damage can change the type of a field, too."""
    if not all(isinstance(number, int) and number >= 0 for number in counts):
        raise Oddity


def read_head(data: bytes) -> tuple[PageHead, int]:
    """Return the head that some bytes begin with, and its length.

    Raises:
        Oddity: It is none, or is longer than these bytes.
    """
    reader = _Compact(data)
    fields = reader.struct()
    kind = fields.get(1)
    try:
        crc = fields.get(4)
        shared = {
            "kind": kind,
            "plain_bytes": fields[2],
            "packed_bytes": fields[3],
            "crc": None if crc is None else crc & 0xFFFFFFFF,
        }
        if kind == DATA_V2:
            own = fields[8]
            if own[2]:  # how many values are NULL
                raise Oddity
            head = PageHead(
                **shared,
                values=own[1],
                encoding=own[4],
                definition_bytes=own[5],
                repetition_bytes=own[6],
                packed=own.get(7, True),
            )
        elif kind in (DATA, DICTIONARY):
            own = fields[5 if kind == DATA else 7]
            if kind == DATA and {own[3], own[4]} != {3}:  # levels in the old form of packed bits
                raise Oddity
            head = PageHead(**shared, values=own[1], encoding=own[2])
        else:
            raise Oddity
    except (KeyError, TypeError):
        raise Oddity from None
    levels = (head.repetition_bytes, head.definition_bytes)
    _check_counts(head.plain_bytes, head.packed_bytes, head.values, head.encoding, *levels)
    return head, reader.at


def unpacked_numbers(data: bytes, bits: int, count: int) -> Ints:
    """Return (count,) whole numbers of so many bits each, from Parquet's mixture of runs and packed bits.

    Raises:
        Oddity: The bytes end before that.
    """
    if bits > DEEPEST_BITS:
        raise Oddity
    found = np.zeros(count, dtype=np.int64)
    reader, at, width = _Compact(data), 0, (bits + 7) // 8
    # A loop over runs, of which levels have two for each vector; pages with the same levels are read once.
    while at < count and bits:
        run = reader.varint()
        if run & 1:
            size = (run >> 1) * bits
            numbers = _bits_apart(reader.alike(size).reshape(-1, bits), bits)
            few = min(count - at, numbers.size)
            found[at : at + few] = numbers[:few]
        else:
            few = min(count - at, run >> 1)
            found[at : at + few] = int.from_bytes(reader.take(width), "little")
        if not few:
            raise Oddity
        at += few
    return found


def _bits_apart(packed: Bytes, bits: int) -> Ints:
    """Return the whole numbers that (n, bits) bytes hold, eight in each row, the lowest bit first."""
    if bits == 1:
        return np.unpackbits(packed.ravel(), bitorder="little").astype(np.int64)
    if bits in QUICK_BITS:
        return packed.reshape(-1).view(f"<u{bits // 8}").astype(np.int64)
    rows = np.zeros((len(packed), bits + 3), dtype=np.uint32)
    rows[:, :bits] = packed
    numbers = np.empty((len(packed), 8), dtype=np.int64)
    for place in range(8):
        first, shift = divmod(place * bits, 8)
        parts = [rows[:, first + byte] << np.uint32(8 * byte) for byte in range(4)]
        numbers[:, place] = (parts[0] | parts[1] | parts[2] | parts[3]) >> np.uint32(shift)
    return (numbers & ((1 << bits) - 1)).ravel()


class _Compact:
    """Reads Thrift's compact form, as far as heads of pages use it, or ends of files, which hold lists."""

    def __init__(self, data: bytes, *, lists: bool = False) -> None:
        self.data, self.at, self.lists = data, 0, lists
        self.depth = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if size > len(self.data) - self.at:
            raise Oddity
        self.at += size
        return self.data[self.at - size : self.at]

    def alike(self, size: int) -> Bytes:
        """Return the bytes of a run of packed bits, and of all that follow and are as long."""
        data = np.frombuffer(self.data, dtype=np.uint8)
        head = self.at - 1  # of a run as long as this, one byte
        if size > len(self.data) - self.at:
            raise Oddity
        stride = size + 1
        same = data[head::stride][: (len(data) - head) // stride] == data[head]
        runs = int(same.size if same.all() else same.argmin()) if data[head] < MORE else 1
        runs = max(1, runs)
        self.at = head + runs * stride
        return data[head : self.at].reshape(runs, stride)[:, 1:]

    def varint(self) -> int:
        """Return a whole number of seven bits a byte."""
        number = 0
        for place in range(LONGEST_NUMBER):
            byte = self.take(1)[0]
            number |= (byte & 127) << 7 * place
            if byte < MORE:
                return number
        raise Oddity

    def struct(self) -> dict[int, Any]:
        """Return the values of a record by the numbers of their fields."""
        fields: dict[int, Any] = {}
        number = 0
        for _ in range(MOST_FIELDS):
            byte = self.take(1)[0]
            kind, step = byte & 15, byte >> 4
            if kind == _STOP:
                return fields
            number = number + step if step else self._signed()
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind)
        raise Oddity

    def _value(self, kind: int) -> Any:
        if kind == _BYTE:
            return self.take(1)[0]
        if kind in _WHOLE:
            return self._signed()
        if kind == _DOUBLE:
            return self.take(8)
        if kind == _BINARY:
            return self.take(self.varint())
        if kind == _STRUCT or (kind in (_LIST, _SET) and self.lists):
            self.depth += 1
            if self.depth > DEEPEST:
                raise Oddity
            value = self.struct() if kind == _STRUCT else self._list()
            self.depth -= 1
            return value
        raise Oddity

    def _list(self) -> list[Any]:
        byte = self.take(1)[0]
        kind, size = byte & 15, byte >> 4
        if size == LONG_LIST:
            size = self.varint()
        if size > len(self.data) - self.at:  # every element has a byte
            raise Oddity
        truths = kind in (_TRUE, _FALSE)  # in a list, a byte each
        return [self.take(1)[0] == _TRUE if truths else self._value(kind) for _ in range(size)]

    def _signed(self) -> int:
        number = self.varint()
        return (number >> 1) ^ -(number & 1)
