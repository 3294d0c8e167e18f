"""Curves and their names on a plot."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.reporting.curves import Curve, CurveChart, apart

heights = st.lists(st.floats(0, 100), max_size=30)
values = st.lists(st.floats(0, 1), min_size=2, max_size=30)


@given(heights, st.floats(0.5, 12))
def test_names_are_apart_in_the_order_of_their_lines_and_on_the_plot(places: list[float], gap: float) -> None:
    moved = apart(places, gap)
    room = min(gap, 94 / max(1, len(places) - 1))
    assert all(low + room <= high + 0.02 for low, high in pairwise(sorted(moved)))
    assert all(2.99 <= place <= 97.01 for place in moved)
    order = sorted(range(len(places)), key=lambda index: places[index])
    assert order == sorted(range(len(places)), key=lambda index: moved[index])


def test_names_that_have_room_stay_at_the_ends_of_their_lines() -> None:
    assert apart([50.0, 20.0, 80.0], 6) == [50.0, 20.0, 80.0]


@given(values)
def test_a_path_runs_through_every_known_value_from_left_to_right(known: list[float]) -> None:
    shares = [index / (len(known) - 1) for index in range(len(known))]
    curve = Curve(label="x", look="good", values=tuple(known))
    (placed,) = CurveChart.of([curve], shares, level=None, summary="").curves
    points = [tuple(map(float, point.split(","))) for point in placed.path.removeprefix("M").split()]
    assert len(points) == len(known)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert (points[0][0], points[-1][0]) == (0, 100)
    for (_, first), (_, second), before, after in zip(points, points[1:], known, known[1:], strict=False):
        assert (first - second) * (after - before) >= 0


def test_a_line_stops_where_it_has_no_value_and_its_name_stands_at_its_last_one() -> None:
    curve = Curve(label="x", look="good", values=(None, 0.8, 0.2, None))
    chart = CurveChart.of([curve], [0.0, 0.3, 0.6, 1.0], level=0.5, summary="")
    (placed,) = chart.curves
    assert len(placed.path.split()) == 2
    assert placed.path.startswith("M30,")
    assert placed.label_at == pytest.approx(float(placed.path.split(",")[-1]), abs=0.1)
    assert chart.level is not None
    assert chart.level < placed.label_at


def test_a_band_goes_there_along_its_upper_and_back_along_its_lower_end() -> None:
    curve = Curve(label="x", look="good", values=(0.5, 0.5), lows=(0.4, 0.3), highs=(0.6, 0.7))
    (placed,) = CurveChart.of([curve], [0.0, 1.0], level=None, summary="").curves
    points = [tuple(map(float, point.split(","))) for point in placed.band.removeprefix("M").split()]
    assert [x for x, _ in points] == [0, 100, 100, 0]
    assert points[1][1] < points[0][1] < points[3][1] < points[2][1]


def test_a_curve_without_any_value_has_no_path() -> None:
    curve = Curve(label="x", look="good", values=(None, None))
    (placed,) = CurveChart.of([curve], [0.0, 1.0], level=None, summary="").curves
    assert placed.path == ""
