"""Small stores in files, made for tests, with known claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
from pyarrow import parquet

SIZE, DIMS = 60, 6
IDS = [f"d{row:03d}" for row in range(SIZE)]
VERSIONS = [None if row % 10 == 0 else "v2" if row % 3 == 0 else "v1" for row in range(SIZE)]
DATES = [f"2026-0{1 + row % 3}-15T10:00:00Z" for row in range(SIZE)]
TENANTS = ["a" if row % 2 else "b" for row in range(SIZE)]
TEXTS = [f"The text of document {row}." for row in range(SIZE)]


def vectors(dims: int = DIMS, size: int = SIZE) -> Any:
    return np.random.default_rng(7).standard_normal((size, dims)).astype(np.float32)


def rows(some: slice = slice(None), values: Any = None) -> pa.Table:
    held = vectors() if values is None else values
    cells = held if isinstance(held, list) else [row.tolist() for row in held]
    return pa.table(
        {
            "id": IDS[some],
            "vector": pa.array(cells[some], pa.list_(pa.float32())),
            "text": TEXTS[some],
            "model_version": VERSIONS[some],
            "updated_at": DATES[some],
            "tenant": TENANTS[some],
        }
    )


def parquet_file(path: str, values: Any = None) -> str:
    parquet.write_table(rows(values=values), path, row_group_size=16)
    return path


def shards(folder: str) -> str:
    Path(folder).mkdir()
    for number in range(4):
        parquet.write_table(
            rows(slice(15 * number, 15 * number + 15)), Path(folder, f"shard-{number:05d}.parquet")
        )
    return folder


def index_file(path: str, factory: str = "Flat") -> str:
    index = faiss.index_factory(DIMS, factory)
    index.train(vectors())
    index.add(vectors())
    faiss.write_index(index, path)
    parquet.write_table(rows().drop_columns(["vector"]), f"{path}.parquet")
    return f"faiss://{path}"
