"""Who holds the first ten results when half of the corpus has moved."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import World, columns, searched, world

from evalkit.arrays import Bools, Floats
from evalkit.mixing.holding import FIRST, HALF, held_half_way
from evalkit.mixing.orders import Order
from evalkit.mixing.strategies import Setup, make_strategies

STRATEGIES = ("new-query", "old-query", "filter-new", "dual-raw", "stay-old")
DOCUMENTS = 11


def places(found: World, strategy: str, moved: Bools, removed: int) -> Floats:
    """Return (D,) how often each document stands in the first ten, every index searched whole."""
    before, after = columns(strategy, found.old, found.new)
    if removed >= 0:
        before[:, removed] = after[:, removed] = -np.inf
    rows = searched(before, after, moved).rows[:, :FIRST]
    return np.bincount(rows[rows >= 0], minlength=found.documents).astype(np.float64)


def held(
    found: World, strategy: str, order: Order, fields: dict[str, Bools], removed: int
) -> dict[str, object]:
    (made,), _ = make_strategies([strategy], Setup(old=found.old, new=found.new, seed=1))
    taken = np.full(len(found.golden.queries), removed)
    return {
        name: holding.first for name, holding in held_half_way(made, order, fields, removed=taken).items()
    }


@pytest.mark.long
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), ties=st.booleans(), removed=st.sampled_from([-1, 3]))
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_under_random_moves_it_is_the_mean_over_all_sets_of_moved_documents(
    strategy: str,
    seed: int,
    ties: bool,  # noqa: FBT001 - drawn
    removed: int,
) -> None:
    found = world(seed, queries=1, documents=DOCUMENTS, ties=ties)
    odd = np.arange(DOCUMENTS) % 2 == 1
    totals = np.zeros((2, DOCUMENTS))
    for subset in product([False, True], repeat=DOCUMENTS):
        moved = np.array(subset)
        count = places(found, strategy, moved, removed)
        totals += count * moved, count * ~moved
    whole = totals.sum()

    told = held(found, strategy, Order("random"), {"odd": odd}, removed)

    if not whole:
        assert set(told.values()) == {None}
        return
    wanted = {"moved": totals[0].sum(), "unmoved": totals[1].sum(), "odd": totals[:, odd].sum()}
    assert told == pytest.approx({name: value / whole for name, value in wanted.items()}, abs=1e-12)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), ties=st.booleans(), removed=st.sampled_from([-1, 5]))
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_under_a_fixed_order_it_is_counted_in_the_index_rebuilt_half_way(
    strategy: str,
    seed: int,
    ties: bool,  # noqa: FBT001 - drawn
    removed: int,
) -> None:
    found = world(seed, queries=5, documents=40, ties=ties)
    order = Order.of_ranking("shuffled", np.random.default_rng(seed).permutation(40))
    assert order.positions is not None
    moved, odd = order.positions <= HALF, np.arange(40) % 2 == 1

    told = held(found, strategy, order, {"odd": odd}, removed)

    count = places(found, strategy, np.asarray(moved), removed)
    wanted = {"moved": count[moved].sum(), "unmoved": count[~moved].sum(), "odd": count[odd].sum()}
    assert told == pytest.approx({name: value / count.sum() for name, value in wanted.items()}, abs=1e-12)


def test_the_share_of_the_corpus_stands_beside() -> None:
    found = world(1, documents=10)
    (made,), _ = make_strategies(["dual-raw"], Setup(old=found.old, new=found.new, seed=1))
    first = np.arange(10) < 3
    taken = np.full(len(found.golden.queries), -1)

    told = held_half_way(made, Order("random"), {"few": first}, removed=taken)
    fixed = held_half_way(made, Order("correction", np.full(10, 0.9)), {"few": first}, removed=taken)

    assert {name: holding.corpus for name, holding in told.items()} == {
        "moved": 0.5,
        "unmoved": 0.5,
        "few": 0.3,
    }
    assert (fixed["moved"].first, fixed["moved"].corpus, fixed["unmoved"].corpus) == (0.0, 0.0, 1.0)


def test_the_place_of_a_document_that_is_taken_out_goes_to_the_next() -> None:
    found = world(5, queries=1, documents=30)
    (made,), _ = make_strategies(["filter-new"], Setup(old=found.old, new=found.new, seed=1))
    _, after = columns("filter-new", found.old, found.new)
    best_first = np.lexsort((-np.arange(30), -after[0]))
    eleventh = np.arange(30) == best_first[FIRST]

    told = held_half_way(made, Order("all", np.full(30, 0.1)), {"eleventh": eleventh}, removed=best_first[:1])

    assert told["eleventh"].first == pytest.approx(1 / FIRST)
