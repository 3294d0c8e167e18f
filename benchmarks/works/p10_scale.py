"""P10: `evalkit run` with 1,000 queries on up to 10,000,000 × 384 float16 vectors on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from clock import Clock, Work, run
from folders import SCRATCH, command, write_golden, write_ids
from sizes import scaled
from worlds import BLOCK, DIMS, Ints, judged, queries_near, turned, unit_vectors

QUERIES = scaled(1_000)
SCANNED = 16_384
SIZES = {"e4": 10_000, "e5": 100_000, "e6": 1_000_000, "e7": scaled(10_000_000)}


def measured(name: str) -> Work:
    """Write the corpus of a size, search it, remove it."""

    def work(clock: Clock) -> None:
        home, documents = SCRATCH / f"p10-{name}", SIZES[name]
        try:
            relevant = write_golden(home / "golden", QUERIES, documents)
            _write_vectors(home / "vectors", documents, relevant)
            model = f"vectors/{home / 'vectors'}"
            found = command(
                clock, "run", str(home / "golden"), "--model", model, "--measure", "Recall@100", "--json"
            )
        finally:
            shutil.rmtree(home, ignore_errors=True)
        clock.note(documents=documents, answered=float(bool(found.get("systems"))))

    return work


def _write_vectors(folder: Path, documents: int, relevant: Ints) -> None:
    """Write float16 vectors block by block, queries near their relevant documents."""
    write_ids(folder, len(relevant), documents)
    shape = (documents, DIMS)
    first = unit_vectors(min(BLOCK, documents), 1).astype(np.float16)
    with (folder / "corpus.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f2", "fortran_order": False, "shape": shape})
        for start in range(0, documents, BLOCK):
            file.write(turned(first, start)[: documents - start].tobytes())
    corpus = np.load(folder / "corpus.npy", mmap_mode="r")
    np.save(folder / "queries.npy", queries_near(corpus, relevant, 2).astype(np.float16))


def product(clock: Clock) -> None:
    """Read a million vectors block by block, and multiply each block with all queries, keeping nothing."""
    home, documents = SCRATCH / "p10-product", scaled(SIZES["e6"])
    try:
        relevant = judged(QUERIES, documents)
        _write_vectors(home, documents, relevant)
        queries = np.load(home / "queries.npy").astype(np.float32)
        with clock, (home / "corpus.npy").open("rb") as file:
            np.lib.format.read_magic(file)
            np.lib.format.read_array_header_1_0(file)
            while (block := np.fromfile(file, np.float16, SCANNED * DIMS)).size:
                queries @ block.reshape(-1, DIMS).astype(np.float32).T
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    run({**{name: measured(name) for name in SIZES}, "product": product})
