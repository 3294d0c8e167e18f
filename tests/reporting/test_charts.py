"""Places on a plot."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.reporting.charts import BarChart, Interval, IntervalChart, Scale, ScatterChart

deltas = st.lists(st.floats(-1, 1), min_size=1, max_size=700).map(sorted)
scores = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=50)


def drawn(low: float, high: float) -> Interval:
    return Interval(label="x", estimate=(low + high) / 2, low=low, high=high, tone="even", text="")


@given(deltas)
def test_a_scale_holds_zero_and_every_value_in_order(values: list[float]) -> None:
    scale = Scale.over(values)
    places = [scale.place(value) for value in values]
    assert places == sorted(places)
    assert 0 < scale.place(0.0) < 100
    assert all(0 <= place <= 100 for place in places)


@given(deltas)
def test_the_ticks_of_a_scale_are_few_and_distinct(values: list[float]) -> None:
    labels = [tick.label for tick in Scale.over(values).ticks]
    assert 3 <= len(labels) <= 9
    assert len(set(labels)) == len(labels)


def test_small_differences_fill_the_axis_that_is_scaled_to_them() -> None:
    chart = IntervalChart.of([drawn(-0.004, 0.002)], limit=None, summary="")
    assert chart.rows[0].width > 80


def test_the_limit_is_on_the_axis_even_where_no_interval_reaches_it() -> None:
    chart = IntervalChart.of([drawn(0.01, 0.02)], limit=-0.05, summary="")
    assert chart.limit is not None
    assert chart.limit.at < chart.zero < chart.rows[0].low


def test_a_limit_of_zero_is_the_zero_line_alone() -> None:
    assert IntervalChart.of([drawn(0.01, 0.02)], limit=0.0, summary="").limit is None


@given(deltas)
def test_bars_stand_between_zero_and_their_value_and_are_at_most_as_many_as_asked(
    values: list[float],
) -> None:
    chart = BarChart.of([str(index) for index in range(len(values))], values, most=60, summary="")
    assert len(chart.bars) == math.ceil(len(values) / chart.each) <= 60
    for bar in chart.bars:
        assert bar.height >= 0
        assert bar.y == pytest.approx(chart.zero) or bar.y + bar.height == pytest.approx(chart.zero, abs=0.02)


def test_a_bar_of_several_queries_says_which_they_are() -> None:
    chart = BarChart.of(list("abcde"), [-1.0, -0.5, 0.0, 0.5, 1.0], most=3, summary="")
    assert [(bar.label, bar.value) for bar in chart.bars] == [
        ("1 to 2", "−0.750"),
        ("3 to 4", "+0.250"),
        ("5 to 5", "+1.000"),
    ]


@given(scores)
def test_the_scatter_and_its_table_count_every_query_once(pairs: list[tuple[float, float]]) -> None:
    chart = ScatterChart.of([old for old, _ in pairs], [new for _, new in pairs], summary="")
    assert sum(dot.count for dot in chart.dots) == len(pairs)
    assert sum(int(cell) for _, cells in chart.rows for cell in cells if cell) == len(pairs)
