"""What the audits of earlier nights found, drawn over time."""

from __future__ import annotations

from evalkit import figures
from evalkit.reporting.blocks import Block, Curves
from evalkit.reporting.curves import Axis, Curve, CurveChart
from evalkit.reporting.sections.auditwords import percent
from evalkit.reporting.tables import Column, Table
from evalkit.results.audit import AuditResult
from evalkit.results.auditparts import NightPart

_LEAST_NIGHTS = 2


def nights_before(known: AuditResult) -> tuple[Block, ...]:
    """Return what earlier audits found, as curves and as a table; () for a first night."""
    nights = known.history
    if len(nights) < _LEAST_NIGHTS:
        return ()
    columns = (
        Column("Night"),
        Column("Verdict"),
        Column("Records", numeric=True),
        Column("Stated", numeric=True),
        Column("Foreign", numeric=True),
        Column("At most", numeric=True),
    )
    rows = [
        (
            night.time,
            night.verdict,
            figures.count(night.total),
            figures.percent(night.share),
            f"{figures.count(night.foreign)} of {figures.count(night.examined)}",
            figures.ABSENT if night.high is None else percent(night.high),
        )
        for night in reversed(nights)
    ]
    table = Table.of("What earlier audits found, latest first", columns, rows)
    return (_curves(known, nights, table),)


def _curves(known: AuditResult, nights: tuple[NightPart, ...], table: Table) -> Curves:
    last = len(nights) - 1
    places = [number / last for number in range(len(nights))]
    marks = tuple(dict.fromkeys((0, last // 2, last)))
    axis = Axis("night by night", tuple((n / last, nights[n].time[:10]) for n in marks))
    lines = [
        Curve(
            label="state the expected model",
            look="accent",
            values=tuple(night.share for night in nights),
        ),
        Curve(
            label="foreign, at most",
            look="ink dashed",
            values=tuple(night.high for night in nights),
        ),
    ]
    words = "Shares of all records: what they state, and how many vectors may be foreign at most."
    chart = CurveChart.of(lines, places, level=None, summary=words, axis=axis)
    return Curves(title=known.store.name, words=words, chart=chart, table=table, wide=True)
