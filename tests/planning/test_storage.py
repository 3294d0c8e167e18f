"""Bytes of an index: known answers, the engines themselves, and what no engine can hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import EvalkitError, InvalidValueError, UnknownNameError, UsageError
from evalkit.planning.storage import ENGINES, build_memory_bytes, disk_bytes, index_bytes

KNOWN = {
    ("pgvector", "vector", 384): 2048,
    ("pgvector", "vector", 768): 4096,
    ("pgvector", "vector", 948): 4096,
    ("pgvector", "vector", 1536): 8192,
    ("pgvector", "vector", 2000): 16384,
    ("pgvector", "halfvec", 384): 8192 / 7,
    ("pgvector", "halfvec", 1024): 8192 / 3,
    ("pgvector", "halfvec", 1536): 4096,
    ("faiss-flat", "vector", 384): 1536,
    ("qdrant", "vector", 384): 1598,
    ("qdrant", "int8", 384): 1986,
    ("elasticsearch", "vector", 1024): 4160,
    ("elasticsearch", "int8", 1024): 1092,
    ("elasticsearch", "bbq", 1024): 206,
    ("opensearch", "vector", 256): 1267.2,
}


@pytest.mark.parametrize(("asked", "size"), KNOWN.items(), ids=map(str, KNOWN))
def test_bytes_of_a_vector_are_known(asked: tuple[str, str, int], size: float) -> None:
    engine, kind, dims = asked
    assert index_bytes(engine, dims, kind=kind) == pytest.approx(size, rel=1e-9)


def test_the_links_of_a_faiss_graph_count_its_levels() -> None:
    assert index_bytes("faiss-hnsw", 384, m=32) == pytest.approx(1808.129032, abs=1e-6)


def test_a_graph_of_pgvector_is_built_within_a_memory_that_is_known() -> None:
    assert (build_memory_bytes(1, 384), build_memory_bytes(1, 1024)) == (2256, 4816)


def test_replicas_multiply_and_raw_vectors_stay_on_disk() -> None:
    assert index_bytes("opensearch", 256, replicas=1) == 2 * index_bytes("opensearch", 256)
    assert (
        disk_bytes("elasticsearch", 1024, kind="int8")
        == index_bytes("elasticsearch", 1024, kind="int8") + 4 * 1024
    )
    assert disk_bytes("pgvector", 384) == index_bytes("pgvector", 384)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (("pgvectr", 384), {}, UnknownNameError, "did you mean pgvector"),
        (("pgvector", 384), {"kind": "halvec"}, UnknownNameError, "did you mean halfvec"),
        (("pgvector", 384), {"kind": "bbq"}, UsageError, "pgvector has vector, halfvec"),
        (("faiss-flat", 384), {"kind": "int8"}, UsageError, "bytes_per_vector"),
        (("pgvector", 2001), {}, UsageError, "at most 2,000"),
        (("pgvector", 4001), {"kind": "halfvec"}, UsageError, "halfvec: 4,000"),
        (("pgvector", 384), {"m": 101}, UsageError, "at most 100"),
        (("qdrant", 384), {"m": 32}, UsageError, "m = 16 alone"),
        (("faiss-hnsw", 384), {"m": 1}, InvalidValueError, "2 or more"),
        (("pgvector", 0), {}, InvalidValueError, "dims cannot be 0"),
        (("pgvector", 384.5), {}, InvalidValueError, "whole number"),
        (("pgvector", float("nan")), {}, InvalidValueError, "no number"),
        (("opensearch", 384), {"replicas": -1}, InvalidValueError, "replicas"),
    ],
)
def test_what_no_engine_can_hold_is_refused(
    arguments: tuple[str, int], options: dict[str, int], error: type[EvalkitError], words: str
) -> None:
    with pytest.raises(error, match=words):
        index_bytes(*arguments, **options)  # type: ignore[arg-type] # wrong on purpose


@given(dims=st.integers(1, 2000), m=st.integers(2, 100))
def test_pgvector_never_packs_more_than_a_page_holds(dims: int, m: int) -> None:
    size = index_bytes("pgvector", dims, m=m)
    assert size >= 4 * dims + 8 + 12 * m
    assert size == 16384 or (8192 / size).is_integer()


@given(engine=st.sampled_from(sorted(ENGINES)), dims=st.integers(1, 1999))
def test_one_dimension_more_never_takes_less(engine: str, dims: int) -> None:
    for kind in ENGINES[engine].kinds:
        assert index_bytes(engine, dims, kind=kind) <= index_bytes(engine, dims + 1, kind=kind)
