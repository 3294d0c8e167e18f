"""The curve as text: a few shares of every strategy, with worst points, blackouts and the sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.sections.source import aliases_of
from evalkit.results.curves import CurveSummary, LineSummary, MixRow
from evalkit.results.result import Result

SHOWN = (0.0, 0.25, 0.5, 0.75, 1.0)
HALF, NEARLY = 0.5, 0.05
MOST_COHORTS = 10


def curve_lines(result: Result) -> list[str]:
    """Return the curves as tables of a few shares, with the numbers of each strategy and the sentence."""
    told = [line for curve in result.mix_summary for line in _table(curve, result.mix)]
    aliases = " · ".join(aliases_of(result))
    return [aliases, *told] if aliases else told


def _table(curve: CurveSummary, mix: Sequence[MixRow]) -> Iterator[str]:
    rows = [row for row in mix if _of(row, curve) and row.cohort is None]
    measure = curve.lines[0].measure
    yield f"{curve.old} → {curve.new}, order {curve.order}, {measure} by the share moved"
    shares = _nearest(sorted({row.share for row in rows}))
    heads = "".join(f"{_percent(share):>7}" for share in shares)
    yield f"  {'':<19}{heads}{'worst':>14}{'break-even':>12}{'blackout':>10}{'spread':>8}{'searches':>10}"
    for line in (line for line in curve.lines if line.measure == measure):
        found = {
            row.share: row.value for row in rows if (row.strategy, row.measure) == (line.strategy, measure)
        }
        values = "".join(f"{figures.number(found[share]):>7}" for share in shares)
        told = f"{_worst(line):>14}{_break_even(line):>12}{_blackout(line):>10}{_spread(line):>8}"
        yield f"  {line.strategy:<19}{values}{told}{line.searches:>10}"
    yield from _cohorts(curve.lines[0], [row for row in mix if _of(row, curve)])
    yield f"  {curve.sentence}"


def _cohorts(line: LineSummary, mix: Sequence[MixRow]) -> Iterator[str]:
    """Yield what becomes of each cohort half way, under the first strategy."""
    if not line.held:
        return
    values = line.cohorts
    if not values:  # a result of an earlier version, which knows no more than its shares
        own = [row for row in mix if (row.strategy, row.measure) == (line.strategy, line.measure)]
        distance, half = min((abs(row.share - HALF), row.share) for row in own)
        near = [row for row in own if row.share == half and distance <= NEARLY]
        values = {row.cohort: row.value for row in near if row.cohort is not None}
    heading = f"{line.strategy}, {_percent(HALF)} moved"
    yield f"  {heading:<27}{line.measure:>12}{'of the first ten':>19}{'of the corpus':>16}"
    for cohort, holding in list(line.held.items())[:MOST_COHORTS]:
        value, shares = figures.number(values.get(cohort)), (holding.first, holding.corpus)
        first, corpus = map(_percent, shares)
        yield f"    {shortened(cohort, 25):<25}{value:>12}{first:>19}{corpus:>16}"


def _of(row: MixRow, curve: CurveSummary) -> bool:
    return (row.old, row.new, row.order) == (curve.old, curve.new, curve.order)


def _nearest(shares: Sequence[float]) -> list[float]:
    return sorted({min((abs(share - wanted), share) for share in shares)[1] for wanted in SHOWN})


def _worst(line: LineSummary) -> str:
    return "" if line.worst is None else f"{figures.number(line.worst)} at {_percent(line.worst_share)}"


def _break_even(line: LineSummary) -> str:
    return "never" if line.break_even is None else _percent(line.break_even)


def _spread(line: LineSummary) -> str:
    return "" if line.spread is None else f"±{figures.number(line.spread)}"


def _blackout(line: LineSummary) -> str:
    return "" if line.blackout is None else _percent(line.blackout)


def _percent(share: float | None) -> str:
    return figures.tight_percent(share)
