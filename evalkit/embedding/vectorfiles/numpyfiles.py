"""NumPy files: the array of a `.npy` file or of an `.npz` archive, its head judged before its numbers."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from evalkit.arrays import Array
from evalkit.embedding import rowfile
from evalkit.embedding.rowfile import RowFile
from evalkit.embedding.vectorfiles.ids import as_texts, read_ids
from evalkit.embedding.vectorfiles.signature import check_kind, check_regular, too_large, unreadable
from evalkit.embedding.vectorfiles.table import VectorColumns, VectorTable
from evalkit.errors import ModelError
from evalkit.opening import ARCHIVE_FAULTS, ARRAY_FAULTS
from evalkit.packing import NotUnpackedError, check_members

AGAIN = "write it again; the writing was interrupted, or the copy is not whole"
ROWS_AND_COLUMNS = 2
IDS = ("id", "ids")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of an array in a file states, and where its numbers begin."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    fortran: bool
    offset: int

    @property
    def nbytes(self) -> int:
        """How many bytes of numbers must follow."""
        total = self.dtype.itemsize
        for length in self.shape:  # NumPy's own product overflows
            total *= length
        return total

    def shaped(self, numbers: Array) -> Array:
        """Return the numbers in rows and columns."""
        return numbers.reshape(self.shape[::-1]).T if self.fortran else numbers.reshape(self.shape)


def read_npy(path: Path, ids_path: Path) -> VectorTable:
    """Return the table of a `.npy` file and the ids beside it.

    Raises:
        ModelError: One of both is missing or wrong; it is named.
    """
    for needed in (path, ids_path):
        check_regular(needed)
    values = open_array(path)
    return VectorTable(path=path, ids_path=ids_path, ids=read_ids(ids_path), values=values)


def open_array(path: Path) -> Array | RowFile:
    """Return the (n, E) array of a `.npy` file, or a row file where it is too large to hold.

    Raises:
        ModelError: It is no `.npy` file of numbers in rows and columns, or not whole.
    """
    check_regular(path)
    check_kind(path, "a .npy file")
    with path.open("rb") as file:
        head = _head(file, path)
        _check_numbers(head, path)
        _check_size(head, os.fstat(file.fileno()).st_size - head.offset, path)
        in_rows = not head.fortran and head.dtype in rowfile.STORED
        if head.nbytes > rowfile.HELD_BYTES and in_rows:
            rows, dims = head.shape
            return RowFile.opened(path, file, (rows, dims), head.dtype, head.offset)
        try:
            return head.shaped(np.fromfile(file, head.dtype, head.nbytes // head.dtype.itemsize))
        except MemoryError:
            raise too_large(path, head.nbytes) from None


def read_npz(path: Path, ids_path: Path, columns: VectorColumns) -> VectorTable:
    """Return the table of an `.npz` archive; its ids are a key of it, or stand in the file beside it.

    Raises:
        ModelError: It is not whole, or nothing says which of its arrays are the vectors.
    """
    check_regular(path)
    check_kind(path, "an .npz archive")
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive)
            keys = [name.removesuffix(".npy") for name in archive.namelist()]
            vectors = columns.vectors or _sole(path, keys)
            _check_key(path, vectors, keys)
            ids = columns.ids or next((key for key in keys if key in IDS and key != vectors), "")
            values = _member(archive, vectors, path, numbers=True)
            held = _member(archive, ids, path, numbers=False) if ids in keys else None
    except NotUnpackedError as error:
        raise unreadable(path, f"{path.name} is not unpacked: {error}", "save it with np.savez") from error
    except ARCHIVE_FAULTS as error:
        raise unreadable(path, f"{path.name} is damaged: {error}", AGAIN) from error
    if held is None:
        return VectorTable(path=path, ids_path=ids_path, ids=read_ids(ids_path), values=values)
    texts = as_texts(held.ravel().tolist(), path)
    if ids_path.is_file() and read_ids(ids_path) != texts:
        raise ModelError(
            f"{path.name} and {ids_path.name} state different ids",
            places=(str(path), str(ids_path)),
            hint="remove whichever is not meant",
            code="EK348",
        )
    return VectorTable(path=path, ids_path=path, ids=texts, values=values)


def _head(file: IO[bytes], path: Path) -> Head:
    try:
        version = np.lib.format.read_magic(file)
        if version > (2, 0):  # written for field names that are not ASCII, and only then
            raise ValueError("records with fields")
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = read(file)
        if any(length < 0 for length in shape):
            raise ValueError(f"a shape of {shape}")
    except ARRAY_FAULTS as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise unreadable(path, f"the head of {path.name} is damaged: {told}", AGAIN) from error
    return Head(dtype, tuple(shape), bool(fortran), file.tell())


def _check_numbers(head: Head, path: Path) -> None:
    dtype, hint = head.dtype, "save a two-dimensional float32 array"
    told = f"{dtype}"
    if dtype.hasobject:
        told = "Python objects, which can run code when they are loaded,"
        hint = "np.save(path, np.stack(list(array)).astype(np.float32))"
    elif dtype.names:
        told = f"records with the fields {', '.join(dtype.names)}"
    elif dtype.kind == "f" and dtype.itemsize > 8:  # noqa: PLR2004 - bytes of float64
        told = f"long doubles ({dtype}), which differ from machine to machine,"
        hint = "np.save(path, array.astype(np.float32))"
    elif dtype.kind == "V":
        told = f"values of {dtype.itemsize} bytes without a number type (bfloat16 is saved so)"
        hint = "np.save(path, array.astype(np.float32))"
    elif dtype.kind in "US":
        told = "texts"
    fits = dtype.kind in "fb" or dtype in (np.int8, np.uint8)
    plain = told == f"{dtype}" and fits
    if not plain or len(head.shape) != ROWS_AND_COLUMNS or 0 in head.shape:
        raise ModelError(
            f"the vectors are {told} of shape {head.shape}, not float numbers in rows and columns",
            places=(str(path),),
            hint=hint,
            code="EK345",
        )


def _check_size(head: Head, found: int, path: Path) -> None:
    missing = head.nbytes - found
    if missing > 0:
        told = f"{path.name} is cut off: {missing:,} of {head.nbytes:,} bytes are missing"
        raise unreadable(path, told, AGAIN)
    if missing < 0:
        told = f"{-missing:,} bytes follow the array in {path.name}: are there two arrays in one file?"
        raise unreadable(path, told, "save one array in one file")


def _sole(path: Path, keys: list[str]) -> str:
    others = [key for key in keys if key not in IDS]
    if len(others) == 1:
        return others[0]
    told = (
        f"{path.name} holds {len(others)} arrays: {', '.join(others)}"
        if others
        else f"{path.name} holds none"
    )
    raise unreadable(
        path, told, f'say which are the vectors: vector_column = "{others[0] if others else "KEY"}"'
    )


def _check_key(path: Path, key: str, keys: list[str]) -> None:
    if key not in keys:
        told = f"{path.name} has no array {key}, only {', '.join(keys)}"
        raise unreadable(path, told, 'name one of these: vector_column = "KEY"')


def _member(archive: zipfile.ZipFile, key: str, path: Path, *, numbers: bool) -> Array:
    name = f"{key}.npy" if f"{key}.npy" in archive.namelist() else key
    with archive.open(name) as file:
        head = _head(file, path)
        if numbers:
            _check_numbers(head, path)
        elif head.dtype.hasobject or len(head.shape) != 1:
            hint = "save them as a one-dimensional array of texts: np.array(ids, dtype=str)"
            raise unreadable(path, f"the ids in {path.name} are {head.dtype} of shape {head.shape}", hint)
        try:
            stored = file.read()
        except MemoryError:
            raise too_large(path, head.nbytes) from None
    _check_size(head, len(stored), path)
    return head.shaped(np.frombuffer(stored, head.dtype))
