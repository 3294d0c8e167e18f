"""The changes: critical queries that were lost, and how much of every ranking silently changes."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.reporting import figures
from evalkit.reporting.quoting import shortened
from evalkit.reporting.sections.queries import anchors
from evalkit.reporting.sections.source import Json, candidates_of
from evalkit.reporting.sections.tables import Column, Row, Table

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
    """The critical queries that one candidate loses."""

    candidate: str
    lost: str
    summary: str
    lines: tuple[CriticalLine, ...]


@dataclass(frozen=True, slots=True)
class Reranking:
    """How much of the order changes: a table over candidates, and a sentence for each."""

    table: Table
    sentences: tuple[str, ...]


def critical(result: Json) -> tuple[CandidateCritical, ...]:
    """Return the critical queries lost by each candidate; () where the golden set marks none."""
    if not result["counts"].get("critical"):
        return ()
    return tuple(_critical_of(result, name) for name in candidates_of(result))


def reranking(result: Json) -> Reranking | None:
    """Return how much the rankings change, None where no system is compared."""
    if not result["reranking"]:
        return None
    columns = (
        Column("Candidate"),
        Column("Overlap@10", numeric=True, term="overlap"),
        Column("Rank-biased overlap", numeric=True, term="rbo"),
    )
    found = result["reranking"].items()
    rows = [
        Row((name, figures.percent(item["overlap@10"]), figures.number(item["rank_biased_overlap"], 2)))
        for name, item in found
    ]
    sentences = tuple(
        f"Of the ten documents that a query shows now, {name} keeps "
        f"{figures.number(10 * item['overlap@10'], 1)} on average."
        for name, item in found
    )
    return Reranking(
        Table("Old and new rankings compared, mean over all queries", columns, tuple(rows)), sentences
    )


def _critical_of(result: Json, candidate: str) -> CandidateCritical:
    losses = [loss for loss in result["critical"] if loss["candidate"] == candidate]
    total = result["counts"]["critical"]
    standing = sum(loss["stands"] for loss in losses)
    forgiven = len(losses) - standing
    others = f", {figures.count(forgiven)} more waived or not confirmed" if forgiven else ""
    lost = f"{figures.count(standing)} of {figures.count(total)} lost{others}"
    places = anchors(result)
    lines = sorted(
        (_critical_line(loss, places.get((candidate, loss["query"]), "")) for loss in losses),
        key=lambda line: not line.counts,
    )[:_SHOWN]
    summary = (
        f"{figures.count(standing)} of {figures.counted(total, 'critical query')} lost{others}: no relevant "
        "document is left in the top ten."
    )
    if len(losses) > _SHOWN:
        summary += f" The first {_SHOWN} are shown."
    return CandidateCritical(
        candidate, lost, summary if losses else "No critical query is lost.", tuple(lines)
    )


def _critical_line(loss: Json, anchor: str) -> CriticalLine:
    state = "lost"
    if loss["waiver"]:
        state = f"waived: {loss['waiver']}"
    elif not loss["confirmed"]:
        state = "lost by the index, exact search keeps it"
    old, new = loss.get("baseline_rank"), loss.get("candidate_rank")
    after = "not retrieved" if new is None else figures.count(new)
    return CriticalLine(
        id=shortened(loss["query"], 60),
        text=shortened(loss["text"], 160),
        ranks="" if old is None else f"{old} → {after}",
        state=state,
        counts=loss["stands"],
        anchor=anchor,
    )
