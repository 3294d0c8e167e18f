"""Every measure on one ranking, worked by hand; empty rankings, thresholds, holes, and orders of ties."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import InvalidValueError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.definition import DEFINITIONS
from evalkit.scoring.judged import UNJUDGED, JudgedRun, Retrieved, exponential_gains
from evalkit.scoring.measure import Measure
from evalkit.scoring.orders import Orders

LOG3, LOG5 = math.log2(3), math.log2(5)
# Found: not relevant, grade 2, a hole, grade 1; a document of grade 3 was not found.
ONE = JudgedRun(np.array([[0, 2, -1, 1]]), np.array([[3, 2, 1]]), np.array([4]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nDCG@4", (2 / LOG3 + 1 / LOG5) / (3 + 2 / LOG3 + 1 / 2)),
        ("nDCG@2", (2 / LOG3) / (3 + 2 / LOG3)),
        ("nDCG(exp)@4", (3 / LOG3 + 1 / LOG5) / (7 + 3 / LOG3 + 1 / 2)),
        ("Recall@4", 2 / 3),
        ("Recall@2", 1 / 3),
        ("Recall(rel=2)@4", 1 / 2),
        ("RecallCap@2", 1 / 2),
        ("RecallCap@4", 2 / 3),
        ("Precision@4", 1 / 2),
        ("Precision@10", 2 / 10),
        ("Precision", 2 / 4),
        ("MRR@4", 1 / 2),
        ("MRR@1", 0.0),
        ("MRR(rel=3)", 0.0),
        ("MAP@4", (1 / 2 + 2 / 4) / 3),
        ("MAP@3", (1 / 2) / 3),
        ("Hit@1", 0.0),
        ("Hit@2", 1.0),
        ("Rprec", 1 / 3),
        ("Judged@4", 3 / 4),
        ("Judged@3", 2 / 3),
        ("Judged@10", 3 / 4),
    ],
)
def test_a_measure_is_what_was_reckoned_by_hand(name: str, value: float) -> None:
    assert Measure.parse(name).values(ONE).tolist() == pytest.approx([value])


@pytest.mark.parametrize("name", [name for name, told in DEFINITIONS.items() if not told.apart])
@pytest.mark.parametrize("cutoff", [1, 10, None])
def test_where_nothing_was_returned_or_nothing_is_relevant_every_measure_is_nothing(
    name: str, cutoff: int | None
) -> None:
    nothing = JudgedRun(np.zeros((2, 0), dtype=np.int64), np.array([[1], [0]]), np.zeros(2, dtype=np.int64))
    assert Measure(name, cutoff).values(nothing).tolist() == [0.0, 0.0]
    holes = JudgedRun(np.full((1, 3), UNJUDGED), np.zeros((1, 0), dtype=np.int64), np.array([3]))
    assert Measure(name, cutoff).values(holes).tolist() == [0.0]


@settings(max_examples=40)
@given(
    grades=st.lists(st.integers(-1, 3), min_size=1, max_size=8),
    missed=st.lists(st.integers(1, 3), max_size=3),
    cutoff=st.integers(1, 10),
)
def test_every_measure_lies_between_nothing_and_one_and_the_best_order_reaches_the_most(
    grades: list[int], missed: list[int], cutoff: int
) -> None:
    ideal = sorted((grade for grade in (*grades, *missed) if grade > 0), reverse=True)
    count = np.array([len(grades)])
    asked = JudgedRun(np.array([grades]), np.array([ideal], dtype=np.int64).reshape(1, -1), count)
    best = JudgedRun(np.array([sorted(grades, reverse=True)]), asked.ideal, count)
    for name in DEFINITIONS:
        (value,), (most,) = (Measure(name, cutoff).values(judged) for judged in (asked, best))
        assert 0 <= value <= 1
        if name != "Judged":
            assert most >= value - 1e-12


def test_ideal_grades_that_increase_and_shapes_that_differ_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="must not increase"):
        JudgedRun(np.array([[1]]), np.array([[1, 2]]), np.array([1]))
    with pytest.raises(InvalidValueError):
        JudgedRun(np.array([[1]]), np.array([[1], [1]]), np.array([1]))
    with pytest.raises(InvalidValueError):
        JudgedRun(np.array([[1]]), np.array([[1]]), np.array([1, 1]))


def test_a_threshold_turns_lower_grades_into_judged_and_not_relevant() -> None:
    high = ONE.at_least(2)
    assert high.grades.tolist() == [[0, 2, -1, 0]]
    assert high.ideal.tolist() == [[3, 2, 0]]
    assert high.not_relevant.tolist() == [2]
    assert ONE.not_relevant.tolist() == [1]


@settings(max_examples=40)
@given(grade=st.integers(0, 400), other=st.integers(0, 400))
def test_exponential_gains_are_exact_and_finite_at_any_grade(grade: int, other: int) -> None:
    top = np.array([[max(grade, other)]])
    first, second = exponential_gains(np.array([[grade, other]]), top)[0]
    assert math.isfinite(first)
    if other:
        exact = Fraction(2**grade - 1, 2**other - 1)
        assert first / second == pytest.approx(float(exact), rel=1e-12)
    huge = exponential_gains(np.array([[5000, 4999]]), np.array([[5000]]))[0]
    assert huge[0] / huge[1] == pytest.approx(2.0)


def retrieved() -> Retrieved:
    """Return the results of two queries, some of equal scores, two of them copies of one document."""
    golden = copies()
    run = Run.of(
        "x",
        {"q1": {"a": 3.0, "b": 2.0, "c": 2.0, "d": 1.0}, "q2": {"e": 5.0, "f": 5.0 - 1e-7, "a": 1.0}},
        golden,
    )
    return Retrieved.of(run, golden)


def copies() -> GoldenSet:
    bodies = {"a": "one", "b": "two", "c": "three", "d": "four", "e": "same", "f": "same"}
    qrels = {"q1": {"a": 1, "c": 2}, "q2": {"f": 1}}
    return GoldenSet.of("set", queries={"q1": "x", "q2": "y"}, corpus=bodies, qrels=qrels)


def test_results_of_equal_scores_and_identical_texts_that_nearly_tie_are_one_class() -> None:
    orders = Orders.of(retrieved(), copies())
    first, second = orders.classes
    assert first[1] == first[2]
    assert len(set(first.tolist())) == 3
    assert second[0] == second[1]
    assert second[2] != second[0]
    assert not set(first.tolist()) & set(second.tolist())


def test_the_mean_of_a_class_stands_in_place_of_each_and_changes_no_sum() -> None:
    orders = Orders.of(retrieved(), copies())
    values = np.arange(8.0).reshape(2, 4)
    means = orders.mean(values)
    assert means[0].tolist() == [0.0, 1.5, 1.5, 3.0]
    assert means[1, :2].tolist() == [4.5, 4.5]
    assert means.sum() == pytest.approx(values.sum())


def test_members_of_a_class_are_counted_from_the_first() -> None:
    assert Orders.of(retrieved(), copies()).earlier[:, :3].tolist() == [[0, 0, 1], [0, 1, 0]]


@settings(max_examples=40)
@given(
    grades=st.lists(st.integers(0, 1), min_size=1, max_size=6),
    parts=st.lists(st.integers(0, 2), min_size=6, max_size=6),
    cutoff=st.integers(1, 6),
)
def test_the_chance_of_nothing_relevant_is_that_of_all_orders_tried(
    grades: list[int], parts: list[int], cutoff: int
) -> None:
    classes = sorted(parts[: len(grades)])
    judged = JudgedRun(np.array([grades]), np.zeros((1, 0), dtype=np.int64), np.array([len(grades)]))
    orders = [
        order
        for order in permutations(range(len(grades)))
        if all(classes[place] == classes[source] for place, source in enumerate(order))
    ]
    none = sum(not any(grades[source] for source in order[:cutoff]) for order in orders)
    used = np.unique(np.array(classes), return_inverse=True)[1].reshape(1, -1)
    chance = Orders(judged, used).chance_of_none(cutoff)
    assert chance.tolist() == pytest.approx([none / len(orders)], abs=1e-9)
