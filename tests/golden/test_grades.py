"""Cells as grades: what is a whole number, what a label, what says nothing, and what could be a thousand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import UsageError
from evalkit.golden.reading.grades import (
    LARGEST,
    Labels,
    as_label,
    explaining,
    is_numeral,
    parse_labels,
    whole,
)

grades = st.integers(min_value=0, max_value=LARGEST)


@pytest.mark.parametrize(
    ("cell", "grade"),
    [
        (2, 2),
        (True, 1),
        (2.0, 2),
        (2.5, None),
        (math.inf, None),
        (math.nan, None),
        ("2", 2),
        (" 2 ", 2),
        ("+2", 2),
        ("-1", -1),
        ("2.", 2),
        ("2.000", 2),
        ("2,0", 2),
        ("2,00", 2),
        ("2,000", None),  # in English that is two thousand
        ("2,", None),
        ("2,5", None),
        ("2.5", None),
        ("", None),
        ("9" * 18, int("9" * 18)),
        ("9" * 19, None),
        (None, None),
        ([2], None),
    ],
)
def test_a_cell_is_a_whole_number_or_none(cell: object, grade: int | None) -> None:
    assert whole(cell) == grade


@pytest.mark.parametrize(
    ("cell", "label"),
    [
        (None, ""),
        (math.nan, ""),
        (3.0, "3"),
        (2.5, "2.5"),
        ("3.0", "3"),
        ("003", "3"),
        ("  Highly \n Relevant ", "highly relevant"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        (True, "true"),
    ],
)
def test_labels_are_compared_without_case_white_space_and_zeros(cell: object, label: str) -> None:
    assert as_label(cell) == label


@pytest.mark.parametrize(
    ("cell", "grade"),
    [("true", 1), ("Yes", 1), ("FALSE", 0), ("no", 0), ("maybe", None), ("", None), ("0", 0), (3.0, 3)],
)
def test_without_labels_numbers_and_truths_are_grades(cell: object, grade: int | None) -> None:
    assert Labels().grade(cell) == grade


@pytest.mark.parametrize(("digits", "grade"), [("1" * 18, int("1" * 18)), ("1" * 19, None)])
def test_a_number_of_more_than_eighteen_digits_is_no_grade(digits: str, grade: int | None) -> None:
    assert Labels().grade(digits) == grade


def test_words_alone_leave_numbers_as_they_are() -> None:
    labels = parse_labels(["good=2", "bad=0"])

    assert [labels.grade(cell) for cell in ("Good", "bad", "1", 3)] == [2, 0, 1, 3]


def test_where_numbers_are_explained_other_numbers_are_none() -> None:
    labels = parse_labels(["1=0", "5=2"])

    assert [labels.grade(cell) for cell in ("1", "5", 5.0, "3", 4)] == [0, 2, 2, None, None]


def test_where_labels_are_stated_truths_are_labels_like_others() -> None:
    assert Labels().grade("yes") == 1
    assert parse_labels(["good=2"]).grade("yes") is None


def test_a_label_without_a_number_is_blank_and_no_grade() -> None:
    labels = parse_labels(["skip=", "good=1"])

    assert labels.is_blank("SKIP")
    assert labels.grade("skip") is None
    assert not labels.is_blank("good")
    assert not labels.is_blank("other")


@pytest.mark.parametrize(("cell", "blank"), [("", True), (" ", True), (None, True), ("0", False), (0, False)])
def test_only_a_cell_that_says_nothing_is_blank(cell: object, *, blank: bool) -> None:
    assert Labels().is_blank(cell) is blank


def test_labels_that_no_cell_held_are_known_until_one_does() -> None:
    labels = parse_labels(["good=2", "bad=0", "skip="])
    assert labels.unmet == ["good", "bad", "skip"]

    labels.grade("good")
    labels.is_blank("skip")

    assert labels.unmet == ["bad"]


@pytest.mark.parametrize(
    ("cell", "separator", "doubtful"),
    [
        ("1,000", ",", True),
        ("1,000", "", True),
        (" 12,345,678 ", ",", True),
        ("1.000", ";", True),
        ("1.000", ",", False),  # where commas part cells, a point is a decimal point
        ("0.500", ";", False),
        ("1,00", ",", False),
        ("1234,567", ",", False),
        ("1000", ";", False),
        (1.0, ";", False),
    ],
)
def test_what_may_be_a_thousand_is_doubtful(cell: object, separator: str, *, doubtful: bool) -> None:
    assert Labels().is_doubtful(cell, separator) is doubtful


def test_a_label_that_was_stated_is_not_doubtful() -> None:
    labels = parse_labels(["1,000=3"])

    assert not labels.is_doubtful("1,000", ",")
    assert labels.grade("1,000") == 3


@pytest.mark.parametrize(
    "pair", ["good", "=1", "good=high", "good=-1", f"good={LARGEST + 1}", "good=1.5", "", "="]
)
def test_a_pair_that_gives_no_grade_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match="says nothing that can be used") as told:
        parse_labels([pair])
    assert told.value.findings[0].code == "EK108"


def test_a_label_is_given_once_whatever_its_case() -> None:
    with pytest.raises(UsageError, match="gives the label 'GOOD' twice"):
        parse_labels(["good=1", "GOOD=2"])


def test_a_label_may_hold_an_equals_sign() -> None:
    assert parse_labels(["a=b=2"]).stated == {"a=b": 2}


@given(grade=grades)
def test_the_largest_grade_and_all_below_it_may_be_stated(grade: int) -> None:
    assert parse_labels([f"x={grade}"]).grade("X") == grade


@given(grade=grades)
def test_a_grade_is_read_alike_however_a_spreadsheet_writes_it(grade: int) -> None:
    spellings = (grade, float(grade), str(grade), f"{grade}.0", f"{grade},0", f" {grade} ", f"+{grade}")

    assert {Labels().grade(cell) for cell in spellings} == {grade}


@given(cells=st.lists(st.sampled_from(["good", "bad", "skip", "other", "1", ""]), max_size=8))
def test_no_cell_is_both_a_grade_and_blank(cells: list[str]) -> None:
    labels = parse_labels(["good=2", "bad=0", "skip="])

    for cell in cells:
        assert labels.grade(cell) is None or not labels.is_blank(cell)


def test_an_explanation_gives_each_label_a_place_and_silence_none() -> None:
    assert explaining(["good", "n/a"], unjudged=False) == 'evalkit golden import … --grades "good=…,n/a="'


def test_an_explanation_gives_a_label_with_a_comma_an_option_of_its_own() -> None:
    told = explaining(["good", "fair, mostly", "bad"], unjudged=False)

    assert told == 'evalkit golden import … --grades "good=…,bad=…" --grades "fair, mostly=…"'


@pytest.mark.parametrize(("number", "more"), [(6, ""), (7, "(and 1 more)"), (9, "(and 3 more)")])
def test_an_explanation_shows_six_labels_and_counts_the_rest(number: int, more: str) -> None:
    told = explaining([f"l{n}" for n in range(number)], unjudged=False)

    assert told.count("=…") == 6
    assert told.endswith(more or '"')


def test_an_explanation_says_what_nothing_after_the_sign_means() -> None:
    assert explaining(["good"]).endswith("; nothing after = leaves it unjudged")


@pytest.mark.parametrize(
    ("text", "numeral"),
    [("1", True), ("-1.5", True), ("1,5", True), ("1e3", True), ("nan", False), ("inf", False), ("a", False)],
)
def test_a_numeral_is_a_finite_number_with_point_or_comma(text: str, *, numeral: bool) -> None:
    assert is_numeral(text) is numeral
