"""Bytes of an index held against the engines themselves: serialised FAISS, and PostgreSQL with pgvector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np
import pytest
from postgres import postgres

from evalkit.planning.storage import index_bytes, packed_bytes

PAGE = 8192


def serialised(index: Any, vectors: int, dims: int) -> float:
    index.add(np.random.default_rng(7).standard_normal((vectors, dims)).astype(np.float32))
    return float(faiss.serialize_index(index).size) / vectors


@pytest.mark.parametrize(("dims", "m"), [(384, 32), (64, 16), (100, 8)])
def test_faiss_writes_graphs_of_the_size_that_is_told(dims: int, m: int) -> None:
    found = serialised(faiss.IndexHNSWFlat(dims, m), 3000, dims)
    assert found == pytest.approx(index_bytes("faiss-hnsw", dims, m=m), rel=0.005)


def test_faiss_writes_flat_indexes_of_the_size_that_is_told() -> None:
    assert serialised(faiss.IndexFlatIP(384), 2000, 384) == pytest.approx(1536, abs=0.1)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with postgres(tmp_path_factory) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "dims", "vectors"),
    [
        ("vector", 384, 1000),
        ("vector", 768, 400),
        ("vector", 1536, 200),
        ("vector", 2000, 100),
        ("halfvec", 384, 1400),
        ("halfvec", 1024, 600),
        ("halfvec", 1536, 400),
    ],
)
def test_pgvector_fills_pages_as_is_told(database: Any, kind: str, dims: int, vectors: int) -> None:
    """All but the page in front; upper levels of the graph take a little more than the formula knows."""
    expected = index_bytes("pgvector", dims, kind=kind) * vectors
    assert expected * 0.999 <= built(database, kind, dims, vectors) <= expected * 1.05


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "dims"), [("vector", 948), ("vector", 940), ("halfvec", 1896), ("vector", 64)]
)
def test_pages_that_are_full_to_the_last_bytes_hold_less_than_the_formula_says(
    database: Any, kind: str, dims: int
) -> None:
    """4,096 bytes by the formula; elements on upper levels do not fit beside others: a tenth more."""
    found = built(database, kind, dims, 1000) / 1000
    assert found > 1.03 * index_bytes("pgvector", dims, kind=kind)
    assert found == pytest.approx(packed_bytes(dims, kind=kind), rel=0.03)


def built(database: Any, kind: str, dims: int, vectors: int) -> int:
    """Return the bytes of a new index, less its first page."""
    told = database.psql(
        f"drop table if exists held; create table held(vector {kind}({dims}));"  # noqa: S608 - names of this test
        f"insert into held select array_agg(random() - 0.5)::real[]::vector({dims})::{kind}({dims})"
        f" from generate_series(1, {vectors}) row, generate_series(1, {dims}) group by row;"
        f"create index held_index on held using hnsw (vector {kind}_l2_ops);"
        "select 'bytes=' || pg_relation_size('held_index');"
    )
    return int(told.split("bytes=")[1].split()[0]) - PAGE


@pytest.mark.parametrize("dims", [384, 768, 1024, 1536, 2000])
def test_elsewhere_upper_levels_take_no_more_pages(dims: int) -> None:
    assert packed_bytes(dims) == index_bytes("pgvector", dims)


@pytest.mark.parametrize(("dims", "expected"), [(948, 4475.871), (470, None)])
def test_full_pages_have_their_known_answer(dims: int, expected: float | None) -> None:
    """By runs: elements of upper levels (1 of 16) stand alone, runs of others in pairs, an odd one alone."""
    if expected is not None:
        upper = 1 / 16
        odd = upper * (1 - upper) / (2 - upper)
        assert packed_bytes(dims) == pytest.approx(8192 * (upper + (1 - upper + odd) / 2), abs=1e-6)
        assert packed_bytes(dims) == pytest.approx(expected, abs=1e-3)
    assert packed_bytes(dims) >= index_bytes("pgvector", dims)
