"""What an approximate index loses is measured by distance."""

from __future__ import annotations

import numpy as np
from vectors_by_hand import embedded

from evalkit.indexing.faiss import build_index
from evalkit.retrieval.loss import recall_by_distance
from evalkit.retrieval.run import Run, retrieve


def run(rows: list[list[int]], scores: list[list[float]]) -> Run:
    return Run.ranked("s", np.array(rows), np.array(scores))


def test_an_exact_index_loses_nothing() -> None:
    exact = run([[0, 1, 2], [3, 4, 5]], [[0.9, 0.8, 0.7]] * 2)

    assert recall_by_distance(exact, exact) == 1.0


def test_another_document_at_the_same_distance_is_as_good() -> None:
    exact, other = run([[3, 2]], [[0.9, 0.5]]), run([[3, 1]], [[0.9, 0.5]])

    assert recall_by_distance(other, exact, ranks=2) == 1.0


def test_a_farther_document_is_a_loss() -> None:
    exact, other = run([[3, 2], [3, 2]], [[0.9, 0.5]] * 2), run([[3, 1], [3, 2]], [[0.9, 0.4], [0.9, 0.5]])

    assert recall_by_distance(other, exact, ranks=2) == 0.75


def test_a_query_without_results_counts_on_neither_side() -> None:
    exact = run([[3, 2], [-1, -1]], [[0.9, 0.5], [0.0, 0.0]])

    assert recall_by_distance(exact, exact) == 1.0


def test_a_coarse_index_over_real_vectors_loses_something_but_not_all() -> None:
    rng = np.random.default_rng(0)
    found = embedded(rng.normal(size=(50, 16)), rng.normal(size=(2000, 16)))
    exact = retrieve(found, build_index(found.corpus), depth=10)
    coarse = retrieve(found, build_index(found.corpus, "IVF64,Flat"), depth=10)

    assert 0.05 < recall_by_distance(coarse, exact) < 0.95
