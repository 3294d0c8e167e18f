"""The plot of a mixed index: what search is worth on the way, and which documents pay for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.arrays import Floats
from evalkit.lab import describe
from evalkit.mixing.curve import MixCurve
from evalkit.mixing.line import Line
from evalkit.reporting.plots.canvas import SHADE, SIZE, SOFT, bare, figure, headed, name_lines, style_of
from evalkit.reporting.sections import mixwords
from evalkit.reporting.sections.strategies import CARELESS, KEEPS_OLD, strategy_of
from evalkit.results.curves import CurveSummary
from evalkit.scoring.measure import Measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDE, _NARROW, _HIGH = 12.0, 7.6, 5.6
_ABOVE, _BELOW = 0.5, 0.62
_HEADROOM = 1.06
_OLD_INDEX = ("the old index, untouched", "ink dashed")
_AVERAGE = ("average query", "bad heavy")
_SIDES = {"moved": ("have moved", "good"), "unmoved": ("have not moved", "other dashed")}


def plot_mix(curve: MixCurve, measure: Measure | str | None = None) -> Figure:
    """Return the picture of one measure: every strategy, and the two halves of the corpus beside.

    Args:
        curve: The lab's result.
        measure: Which measure; the first when none is named.

    Returns:
        A figure of two plots, of one where queries were never simply switched.
    """
    lines = [curve.line(name, measure) for name in curve.strategies]
    careless = next((line for line in lines if line.strategy == CARELESS), None)
    made = figure(_NARROW if careless is None else _WIDE, _HIGH)
    told = CurveSummary.of(describe(curve))
    own = [row for row in told.lines if row.measure == str(lines[0].measure)]
    title, *words = mixwords.sentences(told, own, None)
    floor = _BELOW / _HIGH
    height = headed(made, title, words) - _ABOVE / _HIGH - floor
    if careless is None:
        _strategies(made, made.add_axes((0.08, floor, 0.54, height)), curve, lines)
        return made
    left = made.add_axes((0.05, floor, 0.39, height))
    _strategies(made, left, curve, lines)
    _halves(made, made.add_axes((0.68, floor, 0.16, height), ylim=left.get_ylim()), curve, careless)
    return made


def _strategies(made: Figure, axes: Axes, curve: MixCurve, lines: list[Line]) -> None:
    old = lines[0].old_mean
    drawn = [line for line in lines if line.strategy != KEEPS_OLD]
    drawn.sort(key=lambda line: line.strategy == CARELESS)  # drawn last, it lies on top
    tops = [line.band[1] if line.strategy == CARELESS else line.means for line in drawn]
    most = max([old, *(float(top.max()) for top in tops)])
    _frame(axes, most * _HEADROOM or 1.0, f"Mean {lines[0].measure}, by how queries are answered meanwhile")
    axes.axhspan(0, old, color=SHADE, zorder=0)
    words = "worse than if nothing had been touched"
    axes.text(0.5, old * 0.04, words, size=SIZE - 0.5, color=SOFT, ha="center", style="italic")
    names = []
    for line in drawn:
        known = strategy_of(line.strategy)
        if line.strategy == CARELESS:
            axes.fill_between(
                curve.shares, *line.band, color=style_of(known.look)[0], alpha=0.13, linewidth=0
            )
        _stroke(axes, curve.shares, line.means, known.look)
        names.append((known.label, float(line.means[-1]), known.look, float(line.means.mean())))
    _stroke(axes, curve.shares, np.full(curve.shares.size, old), _OLD_INDEX[1])
    names.append((_OLD_INDEX[0], old, _OLD_INDEX[1], old))
    # Most lines end together: there, their names stand in the order in which the lines lie before.
    name_lines(made, axes, [name[:3] for name in sorted(names, key=lambda name: -name[3])])


def _halves(made: Figure, axes: Axes, curve: MixCurve, line: Line) -> None:
    found = {name: line.cohorts[name] for name in _SIDES if not np.isnan(line.cohorts[name]).all()}
    most = max(axes.get_ylim()[1], *(float(np.nanmax(values)) * _HEADROOM for values in found.values()))
    _frame(axes, most, f"“{strategy_of(CARELESS).label}”: documents that …")
    names = []
    for name, values in found.items():
        label, look = _SIDES[name]
        _stroke(axes, curve.shares, values, look)
        names.append((label, float(values[~np.isnan(values)][-1]), look))
    _stroke(axes, curve.shares, line.means, _AVERAGE[1])
    name_lines(made, axes, [*names, (_AVERAGE[0], float(line.means[-1]), _AVERAGE[1])])


def _stroke(axes: Axes, shares: Floats, values: Floats, look: str) -> None:
    colour, dash, width = style_of(look)
    alone = "o" if shares.size == 1 else ""  # a line through one point is not seen
    axes.plot(shares, values, color=colour, linestyle=dash, linewidth=width, marker=alone)


def _frame(axes: Axes, most: float, heading: str) -> None:
    bare(axes)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, most)
    axes.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.set_xlabel("documents that carry new vectors", size=SIZE, color=SOFT, labelpad=4)
    axes.set_title(heading, loc="left", size=SIZE + 0.5, color=SOFT, pad=8)
