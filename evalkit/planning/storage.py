"""Storage: how many bytes of an index each vector takes, by engine."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evalkit.errors import UsageError
from evalkit.planning.numbers import check_name, check_whole

__all__ = ["index_bytes"]

VECTOR, HALFVEC, INT8, BBQ = "vector", "halfvec", "int8", "bbq"
KINDS = (VECTOR, HALFVEC, INT8, BBQ)
DEFAULT_M = 16
_FLOAT, _HALF = 4, 2

_PAGE = 8192
_USABLE = 8160  # less the page header (24) and the special space at its end (8)
_ITEM_ID = 4
_ELEMENT = 72  # HnswElementTupleData before the vector
_NEIGHBOURS = 4  # HnswNeighborTupleData before the item pointers
_POINTER = 6
_MOST_M = 100
_MOST_DIMS = {VECTOR: 2000, HALFVEC: 4000}


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine can hold, and where its formula comes from.

    Attributes:
        kinds: The kinds of vector that it has a formula for.
        source: Where the formula comes from.
        basis: "measured": held against indexes of the real engine by tests; else "documented".
        graph: Whether it builds a graph with `m` links.
        effort: Candidates that an insertion into the graph looks at, where nobody says otherwise.
    """

    kinds: tuple[str, ...]
    source: str
    basis: str
    graph: bool = True
    effort: int = 100


ENGINES = {
    "pgvector": Engine(
        (VECTOR, HALFVEC),
        "pgvector 0.8, src/hnsw.h and hnswbuild.c: tuples packed into pages",
        "measured",
        effort=64,
    ),
    "faiss-hnsw": Engine(
        (VECTOR,), "FAISS 1.8, IndexHNSW: codes, two levels of links, offsets", "measured", effort=40
    ),
    "faiss-flat": Engine((VECTOR,), "FAISS 1.8, IndexFlat: codes alone", "measured", graph=False),
    "qdrant": Engine(
        (VECTOR, INT8), "Qdrant with m = 16: 62 bytes of links and ids for each point", "documented"
    ),
    "elasticsearch": Engine(
        (VECTOR, INT8, BBQ), "Elastic, tune approximate kNN search: off-heap memory", "documented"
    ),
    "opensearch": Engine(
        (VECTOR, HALFVEC, INT8), "OpenSearch, k-NN index: memory estimation for HNSW", "documented"
    ),
}


def index_bytes(
    engine: str, dims: int, *, kind: str = VECTOR, m: int = DEFAULT_M, replicas: int = 0
) -> float:
    """Return how many bytes of index one vector takes.

    What is counted is what the engine searches: the index relation of pgvector, the serialised index of
    FAISS, the points and links of Qdrant, off-heap memory of Elasticsearch, native memory of OpenSearch.

    Args:
        engine: One of ENGINES.
        dims: Dimensions of the vector, ≥ 1.
        kind: "vector" (float32), "halfvec" (float16), "int8" or "bbq" (one bit with corrections), where the
            engine has it.
        m: Links of a graph for each vector.
        replicas: Further copies that the engine keeps of everything.

    Returns:
        Bytes, on average over many vectors; the few fixed pages of an index are left out.

    Raises:
        UnknownNameError: There is no such engine or kind; the nearest is offered.
        UsageError: The engine has no such kind, or cannot index so many dimensions.
        InvalidValueError: A number is out of range.

    Source:
        The `source` of each of ENGINES; pgvector and FAISS are held against real indexes by tests.

    Examples:
        >>> index_bytes("pgvector", 1024), round(index_bytes("pgvector", 1024, kind="halfvec"))
        (8192.0, 2731)
    """
    formula = _checked(engine, dims, kind, m)
    copies = 1 + check_whole("replicas", replicas, least=0)
    return formula(check_whole("dims", dims), kind, int(m)) * copies


def disk_bytes(engine: str, dims: int, *, kind: str = VECTOR, m: int = DEFAULT_M, replicas: int = 0) -> float:
    """Return how many bytes one vector takes on disk, where the engine keeps raw vectors beside the index.

    Elasticsearch writes the raw floats beside the quantised ones; for the others it is `index_bytes`.

    Args:
        engine: As for `index_bytes`, like everything else.
        dims: Dimensions of the vector.
        kind: Kind of vector in the index.
        m: Links of a graph for each vector.
        replicas: Further copies.
    """
    searched = index_bytes(engine, dims, kind=kind, m=m, replicas=replicas)
    raw = _FLOAT * dims * (1 + replicas) if engine == "elasticsearch" and kind != VECTOR else 0
    return searched + raw


def build_memory_bytes(vectors: float, dims: int) -> float:
    """Return the memory in which pgvector builds the graph of an index without touching the disk.

    Short of it (`maintenance_work_mem`) the build goes on page by page: 7.6 times as long where it was
    measured.

    Args:
        vectors: How many.
        dims: Dimensions of float32 vectors.

    Source:
        pgvector 0.8, hnswutils.c: an element, its vector and its neighbours at m = 16: 4·d + 720 bytes.
    """
    return vectors * (_FLOAT * check_whole("dims", dims) + 720)


def packed_bytes(dims: int, *, kind: str = VECTOR, m: int = DEFAULT_M) -> float:
    """Return how many bytes one vector takes in a pgvector index, upper levels of its graph included.

    `index_bytes` counts pages in which all elements stand at the lowest level of the graph. One of m stands
    on an upper level too, with more neighbours; where elements fill a page to within these, it no longer fits
    beside another one, and has a page to itself. At 948 dimensions 4,080 of 4,080 bytes are taken: 4,096 by
    `index_bytes`, 4,476 with upper levels, and 4,506 were measured. At 384, 768, 1,024
    and 1,536 dimensions the two are equal.

    Args:
        dims: Dimensions of the vector.
        kind: "vector" or "halfvec".
        m: Links of the graph for each vector.

    Raises:
        UsageError: As for `index_bytes`.
    """
    plain = index_bytes("pgvector", dims, kind=kind, m=m)
    low = _pair(dims, kind, m, level=0)
    fitting = _USABLE // low
    if fitting < 2 or _USABLE - fitting * low >= _pair(dims, kind, m, level=1) - low:  # noqa: PLR2004 - a neighbour
        return plain
    # Elements come in the order of rows; those of upper levels (one of m) break runs of the others.
    upper = 1 / m
    beside = (_USABLE - _pair(dims, kind, m, level=1)) // low
    return _PAGE * _pages_each(int(fitting), int(beside), upper)


def _pages_each(fitting: int, beside: int, upper: float) -> float:
    """Return the pages that an element takes on average: a walk over how full the open page is.

    A state is how many elements of the lowest level still fit; an element of an upper level takes the room of
    all but `beside` of them, and opens a page where less is left.
    """
    wide = fitting - beside  # the places that an element of an upper level takes
    moves = np.zeros((fitting + 1, fitting + 1))
    opened = np.zeros(fitting + 1)
    for left in range(fitting + 1):
        for size, chance in ((1, 1 - upper), (wide, upper)):
            opens = size > left
            moves[left, (fitting if opens else left) - size] += chance
            opened[left] += chance * opens
    stays = np.linalg.matrix_power((moves + np.eye(fitting + 1)) / 2, 4096)[0]
    return float(stays @ opened)


def _pair(dims: int, kind: str, m: int, *, level: int) -> int:
    """Return the bytes of an element with its neighbours, as they stand in a page."""
    value = 8 + (_FLOAT if kind == VECTOR else _HALF) * dims
    links = (2 + level) * m * _POINTER
    return _aligned(_ELEMENT + value) + _aligned(_NEIGHBOURS + links) + 2 * _ITEM_ID


def _pgvector(dims: int, kind: str, m: int) -> float:
    """Return page bytes for each element: as many elements with neighbours as fit, or two pages."""
    pair = _pair(dims, kind, m, level=0)
    fitting = _USABLE // pair
    return _PAGE / fitting if fitting else 2.0 * _PAGE


def _faiss_hnsw(dims: int, kind: str, m: int) -> float:
    del kind
    return _FLOAT * dims + 8 * m + 12 + 4 * m / (m - 1)


def _faiss_flat(dims: int, kind: str, m: int) -> float:
    del kind, m
    return float(_FLOAT * dims)


def _qdrant(dims: int, kind: str, m: int) -> float:
    del m
    return _FLOAT * dims + 62.0 + (dims + 4 if kind == INT8 else 0)


def _elasticsearch(dims: int, kind: str, m: int) -> float:
    codes = {VECTOR: float(_FLOAT * dims), INT8: dims + 4.0, BBQ: dims / 8 + 14}
    return codes[kind] + 4 * m


def _opensearch(dims: int, kind: str, m: int) -> float:
    each = {VECTOR: _FLOAT, HALFVEC: _HALF, INT8: 1}
    return 1.1 * (each[kind] * dims + 8 * m)


_FORMULAS: dict[str, Callable[[int, str, int], float]] = {
    "pgvector": _pgvector,
    "faiss-hnsw": _faiss_hnsw,
    "faiss-flat": _faiss_flat,
    "qdrant": _qdrant,
    "elasticsearch": _elasticsearch,
    "opensearch": _opensearch,
}


def _checked(engine: str, dims: int, kind: str, m: int) -> Callable[[int, str, int], float]:
    """Return the formula of an engine, once everything that it takes is possible."""
    known = ENGINES[check_name("engine", engine, tuple(ENGINES))]
    check_name("kind of vector", kind, KINDS)
    if kind not in known.kinds:
        raise UsageError(
            f"kind {kind!r} has no formula for {engine}",
            hint=f"{engine} has {', '.join(known.kinds)}; or state bytes_per_vector, as measured",
            code="EK741",
        )
    links, size = check_whole("m", m, least=2), check_whole("dims", dims)
    if engine == "pgvector" and (size > _MOST_DIMS[kind] or links > _MOST_M):
        raise UsageError(
            f"pgvector cannot index {size} dimensions of kind {kind} with m = {links}",
            hint=f"vector: at most 2,000 dimensions, halfvec: 4,000; m: at most {_MOST_M}",
            code="EK741",
        )
    if engine == "qdrant" and links != DEFAULT_M:
        raise UsageError(
            f"the links of Qdrant are known with m = {DEFAULT_M} alone, not with m = {links}",
            hint="state bytes_per_vector, as measured on a collection of yours",
            code="EK741",
        )
    return _FORMULAS[engine]


def _aligned(size: int) -> int:
    """Return a size as PostgreSQL aligns it: rounded up to 8 bytes."""
    return math.ceil(size / 8) * 8
