"""The curves as tables: a few shares of every strategy, with worst points, blackouts and the sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.blocks import Block, Grid, Sentences
from evalkit.reporting.page import Section
from evalkit.reporting.sections.heading import name_of
from evalkit.reporting.tables import Column, Table
from evalkit.results.curves import CurveSummary, LineSummary, MixRow
from evalkit.results.result import Result

_SHOWN = (0.0, 0.25, 0.5, 0.75, 1.0)
_HALF, _NEARLY = 0.5, 0.05
_MOST_COHORTS = 10
_NUMBERS = ("worst", "break-even", "blackout", "spread", "searches")


def curve_tables(result: Result) -> Iterator[Section]:
    """Yield a section for each curve: the strategies, its cohorts half way, and the sentence."""
    for curve in result.mix_summary:
        way = (curve.old, curve.new, curve.order)
        own = [row for row in result.mix if (row.old, row.new, row.order) == way]
        yield Section.untitled(_strategies(curve, own, name_of(result)))
        yield Section.untitled(*_cohorts(curve.lines[0], own), Sentences((curve.sentence,)))


def _strategies(curve: CurveSummary, mix: Sequence[MixRow], name: str) -> Grid:
    measure = curve.lines[0].measure
    values = {
        (row.strategy, row.share): row.value for row in mix if row.cohort is None and row.measure == measure
    }
    shares = _nearest(sorted({share for _, share in values}))
    rows = [
        (
            line.strategy,
            *(figures.number(values[line.strategy, share]) for share in shares),
            *_numbers(line),
        )
        for line in curve.lines
        if line.measure == measure
    ]
    headings = (*map(figures.tight_percent, shares), *_NUMBERS)
    columns = [Column(""), *(Column(heading, numeric=True) for heading in headings)]
    about = f"{name}: " if name else ""
    caption = f"{about}{curve.old} → {curve.new}, order {curve.order}, {measure} by the share moved"
    return Grid(Table.of(caption, columns, rows))


def _numbers(line: LineSummary) -> tuple[str, ...]:
    """Return what stands behind the values of a strategy; "" where there is none."""
    worst = "" if line.worst is None else f"{figures.number(line.worst)} at {_percent(line.worst_share)}"
    return (
        worst,
        "never" if line.break_even is None else _percent(line.break_even),
        "" if line.blackout is None else _percent(line.blackout),
        "" if line.spread is None else f"±{figures.number(line.spread)}",
        f"{line.searches}",
    )


def _cohorts(line: LineSummary, mix: Sequence[MixRow]) -> Iterator[Block]:
    """Yield what becomes of each cohort half way, under the first strategy."""
    if not line.held:
        return
    values = line.cohorts or _half_way(line, mix)
    rows = [
        (
            shortened(cohort, 25),
            figures.number(values.get(cohort)),
            *map(_percent, (holding.first, holding.corpus)),
        )
        for cohort, holding in list(line.held.items())[:_MOST_COHORTS]
    ]
    names = (line.measure, "of the first ten", "of the corpus")
    columns = [
        Column(f"{line.strategy}, {_percent(_HALF)} moved"),
        *(Column(name, numeric=True) for name in names),
    ]
    yield Grid(Table.of("", columns, rows))


def _half_way(line: LineSummary, mix: Sequence[MixRow]) -> dict[str, float | None]:
    """Return the values of a result of an earlier version, which knows no more than its shares."""
    own = [row for row in mix if (row.strategy, row.measure) == (line.strategy, line.measure)]
    distance, half = min((abs(row.share - _HALF), row.share) for row in own)
    near = [row for row in own if row.share == half and distance <= _NEARLY]
    return {row.cohort: row.value for row in near if row.cohort is not None}


def _nearest(shares: Sequence[float]) -> list[float]:
    return sorted({min((abs(share - wanted), share) for share in shares)[1] for wanted in _SHOWN})


def _percent(share: float | None) -> str:
    return figures.tight_percent(share)
