"""What the vectors of a store show: whose they are, and what the foreign ones are."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit import figures
from evalkit.reporting.blocks import Block, Facts, Folded, Grid, Items, Sentences
from evalkit.reporting.sections.auditwords import NOTHING, percent
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.results.audit import AuditResult
from evalkit.results.auditparts import CausePart

_IDS, _STRATA, _SEVERAL = 100, 30, 2


def vectors(known: AuditResult) -> tuple[Block, ...]:
    """Return what holding vectors against the model showed."""
    forensic = known.forensic
    if not forensic.examined:
        return (Sentences((f"Not certified: {forensic.lacking}.",)), *_hints(known))
    same = figures.as_set(known.question.same)
    words = (
        f"{figures.counted(forensic.examined, 'record')} were drawn evenly, the vectors of their texts made "
        f"again, and held against the stored ones. From a cosine of {same} on two vectors "
        "are of one model, one text and one way of use; rounding in the store is recognised by its grid."
    )
    cosines = (
        Fact("Least cosine", figures.number(forensic.cosine_least, 4), "with the vector made again"),
        Fact("Median cosine", figures.number(forensic.cosine_median, 6), "1 is the same"),
        Fact(
            "Drawn", figures.count(forensic.drawn), f"{figures.count(forensic.without_text)} without a text"
        ),
    )
    grids = tuple(
        f"{figures.count(n)} of the vectors lie on a grid: {name}" for name, n in forensic.grids.items()
    )
    return (
        Sentences((words,)),
        Facts(cosines),
        *((Items(grids),) if grids else ()),
        *_causes(known),
        *_strata(known),
        *_hints(known),
    )


def _causes(known: AuditResult) -> Iterator[Block]:
    causes = known.forensic.causes
    if not causes:
        return
    headings = (
        Column("Foreign vectors are"),
        Column("Vectors", numeric=True),
        Column("Cosine", numeric=True),
    )
    rows = [
        (
            cause.name,
            figures.count(cause.count),
            figures.number(cause.cosine),
            "by making the same" if cause.shown else "not shown",
        )
        for cause in causes
    ]
    caption = f"What they are; {figures.count(known.forensic.tried)} other ways to make them were tried"
    yield Grid(Table.of(caption, (*headings, Column("Shown")), rows))
    yield Folded("Their records", tuple(Items((_records(cause),), title=cause.name) for cause in causes))


def _records(cause: CausePart) -> str:
    more = f" and {figures.count(cause.count - _IDS)} more, in result.json" if cause.count > _IDS else ""
    return ", ".join(cause.ids[:_IDS]) + more


def _strata(known: AuditResult) -> Iterator[Block]:
    strata = known.forensic.strata
    if len(strata) < _SEVERAL:
        return
    columns = (
        Column("Version"),
        Column("Month"),
        Column("Tenant"),
        Column("Examined", numeric=True),
        Column("Foreign", numeric=True),
        Column("At most", numeric=True),
    )
    rows = [
        (
            part.fingerprint or NOTHING,
            part.month or figures.ABSENT,
            part.tenant or figures.ABSENT,
            figures.count(part.examined),
            figures.count(part.foreign),
            percent(part.high),
        )
        for part in sorted(strata, key=lambda part: (-part.foreign, -part.examined))[:_STRATA]
    ]
    table = Table.of("Foreign vectors by group; bounds hold for one group at a time", columns, rows)
    yield Folded("Group by group", (Grid(table),))


def _hints(known: AuditResult) -> tuple[Block, ...]:
    if not known.hints:
        return ()
    return (Items(tuple(known.hints), title="Hints, which certify nothing"),)
