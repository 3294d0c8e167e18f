"""TEXMEX files (`.fvecs`, `.bvecs`, `.ivecs`): before each vector stands its number of dimensions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evalkit.arrays import Array
from evalkit.embedding.vectorfiles.ids import ids_beside
from evalkit.embedding.vectorfiles.signature import check_kind, check_regular, too_large, unreadable
from evalkit.embedding.vectorfiles.table import VectorTable

TEXMEX = {".fvecs": "<f4", ".ivecs": "<i4", ".bvecs": "u1"}
COUNT_BYTES = 4


def read_texmex(path: Path, ids_path: Path) -> VectorTable:
    """Return the table of a TEXMEX file: before each vector stands its number of dimensions.

    Raises:
        ModelError: It is not whole, or its vectors differ in length.

    Source: http://corpus-texmex.irisa.fr
    """
    check_regular(path)
    check_kind(path, "")
    kind = np.dtype(TEXMEX[path.suffix])
    size = path.stat().st_size
    try:
        stored = np.fromfile(path, np.uint8)
    except MemoryError:
        raise too_large(path, size) from None
    dims = int.from_bytes(stored[:COUNT_BYTES].tobytes(), "little", signed=True)
    stride = COUNT_BYTES + dims * kind.itemsize
    if dims < 1 or size % stride:
        told = (
            f"{path.name} begins with {dims} dimensions, which do not divide its {size:,} bytes into vectors"
        )
        raise unreadable(path, told, "write it again; it is cut off, or of another format")
    rows = stored.reshape(-1, stride)
    stated = np.ascontiguousarray(rows[:, :COUNT_BYTES]).view("<i4").ravel()
    odd = np.flatnonzero(stated != dims)
    if odd.size:
        told = f"row {odd[0] + 1} states {stated[odd[0]]} dimensions, the first {dims}"
        raise unreadable(path, told, "every vector has one length")
    values: Array = np.ascontiguousarray(rows[:, COUNT_BYTES:]).view(kind)
    if kind.itemsize > 1:
        values = values.astype(np.float32 if kind.kind == "f" else np.float64)
    ids, numbered = ids_beside(ids_path, len(values))
    return VectorTable(
        path=path, ids_path=ids_path if not numbered else path, ids=ids, values=values, numbered=numbered
    )
