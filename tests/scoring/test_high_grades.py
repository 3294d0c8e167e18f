"""Grades far beyond any scale, such as clicks: exponential gains stay finite and in proportion."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.mixing.expected import expected_curve
from evalkit.scoring.formulas import ndcg_exponential
from evalkit.scoring.judged import JudgedRun


def judged(grades: list[int], ideal: list[int]) -> JudgedRun:
    return JudgedRun(np.array([grades]), np.array([ideal]), np.array([len(grades)]))


@pytest.mark.parametrize("top", [3, 499, 500, 501, 1023, 1024, 1500, 10**6, 2**31 - 1, 2**62])
def test_a_grade_above_the_others_counts_alone_however_high_it_is(top: int) -> None:
    """Second of two: 1 / log2(3), less what the lower grade is worth."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = ndcg_exponential(judged([-1, top], [top]), 2)[0]
        mixed = expected_curve([[0.1, 0.5]], [[0.1, 0.5]], [[top, -1]], shares=[0.5], measure="nDCG(exp)@2")

    assert value == pytest.approx(1 / np.log2(3))
    assert mixed[0, 0] == pytest.approx(1 / np.log2(3))


@given(grades=st.lists(st.integers(1, 40), min_size=1, max_size=6), raised=st.integers(600, 5000))
def test_raising_all_grades_alike_keeps_their_proportion(grades: list[int], raised: int) -> None:
    """2^(g + c) is 2^c times 2^g; the 1 that is taken off no longer shows."""
    high = [grade + raised for grade in grades]
    weights = 1 / np.log2(np.arange(2, len(grades) + 2))
    wanted = (np.exp2(grades) * weights).sum() / (np.exp2(sorted(grades, reverse=True)) * weights).sum()

    value = ndcg_exponential(judged(high, sorted(high, reverse=True)), None)[0]

    assert value == pytest.approx(wanted)
