"""Sharded search: one search, whatever the shards, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shard_worlds import Cut, embedded_set, planted, unit

from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.indexing.faiss import build_index
from evalkit.retrieval import candidates, sharding
from evalkit.retrieval.run import Run, retrieve
from evalkit.retrieval.sharding import Merged, Proposal, merge


def both(embedded: EmbeddedSet, depth: int, executor: Cut) -> tuple[Run, Run]:
    index = build_index(embedded.corpus)
    return tuple(  # type: ignore[return-value] # two of them
        retrieve(embedded, index, depth=depth, executor=asked)  # type: ignore[arg-type] # plays its part
        for asked in (None, executor)
    )


def assert_equal(one: Run, other: Run) -> None:
    assert np.array_equal(one.rows, other.rows)
    assert one.scores.tobytes() == other.scores.tobytes()
    assert one.findings == other.findings


@settings(max_examples=40, deadline=None)
@given(
    edges=st.lists(st.integers(0, 400), max_size=9),
    seed=st.integers(0, 50),
    depth=st.sampled_from([1, 3, 10, 100, 500]),
    space=st.sampled_from([{}, {"normalize": False}, {"metric": "l2", "normalize": False}]),
)
def test_any_partition_gives_the_rows_and_scores_of_one_search(
    edges: list[int], seed: int, depth: int, space: dict[str, object]
) -> None:
    queries, corpus = planted(300, 12, seed, copies=200)
    if space:
        corpus = (corpus * np.linspace(0.5, 3, 300)[:, None]).astype(np.float32)
    assert_equal(*both(embedded_set(queries, corpus, **space), depth, Cut(edges, seed)))


@settings(max_examples=25, deadline=None)
@given(
    edges=st.lists(st.integers(0, 400), max_size=6),
    seed=st.integers(0, 30),
    depth=st.sampled_from([1, 5, 60]),
)
def test_documents_whose_chunks_lie_in_several_shards_stand_once(
    edges: list[int], seed: int, depth: int
) -> None:
    queries, corpus = planted(400, 8, seed, copies=100)
    documents = np.random.default_rng(seed).integers(50, size=400)
    documents[:50] = np.arange(50)
    whole = embedded_set(queries, corpus)
    chunked = EmbeddedSet(queries=whole.queries, corpus=whole.corpus, documents=documents)
    assert_equal(*both(chunked, depth, Cut(edges, seed)))


def near_ties(copies: int) -> EmbeddedSet:
    """Return a query whose first documents are too alike for float32: only a deeper look tells them apart."""
    rng = np.random.default_rng(7)
    base = unit(rng.standard_normal((1, 16)))
    close = unit(base + 2e-8 * rng.standard_normal((copies, 16)))
    rest = unit(rng.standard_normal((500, 16)))
    corpus = np.concatenate([close, rest])[rng.permutation(copies + 500)]
    return embedded_set(np.repeat(base, 25, axis=0), np.ascontiguousarray(corpus))


def test_near_ties_at_the_cut_need_a_second_round() -> None:
    executor = Cut([200, 400])
    assert_equal(*both(near_ties(250), 10, executor))
    counts = {question.count for question in executor.asked}
    assert counts >= {38, 76}


def test_without_the_second_round_the_result_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharding.SharedSearch, "again", lambda _: [])
    one, other = both(near_ties(250), 10, Cut([200, 400]))
    assert not np.array_equal(one.rows, other.rows)


def test_more_ties_than_one_search_looks_at_are_searched_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (candidates, sharding):
        monkeypatch.setattr(module, "MOST", 60)
    rng = np.random.default_rng(3)
    corpus = np.repeat(unit(rng.standard_normal((4, 8))), 75, axis=0)[rng.permutation(300)]
    one, other = both(embedded_set(corpus[:5], np.ascontiguousarray(corpus)), 20, Cut(range(0, 300, 10)))
    assert_equal(one, other)
    assert [told.code for told in other.findings] == ["EK421"]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 1000), width=st.integers(1, 6))
def test_merging_is_of_sets_in_any_order_and_as_often_as_one_likes(seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random((2, 30)), 1)
    parts = []
    for _ in range(6):
        rows = np.stack([rng.permutation(30)[:4] for _ in range(2)])
        parts.append(Proposal(rows, np.take_along_axis(scores, rows, axis=1), np.zeros(2), np.zeros(2)))
    both_queries, found = np.arange(2), []
    for order in (range(6), rng.permutation(6), [*range(6), *range(6)]):
        merged = Merged.empty(2, width)
        for at in order:
            merged = merge(merged, both_queries, parts[at])
        found.append((merged.rows.tolist(), merged.similarities.tolist()))
    assert found[0] == found[1] == found[2]
    for query, (rows, similarities) in enumerate(zip(*found[0], strict=True)):
        seen = sorted(
            {int(row) for part in parts for row in part.rows[query]},
            key=lambda row: (-scores[query, row], -row),
        )
        assert rows[: len(seen)] == seen[:width]
        assert similarities == sorted(similarities, reverse=True)


def test_each_pair_has_one_similarity_however_many_are_asked_about() -> None:
    queries, corpus = planted(200, 33, 5)
    rows = np.arange(200)[None, :]
    whole = candidates.similarities_of(queries[1:2], corpus, rows)
    one_by_one = [
        candidates.similarities_of(queries[1:2], corpus, rows[:, at : at + 1])[0, 0] for at in range(200)
    ]
    assert whole.tobytes() == np.array([one_by_one]).tobytes()
