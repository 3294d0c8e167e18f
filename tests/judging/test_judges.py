"""Agreement of judges: known answers, other people's code, and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from evalkit.errors import InvalidValueError
from evalkit.judging.agreement import agreement_share, cohen, fleiss, krippendorff

NAN = float("nan")
A = [2, 2, 1, 0, 0, 1, 2, 0, 0, 1, 2, 1, 0, 0, 2, 1, 0, 0, 1, 2]
B = [2, 1, 1, 0, 0, 0, 2, 0, 1, 1, 2, 2, 0, 0, 2, 1, 0, 1, 1, 1]
# Fleiss 1971: ten items, fourteen judges, five grades.
FOURTEEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
# Krippendorff 2013: four judges, twelve items, some left out.
FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]
GRADES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40)


def test_fleiss_of_the_paper_has_its_known_value() -> None:
    assert fleiss(FOURTEEN) == pytest.approx(0.209931, abs=1e-6)


@pytest.mark.parametrize(
    ("level", "known"),
    [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797401)],
)
def test_krippendorff_of_the_book_has_its_known_values(level: str, known: float) -> None:
    assert krippendorff(FOUR, level=level) == pytest.approx(known, abs=1e-5)  # type: ignore[arg-type]


def test_ninety_five_per_cent_may_agree_and_kappa_lie_below_zero() -> None:
    a = [1] * 3 + [0] * 117
    b = [0] * 3 + [1] * 3 + [0] * 114

    assert agreement_share(a, b) == pytest.approx(0.95)
    assert cohen(a, b) == pytest.approx(-0.025641, abs=1e-6)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_cohen_is_that_of_scikit_learn_on_graded_judgements(weights: str | None) -> None:
    assert cohen(A, B, weights=weights) == pytest.approx(cohen_kappa_score(A, B, weights=weights), abs=1e-12)  # type: ignore[arg-type]


@given(GRADES, st.sampled_from([None, "linear", "quadratic"]))
def test_cohen_is_that_of_scikit_learn_and_the_same_both_ways(
    pairs: list[tuple[int, int]], weights: str | None
) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    value = cohen(a, b, weights=weights)  # type: ignore[arg-type]

    if len({*a, *b}) == 1:
        assert math.isnan(value)
        return
    assert value == pytest.approx(cohen_kappa_score(a, b, weights=weights), abs=1e-9)
    assert value == pytest.approx(cohen(b, a, weights=weights), abs=1e-12)  # type: ignore[arg-type]
    assert value <= 1


@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=20))
def test_fleiss_is_that_of_statsmodels(rated: list[list[int]]) -> None:
    counts = np.array([[row.count(grade) for grade in range(4)] for row in rated])

    if len({grade for row in rated for grade in row}) > 1:
        assert fleiss(counts) == pytest.approx(fleiss_kappa(counts), abs=1e-9)
    else:
        assert math.isnan(fleiss(counts))


@given(GRADES)
def test_krippendorff_of_two_judges_is_by_hand(pairs: list[tuple[int, int]]) -> None:
    ratings = np.array(pairs, dtype=float).T
    values = ratings.ravel()
    n = values.size
    observed = np.mean(ratings[0] != ratings[1])
    expected = np.mean([values[i] != values[j] for i in range(n) for j in range(n) if i != j])

    if expected > 0:
        assert krippendorff(ratings, level="nominal") == pytest.approx(1 - observed / expected, abs=1e-9)
    else:
        assert math.isnan(krippendorff(ratings, level="nominal"))


def test_an_item_that_one_judge_saw_alone_changes_no_alpha() -> None:
    more = np.hstack([np.array(FOUR), [[5.0], [NAN], [NAN], [NAN]]])

    assert krippendorff(more, level="ordinal") == krippendorff(FOUR, level="ordinal")
    assert math.isnan(krippendorff([[1.0, NAN], [NAN, 2.0]], level="nominal"))


def test_what_is_no_such_table_is_refused_with_a_reason() -> None:
    with pytest.raises(InvalidValueError, match="2 and 1"):
        cohen([1, 2], [1])
    with pytest.raises(InvalidValueError, match="weights"):
        cohen([1, 2], [1, 1], weights="cubic")  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="same number"):
        fleiss([[2, 1], [1, 1]])
    with pytest.raises(InvalidValueError, match="same number"):
        fleiss([[1, 0], [0, 1]])
    with pytest.raises(InvalidValueError, match="level"):
        krippendorff(FOUR, level="other")  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="two axes"):
        krippendorff([1.0, 2.0], level="nominal")
