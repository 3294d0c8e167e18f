"""The blockwise pass over vectors counts what the whole matrices hold, ties and all."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.arrays import Floats, Ints, Vectors
from evalkit.mixing import sweep as module
from evalkit.mixing import tile
from evalkit.mixing.columns import Product, ScoreColumn, Strategy
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.rivals import Standing, standings_of_matrices
from evalkit.mixing.sweep import Part, SweepEntry, Swept, sweep
from evalkit.mixing.tally import CountTally, Steps, StepTally

SIDES = ("old", "new")


@dataclass(frozen=True)
class Draw:
    """Products of few distinct vectors of unequal lengths, so that everything ties and scales differ."""

    products: dict[tuple[str, str], Product]
    relevant: Relevant
    removed: Ints
    documents: int


def drawn(seed: int) -> Draw:
    rng = np.random.default_rng(seed)
    queries, documents = int(rng.integers(1, 8)), int(rng.integers(1, 60))

    def vectors(count: int) -> Vectors:
        length: float = rng.choice([1.0, 0.3, 7.0])
        return np.asarray(rng.integers(-1, 2, size=(count, 4)) * length, dtype=np.float32)

    left = {side: vectors(queries) for side in SIDES}
    right = {side: vectors(documents) for side in SIDES}
    removed = np.where(rng.random(queries) < 0.5, rng.integers(0, documents, queries), -1)
    return Draw(
        products={(one, other): Product(left[one], right[other]) for one in SIDES for other in SIDES},
        relevant=Relevant.of_grades((rng.random((queries, documents)) < 0.1).astype(np.int64)),
        removed=removed.astype(np.int64),
        documents=documents,
    )


def strategies_of(draw: Draw) -> tuple[Strategy, ...]:
    column = {key: ScoreColumn(product) for key, product in draw.products.items()}
    new = column["new", "new"]
    return (
        Strategy(name="new-query", old=column["new", "old"], new=new),
        Strategy(name="dual-raw", old=column["old", "old"], new=new),
        Strategy(name="filter-new", old=None, new=new),
        Strategy(name="old-query", old=column["old", "old"], new=column["old", "new"]),
    )


def matrix(draw: Draw, column: ScoreColumn | None) -> Floats:
    if column is None:
        return np.full((draw.relevant.queries, draw.documents), -np.inf)
    left, right = column.product.queries.astype(np.float64), column.product.corpus.astype(np.float64)
    scores = np.round(left @ right.T, 9)
    scores[column.product.silent] = -np.inf
    queries = np.flatnonzero(draw.removed >= 0)
    scores[queries, draw.removed[queries]] = -np.inf
    return scores


@pytest.fixture(autouse=True, params=[tile.FEW, 1.0], ids=["few stand high", "all stand high"])
def _small_blocks(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(tile, "FEW", request.param)
    monkeypatch.setattr(module, "BLOCK_BYTES", 400)
    monkeypatch.setattr(module, "FIRST_BLOCK", 2)
    monkeypatch.setattr(module, "QUERY_BLOCK", 3)


@pytest.mark.long
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_counts_of_the_pass_equal_those_of_whole_matrices(seed: int) -> None:
    draw = drawn(seed)
    strategies = strategies_of(draw)
    own = [strategy.thresholds(draw.relevant, draw.removed) for strategy in strategies]
    entries = [SweepEntry(*parts) for parts in zip(strategies, own, strict=True)]

    swept = sweep(entries, draw.relevant, removed=draw.removed)

    for strategy, thresholds, found in zip(strategies, own, swept, strict=True):
        wanted = standings_of_matrices(matrix(draw, strategy.old), matrix(draw, strategy.new), draw.relevant)
        for tally, standing, moved in zip((found.moved, found.unmoved), wanted, (True, False), strict=True):
            assert isinstance(tally, CountTally)
            told = tally.standing(draw.relevant, thresholds, moved=moved)
            assert _told(told) == _told(standing), strategy.name


@pytest.mark.long
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), enough=st.one_of(st.none(), st.integers(1, 6)))
def test_ranks_of_the_pass_equal_those_of_each_rebuilt_index(seed: int, enough: int | None) -> None:
    """Up to the last rank that is of account, if one is named."""
    draw = drawn(seed)
    strategies, count = strategies_of(draw), 5
    steps = np.random.default_rng(seed).integers(0, count + 1, draw.documents)
    own = [strategy.thresholds(draw.relevant, draw.removed) for strategy in strategies]
    entries = [SweepEntry(*parts) for parts in zip(strategies, own, strict=True)]

    swept = sweep(entries, draw.relevant, removed=draw.removed, steps=Steps(steps, count), enough=enough)

    for strategy, thresholds, pair in zip(strategies, own, swept, strict=True):
        ranks = [
            tally.ranks(thresholds, moved=moved)
            for tally, moved in ((pair.moved, True), (pair.unmoved, False))
            if isinstance(tally, StepTally)
        ]
        before, after = matrix(draw, strategy.old), matrix(draw, strategy.new)
        for step in range(count):
            gone = steps <= step
            wanted = _ranks(np.where(gone, after, before), draw.relevant)
            found = np.where(gone[draw.relevant.doc_rows], ranks[0][:, step], ranks[1][:, step])
            correction = wanted > (enough or np.inf)
            np.testing.assert_array_equal(found[~correction], wanted[~correction], err_msg=strategy.name)
            assert np.all(found[correction] > (enough or np.inf))


@pytest.mark.long
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    cuts=st.tuples(st.sets(st.integers(1, 7), max_size=3), st.sets(st.integers(1, 59), max_size=4)),
    by_step=st.booleans(),
    enough=st.one_of(st.none(), st.integers(1, 6)),
)
def test_however_queries_and_documents_are_shared_out_the_parts_add_up_to_the_whole(
    seed: int,
    cuts: tuple[set[int], set[int]],
    by_step: bool,  # noqa: FBT001 - drawn
    enough: int | None,
) -> None:
    draw, count = drawn(seed), 5
    steps = Steps(np.random.default_rng(seed).integers(0, count + 1, draw.documents), count)
    entries = [
        SweepEntry(strategy, strategy.thresholds(draw.relevant, draw.removed))
        for strategy in strategies_of(draw)
    ]

    def swept(part: Part | None) -> tuple[Swept, ...]:
        return sweep(
            entries,
            draw.relevant,
            removed=draw.removed,
            steps=steps if by_step else None,
            enough=enough,
            part=part,
        )

    parts = [
        swept(Part(queries, documents))
        for queries in _runs(draw.relevant.queries, cuts[0])
        for documents in _runs(draw.documents, cuts[1])
    ]
    summed = [functools.reduce(operator.add, of_one) for of_one in zip(*parts, strict=True)]

    for whole, found in zip(swept(None), summed, strict=True):
        for one, other in ((whole.moved, found.moved), (whole.unmoved, found.unmoved)):
            assert isinstance(one, CountTally | StepTally)
            assert isinstance(other, CountTally | StepTally)
            few = one.certain < (enough or np.inf)
            np.testing.assert_array_equal(one.counts[:, few], other.counts[:, few])
            np.testing.assert_array_equal(one.certain[few], other.certain[few])
            assert np.all(other.certain[~few] >= (enough or 0))


def _runs(size: int, cuts: set[int]) -> list[range]:
    edges = [0, *sorted(cut for cut in cuts if cut < size), size]
    return [range(start, stop) for start, stop in pairwise(edges)]


def _told(standing: Standing) -> list[list[int]]:
    """Return A, B and C of the documents that can be found at all, and of their fellows."""
    counts = [
        (rivals.always, rivals.if_moved, rivals.if_unmoved) for rivals in (standing.rivals, standing.fellows)
    ]
    rows = np.flatnonzero(standing.reachable)
    return [rows.tolist(), *(numbers[rows].tolist() for parts in counts for numbers in parts)]


def _ranks(scores: Floats, relevant: Relevant) -> Floats:
    ranks = []
    for query, doc in zip(relevant.query_rows, relevant.doc_rows, strict=True):
        line, rows = scores[query], np.arange(scores.shape[1])
        above = (line > line[doc]) | ((line == line[doc]) & (rows > doc))
        ranks.append(1.0 + above.sum() if line[doc] > -np.inf else np.inf)
    return np.array(ranks)


def test_a_strategy_that_no_move_changes_ranks_one_column() -> None:
    rng = np.random.default_rng(0)
    queries, corpus = (rng.normal(size=(n, 8)).astype(np.float32) for n in (3, 500))
    column = ScoreColumn(Product(queries, corpus))
    relevant = Relevant.of_grades(np.eye(3, 500, dtype=np.int64))
    strategy = Strategy(name="old", old=column, new=column)
    own = strategy.thresholds(relevant, np.full(3, -1))

    (swept,) = sweep([SweepEntry(strategy, own)], relevant, removed=np.full(3, -1))

    exact = np.round(queries.astype(np.float64) @ corpus.astype(np.float64).T, 9)
    wanted = (exact > exact[np.arange(3), np.arange(3), None]).sum(axis=1)
    assert isinstance(swept.moved, CountTally)
    np.testing.assert_array_equal(swept.moved.counts[0], wanted)
