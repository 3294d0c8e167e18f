"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import figures

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.029, "+0.029"),
        (-0.0212, "−0.021"),
        (0.0, "0.000"),
        (-0.0, "0.000"),
        (-0.0004, "0.000"),
        (0.00051, "+0.001"),
        (1234.5678, "+1,234.568"),
        (None, "–"),
    ],
)
def test_a_difference_carries_its_sign_unless_it_rounds_to_zero(value: float | None, shown: str) -> None:
    assert figures.signed(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.00001, f"<{NBSP}0.001"),
        (0.001, "0.001"),
        (0.0412, "0.041"),
        (0.412, "0.41"),
        (1.0, "1.00"),
        (None, "–"),
    ],
)
def test_a_p_value_has_as_many_digits_as_anyone_reads(value: float | None, shown: str) -> None:
    assert figures.p_value(value) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0"), (0.004, f"<{NBSP}1"), (0.19, "19"), (0.996, f">{NBSP}99"), (1.0, "100")],
)
def test_only_nothing_is_no_percent_and_only_everything_is_all(share: float, shown: str) -> None:
    assert figures.percent(share) == f"{shown}{NBSP}%"


@pytest.mark.parametrize(
    ("size", "shown"),
    [(1, "1 bytes"), (1536, "1.5 kB"), (6_716_928, "6.7 MB"), (4.2e10, "42.0 GB"), (3e13, "30.0 TB")],
)
def test_sizes_are_told_in_the_decimal_unit_that_suits_them(size: float, shown: str) -> None:
    assert figures.size(size) == shown.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("value", "noun", "shown"),
    [(1, "query", "1 query"), (1435, "query", "1,435 queries"), (0, "document", "0 documents")],
)
def test_a_number_agrees_with_its_noun(value: int, noun: str, shown: str) -> None:
    assert figures.counted(value, noun) == shown.replace(" ", NBSP)


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0"), (-0.04, "−0.04"), (0.1, "+0.1"), (None, "–")])
def test_a_limit_is_shown_as_it_was_set(value: float | None, shown: str) -> None:
    assert figures.setting(value) == shown


def test_an_interval_with_an_unknown_end_is_absent() -> None:
    assert figures.interval(None, 0.5) == "–"
    assert figures.interval(-0.1, 0.25) == "[−0.100, +0.250]"


@given(st.floats(-1, 1))
def test_rounding_never_moves_a_difference_by_more_than_half_a_step(value: float) -> None:
    shown = Decimal(figures.signed(value, 3).replace("−", "-"))
    assert abs(shown - Decimal(value)) <= Decimal("0.0005")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0.4242, "0.42"), (14.3, "14"), (1234.5, "1,200"), (99.6, "100"), (0.0, "0")],
)
def test_a_speed_has_two_significant_digits(value: float | None, shown: str) -> None:
    assert figures.rate(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(1, "1 minute"), (3000, "50 minutes"), (70_000, "19 hours"), (1_000_000, "12 days")],
)
def test_a_long_time_is_told_in_the_unit_that_suits_it(seconds: float, shown: str) -> None:
    assert figures.duration(seconds).replace(figures.SPACE, " ") == shown


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (0.96754, 0.96746, ("0.96754", "0.96746", "−0.00008")),
        (0.5, 0.75, ("0.500", "0.750", "+0.250")),
        (0.6, 0.6, ("0.600", "0.600", "0.000")),
        (0.6124, 0.6416, ("0.612", "0.642", "+0.029")),  # a unit in the last place of many
        (0.6124, 0.6136, ("0.6124", "0.6136", "+0.0012")),  # of few
    ],
)
def test_a_change_is_shown_with_its_ends(before: float, after: float, shown: tuple[str, ...]) -> None:
    assert figures.change(before, after, after - before) == shown


def test_a_change_from_nothing_is_a_dash() -> None:
    assert figures.change(None, 0.75, None) == (figures.ABSENT, "0.750", figures.ABSENT)


@given(before=st.floats(0, 1), after=st.floats(0, 1))
def test_a_shown_change_never_contradicts_the_shown_ends(before: float, after: float) -> None:
    first, second, change = figures.change(before, after, after - before)

    apart, shown = float(second) - float(first), _read(change)
    unit = 10.0 ** -len(change.partition(".")[2])
    assert abs(apart - shown) <= (1.01 * unit if abs(shown) >= 9.9 * unit else 0.01 * unit)
    assert (abs(apart) < 0.5 * unit) == (abs(shown) < 0.5 * unit)


def _read(shown: str) -> float:
    return float(shown.replace(figures.MINUS, "-"))
