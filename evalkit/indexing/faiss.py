"""FAISS indexes by factory string; the only module that imports faiss."""

from __future__ import annotations

import re
import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Floats, Ints, Vectors
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.memory import check_room
from evalkit.errors import OutputError, RunError, UsageError
from evalkit.findings import Finding, Severity
from evalkit.indexing.index import EXACT, FILE, Manifest, check_manifest, write_manifest
from evalkit.output import draft_name

__all__ = ["build_index"]

_TICK = 1e-6  # seconds below which a clock tells nothing
BLOCK = 65_536
SCAN_BYTES = 64_000_000
COMPRESSED = ("PQ", "ScalarQuantizer", "Residual", "SQ", "LSH", "RaBitQ", "Lattice")
LIBRARY_BYTES = 420_000_000  # addressed by FAISS and its linear algebra, most of it never touched
PREAMBLE = re.compile(r"^Error in .* at \S+:\d+: (Error: )?")


@dataclass(frozen=True, slots=True, eq=False)
class FaissIndex:
    """A FAISS index by inner product or distance, or a `Scan` where it is exact, and what it is of."""

    manifest: Manifest
    native: Any
    findings: tuple[Finding, ...] = ()

    def search(self, queries: Vectors, count: int) -> tuple[Ints, Floats]:
        """Return (Q, count) rows, best first, −1 where nothing was found, and how near they are.

        That is their inner product, or their squared distance with a minus before it.
        """
        found, rows = self.native.search(np.ascontiguousarray(queries, dtype=np.float32), count)
        near = -found if self.native.metric_type == _metric(by_distance=True) else found
        return rows.astype(np.int64), near.astype(np.float64)

    @property
    def size_bytes(self) -> int:
        """What the index takes when it is written down, its vectors included."""
        faiss = loaded()

        if self.manifest.factory == EXACT:  # nothing but its vectors
            return self.manifest.documents * self.manifest.dims * np.dtype(np.float32).itemsize
        return int(faiss.serialize_index(self.native).nbytes)


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What exact search needs: the vectors themselves, looked at a block at a time where they lie."""

    vectors: Vectors
    metric_type: int

    def search(self, queries: Vectors, count: int) -> tuple[Vectors, Ints]:
        """Return (Q, count) inner products or squared distances, best first, and rows, as FAISS does."""
        faiss = loaded()

        documents, dims = self.vectors.shape
        check_room("exact search", 2 * SCAN_BYTES + 40 * queries.shape[0] * count)
        rows = np.full((queries.shape[0], count), -1, dtype=np.int64)
        near = np.full(rows.shape, -np.inf, dtype=np.float32)
        sign = np.float32(-1 if self.metric_type == faiss.METRIC_L2 else 1)
        step = max(count, SCAN_BYTES // (4 * dims))
        for start in range(0, documents, step):
            block = np.ascontiguousarray(self.vectors[start : start + step], dtype=np.float32)
            found, at = faiss.knn(queries, block, min(count, len(block)), metric=self.metric_type)
            near, rows = _best(np.hstack([near, sign * found]), np.hstack([rows, at + start]), count)
        order = np.argsort(-near, axis=1)
        return sign * np.take_along_axis(near, order, axis=1), np.take_along_axis(rows, order, axis=1)


def _best(products: Vectors, rows: Ints, count: int) -> tuple[Vectors, Ints]:
    """Return the `count` largest products of each query with their rows, in no order."""
    best = np.argpartition(-products, count - 1, axis=1)[:, :count]
    return np.take_along_axis(products, best, axis=1), np.take_along_axis(rows, best, axis=1)


def exact_scan(vectors: Vectors, *, by_distance: bool) -> Scan:
    """Return exact search of vectors that are a part of a corpus."""
    return Scan(vectors, _metric(by_distance=by_distance))


def _metric(*, by_distance: bool) -> int:
    """Return FAISS's number for how vectors are compared."""
    faiss = loaded()

    return int(faiss.METRIC_L2 if by_distance else faiss.METRIC_INNER_PRODUCT)


def build_index(corpus: Embeddings, factory: str = EXACT) -> FaissIndex:
    """Build an index over the documents' vectors.

    Args:
        corpus: The vectors; row i of the index is row i of the corpus.
        factory: A FAISS factory string: "Flat" (exact), "HNSW32", "IVF256,PQ48" …

    Raises:
        UsageError: FAISS does not know the string, or it does not fit the vectors.
    """
    metric = _metric(by_distance=corpus.fingerprint.by_distance)
    if factory == EXACT:
        return FaissIndex(Manifest.describing(corpus, factory, library()), Scan(corpus.vectors, metric))
    faiss = loaded()

    documents, dims = corpus.vectors.shape
    threads = faiss.omp_get_max_threads()
    try:
        native = faiss.index_factory(dims, factory, metric)
        # A graph built by several threads depends on which of them was faster.
        faiss.omp_set_num_threads(1)
        if not native.is_trained:
            native.train(np.ascontiguousarray(corpus.vectors, dtype=np.float32))
        for start in range(0, documents, BLOCK):
            native.add(np.ascontiguousarray(corpus.vectors[start : start + BLOCK], dtype=np.float32))
    except (RuntimeError, TypeError) as error:  # TypeError: a text that is not of characters
        raise UsageError(
            f"no index {factory!r} can be built over {documents} vectors of {dims} dimensions",
            places=(_said(error),),
            hint="a FAISS factory string such as Flat, HNSW32 or IVF64,Flat; IVF and PQ need many vectors",
            code="EK403",
        ) from error
    finally:
        faiss.omp_set_num_threads(threads)
    return FaissIndex(Manifest.describing(corpus, factory, library()), native)


def graph_seconds(vectors: Vectors, *, m: int, effort: int, repeats: int = 2) -> float:
    """Return the CPU seconds that one thread takes to build a graph (HNSW), the least of some repetitions.

    Args:
        vectors: (n, E) vectors.
        m: Links for each vector.
        effort: How many candidates an insertion looks at ("ef_construction").
        repeats: How often it is built.
    """
    faiss = loaded()
    threads, took = faiss.omp_get_max_threads(), []
    data = np.ascontiguousarray(vectors, dtype=np.float32)
    try:
        faiss.omp_set_num_threads(1)
        for _ in range(repeats):
            native = faiss.IndexHNSWFlat(data.shape[1], m, faiss.METRIC_INNER_PRODUCT)
            native.hnsw.efConstruction = effort
            started = time.process_time()
            native.add(data)
            took.append(time.process_time() - started)
    finally:
        faiss.omp_set_num_threads(threads)
    return max(min(took), _TICK)


def save_index(index: FaissIndex, folder: Path) -> None:
    """Write the index with its manifest; the folder is there whole or not at all.

    Raises:
        OutputError: It cannot be written, for example because the disk is full.
    """
    faiss = loaded()

    draft = folder.with_name(draft_name(folder.name))
    try:
        draft.mkdir(parents=True)
        faiss.write_index(index.native, str(draft / FILE))
        write_manifest(draft, index.manifest)
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        draft.replace(folder)
    except (OSError, RuntimeError) as error:  # FAISS tells a full disk as a RuntimeError
        if not (folder / FILE).exists():  # else another program has just saved it
            raise OutputError(
                f"the index cannot be kept: {_said(error)}",
                places=(str(folder),),
                hint="free some space or name another --cache; an index is built again when it is needed",
                code="EK602",
            ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load_index(folder: Path, corpus: Embeddings, factory: str = EXACT) -> FaissIndex:
    """Read a saved index of exactly these vectors.

    Args:
        folder: Where `save_index` wrote it.
        corpus: (D, E) vectors that it must have been built from.
        factory: The FAISS factory string that it must have been built by.

    Raises:
        RunError: The manifest does not match what is wanted, or the file is damaged.
    """
    faiss = loaded()

    wanted = Manifest.describing(corpus, factory, library())
    check_manifest(folder, wanted)
    try:
        native = faiss.read_index(str(folder / FILE))
    except (RuntimeError, MemoryError) as error:
        raise RunError(
            "the index cannot be read", places=(str(folder / FILE),), hint="build it again", code="EK401"
        ) from error
    if (native.ntotal, native.d) != (wanted.documents, wanted.dims):
        raise RunError(
            f"the index holds {native.ntotal} vectors of {native.d} dimensions, its manifest says otherwise",
            places=(str(folder / FILE),),
            hint="build it again",
            code="EK402",
        )
    return FaissIndex(wanted, native)


def open_index(corpus: Embeddings, factory: str, folder: Path | None = None) -> FaissIndex:
    """Return the index of `corpus`, from `folder` where it was saved and still fits, else built and saved.

    An exact index is its vectors; reading them again from disk would save nothing, so it is never saved.
    """
    if folder is None or factory == EXACT:
        return build_index(corpus, factory)
    home = (
        folder / f"{Manifest.describing(corpus, factory, library()).vectors[:16]}-{factory.replace(',', '-')}"
    )
    told: tuple[Finding, ...] = ()
    try:
        return load_index(home, corpus, factory)
    except RunError as error:  # not there, or damaged: never searched, made again
        if home.exists() and error.findings[0].code == "EK401":
            told = (_rebuilt(error.findings[0]),)
    index = build_index(corpus, factory)
    save_index(index, home)
    return replace(index, findings=told)


def _rebuilt(damage: Finding) -> Finding:
    problem = f"a saved index was not used, and is built again: {damage.problem}"
    hint = "look at the disk: what was written is not what is read"
    return Finding("EK374", Severity.WARNING, problem, damage.places, hint)


def loaded() -> Any:  # noqa: ANN401 - a library without types
    """Return FAISS, loaded by those who search, not by everyone who imports.

    Under a limit of memory that it does not fit into, loading it would end the program.
    """
    if "faiss" not in sys.modules:
        check_room("loading FAISS", LIBRARY_BYTES)
    import faiss  # noqa: PLC0415 - said above

    return faiss


def library() -> str:
    """Return the name and version of the library that builds indexes."""
    faiss = loaded()

    return f"faiss {faiss.__version__}"


def _said(error: Exception) -> str:
    """Return what FAISS says went wrong, without the C++ function and the source line that it begins with."""
    return PREAMBLE.sub("", str(error).strip().splitlines()[-1]).strip()
