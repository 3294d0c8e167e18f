"""Places on a plot, worked by hand: axes, bars, dots, curves and their tones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.reporting.charts import (
    BarChart,
    Interval,
    IntervalChart,
    Scale,
    ScatterChart,
    tone_of,
    tone_of_interval,
)
from evalkit.reporting.curves import Curve, CurveChart, apart


@pytest.mark.parametrize(
    ("values", "step", "labels"),
    [
        ([0.06], 0.02, ["0.00", "+0.02", "+0.04", "+0.06"]),
        ([-0.03, 0.03], 0.02, ["−0.02", "0.00", "+0.02"]),
        ([0.9], 0.2, ["0.0", "+0.2", "+0.4", "+0.6", "+0.8"]),
        ([1.6], 0.5, ["0.0", "+0.5", "+1.0", "+1.5"]),
        ([30.0], 10.0, ["0", "+10", "+20", "+30"]),
        ([], 0.01, ["−0.01", "0.00", "+0.01"]),
        ([1e-9], 0.01, ["−0.01", "0.00", "+0.01"]),
    ],
)
def test_an_axis_has_round_steps_and_labels_of_as_many_digits(
    values: list[float], step: float, labels: list[str]
) -> None:
    scale = Scale.over(values)
    assert scale.step == pytest.approx(step)
    assert [tick.label for tick in scale.ticks] == labels


def test_an_axis_leaves_a_twenty_fifth_of_its_spread_on_both_sides() -> None:
    scale = Scale.over([0.0, 1.0])
    assert (scale.start, scale.stop) == pytest.approx((-0.04, 1.04))
    assert scale.place(0.0) == pytest.approx(100 * 0.04 / 1.08, abs=0.01)
    assert scale.place(1.0) == pytest.approx(100 * 1.04 / 1.08, abs=0.01)
    both = Scale.over([-1.0, 1.0])
    assert both.place(0.0) == 50.0


def test_what_lies_beyond_an_axis_stands_at_its_end() -> None:
    scale = Scale.over([0.0, 1.0])
    assert (scale.place(9.0), scale.place(-9.0)) == (100.0, 0.0)


def test_an_interval_stands_between_its_ends_on_an_axis_that_holds_the_limit_too() -> None:
    row = Interval(label="a", estimate=0.5, low=0.0, high=1.0, tone="good", text="")
    chart = IntervalChart.of([row], limit=-1.0, summary="s")
    (placed,) = chart.rows
    assert (placed.low, placed.at, placed.high) == pytest.approx((chart.zero, 73.15, 96.3))
    assert placed.width == pytest.approx(placed.high - placed.low, abs=0.01)
    assert chart.limit is not None
    assert chart.limit.label == "−1.000"
    assert chart.limit.at == pytest.approx(3.7)
    assert chart.summary == "s"


def test_a_chart_without_rows_has_an_axis_all_the_same() -> None:
    chart = IntervalChart.of([], limit=None, summary="")
    assert chart.rows == ()
    assert len(chart.ticks) == 3


def test_bars_share_the_width_and_stand_on_zero() -> None:
    chart = BarChart.of(["a", "b", "c", "d"], [-1.0, -0.5, 0.0, 1.0], most=10, summary="")
    assert [(bar.x, bar.width) for bar in chart.bars] == [(0, 22.5), (25, 22.5), (50, 22.5), (75, 22.5)]
    assert [bar.tone for bar in chart.bars] == ["bad", "bad", "even", "good"]
    assert [bar.label for bar in chart.bars] == list("abcd")
    down, half, none, up = chart.bars
    assert (down.y, half.y, none.height) == (chart.zero, chart.zero, 0)
    assert down.height == pytest.approx(2 * half.height, abs=0.02)
    assert up.y + up.height == pytest.approx(chart.zero)
    assert chart.each == 1
    assert [tick.at for tick in chart.ticks] == sorted((tick.at for tick in chart.ticks), reverse=True)


@pytest.mark.parametrize(
    ("queries", "most", "each", "bars"), [(10, 10, 1, 10), (11, 10, 2, 6), (1, 10, 1, 1), (0, 10, 1, 0)]
)
def test_a_bar_stands_for_as_many_neighbours_as_the_room_asks_for(
    queries: int, most: int, each: int, bars: int
) -> None:
    chart = BarChart.of([str(n) for n in range(queries)], [0.1] * queries, most=most, summary="")
    assert (chart.each, len(chart.bars)) == (each, bars)


def test_dots_gather_tenths_their_area_is_the_number_and_their_tone_the_gain() -> None:
    chart = ScatterChart.of([0.0, 0.04, 0.0, 0.0, 1.0, 0.5], [1.0, 0.96, 1.0, 1.0, 0.0, 0.5], summary="")
    by_count = {dot.count: dot for dot in chart.dots if dot.tone == "good"}
    assert by_count.keys() == {4}
    many = by_count[4]
    assert (many.x, many.y) == pytest.approx((8.33, 8.33))
    lost = next(dot for dot in chart.dots if dot.tone == "bad")
    assert (lost.x, lost.y) == pytest.approx((91.67, 91.67))
    assert lost.radius == pytest.approx(many.radius / 2, abs=0.01)
    assert next(dot for dot in chart.dots if dot.tone == "even").x == 50.0


def test_the_table_of_dots_has_the_best_scores_first() -> None:
    chart = ScatterChart.of([0.2, 0.2], [0.9, 0.9], summary="")
    assert chart.headings == tuple(f"{tenth / 10:.1f}" for tenth in range(11))
    assert [label for label, _ in chart.rows] == [f"{tenth / 10:.1f}" for tenth in range(10, -1, -1)]
    assert dict(chart.rows)["0.9"][2] == "2"
    assert sum(cell != "" for _, cells in chart.rows for cell in cells) == 1


def test_a_dot_among_very_many_is_still_seen() -> None:
    chart = ScatterChart.of([0.0] * 900 + [1.0], [0.0] * 900 + [1.0], summary="")
    assert [dot.radius for dot in chart.dots] == [4.2, 0.8]


@pytest.mark.parametrize(
    ("delta", "tone"), [(1e-9, "even"), (-1e-9, "even"), (2e-9, "good"), (-2e-9, "bad"), (0.0, "even")]
)
def test_a_tone_is_that_of_the_comparison(delta: float, tone: str) -> None:
    assert tone_of(delta) == tone


@pytest.mark.parametrize(
    ("low", "high", "tone"),
    [
        (0.001, 0.1, "good"),
        (0.0, 0.1, "even"),
        (-0.1, -0.001, "bad"),
        (-0.1, 0.0, "even"),
        (-0.1, 0.1, "even"),
    ],
)
def test_an_interval_has_a_tone_where_it_lies_on_one_side(low: float, high: float, tone: str) -> None:
    assert tone_of_interval(low, high) == tone


def curve(*values: float | None, **more: tuple[float, ...]) -> Curve:
    return Curve(label="x", look="ink", values=values, **more)


def test_a_curve_is_placed_on_an_axis_that_holds_bands_and_level_too() -> None:
    banded = curve(0.5, 0.5, lows=(0.4, 0.4), highs=(1.0, 0.6))
    alone = CurveChart.of([curve(0.5, 0.5)], [0.0, 1.0], level=None, summary="s")
    with_band = CurveChart.of([banded], [0.0, 1.0], level=None, summary="")
    with_level = CurveChart.of([curve(0.5, 0.5)], [0.0, 1.0], level=1.0, summary="")
    heights = [float(chart.curves[0].path.split(",")[-1]) for chart in (alone, with_band, with_level)]
    assert heights[0] < heights[1] == heights[2]
    assert alone.level is None
    assert with_level.level is not None
    assert with_level.level < heights[2]
    assert alone.summary == "s"


def test_shares_are_marked_in_quarters_and_heights_as_plain_numbers() -> None:
    chart = CurveChart.of([curve(0.2, 0.4)], [0.0, 1.0], level=None, summary="")
    assert [tick.at for tick in chart.across] == [0, 25, 50, 75, 100]
    assert [tick.label.replace("\N{NO-BREAK SPACE}", "") for tick in chart.across] == [
        "0%",
        "25%",
        "50%",
        "75%",
        "100%",
    ]
    assert all(not tick.label.startswith("+") for tick in chart.up)
    assert [tick.at for tick in chart.up] == sorted((tick.at for tick in chart.up), reverse=True)


def test_names_stand_at_the_last_value_and_apart() -> None:
    chart = CurveChart.of(
        [curve(0.1, 0.5), curve(0.9, 0.5), curve(0.5, None)], [0.0, 1.0], level=None, summary="", gap=6.0
    )
    at = sorted(placed.label_at for placed in chart.curves)
    assert at[1] - at[0] >= 6
    assert at[2] - at[1] >= 6


@settings(max_examples=40)
@given(st.lists(st.floats(3, 97), max_size=8))
def test_names_that_are_far_enough_apart_do_not_move(places: list[float]) -> None:
    gap = min((abs(a - b) for i, a in enumerate(places) for b in places[:i]), default=5.0)
    if gap >= 0.5 and gap * max(0, len(places) - 1) <= 94:
        assert apart(places, gap * 0.99) == pytest.approx(places, abs=0.01)


def test_names_without_room_share_it_evenly() -> None:
    assert apart([50.0] * 3, 90.0) == [3.0, 50.0, 97.0]
    assert apart([], 5.0) == []
    assert apart([200.0], 5.0) == [97.0]
    assert apart([-5.0], 5.0) == [3.0]
