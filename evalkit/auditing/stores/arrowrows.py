"""Rows of Arrow tables, of Parquet or LanceDB, as records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Ints, Vectors
from evalkit.auditing.stores.cells import ID, VECTOR, dug, records_of
from evalkit.auditing.stores.store import Records
from evalkit.embedding.vectorfiles.ids import as_texts
from evalkit.embedding.vectorfiles.parquet import parquet_vectors


def arrow_records(
    table: Any,
    roles: Mapping[str, str],
    width: int,
    *,
    place: Path,
    vectors: bool = True,
    checkpoint: str = "",
) -> Records:
    """Return rows of a table as records.

    Args:
        table: Of pyarrow, with at least the column of ids.
        roles: Role → column, or a dotted path into a column of structs.
        width: The usual width of vectors.
        place: Where they lie, for errors.
        vectors: Whether vectors are wanted.
        checkpoint: What a stream goes on from.

    Raises:
        ModelError: An id is NULL, or a vector holds no numbers.
    """
    ids = as_texts(table[roles[ID]].to_pylist(), place)
    cells = {
        role: _column(table, name)
        for role, name in roles.items()
        if role not in (ID, VECTOR) and top(name, table.column_names) in table.column_names
    }
    rows: Vectors | None = None
    widths: Ints | None = None
    if roles[VECTOR] in table.column_names:
        column = table[roles[VECTOR]]
        widths = widths_of(column, width)
        if vectors:
            rows = np.full((len(ids), width), np.nan, dtype=np.float32)
            fitting = np.flatnonzero((widths == width) & (width > 0))
            if fitting.size:
                some = column.take(fitting) if fitting.size < len(ids) else column
                rows[fitting] = parquet_vectors(place, tuple(ids[row] for row in fitting.tolist()), some)
    return records_of(ids, cells, vectors=rows, widths=widths, checkpoint=checkpoint)


def top(name: str, columns: list[str]) -> str:
    """Return the column that a name leads into: itself where it is one, else what stands before its dot."""
    return name if name in columns else name.partition(".")[0]


def _column(table: Any, name: str) -> list[Any]:
    column = top(name, table.column_names)
    cells: list[Any] = table[column].to_pylist()
    return cells if column == name else [dug(cell, name.partition(".")[2]) for cell in cells]


def widths_of(column: Any, width: int) -> Ints:
    """Return (n,) how many numbers each cell of a column has, 0 for NULL; `width` where cells are texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, types = column.type, pa.types
    fixed = getattr(kind, "list_size", -1) if types.is_fixed_size_list(kind) else -1
    if fixed >= 0 or not (types.is_list(kind) or types.is_large_list(kind)):
        return np.where(np.asarray(column.is_valid()), fixed if fixed >= 0 else width, 0).astype(np.int64)
    return np.asarray(pc.fill_null(pc.list_value_length(column), 0)).astype(np.int64)
