"""Row files: vectors in a `.npy` file that are read a block at a time, because they are too many to hold.

A memory-mapped file would do the reading by itself, but its pages count as held once they were looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Array, Floats, Ints, Vectors
from evalkit.digests import digest_blocks

HELD_BYTES = 512_000_000  # larger files are not held
BLOCK_ROWS = 16_384
STORED = (np.float16, np.float32)  # whose squares float64 holds without overflow


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RowFile:
    """(n, E) vectors on disk; it stands where an array stands, and gives rows as float32.

    Attributes:
        path: The `.npy` file.
        rows: How many vectors the file holds.
        dims: E.
        stored: The number type on disk, a floating one.
        offset: Where the first row starts in the file.
        order: (n,) which row of the file is row i of the table; None where they are the same.
        lengths: (rows of the file,) what each row is divided by; None for nothing.
    """

    path: Path
    rows: int
    dims: int
    stored: npt.DTypeLike
    offset: int
    order: Ints | None = None
    lengths: Floats | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.rows if self.order is None else int(self.order.size)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, E), as of an array."""
        return len(self), self.dims

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """The number type of the rows that it gives."""
        return np.dtype(np.float32)

    @property
    def itemsize(self) -> int:
        """Bytes of one number on disk."""
        return np.dtype(self.stored).itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all vectors on disk."""
        return self.itemsize * len(self) * self.dims

    def __getitem__(self, rows: slice | Ints) -> Vectors:
        """Return the rows of a slice, or those with the given numbers in their shape."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if self.order is not None or step != 1:
                return self[np.arange(start, stop, step)]
            given = np.empty((max(0, stop - start), self.dims), dtype=np.float32)
            for at in range(start, stop, BLOCK_ROWS):  # so that little is ever held in float64
                end = min(stop, at + BLOCK_ROWS)
                read = self._run_of_rows(at, end - at)
                given[at - start : end - start] = self._finished(read, np.arange(at, end))
            return given
        numbers = np.asarray(rows, dtype=np.int64)
        numbers = np.where(numbers < 0, numbers + len(self), numbers)
        wanted = (numbers if self.order is None else self.order[numbers]).ravel()
        return self._finished(self._single_rows(wanted), wanted).reshape(*numbers.shape, self.dims)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:  # noqa: FBT001 - numpy's protocol
        """Return all vectors as one array, for those who must hold them."""
        del copy
        return np.asarray(self[:], dtype=dtype)

    def as_array(self) -> Vectors:
        """Return this very table under the type of the array whose part it plays: shape, rows, length."""
        return cast("Vectors", self)

    def reordered(self, order: Ints) -> RowFile:
        """Return the table whose row i is row order[i] of this one."""
        at = order if self.order is None else self.order[order]
        return replace(self, order=at)

    def unit(self) -> RowFile:
        """Return the same vectors brought to unit length; those of length zero stay as they are.

        The lengths are worked out in float64, a block at a time, and kept.
        """
        lengths = [np.linalg.norm(block.astype(np.float64), axis=1) for block in self.blocks()]
        whole = np.concatenate(lengths)
        return replace(self, lengths=np.where(whole > 0, whole, 1.0))

    def digest(self) -> str:
        """Return what `digest_array` gives for the array on disk."""
        return digest_blocks(np.dtype(self.stored), (self.rows, self.dims), self.blocks())

    def blocks(self) -> Iterator[Array]:
        """Yield all rows of the file as they lie there, in their own number type."""
        for start in range(0, self.rows, BLOCK_ROWS):
            yield self._run_of_rows(start, min(BLOCK_ROWS, self.rows - start))

    def _run_of_rows(self, start: int, count: int) -> Array:
        offset = self.offset + start * self.dims * self.itemsize
        numbers = np.fromfile(self.path, self.stored, count * self.dims, offset=offset)
        return numbers.reshape(count, self.dims)

    def _single_rows(self, numbers: Ints) -> Array:
        size = self.dims * self.itemsize
        file = os.open(self.path, os.O_RDONLY)
        try:  # a loop over rows: each is a read of its own, wherever it lies
            rows = [os.pread(file, size, self.offset + number * size) for number in numbers.tolist()]
        finally:
            os.close(file)
        return np.frombuffer(b"".join(rows), dtype=self.stored).reshape(numbers.size, self.dims)

    def _finished(self, rows: Array, numbers: Ints) -> Vectors:
        if self.lengths is None:
            return rows.astype(np.float32)
        exact = rows.astype(np.float64)
        exact /= self.lengths[numbers, np.newaxis]
        return exact.astype(np.float32)


def on_disk(vectors: object) -> bool:
    """Return whether vectors are read from their file as they are needed."""
    return isinstance(vectors, RowFile)


def open_rows(path: Path) -> Array | RowFile:
    """Return the array of a `.npy` file, or a row file where it is too large to hold.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no `.npy` file, or shorter than it says.
    """
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    in_rows = mapped.ndim == 2 and mapped.flags.c_contiguous and mapped.dtype in STORED  # noqa: PLR2004 - rows, columns
    if mapped.nbytes <= HELD_BYTES or not in_rows:
        held: Array = np.load(path, allow_pickle=False)
        return held
    rows, dims = mapped.shape
    return RowFile(path=path, rows=rows, dims=dims, stored=mapped.dtype, offset=mapped.offset)
