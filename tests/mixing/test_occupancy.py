"""The share of the first results that moved documents hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import World, columns, embedded, world

from evalkit.errors import UsageError
from evalkit.mixing.controls import rotated
from evalkit.mixing.occupancy import occupancy
from evalkit.mixing.strategies import Setup

SHARES = np.array([0.0, 0.2, 0.5, 0.9, 1.0])


def setup(found: World) -> Setup:
    return Setup(old=found.old, new=found.new, seed=1)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**32 - 1),
    strategy=st.sampled_from(["new-query", "dual-raw", "filter-new", "stay-old"]),
    ties=st.booleans(),
)
def test_it_equals_the_sum_over_all_sets_of_moved_documents(seed: int, strategy: str, ties: bool) -> None:  # noqa: FBT001 - drawn
    found = world(seed, queries=2, documents=8, ties=ties)

    held = occupancy(strategy, setup(found), shares=SHARES, cutoff=3)

    subsets = ((np.arange(256)[:, None] >> np.arange(8)) & 1).astype(bool)
    chances = SHARES[:, None] ** subsets.sum(axis=1) * (1 - SHARES[:, None]) ** (~subsets).sum(axis=1)
    moved, all_found = np.zeros(256), np.zeros(256)
    for before, after in zip(*columns(strategy, found.old, found.new), strict=True):
        scores = np.where(subsets, after, before)
        order = np.lexsort((-np.broadcast_to(np.arange(8), scores.shape), -scores), axis=-1)[:, :3]
        seen = np.take_along_axis(scores, order, axis=1) > -np.inf
        moved += (np.take_along_axis(subsets, order, axis=1) & seen).sum(axis=1)
        all_found += seen.sum(axis=1)
    total = chances @ all_found
    wanted = np.where(total > 0, chances @ moved / np.where(total > 0, total, 1), np.nan)
    np.testing.assert_allclose(held, wanted, atol=1e-12)


def test_a_mix_of_incompatible_spaces_shows_only_what_has_moved() -> None:
    """In a real model all texts resemble each other a little; across models nothing resembles anything."""
    found = world(2, queries=20, documents=400, dims=48)
    alike = embedded(found.old.queries.vectors + 1, found.old.corpus.vectors + 1)
    control = World(found.golden, alike, rotated(alike))

    held = occupancy("new-query", setup(control), shares=[0.3], cutoff=10)

    assert held[0] > 0.7


def test_longer_vectors_fill_the_results() -> None:
    found = world(3, queries=20, documents=200, dims=12)
    longer = embedded(found.old.queries.vectors, 9 * found.old.corpus.vectors, model="new")

    assert occupancy("old-query", Setup(old=found.old, new=longer, seed=1), shares=[0.2])[0] > 0.6


def test_merging_by_rank_is_refused_since_its_share_is_known() -> None:
    with pytest.raises(UsageError, match="half of the top"):
        occupancy("dual-rrf", setup(world(4)), shares=SHARES)
