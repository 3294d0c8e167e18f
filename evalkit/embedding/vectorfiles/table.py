"""The table: the vectors of one role as their file states them, checked for counts, ids and finiteness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Array, Bools, Floats, increasing
from evalkit.digests import digest_array, digest_blocks
from evalkit.embedding.rowfile import BLOCK_ROWS, RowFile
from evalkit.embedding.vectorfiles.signature import unreadable
from evalkit.errors import ModelError
from evalkit.findings import place
from evalkit.golden.reading.telling import count


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VectorColumns:
    """How the columns of a table are called where it has names: those of Parquet, the keys of `.npz`.

    Attributes:
        ids: The column of ids; "" where nobody said.
        vectors: That of vectors; "" where nobody said.
    """

    ids: str = ""
    vectors: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VectorTable:
    """The vectors of one role as their file states them: row i belongs to ids[i].

    Attributes:
        path: The file of the vectors.
        ids_path: The file of the ids, the same where one holds both.
        ids: One for each row.
        values: (n, E) numbers, or bytes of packed bits.
        numbered: Whether the ids are row numbers, because nothing states any.
        metric: By what the file says that its vectors are compared, "" where it says nothing.
        as_floats: Whether the digest is that of float64 numbers, whichever number type the file has.
    """

    path: Path
    ids_path: Path
    ids: tuple[str, ...]
    values: Array | RowFile
    numbered: bool = False
    metric: str = ""
    as_floats: bool = False

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """The file of the vectors, where it is not that of the ids."""
        return () if self.path == self.ids_path else (str(self.path),)

    @property
    def digest(self) -> str:
        """The digest of the values as the file states them."""
        if isinstance(self.values, RowFile):
            return self.values.digest()
        if not self.as_floats:
            return digest_array(self.values)
        blocks = (block.astype(np.float64) for block in _blocks(self.values))
        return digest_blocks(np.dtype(np.float64), self.values.shape, blocks)


def check_pairing(table: VectorTable) -> None:
    """Raise unless each row has one id, no id stands twice and none is empty.

    Raises:
        ModelError: The file of the ids and the offending ones are named.
    """
    if len(table.ids) != table.values.shape[0]:
        raise _unpaired(
            table, f"{len(table.ids)} ids for {table.values.shape[0]} vectors", [], _pairing(table)
        )
    counts = {} if increasing(table.ids) else Counter(table.ids)
    repeated = [identity for identity, times in counts.items() if times > 1]
    if repeated:
        told = f"{count(len(repeated), 'id')} more than once"
        raise _unpaired(table, told, repeated, "one vector for each id")
    if "" in table.ids:
        raise _unpaired(table, f"row {table.ids.index('') + 1} has an empty id", [], "one id a line")


def check_finite_rows(values: Array | RowFile, table: VectorTable) -> Floats:
    """Return (n,) the lengths of all vectors, roughly.

    Raises:
        ModelError: A value is not finite; the ids of such vectors are named.
    """
    lengths = np.zeros(values.shape[0])
    sound: Bools = np.ones(values.shape[0], dtype=bool)
    blocks = values.blocks() if isinstance(values, RowFile) else _blocks(values)
    at = 0
    for block in blocks:
        wide = np.float64 if block.dtype.itemsize > 4 else np.float32  # noqa: PLR2004 - squares of float16 overflow
        exact: npt.NDArray[np.floating[Any]] = np.asarray(block, dtype=wide)
        with np.errstate(over="ignore", under="ignore"):
            found = np.sqrt(np.einsum("ij,ij->i", exact, exact))
        rows = slice(at, at + len(block))
        lengths[rows] = found
        odd = np.flatnonzero(~np.isfinite(found))  # not finite, or too large to be squared
        sound[at + odd] = np.isfinite(block[odd]).all(axis=1)
        at += len(block)
    bad = np.flatnonzero(~sound)
    if bad.size:
        raise ModelError(
            f"{count(bad.size, 'vector')} with a value that is not finite",
            places=(place(table.path, (), [table.ids[row] for row in bad]),),
            hint="look at how they were made; float16 overflows, and 0/0 gives NaN",
            code="EK347",
        )
    return lengths


def check_lengths(path: Path, ids: Sequence[str], dims: npt.ArrayLike) -> int:
    """Return the one number of dimensions that vectors have.

    Args:
        path: Their file.
        ids: Their ids.
        dims: (n,) the dimensions of each; −1 for none at all (NULL).

    Raises:
        ModelError: Some are NULL, empty, or of other dimensions than most; their ids are named.
    """
    found = np.asarray(dims, dtype=np.int64)
    if not found.size:
        raise unreadable(path, "there are none", "every text needs a vector")
    usual = int(Counter(found[found > 0].tolist()).most_common(1)[0][0]) if np.any(found > 0) else 0
    kinds = (
        (found < 0, "NULL in place of a vector"),
        (found == 0, "an empty vector"),
        (
            (found > 0) & (found != usual),
            f"they have from {found.min()} to {found.max()} dimensions, most {usual}",
        ),
    )
    for wrong, told in kinds:
        rows = np.flatnonzero(wrong)
        if rows.size:
            why = told if told.startswith("they") else f"{count(rows.size, 'id')} with {told}"
            raise ModelError(
                f"the vectors cannot be read: {why}",
                places=(place(path, (), [ids[row] for row in rows.tolist()]),),
                hint="embed these texts again; every vector has one length",
                code="EK342",
            )
    return usual


def _blocks(values: Array) -> list[Array]:
    return [values[start : start + BLOCK_ROWS] for start in range(0, len(values), BLOCK_ROWS)]


def _pairing(table: VectorTable) -> str:
    """Return how ids and vectors are paired, with what the first line of the ids seems to be."""
    first = table.ids[0] if table.ids else ""
    if first.startswith("[") and len(table.ids) == 1:
        return "it is JSON: write one id a line, without brackets and quotes"
    if len(table.ids) == len(table.values) + 1:
        return f"one id for each vector; is the first line, {first!r}, a header? take it away"
    return "one id for each vector"


def _unpaired(table: VectorTable, told: str, ids: list[str], hint: str) -> ModelError:
    places = (place(table.ids_path, (), ids), *table.elsewhere)
    return ModelError(told, places=places, hint=hint, code="EK346")
