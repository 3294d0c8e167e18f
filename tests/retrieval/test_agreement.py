"""How much of one system's results another keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.arrays import Ints
from evalkit.errors import UsageError
from evalkit.retrieval.agreement import PERSISTENCE, Agreement, overlap, rank_biased_overlap
from evalkit.retrieval.run import Run

lists = st.lists(st.integers(0, 12), max_size=10, unique=True)


def table(*rankings: list[int]) -> Ints:
    """Return (Q, K) rows, −1 after the last."""
    width = max(1, *map(len, rankings))
    return np.array([[*ranking, *[-1] * (width - len(ranking))] for ranking in rankings], dtype=np.int64)


def by_definition(first: list[int], second: list[int]) -> float:
    """Return extrapolated rank-biased overlap, equation 32 of Webber, Moffat and Zobel, term by term."""
    short, long = sorted([len(first), len(second)])
    weights = [PERSISTENCE**depth for depth in range(long + 1)]
    if not long:
        return 1.0
    shared = [len(set(first[:depth]) & set(second[:depth])) for depth in range(long + 1)]
    at_end = shared[short] / short if short else 0.0
    series = sum(shared[depth] / depth * weights[depth] for depth in range(1, long + 1))
    series += sum(at_end * (depth - short) / depth * weights[depth] for depth in range(short + 1, long + 1))
    tail = ((shared[long] - shared[short]) / long + at_end) * weights[long]
    return (1 - PERSISTENCE) / PERSISTENCE * series + tail


@given(pairs=st.lists(st.tuples(lists, lists), min_size=1, max_size=4))
def test_rank_biased_overlap_equals_its_definition_for_lists_of_any_lengths(
    pairs: list[tuple[list[int], list[int]]],
) -> None:
    found = rank_biased_overlap(table(*(one for one, _ in pairs)), table(*(other for _, other in pairs)))
    np.testing.assert_allclose(found, [by_definition(*pair) for pair in pairs], rtol=0, atol=1e-12)


@given(first=lists, second=lists, depth=st.integers(1, 12))
def test_overlap_is_what_both_show_of_what_there_is_to_show(
    first: list[int], second: list[int], depth: int
) -> None:
    longest = min(max(len(first), len(second)), depth)
    common = len(set(first[:depth]) & set(second[:depth]))
    found = overlap(table(first), table(second), depth).item()
    assert found == pytest.approx(common / longest if longest else 1.0)


@given(first=lists, second=lists)
def test_agreement_is_the_same_both_ways_and_within_0_and_1(first: list[int], second: list[int]) -> None:
    for measure in (overlap, rank_biased_overlap):
        forth, back = measure(table(first), table(second)), measure(table(second), table(first))
        np.testing.assert_allclose(forth, back)
        assert 0 <= forth.item() <= 1 + 1e-12


@given(ranking=lists)
def test_a_ranking_agrees_with_itself(ranking: list[int]) -> None:
    assert rank_biased_overlap(table(ranking), table(ranking)).item() == pytest.approx(1.0)
    assert overlap(table(ranking), table(ranking)).item() == 1.0


def test_rankings_with_nothing_in_common_do_not_agree() -> None:
    assert rank_biased_overlap(table([1, 2, 3]), table([4, 5, 6])).item() == 0.0
    assert overlap(table([1, 2, 3]), table([4, 5, 6])).item() == 0.0


def test_a_change_at_the_top_weighs_more_than_one_below() -> None:
    base = list(range(10))
    top, low = [20, *base[1:]], [*base[:9], 20]
    above, below = rank_biased_overlap(table(base, base), table(top, low))
    assert above < below < 1
    assert len(set(overlap(table(base, base), table(top, low)).tolist())) == 1


def test_agreement_tells_the_first_result_the_order_and_who_changes_most() -> None:
    old = Run.ranked("old", table([1, 2, 3], [1, 2, 3], [1, 2, 3]), np.tile([3.0, 2.0, 1.0], (3, 1)))
    new = Run.ranked("new", table([1, 2, 3], [1, 3, 2], [7, 8, 9]), np.tile([3.0, 2.0, 1.0], (3, 1)))

    found = Agreement.between(old, new, cutoff=2)

    assert found.overlap.tolist() == [1.0, 0.5, 0.0]
    assert found.same_first.tolist() == [True, True, False]
    assert found.same_order.tolist() == [True, False, False]
    assert found.most_changed_first.tolist() == [2, 1, 0]


def test_a_cutoff_that_shows_nothing_is_refused() -> None:
    run = Run.ranked("old", table([1]), np.array([[1.0]]))
    with pytest.raises(UsageError, match="cutoff of 0"):
        Agreement.between(run, run, cutoff=0)
