"""How long stores of vectors take to be counted, sampled, read and audited; each is filled here.

The census's CPU is that of this process: where a machine is busy, it says what the census itself takes; the
work of a server is not in it.

python benchmarks/stores.py [--records 100000] [--dims 384] [STORE ...]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "auditing"))

import live_stores
import store_folders

from evalkit.auditing.stores.opening import open_store
from evalkit.cli.main import run

SAMPLE, FETCHED = 459, 299


def resize(records: int, dims: int) -> None:
    """Let the makers of the tests fill stores of this size."""
    held = np.random.default_rng(7).standard_normal((records, dims)).astype(np.float32)
    texts = {f"d{row:07d}": f"The text of document {row}, of some length." for row in range(records)}
    versions = [None if row % 10 == 0 else "v2" if row % 3 == 0 else "v1" for row in range(records)]
    live_stores.hold(pytest.MonkeyPatch(), texts, held, versions)


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


def audited(spec: str, dims: int) -> int:
    """Run the whole command, 299 vectors made again by a model that takes no time, all of them foreign."""
    with contextlib.redirect_stdout(io.StringIO()):
        return run(["-q", "audit", spec, "--expect", f"hash/{dims}", "--sample", str(FETCHED)])


def main() -> None:
    """Fill, read and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stores", nargs="*", choices=[[], *MAKERS], default=[])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--dims", type=int, default=384)
    asked = parser.parse_args()
    resize(asked.records, asked.dims)
    print(f"{asked.records} records of {asked.dims} numbers, seconds")
    columns = ("fill", "open", "census", "its CPU", "sample", "fetch", "stream", "audit")
    print(f"{'store':<10}{''.join(f'{column:>9}' for column in columns)}")
    for name in asked.stores or MAKERS:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            os.chdir(folder)
            filling, spec = timed(MAKERS[name])
            opening, store = timed(lambda spec=spec: open_store(spec))
            with closing(store):
                begun = time.process_time()
                counting, _ = timed(store.census)
                busy = time.process_time() - begun
                drawing, drawn = timed(lambda store=store: store.sample({None: SAMPLE}, 1)[None])
                fetching, _ = timed(lambda store=store, drawn=drawn: store.fetch(drawn[:FETCHED]))
                reading, _ = timed(lambda store=store: sum(map(len, store.stream())))
            auditing, _ = timed(lambda spec=spec: audited(spec, asked.dims))
            figures = (filling, opening, counting, busy, drawing, fetching, reading, auditing)
            print(f"{name:<10}{''.join(f'{figure:9.2f}' for figure in figures)}", flush=True)


if __name__ == "__main__":
    main()
