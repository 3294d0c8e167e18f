"""The critical queries: those that a candidate loses, and those that it gains."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit import figures
from evalkit.quoting import quoted, shortened
from evalkit.reporting.blocks import Block, Grid, Heading, Sentences
from evalkit.reporting.page import Section
from evalkit.reporting.sections.queries import anchors
from evalkit.reporting.sections.source import candidates_of
from evalkit.reporting.tables import Column, Row, Table
from evalkit.results.parts import CriticalPart
from evalkit.results.result import Result

_GAINED = 3
_TOLD = 3
_TEXT_SHOWN = 40
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class CriticalLine:
    """A critical query without a relevant document in the candidate's top ten."""

    id: str
    text: str
    ranks: str
    state: str
    counts: bool
    anchor: str


@dataclass(frozen=True, slots=True)
class CandidateCritical:
    """The critical queries that one candidate loses, and how many it gains ("" for none)."""

    candidate: str
    lost: str
    gained: str
    summary: str
    lines: tuple[CriticalLine, ...]

    @property
    def table(self) -> Table:
        """The lost ones as a table; without a column of texts where they were left out."""
        texts = any(line.text for line in self.lines)
        columns = [
            Column("Query"),
            *([Column("Text")] if texts else []),
            Column("First relevant rank", numeric=True),
            Column("State"),
        ]
        rows = [
            Row(
                (line.id, *([line.text] if texts else []), line.ranks, line.state),
                muted=not line.counts,
                link=line.anchor,
            )
            for line in self.lines
        ]
        return Table(f"Critical queries lost by {self.candidate}", tuple(columns), tuple(rows))

    @property
    def told(self) -> str:
        """How many are lost and gained, and the first of those lost, on one line."""
        lost = [line for line in self.lines if line.counts]
        shown = ", ".join(
            " ".join(
                filter(None, (line.id, quoted(line.text, _TEXT_SHOWN), line.ranks and f"rank {line.ranks}"))
            )
            for line in lost[:_TOLD]
        )
        more = f" and {len(lost) - _TOLD} more" if len(lost) > _TOLD else ""
        if not lost:
            return ", ".join(filter(None, (self.lost, self.gained)))
        return "; ".join(filter(None, (f"{self.lost}: {shown}{more}", self.gained)))


def critical_section(result: Result) -> Section:
    """Return the critical queries lost by each candidate; nothing where the golden set marks none."""
    told = critical(result)
    blocks: list[Block] = []
    for item in told:
        blocks += [Heading(item.candidate)] if len(told) > 1 else []
        blocks += [Sentences((item.summary,))]
        blocks += [Grid(item.table, "critical", captioned=False)] if item.lines else []
    return Section("critical", "Critical queries lost", tuple(blocks))


def critical(result: Result) -> tuple[CandidateCritical, ...]:
    """Return the critical queries lost by each candidate; () where the golden set marks none."""
    if not result.counts.critical:
        return ()
    return tuple(_critical_of(result, name) for name in candidates_of(result))


def _critical_of(result: Result, candidate: str) -> CandidateCritical:
    losses = [loss for loss in result.critical if loss.candidate == candidate]
    total = result.counts.critical
    standing = sum(loss.stands for loss in losses)
    forgiven = len(losses) - standing
    others = f", {figures.count(forgiven)} more waived or not confirmed" if forgiven else ""
    gained = _gained(result, candidate)
    lost = f"{figures.count(standing)} of {figures.count(total)} lost{others}"
    places = anchors(result)
    lines = sorted(
        (_critical_line(loss, places.get((candidate, loss.query), "")) for loss in losses),
        key=lambda line: not line.counts,
    )[:_SHOWN]
    summary = (
        f"{figures.count(standing)} of {figures.counted(total, 'critical query')} lost{others}: no relevant "
        "document is left in the top ten."
    )
    if len(losses) > _SHOWN:
        summary += f" The first {_SHOWN} are shown."
    summary = summary if losses else "No critical query is lost."
    if gained:
        summary = f"{summary} Beside them {gained}."
    return CandidateCritical(candidate, lost, gained, summary, tuple(lines))


def _gained(result: Result, candidate: str) -> str:
    """Return how many critical queries gained their hit, and the first of them, "" for none."""
    decision = next(item for item in result.decisions if item.candidate == candidate)
    names = [gain.query for gain in decision.critical_gained]
    if not names:
        return ""
    more = f" and {figures.count(len(names) - _GAINED)} more" if len(names) > _GAINED else ""
    first = ", ".join(shortened(name, 60) for name in names[:_GAINED])
    return f"{figures.count(len(names))} gained ({first}{more})"


def _critical_line(loss: CriticalPart, anchor: str) -> CriticalLine:
    state = "lost"
    if loss.waiver:
        state = f"waived: {loss.waiver}"
    elif not loss.confirmed:
        state = "lost by the index, exact search keeps it"
    old, new = loss.baseline_rank, loss.candidate_rank
    after = "not retrieved" if new is None else figures.count(new)
    return CriticalLine(
        id=shortened(loss.query, 60),
        text=shortened(loss.text, 160),
        ranks="" if old is None else f"{old} → {after}",
        state=state,
        counts=loss.stands,
        anchor=anchor,
    )
