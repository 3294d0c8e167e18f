"""The plot of effects: each measure's difference with its interval, and the queries behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from evalkit import figures
from evalkit.arrays import Floats
from evalkit.comparison.table import Comparison
from evalkit.experiment import Outcome
from evalkit.reporting.charts import tone_of_interval
from evalkit.reporting.plots.canvas import INK, SIZE, SOFT, TONES, bare, figure, headed
from evalkit.reporting.sections.effects import says
from evalkit.reporting.sections.opening import opening
from evalkit.reporting.sections.source import is_coverage
from evalkit.results.compare import describe_comparison, result_of
from evalkit.results.parts import ComparisonPart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDE, _SINGLE, _LOW, _ROW = 11.5, 8.6, 2.3, 0.42
_MARKERS = {"good": "^", "bad": "v", "even": "o"}


def plot_outcome(outcome: Outcome) -> Figure:
    """Return the picture of a verdict: every measure's difference, and the primary one query by query."""
    told = opening(result_of(outcome, {}))
    rows = [
        row
        for rows in outcome.comparisons
        for row in rows
        if row.segment is None and not is_coverage(str(row.measure))
    ]
    high = max(4.6, 2.2 + _ROW * len(rows))
    made = figure(_WIDE, high)
    title = f"{told.verdict}: {told.summary}" if told else "Scores"
    top = headed(made, title, [told.asked, told.next_step.words] if told else []) - 0.5 / high
    floor = 0.55 / high
    several = len(outcome.candidates) > 1
    names = [f"{row.measure}, {row.candidate}" if several else str(row.measure) for row in rows]
    _intervals(made.add_axes((0.14, floor, 0.28, top - floor)), rows, names)
    _queries(made.add_axes((0.68, floor, 0.3, top - floor)), outcome)
    return made


def plot_comparison(row: Comparison) -> Figure:
    """Return the picture of one comparison: the difference, its interval and the loss that is accepted."""
    made = figure(_SINGLE, _LOW)
    where = f" on {row.segment}" if row.segment else ""
    means = f"{figures.number(row.baseline_mean)} → {figures.number(row.candidate_mean)}"
    title = f"{row.measure}{where}: {means}, {says(ComparisonPart.of(describe_comparison(row)), 0.0)}"
    record = f"{row.wins} won, {row.ties} tied, {row.losses} lost"
    words = f"{row.candidate} against {row.baseline}, {figures.counted(row.queries, 'query')}: {record}."
    top = headed(made, title, [words]) - 0.3 / _LOW
    _intervals(made.add_axes((0.14, 0.22, 0.52, top - 0.22)), [row], [str(row.measure)])
    return made


def _intervals(axes: Axes, rows: Sequence[Comparison], names: Sequence[str]) -> None:
    """Draw differences as a forest, each with its numbers beside it."""
    bare(axes, grid="x")
    heights = -np.arange(len(rows), dtype=np.float64)
    for row, height in zip(rows, heights, strict=True):
        tone = tone_of_interval(row.low, row.high)
        axes.plot(
            [row.low, row.high], [height, height], color=TONES[tone], linewidth=2.6, solid_capstyle="butt"
        )
        axes.plot(
            row.delta, height, marker=_MARKERS[tone], color=TONES[tone], markersize=8, markeredgecolor="white"
        )
        text = figures.told_effect(row.delta, row.low, row.high)
        axes.text(
            1.02,
            height,
            text,
            color=TONES[tone] if tone != "even" else INK,
            size=SIZE,
            va="center",
            transform=axes.get_yaxis_transform(),
        )
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_yticks(heights, names, color=INK)
    ends = [0.0, *(end for row in rows for end in (row.low, row.high))]
    slack = 0.06 * (max(ends) - min(ends)) or 0.01
    axes.set_xlim(min(ends) - slack, max(ends) + slack)
    axes.axvline(0, color=INK, linewidth=1)
    limits = {row.limit for row in rows}
    if len(limits) == 1 and rows[0].limit and -rows[0].limit > axes.get_xlim()[0]:
        axes.axvline(-rows[0].limit, color=SOFT, linewidth=1, linestyle=(0, (4, 4)))
    axes.set_xlabel("worse  ←  difference to the baseline  →  better", size=SIZE, color=SOFT)


def _queries(axes: Axes, outcome: Outcome) -> None:
    """Draw the differences of all queries, worst first."""
    deltas = primary_deltas(outcome)
    bare(axes)
    tones = np.where(deltas > 0, TONES["good"], TONES["bad"])
    axes.bar(np.arange(deltas.size), deltas, width=1.0, color=tones.tolist(), linewidth=0)
    axes.axhline(0, color=INK, linewidth=1)
    axes.set_xlim(-0.5, max(deltas.size, 1) - 0.5)
    axes.set_xticks([])
    row = outcome.primaries[0]
    axes.set_title(f"Δ {row.measure} of every query, worst first", loc="left", size=SIZE + 0.5, color=SOFT)
    axes.set_xlabel(f"{row.losses} lost · {row.ties} tied · {row.wins} won", size=SIZE, color=SOFT)


def primary_deltas(outcome: Outcome) -> Floats:
    """Return the counted queries' differences of the first candidate in the primary measure, ascending."""
    primary = outcome.experiment.policy.primary
    baseline, candidate = outcome.baseline.scores, outcome.candidates[0].scores
    return np.sort((candidate.row(primary) - baseline.row(primary))[baseline.counted])
