"""The plot of a golden set: how many documents answer a query, and how the judgements fell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit import figures
from evalkit.golden.checks.portrait import Portrait
from evalkit.golden.goldenset import GoldenSet
from evalkit.reporting.plots.canvas import INK, SIZE, SOFT, TONES, bare, figure, headed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDE, _HIGH = 10.0, 4.2
_MOST = 15


def plot_golden(golden: GoldenSet) -> Figure:
    """Return the picture of a golden set: relevant documents per query, and judgements by grade."""
    portrait = Portrait.of(golden)
    made = figure(_WIDE, _HIGH)
    answered = f"{figures.count(portrait.counted)} of {figures.counted(portrait.queries, 'query')}"
    words = (
        f"{answered} have a relevant document among {figures.counted(portrait.documents, 'document')}; "
        f"{figures.counted(portrait.judgements, 'judgement')}."
    )
    top = headed(made, golden.name, [words]) - 0.5 / _HIGH
    relevant = golden.qrels.relevant_per_query(len(golden.queries))
    counts = np.bincount(np.minimum(relevant, _MOST))
    labels = [f"{_MOST} or more" if number == _MOST else str(number) for number in range(counts.size)]
    floor = 0.6 / _HIGH
    _bars(
        made.add_axes((0.07, floor, 0.52, top - floor)),
        labels,
        counts.tolist(),
        "Queries by number of relevant documents",
    )
    grades = [str(grade) for grade in portrait.grades]
    _bars(
        made.add_axes((0.68, floor, 0.29, top - floor)),
        grades,
        list(portrait.grades.values()),
        "Judgements by grade",
    )
    return made


def _bars(axes: Axes, labels: list[str], counts: list[int], heading: str) -> None:
    bare(axes)
    places = np.arange(len(labels))
    drawn = axes.bar(places, counts, width=0.72, color=TONES["good"])
    axes.bar_label(
        drawn, [figures.count(count) if count else "" for count in counts], size=SIZE, color=INK, padding=2
    )
    axes.set_xticks(places, labels)
    axes.set_yticks([])
    axes.set_title(heading, loc="left", size=SIZE + 0.5, color=SOFT, pad=14)
