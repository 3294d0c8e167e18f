"""The selection of queries from a log estimates its traffic without bias; the commonest alone do not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InvalidValueError
from evalkit.golden.authoring.selection import select

COUNTS = st.lists(st.integers(1, 500), min_size=1, max_size=80)


@given(COUNTS, st.integers(1, 90), st.integers(0, 5))
def test_so_many_are_taken_once_each_and_stand_for_every_line(
    counts: list[int], size: int, seed: int
) -> None:
    chosen = select(counts, size, seed=seed)

    assert len(chosen.rows) == min(size, len(counts))
    assert len(set(chosen.rows.tolist())) == len(chosen.rows)
    assert (np.diff(chosen.rows) > 0).all()
    if len(chosen.rows) > chosen.certain or size >= len(counts):
        assert chosen.weights.sum() == pytest.approx(sum(counts))
    assert (chosen.weights > 0).all()


@given(COUNTS.filter(lambda counts: len(counts) > 6), st.integers(6, 60))
def test_a_sixth_are_the_commonest(counts: list[int], size: int) -> None:
    chosen = select(counts, size)
    certain = chosen.weights == np.array(counts, dtype=float)[chosen.rows]

    assert certain.sum() >= min(len(counts), round(size / 6))
    assert max(counts) in {counts[row] for row in chosen.rows}


def test_every_line_of_the_rest_has_the_same_chance() -> None:
    counts = [40, 30, *([8] * 5), *([2] * 20)]
    met: Counter[int] = Counter()
    draws = 1500
    for seed in range(draws):
        met.update(select(counts, 12, seed=seed).rows.tolist())

    assert met[0] == met[1] == draws
    places, left = 10, 80
    for row in range(2, len(counts)):
        assert met[row] / draws == pytest.approx(places * counts[row] / left, abs=0.05)


def test_the_weighted_mean_has_no_bias_and_that_of_the_commonest_has() -> None:
    """A measure that falls with rarity, as recall of rare questions does; 4,000 queries after Zipf."""
    draw = np.random.default_rng(3)
    counts = np.maximum(1, (20_000 / np.arange(1, 4001) ** 0.9 / 9).astype(int))
    values = np.clip(0.8 - 0.06 * np.log(np.arange(1, 4001)) + draw.normal(0, 0.15, 4000), 0, 1)
    truth = float(np.average(values, weights=counts))

    errors = []
    for seed in range(150):
        chosen = select(counts.tolist(), 300, seed=seed)
        errors.append(float(np.average(values[chosen.rows], weights=chosen.weights)) - truth)
    commonest = float(np.average(values[:300], weights=counts[:300])) - truth
    unweighted = float(values[select(counts.tolist(), 300).rows].mean()) - truth

    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(150)
    assert np.sqrt(np.mean(np.square(errors))) < 0.015
    assert abs(commonest) > 0.05  # the negative control: certain, and wrong
    assert abs(unweighted) > abs(np.mean(errors))


def test_nothing_cannot_be_taken() -> None:
    for counts, size in (([], 3), ([1, 2], 0), ([1, 0], 1)):
        with pytest.raises(InvalidValueError):
            select(counts, size)
