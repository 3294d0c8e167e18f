"""How many equally weighted, independent queries a set is worth: laws, and answers by hand."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.golden.checks.effective import effective_number, effective_queries

WEIGHTS = st.lists(st.floats(0.01, 1000), min_size=1, max_size=12)


@given(WEIGHTS)
def test_queries_are_worth_between_one_and_their_number(weights: list[float]) -> None:
    assert 1 <= effective_number(np.array(weights)) <= len(weights) * (1 + 1e-12)


@given(WEIGHTS, st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_neither_the_unit_of_weights_nor_their_order_matters(
    weights: list[float],
    unit: float,
    chance: Random,
) -> None:
    mixed = list(weights)
    chance.shuffle(mixed)

    assert effective_number(np.array(mixed) * unit) == pytest.approx(effective_number(np.array(weights)))


@given(WEIGHTS, st.data())
def test_joining_two_groups_of_equal_queries_never_adds_worth(
    weights: list[float], data: st.DataObject
) -> None:
    groups = data.draw(st.lists(st.integers(0, 5), min_size=len(weights), max_size=len(weights)))
    ones, apart = np.ones(len(weights)), np.arange(len(weights))

    joined = effective_queries(ones, np.array(groups))

    assert joined <= effective_queries(ones, apart) + 1e-9


def test_effective_queries_by_hand() -> None:
    assert effective_queries(np.ones(4), np.array([0, 0, 1, 1])) == 2
    assert effective_queries(np.ones(4), np.array([0, 0, 0, 1])) == pytest.approx(16 / 10)
    assert effective_queries(np.array([3.0, 1.0]), np.array([0, 1])) == pytest.approx(16 / 10)
    assert effective_queries(np.ones(0), np.zeros(0, dtype=np.int64)) == 0
    assert effective_queries(np.zeros(3), np.arange(3)) == 0
