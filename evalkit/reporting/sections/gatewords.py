"""The words on a gate: sizes, measures, critical queries, worst queries and what it cannot see."""

from __future__ import annotations

from evalkit import figures
from evalkit.quoting import quoted, shortened
from evalkit.reporting.sections.drift import DIGEST_SHOWN, TEXT_SHOWN
from evalkit.reporting.sections.source import confidence, is_coverage
from evalkit.reporting.tables import Column, Table
from evalkit.results.parts import ComparisonPart, QueryPart
from evalkit.results.result import Result

_CRITICAL = 5


def facts_of_gate(result: Result) -> tuple[str, ...]:
    """Return sizes and digest of the golden set, the system and how it was searched."""
    golden, name = result.golden, result.decisions[0].candidate
    own = result.systems[name]
    return (
        figures.counted(golden.queries, "query"),
        figures.counted(golden.documents, "document"),
        f"golden {golden.digest[:DIGEST_SHOWN]}",
        f"{name}: {own.spec}" if own.spec != name else name,
        *((("exact search" if own.index == "Flat" else own.index),) if own.index else ()),
    )


def measures_table(result: Result, first: str) -> Table:
    """Return each measure when the baseline was stored, and now; of segments, those that were objected to.

    Args:
        result: What a gate found.
        first: Heading of the first column.
    """
    objected = {rule.name for rule in result.rules if rule.verdict}
    rows = []
    for row in result.comparisons:
        label = row.measure if row.segment is None else f"{row.measure} in {row.segment}"
        if is_coverage(row.measure) or (row.segment is not None and label not in objected):
            continue
        rows.append((label, *_numbers(row), f"{row.wins}/{row.ties}/{row.losses}"))
    headings = ("baseline", "now", "Δ", f"{confidence(result)} interval", "p", "won/tied/lost")
    columns = [Column(first), *(Column(name, numeric=True) for name in headings)]
    return Table.of("Each measure when the baseline was stored, and now", columns, rows)


def _numbers(row: ComparisonPart) -> tuple[str, ...]:
    """Return means, difference, interval and p-value; dashes where no query changed, which shows nothing.

    An interval is about other queries. Here the same ones were asked again and answered as before.
    """
    if not row.wins and not row.losses and not row.delta:
        means = figures.change(row.baseline_mean, row.candidate_mean, row.delta)
        return *means, figures.ABSENT, figures.ABSENT
    shown = figures.comparison(row.baseline_mean, row.candidate_mean, row.delta, row.low, row.high)
    return *shown, figures.p_value(row.p_less)


def critical_words(result: Result) -> str:
    """Return the critical queries that were lost, "" for none."""
    lost = [loss for loss in result.critical if not loss.waiver]
    waived = [loss for loss in result.critical if loss.waiver]
    shown = [f"{loss.query} {quoted(loss.text, TEXT_SHOWN)}".strip() for loss in lost[:_CRITICAL]]
    more = f" and {len(lost) - _CRITICAL} more" if len(lost) > _CRITICAL else ""
    parts = [f"{len(lost)} of {result.counts.critical} lost: {', '.join(shown)}{more}"] if lost else []
    parts += [f"{loss.query} lost, waived: {loss.waiver}" for loss in waived]
    return "; ".join(parts)


def query_values(query: QueryPart) -> str:
    """Return the scores of a query, "1.000 → 0.000 critical"."""
    values = f"{figures.number(query.baseline_score)} → {figures.number(query.candidate_score)}"
    return f"{values} critical" if query.critical else values


def query_names(query: QueryPart) -> tuple[str, str]:
    """Return the id and the text of a query, short enough for a line."""
    return shortened(query.id, TEXT_SHOWN), shortened(query.text, TEXT_SHOWN)


def missed_words(result: Result) -> str:
    """Return what the gate cannot see."""
    size, primary = result.power[result.decisions[0].candidate], result.primary
    assumed = ", if it spreads as between two models" if result.gate.unchanged else ""
    return (
        f"a drop in {primary} below {figures.number(size.missed_below)} would be missed more often than "
        f"one time in {figures.count(1 / (1 - result.power_asked))}{assumed}"
    )
