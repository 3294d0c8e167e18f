"""The curves: values along the share of documents that have moved, placed in percent of a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit import figures
from evalkit.reporting.charts import Scale, Tick

MOVED = "of the documents have moved"
LABEL_GAP = 6.0
SMALL_LABEL_GAP = 9.0
_SHARES_MARKED = (0.0, 0.25, 0.5, 0.75, 1.0)
_LEAST_LABEL, _MOST_LABEL = 3.0, 97.0


@dataclass(frozen=True, slots=True)
class Axis:
    """What lies across a chart, in words, and its labelled places as shares of the width."""

    words: str
    marks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve to draw: a value for each share, None where there is none.

    Attributes:
        label: What it is called at its end.
        look: Class names that say its colour and dash.
        values: (S,) values along the chart's shares.
        lows: (S,) lower ends of its band; () for a curve without one.
        highs: (S,) upper ends.
    """

    label: str
    look: str
    values: tuple[float | None, ...]
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedCurve:
    """A curve with its path and the path around its band, in percent; `label_at` is where its name stands."""

    of: Curve
    path: str
    band: str
    label_at: float


@dataclass(frozen=True, slots=True)
class CurveChart:
    """Curves over the share moved, or over what `axis` says; `level` is what they are held against."""

    curves: tuple[PlacedCurve, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    level: float | None
    summary: str
    axis: str = MOVED

    @classmethod
    def of(
        cls,
        curves: Sequence[Curve],
        shares: Sequence[float],
        *,
        level: float | None,
        summary: str,
        gap: float = SMALL_LABEL_GAP,
        axis: Axis | None = None,
    ) -> CurveChart:
        """Return the chart of `curves`, their labels moved apart where they would overlap.

        Args:
            curves: What to draw, the topmost last.
            shares: (S,) shares in [0, 1], increasing.
            level: The value that curves are held against.
            summary: What the chart shows, for those who do not see it.
            gap: The least distance between two labels, in percent of the height.
            axis: What lies across in place of the share moved, its places as shares of the width.
        """
        shown = [value for curve in curves for value in (*curve.values, *curve.highs) if value is not None]
        scale = Scale.over([*shown, *([] if level is None else [level])])
        ends = [_height(scale, next((v for v in reversed(c.values) if v is not None), 0.0)) for c in curves]
        places = apart(ends, gap)
        placed = tuple(
            PlacedCurve(curve, _path(shares, curve.values, scale), _band(shares, curve, scale), place)
            for curve, place in zip(curves, places, strict=True)
        )
        marks = Axis(MOVED, tuple((share, figures.percent(share)) for share in _SHARES_MARKED))
        marks = axis or marks
        across = tuple(Tick(100 * at, label) for at, label in marks.marks)
        up = tuple(Tick(_flipped(tick.at), tick.label) for tick in scale.marks(figures.number))
        held = None if level is None else _height(scale, level)
        return cls(placed, across, up, held, summary, marks.words)


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Return `places` moved as little as a simple rule can so that neighbours are at least `gap` apart.

    Args:
        places: Heights in percent.
        gap: The least distance; where there is no room for it, an even share of the room.

    Returns:
        Heights in the order of `places`, within the plot, in the same order from top to bottom; equal
        heights keep the order in which they are given.
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    gap = min(gap, (_MOST_LABEL - _LEAST_LABEL) / max(1, len(places) - 1))
    heights: list[float] = []
    for index in order:
        least = heights[-1] + gap if heights else _LEAST_LABEL
        heights.append(max(least, places[index]))
    most = _MOST_LABEL
    for seat in reversed(range(len(heights))):
        heights[seat] = min(heights[seat], most)
        most = heights[seat] - gap
    moved = [0.0] * len(places)
    for index, height in zip(order, heights, strict=True):
        moved[index] = round(height, 2)
    return moved


def _path(shares: Sequence[float], values: Sequence[float | None], scale: Scale) -> str:
    """Return the path through all known values, "" without any."""
    known = [(share, value) for share, value in zip(shares, values, strict=True) if value is not None]
    return _joined([(100 * share, _height(scale, value)) for share, value in known])


def _band(shares: Sequence[float], curve: Curve, scale: Scale) -> str:
    if not curve.lows:
        return ""
    there = [(100 * share, _height(scale, value)) for share, value in zip(shares, curve.highs, strict=True)]
    back = [(100 * share, _height(scale, value)) for share, value in zip(shares, curve.lows, strict=True)]
    return _joined([*there, *reversed(back)])


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return f"M{' '.join(f'{x:.4g},{y:.4g}' for x, y in points)}" if points else ""


def _height(scale: Scale, value: float) -> float:
    return _flipped(scale.place(value))


def _flipped(percent: float) -> float:
    """Return a height counted from the top, as pages count."""
    return round(100 - percent, 2)
