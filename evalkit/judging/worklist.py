"""The worklist: unjudged documents, those first whose judgements would move the verdict most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.decision.critical import SHOWN
from evalkit.decision.evidence import CriticalLoss
from evalkit.decision.policy import Policy
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.judged import JudgedRun, Retrieved

if TYPE_CHECKING:
    import pandas as pd

SNIPPET = 160
AT_ONCE = 20_000
FIRST = ("query", "query_text", "document", "title", "text")
LAST = ("moves", "grade")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One document to judge for one query.

    Attributes:
        query: Id of the query.
        document: Id of the document.
        moves: What the difference of the primary measure's means would change by if the document were
            relevant (grade 1), for the candidate for which that is most; upwards is for the candidate.
        query_text: The query.
        title: The document's first line, where it has several: its title.
        text: The beginning of the rest, on one line.
        ranks: (system, rank) of each system that was asked; None where it does not show the document.
    """

    query: str
    document: str
    moves: float
    query_text: str = ""
    title: str = ""
    text: str = ""
    ranks: tuple[tuple[str, int | None], ...] = ()


def worklist(
    systems: Sequence[Retrieved], golden: GoldenSet, policy: Policy, *, losses: Sequence[CriticalLoss] = ()
) -> tuple[WorkItem, ...]:
    """Return the unjudged documents among the first results of any system, the most telling first.

    Documents that would give a lost critical query its hit back come first. Then come those that would move
    the difference of the primary measure against what is seen now: a loss upwards, a gain downwards.

    Args:
        systems: What the baseline and the candidates retrieved; of a run alone the measure itself moves.
        golden: The golden set that they are judged by.
        policy: Its primary measure says how many ranks are looked at.
        losses: Critical queries that a candidate lost.

    Returns:
        One item for each (query, document) pair; equal ones stand by query, then by document id.
    """
    pairs = _pairs(systems, golden, policy)
    if not len(pairs):
        return ()
    moves, against = _moves(systems, pairs, golden, policy)
    lost = {golden.queries.row(loss.query) for loss in losses if loss.stands}
    regained = _regained(systems, pairs, lost)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -against, ~regained))
    names = [system.run.system for system in systems]
    return tuple(_item(pairs[row], float(moves[row]), systems, names, golden) for row in order)


def to_frame(items: Sequence[WorkItem]) -> pd.DataFrame:
    """Return the worklist as a table: the texts, a column of ranks for each system, and an empty grade."""
    import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

    systems = [f"rank in {name}" for name, _ in items[0].ranks] if items else []
    rows = [
        (
            *(item.query, item.query_text, item.document, item.title, item.text),
            *(rank for _, rank in item.ranks),
            item.moves,
            "",
        )
        for item in items
    ]
    frame = pd.DataFrame(rows, columns=[*FIRST, *systems, *LAST])
    return frame.astype(dict.fromkeys(systems, "Int64"))


def _pairs(systems: Sequence[Retrieved], golden: GoldenSet, policy: Policy) -> Ints:
    """Return (P, 2) rows of queries and documents that are unjudged at the first ranks of any system."""
    found = []
    for system in systems:
        holes = system.holes(policy.primary.cutoff) & golden.counted[:, None]
        queries, ranks = np.nonzero(holes)
        found.append(np.column_stack([queries, system.rows[queries, ranks]]))
    return np.unique(np.concatenate(found), axis=0).astype(np.int64)


def _moves(
    systems: Sequence[Retrieved], pairs: Ints, golden: GoldenSet, policy: Policy
) -> tuple[Floats, Floats]:
    """Return (P,) the largest move of a difference by each pair, and how far it goes against what is seen."""
    weights = golden.weights if policy.use_weights else np.ones(len(golden.queries))
    share = (weights / weights[golden.counted].sum())[pairs[:, 0]]
    gained = [_gained(system, pairs, policy) * share for system in systems]
    if len(systems) == 1:
        return gained[0], gained[0]
    seen = [policy.primary.values(system.judged) for system in systems]
    counted = weights * golden.counted
    moved = np.stack([own - gained[0] for own in gained[1:]])
    deltas = np.array([float(((values - seen[0]) * counted).sum()) for values in seen[1:]])
    against = moved * -np.where(deltas > 0, 1.0, -1.0)[:, None]
    best = against.argmax(axis=0)
    columns = np.arange(len(pairs))
    return moved[best, columns], against[best, columns]


def moves_of(sides: tuple[Retrieved, Retrieved], pairs: Ints, policy: Policy) -> Floats:
    """Return (P,) what each pair, relevant, moves the primary measure of a candidate against the baseline."""
    baseline, candidate = sides
    moved: Floats = _gained(candidate, pairs, policy) - _gained(baseline, pairs, policy)
    return moved


def _gained(system: Retrieved, pairs: Ints, policy: Policy) -> Floats:
    """Return (P,) what the primary measure of a pair's query gains if the document is relevant."""
    judged, depth = system.judged, policy.primary.cutoff
    now = policy.primary.values(judged)
    gained = np.zeros(len(pairs))
    for start in range(0, len(pairs), AT_ONCE):  # so many rows at once fit into memory
        part = pairs[start : start + AT_ONCE]
        queries = part[:, 0]
        grades = judged.grades[queries, :depth].copy()
        grades[system.rows[queries, :depth] == part[:, 1:]] = policy.primary.rel
        known = judged.ideal[queries]
        ideal = np.sort(np.column_stack([known, np.full(len(part), policy.primary.rel)]), axis=1)[:, ::-1]
        refused = None if judged.refused is None else judged.refused[queries]
        best, returned = np.ascontiguousarray(ideal), judged.returned[queries]
        imagined = JudgedRun(grades, best, returned, refused, judged.gains)
        gained[start : start + AT_ONCE] = policy.primary.values(imagined) - now[queries]
    return gained


def _regained(systems: Sequence[Retrieved], pairs: Ints, lost: set[int]) -> np.ndarray:
    """Return (P,) which pairs would give a lost critical query its hit back in a candidate."""
    regained = np.zeros(len(pairs), dtype=bool)
    rows = np.flatnonzero(np.isin(pairs[:, 0], list(lost)))
    for system in systems[1:]:
        shown = system.rows[pairs[rows, 0], :SHOWN] == pairs[rows, 1:]
        regained[rows] |= shown.any(axis=1)
    return regained


def _item(
    pair: Ints, moves: float, systems: Sequence[Retrieved], names: Sequence[str], golden: GoldenSet
) -> WorkItem:
    query, document = int(pair[0]), int(pair[1])
    title, _, rest = golden.corpus.bodies[document].partition("\n")
    if not rest:
        title, rest = "", title
    body = " ".join(rest.split())
    found = (np.flatnonzero(system.rows[query] == document) for system in systems)
    ranks = tuple(
        (name, int(places[0]) + 1 if places.size else None) for name, places in zip(names, found, strict=True)
    )
    return WorkItem(
        query=golden.queries.ids[query],
        document=golden.corpus.ids[document],
        moves=moves,
        query_text=" ".join(golden.queries.bodies[query].split()),
        title=" ".join(title.split()),
        text=body if len(body) <= SNIPPET else body[: SNIPPET - 1] + "…",
        ranks=ranks,
    )
