"""The effects: systems side by side, each measure's difference, and the same by segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit import figures
from evalkit.golden.card import NOT_STATED
from evalkit.reporting.charts import Interval, IntervalChart, tone_of_interval
from evalkit.reporting.sections.glossary import measure_entry
from evalkit.reporting.sections.source import (
    baseline_of,
    candidates_of,
    comparisons_of,
    confidence,
    coverage_measure,
    is_coverage,
)
from evalkit.reporting.tables import Column, Row, Table
from evalkit.results.parts import ComparisonPart
from evalkit.results.result import Result


@dataclass(frozen=True, slots=True)
class CandidateEffects:
    """The differences of one candidate: a row for each, their chart, and how much of it was judged."""

    candidate: str
    rows: tuple[Row, ...]
    chart: IntervalChart | None
    judged: tuple[Row, ...] = ()
    more: Table | None = None

    def table(self, caption: str, headings: Sequence[str]) -> Table:
        """Return the differences as a table under seven headings."""
        terms = ("", "", "", "delta", "interval", "p", "record")
        columns = (
            Column(heading, numeric=place > 0, term=term)
            for place, (heading, term) in enumerate(zip(headings, terms, strict=True))
        )
        return Table(caption, tuple(columns), (*self.rows, *self.judged))


def measures(result: Result) -> tuple[CandidateEffects, ...]:
    """Return every measure on the whole golden set, for each candidate."""
    return tuple(_measures_of(result, name) for name in candidates_of(result))


def segments(result: Result) -> tuple[CandidateEffects, ...]:
    """Return the primary measure in every segment, worst first, small segments last; () without any."""
    if not result.golden.segments:
        return ()
    return tuple(_segments_of(result, name) for name in candidates_of(result))


def says(row: ComparisonPart, min_gain: float) -> str:
    """Return what a comparison shows on its own, in plain words."""
    limit = figures.as_set(row.limit)
    return {
        "superior": "improved",
        "harm": f"regressed, by more than the {limit} accepted",
        "equivalent": f"the same to within {limit}",
        "non-inferior": f"no worse than by {limit}",
        "futile": f"a gain of {figures.as_set(min_gain)} is out of reach"
        if min_gain
        else "a gain is out of reach",
        "unresolved": "unresolved: gain and loss are both possible",
        "descriptive": "too few queries to conclude from",
    }[row.status]


def systems_table(result: Result) -> Table:
    """Return all systems side by side, between doing nothing and the best order that is judged."""
    names = list(dict.fromkeys(name for system in result.systems.values() for name in system.measures))
    baseline = baseline_of(result) if candidates_of(result) else ""
    rows = []
    for name, system in result.systems.items():
        label = f"{name} (doing nothing)" if name == baseline else name
        rows.append(Row((label, *(_mean(measure, system.measures.get(measure)) for measure in names))))
    if result.ceiling:
        best = (_mean(measure, result.ceiling.get(measure)) for measure in names)
        rows.append(Row(("ceiling: the judged documents in the best order", *best), muted=True))
    columns = [Column("System"), *(Column(name, numeric=True, term=measure_entry(name)) for name in names)]
    return Table("Mean of each measure over all scored queries", tuple(columns), tuple(rows))


def _mean(measure: str, value: float | None) -> str:
    return figures.percent(value) if is_coverage(measure) else figures.number(value)


def _measures_of(result: Result, candidate: str) -> CandidateEffects:
    rows = [row for row in comparisons_of(result, candidate) if row.segment is None]
    quality = [row for row in rows if not is_coverage(row.measure)]
    judged = [
        (row.measure, row.baseline_mean, row.candidate_mean) for row in rows if is_coverage(row.measure)
    ]
    judged += _unasked(result, candidate, {measure for measure, _, _ in judged})
    lines = tuple(_line(row, row.measure, result) for row in quality)
    chart = _chart(
        quality,
        lines,
        limit=None,
        what=f"{candidate} minus {baseline_of(result)}, {confidence(result)} intervals",
    )
    return CandidateEffects(candidate, lines, chart, tuple(_judged(*shares, result) for shares in judged))


def _segments_of(result: Result, candidate: str) -> CandidateEffects:
    primary, described = result.primary, result.golden.segments
    rows = [row for row in comparisons_of(result, candidate) if row.segment is not None]
    chosen = sorted(
        (row for row in rows if row.measure == primary),
        key=lambda row: (row.descriptive, row.delta, row.segment or ""),
    )
    whole = [
        row for row in comparisons_of(result, candidate) if row.segment is None and row.measure == primary
    ]
    lines = [_line(row, "all queries", result) for row in whole]
    lines += [
        _line(row, row.segment or "", result, about=described.get(row.segment or "", "")) for row in chosen
    ]
    limit = -chosen[0].limit if chosen else None
    what = f"{primary} by segment, {confidence(result)} intervals"
    others = [row for row in rows if row.measure != primary and not is_coverage(row.measure)]
    chart = _chart([*whole, *chosen], lines, limit=limit, what=what)
    return CandidateEffects(candidate, tuple(lines), chart, more=_exploratory(others))


def _line(row: ComparisonPart, label: str, result: Result, *, about: str = "") -> Row:
    shown = figures.comparison(row.baseline_mean, row.candidate_mean, row.delta, row.low, row.high)
    record = f"{row.wins}/{row.ties}/{row.losses}"
    return Row(
        cells=(label, *shown, figures.p_value(row.p_two_sided), record),
        about=about,
        says=says(row, result.comparing.min_gain),
        tone=tone_of_interval(row.low, row.high),
        muted=row.descriptive,
    )


def _unasked(result: Result, candidate: str, known: set[str]) -> list[tuple[str, float, float]]:
    """Return how much was judged at the primary measure's cutoff, where that was not compared."""
    measure, old = coverage_measure(result), result.systems.get(baseline_of(result))
    before = old.measures.get(measure) if old else None
    after = result.systems[candidate].measures.get(measure)
    return [] if before is None or after is None or measure in known else [(measure, before, after)]


def _judged(measure: str, before: float, after: float, result: Result) -> Row:
    # Whichever system was judged less is underrated more: it may be the baseline.
    side = "baseline" if before < after else "candidate"
    unjudged = 1 - min(before, after)
    words = f"a lower bound: {figures.percent(unjudged)} of what the {side} returned was never judged"
    if unjudged <= 0:
        words = "everything that either returned is judged"
    elif result.golden.judgments == "complete":
        words = "judgements count as complete: what nobody judged is not relevant"
    elif result.golden.judgments in ("", NOT_STATED):
        words = "judging is not stated: what nobody judged counts as not relevant"
    cells = (measure, figures.percent(before), figures.percent(after))
    return Row(cells, says=words, term="judged")


def _chart(
    rows: Sequence[ComparisonPart], lines: Sequence[Row], *, limit: float | None, what: str
) -> IntervalChart | None:
    if not rows:
        return None
    told = [f"{line.cells[3]} {line.cells[4]}" for line in lines]
    drawn = [
        Interval(
            label=line.cells[0],
            estimate=row.delta,
            low=row.low,
            high=row.high,
            tone=line.tone,
            text=text,
            muted=line.muted,
        )
        for row, line, text in zip(rows, lines, told, strict=True)
    ]
    summary = "; ".join(f"{item.label} {item.text}" for item in drawn)
    return IntervalChart.of(drawn, limit=limit, summary=f"{what}: {summary}")


def _exploratory(rows: Sequence[ComparisonPart]) -> Table | None:
    if not rows:
        return None
    columns = [
        Column("Segment"),
        Column("Measure"),
        Column("Queries", numeric=True),
        Column("Δ", numeric=True, term="delta"),
        Column("Interval", numeric=True, term="interval"),
        Column("p, adjusted", numeric=True, term="adjusted"),
        Column("Won/tied/lost", numeric=True, term="record"),
    ]
    lines = tuple(
        Row(
            (
                row.segment or "",
                row.measure,
                figures.count(row.queries),
                (shown := figures.effect(row.delta, row.low, row.high)).delta,
                shown.interval,
                figures.p_value(row.p_adjusted),
                f"{row.wins}/{row.ties}/{row.losses}",
            ),
            muted=row.descriptive,
        )
        for row in sorted(rows, key=lambda row: (row.segment or "", row.measure))
    )
    caption = "Other measures by segment: exploratory, they never feed the verdict; grey ones prove nothing"
    return Table(caption, tuple(columns), lines)
