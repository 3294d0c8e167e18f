"""The coding of vectors: plain numbers, quantised to bytes, or packed bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evalkit.arrays import Array
from evalkit.embedding.rowfile import RowFile
from evalkit.embedding.vectorfiles.table import VectorTable
from evalkit.errors import ModelError
from evalkit.findings import Finding, Severity

NUMBERS = ("int8", "uint8")
BITS = ("binary", "ubinary")
CODINGS = (*NUMBERS, *BITS)
SETTLED = 'dtype = "uint8" where they are numbers, dtype = "ubinary" where each byte packs eight bits'


def is_bytes(values: Array | RowFile) -> bool:
    """Return whether the numbers are single bytes, which may be packed bits."""
    return not isinstance(values, RowFile) and values.dtype in (np.int8, np.uint8)


def is_bits(values: Array | RowFile, stated: str) -> bool:
    """Return whether values hold bits, one a value or eight packed into a byte."""
    return values.dtype == np.bool_ or (is_bytes(values) and stated in BITS)


def decoded(table: VectorTable, stated: str, dims: int = 0) -> tuple[Array | RowFile, list[Finding]]:
    """Return a table's values as numbers to compare, bits as +1 and −1, and what to tell of the reading.

    The inner product of two such rows of E bits, at unit length, is 1 − 2 h / E at a Hamming distance of h.

    Args:
        table: As its file states it.
        stated: What was said of its number type: one of CODINGS, "" for nothing.
        dims: How many of the bits count where that was said; 0 for all.

    Raises:
        ModelError: Bytes may be numbers or packed bits, and nothing says which.
    """
    values = table.values
    if isinstance(values, RowFile):
        return values, []
    if values.dtype == np.bool_:
        return _signs(values.astype(np.uint8)), []
    if not is_bytes(values):
        return values, []
    if stated in BITS:
        packed = values.view(np.uint8)
        if stated == "binary" and values.dtype == np.int8:  # sentence-transformers takes 128 away
            packed = packed ^ np.uint8(128)
        bits = np.unpackbits(np.ascontiguousarray(packed), axis=1)
        return _signs(bits[:, :dims] if 0 <= bits.shape[1] - dims < 8 and dims else bits), []  # noqa: PLR2004 - bits of a byte
    if values.dtype == np.uint8 and not stated:
        raise _unsettled(table.path, values)
    return values.astype(np.float32), [] if stated else [_taken_for_numbers(table.path)]


def _signs(bits: Array) -> Array:
    return bits.astype(np.float32) * np.float32(2) - np.float32(1)


def _unsettled(path: Path, values: Array) -> ModelError:
    return ModelError(
        f"the vectors are uint8 of shape {values.shape}: numbers from 0 to 255, or packed bits",
        places=(str(path),),
        hint=f"say which, in [models.NAME] or fingerprint.json: {SETTLED}",
        code="EK345",
    )


def _taken_for_numbers(path: Path) -> Finding:
    return Finding(
        "EK350",
        Severity.NOTICE,
        f"{path.name} holds int8 numbers, taken for quantised values",
        (str(path),),
        'dtype = "int8" says so; dtype = "binary" where each byte packs eight bits',
    )
