"""Costs: what is measured, of which systems, and that nothing else of a result depends on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalkit.arrays import Vectors
from evalkit.costs import SEARCHES, costs, search_seconds
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddedset import embed
from evalkit.embedding.encoding import BATCH
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.evaluation import System
from evalkit.experiment import Experiment, run_experiment
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.faiss import build_index


def golden_set(documents: int = 40) -> GoldenSet:
    names = [f"d{number:04d}" for number in range(documents)]
    corpus = {name: f"about {name} and {number % 7}" for number, name in enumerate(names)}
    queries = {f"q{number}": f"about d{number:04d}" for number in range(40)}
    return GoldenSet.of(
        "small", queries=queries, corpus=corpus, qrels={f"q{n}": {f"d{n:04d}": 1} for n in range(40)}
    )


def test_every_system_with_vectors_has_its_costs(tmp_path: Path) -> None:
    graph = System.parse("hash/64", factory="HNSW8")
    experiment = Experiment(
        golden=golden_set(),
        baseline=System.parse("hash/32"),
        candidates=(replace(graph, name="graph"),),
        cache=VectorCache(tmp_path),
    )
    found = costs(run_experiment(experiment))
    assert list(found) == ["hash/32", "graph"]
    assert found["hash/32"].index_bytes == 40 * 32 * 4
    assert found["graph"].index_bytes > 40 * 64 * 4
    for cost in found.values():
        assert cost.searches == 40
        assert 0 < cost.search_p50_ms <= cost.search_p95_ms
        assert cost.encoded == 80


@pytest.mark.parametrize(("queries", "timed"), [(1, 1), (7, 7), (1000, SEARCHES)])
def test_searches_are_timed_one_query_at_a_time_spread_over_all(queries: int, timed: int) -> None:
    vectors = np.eye(8, dtype=np.float32)[np.arange(queries) % 8]
    embedded = embed(golden_set(), open_encoder(ModelSpec.parse("hash/8"), golden_set()))
    index = build_index(embedded.corpus)
    asked: list[Vectors] = []

    class Watched:
        manifest = index.manifest

        def search(self, queries: Vectors, count: int) -> object:
            asked.append(queries)
            return index.search(queries, count)

    took = search_seconds(Watched(), vectors, depth=5)  # type: ignore[arg-type]
    assert len(took) == timed
    assert {len(rows) for rows in asked} == {1}
    assert min(took) > 0


def test_the_pace_of_encoding_is_remembered_while_vectors_come_from_the_cache(tmp_path: Path) -> None:
    golden, cache = golden_set(BATCH + 50), VectorCache(tmp_path)
    encoder = open_encoder(ModelSpec.parse("hash/16"), golden)
    first, second = (embed(golden, encoder, cache=cache) for _ in range(2))
    assert (first.encoded > 0, second.encoded) == (True, 0)
    assert first.documents_per_second is not None
    assert second.documents_per_second == pytest.approx(first.documents_per_second, rel=1e-3)
    cache.prune(digest=encoder.fingerprint.digest[:12])
    assert embed(golden_set(), encoder, cache=cache).documents_per_second is None


def test_too_few_documents_tell_no_pace() -> None:
    golden = golden_set()
    assert embed(golden, open_encoder(ModelSpec.parse("hash/16"), golden)).documents_per_second is None
