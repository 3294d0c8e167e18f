"""What the records of a store state, as tables."""

from __future__ import annotations

from evalkit import figures
from evalkit.digests import with_short_digests
from evalkit.reporting.blocks import Block, Folded, Grid, Sentences
from evalkit.reporting.sections.auditwords import NOTHING, READINGS
from evalkit.reporting.tables import Column, Table
from evalkit.results.audit import AuditResult

_ROWS = 40


def census(known: AuditResult) -> tuple[Block, ...]:
    """Return the versions, and every group of records that state the same."""
    detail = (
        Column("Version"),
        Column("Month"),
        Column("Tenant"),
        Column("Dimensions", numeric=True),
        Column("Records", numeric=True),
    )
    cells = [
        (
            part.fingerprint or NOTHING,
            part.month or figures.ABSENT,
            part.tenant or figures.ABSENT,
            figures.ABSENT if part.width is None else str(part.width),
            figures.count(part.count),
        )
        for part in known.census[: _ROWS * 4]
    ]
    rest = len(known.census) - len(cells)
    more = (Sentences((f"{figures.count(rest)} more groups stand in result.json.",)),) if rest > 0 else ()
    return (
        Grid(versions_table(known, "Versions that records state")),
        Folded(
            "By month, tenant and width",
            (Grid(Table.of("Every group of records that state the same", detail, cells)), *more),
        ),
    )


def versions_table(known: AuditResult, caption: str) -> Table:
    """Return the versions that records state, the most frequent first."""
    columns = (
        Column("Version"),
        Column("Records", numeric=True),
        Column("Share", numeric=True),
        Column("Is"),
    )
    rows = [
        (
            with_short_digests(part.fingerprint or NOTHING),
            figures.count(part.count),
            figures.percent(part.share),
            READINGS.get(part.reads, part.reads),
        )
        for part in known.versions[:_ROWS]
    ]
    return Table.of(caption, columns, rows)
