"""The charts: numbers turned into places on a plot, in percent of its width and height."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evalkit import figures

MOST_BARS = 200
SCORE_STEPS = 10
_LARGEST_RADIUS = 4.2
_SMALLEST_RADIUS = 0.8
_LEAST_SPREAD = 1e-6
_NICE_STEPS = (5.0, 2.0, 1.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight axis from `start` to `stop`, its ticks at round numbers."""

    start: float
    stop: float
    step: float

    @classmethod
    def over(cls, values: Iterable[float]) -> Scale:
        """Return the scale that holds all `values` and zero, with three to eight ticks."""
        known = [0.0, *values]
        low, high = min(known), max(known)
        spread = high - low if high - low > _LEAST_SPREAD else 0.0
        step = _nice_step(spread / 3)
        slack = spread * 0.04 or step
        return cls(low - slack if low < 0 else -slack, high + slack if high > 0 else slack, step)

    def place(self, value: float) -> float:
        """Return where `value` lies, in percent of the axis, held within it."""
        share = (value - self.start) / (self.stop - self.start)
        return round(100 * min(1.0, max(0.0, share)), 2)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The round numbers on the axis, written as differences."""
        return self.marks(figures.signed)

    def marks(self, written: Callable[[float, int], str]) -> tuple[Tick, ...]:
        """Return the round numbers on the axis; `written` turns a number and its decimals into a label."""
        digits = max(0, -math.floor(math.log10(self.step) + 1e-9))
        first, last = math.ceil(self.start / self.step), math.floor(self.stop / self.step)
        numbers = [index * self.step for index in range(first, last + 1)]
        return tuple(Tick(self.place(value), written(value, digits)) for value in numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One row to draw: an estimate with its interval, in the unit of the measure."""

    label: str
    estimate: float
    low: float
    high: float
    tone: str
    text: str
    muted: bool = False


@dataclass(frozen=True, slots=True)
class PlacedInterval:
    """An interval with its places on the axis."""

    of: Interval
    at: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """How much of the axis the interval covers."""
        return round(self.high - self.low, 2)


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """Estimates with their intervals on one axis that is scaled to them; `limit` is what they are held to."""

    rows: tuple[PlacedInterval, ...]
    ticks: tuple[Tick, ...]
    zero: float
    limit: Tick | None
    summary: str

    @classmethod
    def of(cls, rows: Sequence[Interval], *, limit: float | None, summary: str) -> IntervalChart:
        """Return the chart of `rows`.

        Args:
            rows: What to draw, top to bottom.
            limit: The difference that is held against them, None for none.
            summary: What the chart shows, for those who do not see it.
        """
        ends = [end for row in rows for end in (row.low, row.high)]
        scale = Scale.over([*ends, *([limit] if limit else [])])
        placed = [PlacedInterval(row, *map(scale.place, (row.estimate, row.low, row.high))) for row in rows]
        mark = Tick(scale.place(limit), figures.signed(limit)) if limit else None
        return cls(tuple(placed), scale.ticks, scale.place(0.0), mark, summary)


@dataclass(frozen=True, slots=True)
class Bar:
    """One column of the chart of sorted deltas: a query, or the mean of a few neighbours."""

    label: str
    value: str
    x: float
    width: float
    y: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """The deltas of all queries, worst first; `each` says how many queries a bar stands for."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    zero: float
    each: int
    summary: str

    @classmethod
    def of(cls, labels: Sequence[str], deltas: Sequence[float], *, most: int, summary: str) -> BarChart:
        """Return the chart of sorted `deltas`, neighbours averaged so that at most `most` bars are left.

        Args:
            labels: (Q,) names of the queries.
            deltas: (Q,) differences in [-1, 1], ascending.
            most: How many bars the page has room for, at least 1.
            summary: What the chart shows, for those who do not see it.
        """
        each = max(1, math.ceil(len(deltas) / most))
        starts = range(0, len(deltas), each)
        means = [
            math.fsum(deltas[start : start + each]) / len(deltas[start : start + each]) for start in starts
        ]
        scale = Scale.over(means)
        bars = []
        for index, (start, mean) in enumerate(zip(starts, means, strict=True)):
            stop = min(start + each, len(deltas))
            top, bottom = sorted((100 - scale.place(mean), 100 - scale.place(0.0)))
            bars.append(
                Bar(
                    label=labels[start] if each == 1 else f"{start + 1} to {stop}",
                    value=figures.signed(mean),
                    x=round(100 * index / len(means), 2),
                    width=round(100 / len(means) * 0.9, 2),
                    y=round(top, 2),
                    height=round(bottom - top, 2),
                    tone=tone_of(mean),
                )
            )
        flipped = tuple(Tick(round(100 - tick.at, 2), tick.label) for tick in scale.ticks)
        return cls(tuple(bars), flipped, round(100 - scale.place(0.0), 2), each, summary)


@dataclass(frozen=True, slots=True)
class Dot:
    """All queries whose two scores round to one pair of tenths."""

    x: float
    y: float
    radius: float
    count: int
    tone: str


@dataclass(frozen=True, slots=True)
class ScatterChart:
    """Baseline against candidate score, gathered to tenths; `rows` is the same as a table, best first."""

    dots: tuple[Dot, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    summary: str

    @classmethod
    def of(cls, baseline: Sequence[float], candidate: Sequence[float], *, summary: str) -> ScatterChart:
        """Return the chart of two (Q,) rows of scores in [0, 1]."""
        counts: dict[tuple[int, int], int] = {}
        for pair in zip(baseline, candidate, strict=True):
            cell = round(pair[0] * SCORE_STEPS), round(pair[1] * SCORE_STEPS)
            counts[cell] = counts.get(cell, 0) + 1
        most = max(counts.values(), default=1)
        dots = tuple(
            Dot(
                x=_cell(old),
                y=round(100 - _cell(new), 2),
                radius=round(max(_SMALLEST_RADIUS, _LARGEST_RADIUS * math.sqrt(times / most)), 2),
                count=times,
                tone=tone_of(new - old),
            )
            for (old, new), times in sorted(counts.items())
        )
        steps = range(SCORE_STEPS + 1)
        table = tuple(
            (_tenth(new), tuple(str(counts.get((old, new), "")) for old in steps)) for new in reversed(steps)
        )
        return cls(dots, tuple(map(_tenth, steps)), table, summary)


def tone_of(delta: float) -> str:
    """Return "good" for a gain, "bad" for a loss, "even" for neither."""
    if abs(delta) <= 1e-9:  # noqa: PLR2004 - what the comparison calls a tie
        return "even"
    return "good" if delta > 0 else "bad"


def tone_of_interval(low: float, high: float) -> str:
    """Return "good" or "bad" where the whole interval lies on one side of 0, else "even"."""
    return "good" if low > 0 else "bad" if high < 0 else "even"


def _nice_step(most: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is at most `most`."""
    if most <= 0:
        return 0.01
    power = 10.0 ** math.floor(math.log10(most) + 1e-9)
    return power * next((step for step in _NICE_STEPS if step * power <= most), 1.0)


def _cell(tenths: int) -> float:
    return round(100 * (tenths + 1) / (SCORE_STEPS + 2), 2)


def _tenth(tenths: int) -> str:
    return figures.number(tenths / SCORE_STEPS, 1)
