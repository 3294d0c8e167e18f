"""Row files: vectors in a `.npy` file that are read a block at a time, because they are too many to hold.

A memory-mapped file would do the reading by itself, but its pages count as held once they were looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Array, Bools, Floats, Ints, Vectors
from evalkit.digests import digest_head
from evalkit.embedding.distance import ADDED, lifted_documents
from evalkit.embedding.openfile import OpenFile

HELD_BYTES = 512_000_000  # larger files are not held
BLOCK_ROWS = 16_384
STORED = (np.float16, np.float32)  # whose squares float64 holds without overflow


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RowFile:
    """(n, E) vectors on disk; it stands where an array stands, and gives rows as float32.

    Attributes:
        file: The `.npy` file, opened once; what is written under its name later is not looked at.
        rows: How many vectors the file holds.
        dims: E.
        stored: The number type on disk, a floating one.
        offset: Where the first row starts in the file.
        order: (n,) which row of the file is row i of the table; None where they are the same.
        lengths: (rows of the file,) what each row is divided by; None for nothing.
        lifted: Whether rows are given the coordinates under which inner products are distances.
    """

    file: OpenFile
    rows: int
    dims: int
    stored: npt.DTypeLike
    offset: int
    order: Ints | None = None
    lengths: Floats | None = field(default=None, repr=False)
    lifted: bool = False

    @classmethod
    def opened(
        cls, path: Path, file: IO[bytes], shape: tuple[int, int], stored: npt.DTypeLike, offset: int
    ) -> RowFile:
        """Return the vectors of an open file.

        Args:
            path: What it is called.
            file: The file itself, which may be closed afterwards.
            shape: (n, E).
            stored: The number type on disk.
            offset: Where the first row starts.
        """
        rows, dims = shape
        kind = np.dtype(stored)
        return cls(
            file=OpenFile(path, file, offset, digest_head(kind, shape)),
            rows=rows,
            dims=dims,
            stored=kind,
            offset=offset,
        )

    def __len__(self) -> int:
        return self.rows if self.order is None else int(self.order.size)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, E), as of an array."""
        return len(self), self.width

    @property
    def width(self) -> int:
        """How many numbers a row has as it is given."""
        return self.dims + (ADDED if self.lifted else 0)

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
            given = np.empty((max(0, stop - start), self.width), dtype=np.float32)
            for at in range(start, stop, BLOCK_ROWS):  # so that little is ever held in float64
                end = min(stop, at + BLOCK_ROWS)
                read = self._run_of_rows(at, end - at)
                given[at - start : end - start] = self._finished(read, np.arange(at, end))
            return given
        numbers = np.asarray(rows, dtype=np.int64)
        numbers = np.where(numbers < 0, numbers + len(self), numbers)
        wanted = (numbers if self.order is None else self.order[numbers]).ravel()
        return self._finished(self._single_rows(wanted), wanted).reshape(*numbers.shape, self.width)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:  # noqa: FBT001 - numpy's protocol
        """Return all vectors as one array, for those who must hold them."""
        del copy
        return np.asarray(self[:], dtype=dtype)

    def astype(self, dtype: npt.DTypeLike) -> Array:
        """Return all vectors as one array of a number type, for those who must hold them."""
        return np.asarray(self[:], dtype=dtype)

    def any(self, axis: int) -> Bools:
        """Return (n,) which rows hold a value that is not zero; `axis` must be 1."""
        del axis
        starts = range(0, len(self), BLOCK_ROWS)
        return np.concatenate([self[start : start + BLOCK_ROWS].any(axis=1) for start in starts])

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
        return self.file.digest()

    def blocks(self) -> Iterator[Array]:
        """Yield all rows of the file as they lie there, in their own number type."""
        for start in range(0, self.rows, BLOCK_ROWS):
            yield self._run_of_rows(start, min(BLOCK_ROWS, self.rows - start))

    def _run_of_rows(self, start: int, count: int) -> Array:
        size = count * self.dims * self.itemsize
        read = self.file.read(self.offset + start * self.dims * self.itemsize, size)
        return np.frombuffer(read, self.stored).reshape(count, self.dims)

    def _single_rows(self, numbers: Ints) -> Array:
        size = self.dims * self.itemsize
        rows = self.file.read_each([self.offset + number * size for number in numbers.tolist()], size)
        return np.frombuffer(rows, dtype=self.stored).reshape(numbers.size, self.dims)

    def _finished(self, rows: Array, numbers: Ints) -> Vectors:
        finished = rows
        if self.lengths is not None:
            finished = rows.astype(np.float64) / self.lengths[numbers, np.newaxis]
        plain: Vectors = finished.astype(np.float32)
        return lifted_documents(plain) if self.lifted else plain


def on_disk(vectors: object) -> bool:
    """Return whether vectors are read from their file as they are needed."""
    return isinstance(vectors, RowFile)
