"""The changes: critical queries that were lost, and how much of every ranking silently changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.sections.queries import anchors
from evalkit.reporting.sections.source import candidates_of
from evalkit.reporting.tables import Column, Table
from evalkit.results.parts import CriticalPart
from evalkit.results.reranking import RerankingPart
from evalkit.results.result import Result

_GAINED = 3
_SHOWN = 200
_CHANGED_SHOWN = 10
_QUERY_SHOWN, _ID_SHOWN = 60, 40


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
    def texts_shown(self) -> bool:
        """Whether any text is there to be shown; none is where texts were left out."""
        return any(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Reranking:
    """How much of the order changes: a table over systems, a sentence for each, its most changed queries."""

    table: Table
    sentences: tuple[str, ...]
    changed: tuple[Table, ...]


def critical(result: Result) -> tuple[CandidateCritical, ...]:
    """Return the critical queries lost by each candidate; () where the golden set marks none."""
    if not result.counts.critical:
        return ()
    return tuple(_critical_of(result, name) for name in candidates_of(result))


def reranking(result: Result) -> Reranking | None:
    """Return how much the rankings change, None where no system is compared."""
    found = result.reranking
    if not found:
        return None
    cutoff = next(iter(found.values())).cutoff
    columns = (
        Column("System"),
        Column(f"Overlap@{cutoff}", numeric=True, term="overlap"),
        Column("Rank-biased overlap", numeric=True, term="rbo"),
        Column("Another first result", numeric=True),
    )
    rows = [
        (
            name,
            figures.percent(item.overlap),
            figures.number(item.rank_biased_overlap, 2),
            figures.percent(1 - item.same_first),
        )
        for name, item in found.items()
    ]
    caption = "Old and new rankings compared, mean over all queries"
    sentences = tuple(_kept(name, item) for name, item in found.items())
    changed = tuple(_most_changed(name, item, result.documents) for name, item in found.items())
    return Reranking(Table.of(caption, columns, rows), sentences, changed)


def _kept(name: str, item: RerankingPart) -> str:
    cutoff = item.cutoff
    shown = "first document" if cutoff == 1 else f"first {cutoff} documents"
    return (
        f"Of the {shown} that a query shows now, {name} keeps "
        f"{figures.number(cutoff * item.overlap, 1)} on average; the first one is another for "
        f"{figures.percent(1 - item.same_first)} of the queries."
    )


def _most_changed(name: str, item: RerankingPart, documents: Mapping[str, str]) -> Table:
    """Return the queries whose results change most, as a table."""
    cutoff = item.cutoff
    columns = (
        Column("Query"),
        Column("Kept", numeric=True),
        Column("First result now"),
        Column(f"First result with {name}"),
    )
    rows = [
        (
            shortened(query.text or query.id, _QUERY_SHOWN),
            f"{figures.count(cutoff * query.overlap)} of {cutoff}",
            _first(query.old, documents),
            _first(query.new, documents),
        )
        for query in item.queries[:_CHANGED_SHOWN]
        if query.old != query.new
    ]
    return Table.of("Queries whose results change most", columns, rows)


def _first(names: Sequence[str], documents: Mapping[str, str]) -> str:
    """Return the first of some results, by its id and how it begins."""
    if not names:
        return "nothing"
    begins = shortened(documents.get(names[0], ""), _QUERY_SHOWN)
    return f"{shortened(names[0], _ID_SHOWN)} {begins}".strip()


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
