"""Page heads: what stands before a page of a Parquet file; packed whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Ints
from evalkit.embedding.vectorfiles.thrift import Bytes, Compact, Oddity, check_counts

DATA, DICTIONARY, DATA_V2 = 0, 2, 3
QUICK_BITS = (8, 16)  # of numbers that end where bytes do
DEEPEST_BITS = 25  # so many, and their place in a byte, four bytes hold


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


def read_head(data: bytes) -> tuple[PageHead, int]:
    """Return the head that some bytes begin with, and its length.

    Raises:
        Oddity: It is none, or is longer than these bytes.
    """
    reader = Compact(data)
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
    check_counts(head.plain_bytes, head.packed_bytes, head.values, head.encoding, *levels)
    return head, reader.at


def unpacked_numbers(data: bytes, bits: int, count: int) -> Ints:
    """Return (count,) whole numbers of so many bits each, from Parquet's mixture of runs and packed bits.

    Raises:
        Oddity: The bytes end before that.
    """
    if bits > DEEPEST_BITS:
        raise Oddity
    found = np.zeros(count, dtype=np.int64)
    reader, at, width = Compact(data), 0, (bits + 7) // 8
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
