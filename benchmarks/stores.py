"""How long stores of vectors take to be counted, sampled and read; each is filled here.

python benchmarks/stores.py [--records 100000] [--dims 384] [STORE ...]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "auditing"))

import live_stores
import store_folders

from evalkit.auditing.stores.opening import open_store

SAMPLE, FETCHED = 459, 299


def resize(records: int, dims: int) -> None:
    """Let the makers of the tests fill stores of this size."""
    held = np.random.default_rng(7).standard_normal((records, dims)).astype(np.float32)
    every = range(records)
    values = {
        "SIZE": records,
        "DIMS": dims,
        "IDS": [f"d{row:07d}" for row in every],
        "VERSIONS": [None if row % 10 == 0 else "v2" if row % 3 == 0 else "v1" for row in every],
        "DATES": [f"2026-0{1 + row % 3}-15T10:00:00Z" for row in every],
        "TENANTS": ["a" if row % 2 else "b" for row in every],
        "TEXTS": [f"The text of document {row}, of some length." for row in every],
        "vectors": lambda *_: held,
    }
    for module in (store_folders, live_stores):
        for name, value in values.items():
            setattr(module, name, value)


def postgres() -> str:
    """Return PostgreSQL with a filled table."""
    return f"{live_stores.postgres()}#docs"


MAKERS: dict[str, Callable[[], str]] = {
    "parquet": lambda: store_folders.parquet_file("store.parquet"),
    "faiss": lambda: store_folders.index_file("store.faiss"),
    "sqlite": live_stores.sqlite_file,
    "vec0": live_stores.vec0_file,
    "lancedb": live_stores.lance_folder,
    "pgvector": postgres,
    "chroma": live_stores.chroma_folder,
    "qdrant": live_stores.qdrant_folder,
}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return seconds and what came of them."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main() -> None:
    """Fill, read and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stores", nargs="*", choices=[[], *MAKERS], default=[])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--dims", type=int, default=384)
    asked = parser.parse_args()
    resize(asked.records, asked.dims)
    print(f"{asked.records} records of {asked.dims} numbers, seconds")
    print(f"{'store':<10}{'fill':>9}{'open':>9}{'census':>9}{'sample':>9}{'fetch':>9}{'stream':>9}")
    for name in asked.stores or MAKERS:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            os.chdir(folder)
            filling, spec = timed(MAKERS[name])
            opening, store = timed(lambda spec=spec: open_store(spec))
            with closing(store):
                counting, _ = timed(store.census)
                drawing, drawn = timed(lambda store=store: store.sample({None: SAMPLE}, 1)[None])
                fetching, _ = timed(lambda store=store, drawn=drawn: store.fetch(drawn[:FETCHED]))
                reading, _ = timed(lambda store=store: sum(map(len, store.stream())))
            figures = (filling, opening, counting, drawing, fetching, reading)
            print(f"{name:<10}{''.join(f'{figure:9.2f}' for figure in figures)}", flush=True)


if __name__ == "__main__":
    main()
