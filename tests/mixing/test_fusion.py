"""Strategies that merge by rank: reciprocal rank fusion of two halves, and the cascade."""

from __future__ import annotations

import numpy as np
import pytest
from small_worlds import golden_of, similarities, world

from evalkit.arrays import Bools, Ints
from evalkit.mixing.curve import mix
from evalkit.mixing.fusion import Lists, fused_ranks
from evalkit.mixing.options import MixOptions
from evalkit.mixing.relevant import Relevant

RANKING = np.arange(8)[None]


def fused(moved: Bools, share: float | None, old: Ints = RANKING, new: Ints = RANKING) -> list[float]:
    """Return the rank of each of eight documents, all of them relevant."""
    relevant = Relevant.of_grades(np.ones((1, 8), dtype=np.int64))
    ranks = fused_ranks(Lists(old, new), moved, relevant, depth=8, share=share)
    return [float(rank) for rank in ranks]


def test_equal_halves_interleave_by_rank_with_ties_to_the_larger_row() -> None:
    moved = np.array([False, False, True, True, False, False, True, True])

    # Old half: 0 1 4 5. New half: 2 3 6 7. At each rank the larger row stands first.
    assert fused(moved, None) == [2, 4, 1, 3, 6, 8, 5, 7]


def test_a_small_half_fills_half_of_the_top_unless_its_share_is_weighed() -> None:
    moved = np.array([False] * 6 + [True] * 2)

    assert fused(moved, None)[6:] == [1, 3]
    # 1 / (60 + 1 / .25) loses to the first five of 1 / (60 + r / .75), and its second to all six.
    assert fused(moved, 0.25)[6:] == [3, 7]


@pytest.mark.parametrize("share", [None, 0.0])
def test_nothing_moved_leaves_the_old_ranking(share: float | None) -> None:
    assert fused(np.zeros(8, dtype=bool), share, new=RANKING[:, ::-1]) == list(range(1, 9))


@pytest.mark.long
def test_simulated_means_carry_a_standard_error_that_covers_a_longer_simulation() -> None:
    found = world(1, queries=10, documents=60)
    said = {"strategies": ["dual-rrf", "dual-rrf-share"], "shares": [0, 0.5, 1], "measures": ["nDCG@5"]}

    short = mix(found.golden, found.old, found.new, options=MixOptions(realisations=10), **said)  # type: ignore[arg-type]
    long = mix(found.golden, found.old, found.new, options=MixOptions(realisations=150), seed=7, **said)  # type: ignore[arg-type]

    for one, other in zip(short.lines, long.lines, strict=True):
        assert not one.exact
        np.testing.assert_array_equal(one.errors[[0, 2]], 0)
        assert abs(one.means[1] - other.means[1]) <= 4 * np.hypot(one.errors[1], other.errors[1])


def test_a_fixed_order_needs_no_simulation() -> None:
    found = world(2)

    line = mix(found.golden, found.old, found.new, strategies=["dual-rrf"], order="id", shares=5).lines[0]

    assert line.exact


def test_the_cascade_orders_the_old_candidates_by_new_scores_whatever_has_moved() -> None:
    answers = np.array([[3], [5]])
    found = world(3, queries=2, documents=30)
    golden = golden_of(answers, np.ones((2, 1), dtype=np.int64), 30)

    curve = mix(
        golden,
        found.old,
        found.new,
        strategies=["cascade"],
        shares=3,
        measures=["MRR@30"],
        options=MixOptions(cascade_depth=30),
    )

    scores = similarities(found.new, found.new)
    ranks = [1 + np.sum(scores[query] > scores[query, doc]) for query, (doc,) in enumerate(answers)]
    np.testing.assert_allclose(curve.lines[0].values, np.tile(1 / np.array(ranks), (3, 1)))


def test_the_cascade_never_finds_what_the_old_index_does_not_propose() -> None:
    found = world(3, queries=8, documents=60)

    deep, shallow = (
        mix(
            found.golden,
            found.old,
            found.new,
            strategies=["cascade"],
            shares=2,
            measures=["Recall@60"],
            options=MixOptions(cascade_depth=depth),
        ).lines[0]
        for depth in (60, 3)
    )

    np.testing.assert_allclose(deep.means, 1.0)
    assert np.all(shallow.means < 1)
