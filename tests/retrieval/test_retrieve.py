"""Retrieval equals the plain rule, whatever kernel proposed the candidates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vectors_by_hand import brute_force, embedded

from evalkit.errors import ModelError, UsageError
from evalkit.indexing.faiss import build_index
from evalkit.retrieval.run import retrieve


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    documents=st.integers(1, 300),
    copies=st.integers(1, 80),
    depth=st.integers(1, 60),
    length=st.sampled_from([0.01, 1.0, 15.0]),
)
def test_exact_search_equals_brute_force_with_identical_documents(
    seed: int, documents: int, copies: int, depth: int, length: float
) -> None:
    rng = np.random.default_rng(seed)
    distinct = rng.normal(size=(max(1, documents // copies), 8)) * length
    corpus = distinct[rng.integers(0, len(distinct), size=documents)]
    found = embedded(rng.normal(size=(5, 8)), corpus)

    run = retrieve(found, build_index(found.corpus), depth=depth)

    assert run.rows.tolist() == brute_force(found, depth)
    assert run.findings == ()


def test_a_tie_group_wider_than_the_candidates_is_settled_by_id() -> None:
    found = embedded(np.ones((2, 4)), np.ones((500, 4)))

    run = retrieve(found, build_index(found.corpus), depth=10)

    assert run.rows.tolist() == [list(range(499, 489, -1))] * 2


def test_a_zero_query_retrieves_nothing() -> None:
    found = embedded(np.array([[0.0, 0.0], [1.0, 0.0]]), np.eye(2))

    run = retrieve(found, build_index(found.corpus), depth=2)

    assert run.returned.tolist() == [0, 2]


def test_a_depth_beyond_the_corpus_returns_all_of_it() -> None:
    found = embedded(np.eye(3), np.eye(3))

    assert retrieve(found, build_index(found.corpus), depth=100).rows.shape == (3, 3)


def test_an_index_of_another_model_is_never_searched() -> None:
    ours, theirs = embedded(np.eye(3), np.eye(3)), embedded(np.eye(3), np.eye(3), model="other")

    with pytest.raises(ModelError, match="another model"):
        retrieve(ours, build_index(theirs.corpus), depth=1)


def test_an_index_of_fewer_documents_is_never_searched() -> None:
    ours, theirs = embedded(np.eye(3), np.eye(3)), embedded(np.eye(3), np.eye(3)[:2])

    with pytest.raises(ModelError, match="build the index"):
        retrieve(ours, build_index(theirs.corpus), depth=1)


def test_a_depth_of_zero_is_refused() -> None:
    found = embedded(np.eye(3), np.eye(3))

    with pytest.raises(UsageError, match="retrieves nothing"):
        retrieve(found, build_index(found.corpus), depth=0)


def test_an_approximate_index_tells_when_ties_go_on_beyond_its_candidates() -> None:
    rng = np.random.default_rng(0)
    found = embedded(np.ones((1, 4)), np.concatenate([np.ones((200, 4)), rng.normal(size=(200, 4))]))

    run = retrieve(found, build_index(found.corpus, "HNSW16"), depth=10)

    assert [finding.code for finding in run.findings] == ["EK421"]
