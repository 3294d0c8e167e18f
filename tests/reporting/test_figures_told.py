"""Figures as they are told: effects beside limits, evidence, sizes; none is shown as what it is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit import figures
from evalkit.figures import ABSENT, MINUS, SPACE

shares = st.floats(-1, 1)


def read(shown: str) -> float:
    """Return the number that a figure shows."""
    return float(shown.replace(MINUS, "-").replace(",", ""))


@pytest.mark.parametrize(
    ("numbers", "limit", "shown"),
    [
        ((0.029, 0.008, 0.05), None, ("+0.029", "+0.008", "+0.050")),
        ((0.029, 0.0004, 0.05), None, ("+0.0290", "+0.0004", "+0.0500")),
        ((0.029, 0.0, 0.05), None, ("+0.029", "0.000", "+0.050")),
        ((-0.0204, -0.05, 0.01), 0.02, (f"{MINUS}0.0204", f"{MINUS}0.0500", "+0.0100")),
        ((-0.02, -0.05, 0.01), 0.02, (f"{MINUS}0.020", f"{MINUS}0.050", "+0.010")),
        ((0.0, -1e-7, 1e-9), None, ("0.000", "0.000", "0.000")),
        ((1e-6, 1e-6, 1e-6), None, ("+0.000001",) * 3),
        ((None, 0.1, None), None, (ABSENT, "+0.100", ABSENT)),
    ],
)
def test_an_effect_has_as_many_digits_as_tell_it_from_nothing_and_from_its_limit(
    numbers: tuple[float | None, float | None, float | None], limit: float | None, shown: tuple[str, ...]
) -> None:
    assert tuple(figures.effect(*numbers, limit=limit)) == shown


@settings(max_examples=40)
@given(st.lists(shares, min_size=3, max_size=3).map(sorted), st.floats(0.001, 0.2).map(lambda x: round(x, 3)))
def test_no_shown_effect_looks_like_a_limit_that_it_is_not(ends: list[float], limit: float) -> None:
    low, delta, high = ends
    shown = figures.effect(delta, low, high, limit=limit)
    for value, text in zip((delta, low, high), shown, strict=True):
        for mark in (0.0, limit, -limit):
            if abs(value - mark) >= 1e-6:
                assert read(text) != mark
        assert abs(read(text) - value) <= 0.0005001
    assert len({len(text.rpartition(".")[2]) for text in shown}) == 1


def test_an_interval_with_an_unknown_end_is_a_dash_and_a_whole_one_stands_in_brackets() -> None:
    assert figures.effect(0.1, 0.05, 0.2).interval == "[+0.050, +0.200]"
    assert figures.effect(0.1, None, 0.2).interval == ABSENT
    assert figures.effect(0.1, 0.05, None).interval == ABSENT
    assert figures.told_effect(0.1, -0.05, 0.2) == f"+0.100 [{MINUS}0.050, +0.200]"
    assert figures.interval(-0.05, 0.0002) == f"[{MINUS}0.0500, +0.0002]"
    assert figures.interval(0.1, None) == ABSENT
    assert figures.interval(0.1, 0.2, digits=2, between=" to ") == "[+0.10 to +0.20]"


@settings(max_examples=40)
@given(before=st.floats(0, 1), after=st.floats(0, 1), width=st.floats(0, 0.3))
def test_means_difference_and_interval_of_a_comparison_go_together(
    before: float, after: float, width: float
) -> None:
    delta = after - before
    first, second, change, interval = figures.comparison(before, after, delta, delta - width, delta + width)
    digits = len(change.rpartition(".")[2])
    assert len(first.rpartition(".")[2]) == len(second.rpartition(".")[2]) == digits
    ends = [read(end) for end in interval.strip("[]").split(", ")]
    assert ends[0] <= read(change) + 0.6 * 10**-digits
    assert ends[1] >= read(change) - 0.6 * 10**-digits
    assert all(len(end.rpartition(".")[2]) >= digits for end in interval.strip("[]").split(", "))


def test_a_comparison_that_lacks_a_side_has_dashes() -> None:
    assert figures.comparison(None, 0.5, None, None, None) == (ABSENT, "0.500", ABSENT, ABSENT)


@pytest.mark.parametrize(
    ("value", "limit", "shown"),
    [
        (0.012, 0.01, "0.012"),
        (0.0101, 0.01, "0.0101"),
        (0.01, 0.01, "0.010"),
        (0.01 + 1e-9, 0.01, "0.010"),
        (0.0100008, 0.01, "0.010001"),
    ],
)
def test_a_number_never_looks_like_the_limit_that_it_misses(value: float, limit: float, shown: str) -> None:
    assert figures.beside(value, limit) == shown


@pytest.mark.parametrize(
    ("value", "limit", "shown"),
    [
        (0.41, None, "p 0.41"),
        (0.0004, None, "p < 0.001"),
        (0.0252, 0.025, "p 0.0252"),
        (0.025, 0.025, "p 0.025"),
        (0.031, 0.025, "p 0.031"),
    ],
)
def test_a_p_value_in_a_sentence_never_looks_like_its_level(
    value: float, limit: float | None, shown: str
) -> None:
    assert figures.told_p(value, limit) == shown


@settings(max_examples=40)
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_p_value_is_never_shown_as_a_smaller_one(one: float, other: float) -> None:
    low, high = sorted((one, other))
    values = [float(re.sub(r"^<.*", "0.0005", figures.p_value(value))) for value in (low, high)]
    assert values[0] <= values[1] + 0.005


@pytest.mark.parametrize(
    ("share", "shown", "tight"),
    [
        (None, ABSENT, ABSENT),
        (0.0, f"0{SPACE}%", "0%"),
        (1e-9, f"<{SPACE}1{SPACE}%", "<1%"),
        (0.01, f"1{SPACE}%", "1%"),
        (0.99, f"99{SPACE}%", "99%"),
        (0.990001, f">{SPACE}99{SPACE}%", ">99%"),
        (1.0, f"100{SPACE}%", "100%"),
        (1.5, f"150{SPACE}%", "150%"),
    ],
)
def test_shares_at_both_ends_are_told_from_nothing_and_everything(
    share: float | None, shown: str, tight: str
) -> None:
    assert figures.percent(share) == shown
    assert figures.tight_percent(share) == tight


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0.0 %"), (0.0004, "< 0.1 %"), (0.0005, "0.1 %"), (0.0034, "0.3 %"), (0.5, "50.0 %")],
)
def test_a_small_share_is_told_to_a_tenth_of_a_percent(share: float, shown: str) -> None:
    assert figures.permille(share) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.75, "0.75"),
        (21.3, "21.30"),
        (999.99, "999.99"),
        (1000.0, "1,000"),
        (787654.0, "790,000"),
        (4.2e8, "420,000,000"),
        (3e12, "over 1,000,000,000"),
    ],
)
def test_of_evidence_beyond_a_thousand_its_size_alone_matters(value: float, shown: str) -> None:
    assert figures.e_value(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.34331, "2.3433"),
        (-0.5, f"{MINUS}0.5"),
        (12.0, "12"),
        (1e-9, f"1e{MINUS}09"),
        (123456.0, "1.2346e+05"),
    ],
)
def test_a_number_of_any_size_has_five_digits_at_most(value: float, shown: str) -> None:
    assert figures.spread(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "1 minute"),
        (89, "1 minute"),
        (91, "2 minutes"),
        (2 * 3600 - 1, "120 minutes"),
        (2 * 3600, "2 hours"),
        (48 * 3600 - 1, "48 hours"),
        (48 * 3600, "2 days"),
        (1e9, "11,574 days"),
    ],
)
def test_a_long_time_changes_its_unit_where_two_of_the_next_are_reached(seconds: float, shown: str) -> None:
    assert figures.plain(figures.duration(seconds)) == shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (None, ABSENT),
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_000, "999.0 kB"),
        (1_000_000, "1.0 MB"),
        (1e9, "1.0 GB"),
        (1e12, "1.0 TB"),
        (5e15, "5000.0 TB"),
    ],
)
def test_a_size_changes_its_unit_at_a_thousand_of_them(size_bytes: float | None, shown: str) -> None:
    assert figures.plain(figures.size(size_bytes)) == shown


def test_sizes_of_a_column_have_one_unit() -> None:
    assert figures.megabytes(1_024_000_000) == "1,024.0 MB"
    assert figures.megabytes(51_200) == "0.1 MB"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-3.0, "0"),
        (0.00123, "0.0012"),
        (0.0996, "0.10"),
        (0.0994, "0.099"),
        (9.96, "10"),
        (9.94, "9.9"),
        (12.4, "12"),
        (98765, "99,000"),
    ],
)
def test_a_measured_number_has_two_significant_digits(value: float, shown: str) -> None:
    assert figures.significant(value) == shown
    assert figures.rate(value) == shown
    assert figures.duration_ms(value) == f"{shown}{SPACE}ms"


def test_what_nobody_measured_is_a_dash() -> None:
    absent = (
        figures.rate,
        figures.duration_ms,
        figures.count,
        figures.number,
        figures.signed,
        figures.p_value,
    )
    assert {told(None) for told in absent} == {ABSENT}


@pytest.mark.parametrize(
    ("value", "noun", "shown"),
    [(2, "day", "2 days"), (1, "day", "1 day"), (2, "entry", "2 entries"), (0, "query", "0 queries")],
)
def test_days_are_days(value: int, noun: str, shown: str) -> None:
    assert figures.plain(figures.counted(value, noun)) == shown


def test_whole_numbers_are_rounded_to_even_as_everything_is() -> None:
    assert [figures.count(value) for value in (0.5, 1.5, 2.5, 1434.6)] == ["0", "2", "2", "1,435"]
    assert [figures.number(value, 0) for value in (0.5, 1.5, -0.5)] == ["0", "2", "0"]


@pytest.mark.parametrize(
    ("value", "shown"), [(0.02, "0.02"), (-0.5, f"{MINUS}0.5"), (0.0, "0"), (100.0, "100")]
)
def test_what_was_set_is_shown_as_it_was_set(value: float, shown: str) -> None:
    assert figures.as_set(value) == shown
