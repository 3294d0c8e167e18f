"""Queries in the result of a gate: those that changed, the worst of them, and the critical ones that lost."""

from __future__ import annotations

import numpy as np

from evalkit.quoting import excerpt, title_of
from evalkit.regression.outcome import GateOutcome
from evalkit.results.compare import first_relevant
from evalkit.results.description import (
    Json,
)

WORST = 20
SHOWN = 10
_THEN, _NOW = "baseline_top", "candidate_top"


def describe_losses(outcome: GateOutcome) -> list[Json]:
    """Return the critical queries that lost their hit, and whether that counts."""
    golden, name = outcome.gate.golden, outcome.gate.system.name
    ranks = first_relevant(outcome.look.evaluation, outcome.gate.policy)
    counting = {site.query for check in outcome.checks if check.verdict for site in check.sites}
    return [
        {
            "candidate": name,
            "query": loss.query,
            "text": excerpt(golden.queries.bodies[golden.queries.row(loss.query)]),
            "baseline_rank": None,
            "candidate_rank": ranks.get(golden.queries.row(loss.query)),
            "confirmed": loss.query in counting,
            "waiver": loss.waiver,
            "stands": loss.query in counting and not loss.waiver,
        }
        for loss in outcome.look.losses
    ]


def describe_deltas(outcome: GateOutcome) -> Json:
    """Return every query's change of the primary measure, the weightiest drop first."""
    primary, before, now = outcome.gate.policy.primary, outcome.before, outcome.look.evaluation.scores
    deltas = now.row(primary) - before.row(primary)
    order = _worst_first(outcome)
    return {
        "measure": str(primary),
        "ids": [now.query_ids[row] for row in order],
        "deltas": deltas[order].tolist(),
        "baseline": before.row(primary)[order].tolist(),
        "candidate": now.row(primary)[order].tolist(),
    }


def describe_worst(outcome: GateOutcome) -> list[Json]:
    """Return the worst queries with what is found for them now, and what was when the baseline was stored.

    Baselines of the first form do not remember what was found then.
    """
    golden, primary, evaluation = outcome.gate.golden, outcome.gate.policy.primary, outcome.look.evaluation
    before, now = outcome.before.row(primary), evaluation.scores.row(primary)
    worst = [row for row in _worst_first(outcome)[:WORST] if now[row] < before[row]]
    return [
        {
            "id": golden.queries.ids[row],
            "text": excerpt(golden.queries.bodies[row]),
            "candidate": outcome.gate.system.name,
            "delta": float(now[row] - before[row]),
            "weight": float(golden.weights[row]),
            "critical": bool(golden.critical[row]),
            "segments": [name for name, members in golden.segments.items() if members[row]],
            "baseline_score": float(before[row]),
            "candidate_score": float(now[row]),
            **_found(outcome, row),
            "missing": [],
        }
        for row in worst
    ]


def describe_documents(outcome: GateOutcome, queries: list[Json]) -> Json:
    """Return how each document begins that the queries name and the corpus still holds, and its title."""
    corpus = outcome.gate.golden.corpus
    named = sorted({hit["document"] for query in queries for hit in (*query[_THEN], *query[_NOW])})
    bodies = {
        name: corpus.bodies[row] for name, row in zip(named, corpus.rows(named), strict=True) if row >= 0
    }
    titles = {name: title for name, body in bodies.items() if (title := title_of(body))}
    return {
        "documents": {name: excerpt(body) for name, body in bodies.items()},
        **({"titles": titles} if titles else {}),
    }


def _found(outcome: GateOutcome, row: int) -> Json:
    """Return both top tens of a query, each document with its rank in the other."""
    golden, evaluation = outcome.gate.golden, outcome.look.evaluation
    asked = outcome.baseline.asked.get(golden.queries.ids[row])
    rows = evaluation.run.rows[row].tolist()
    now = [golden.document_id(place) for place in rows if place >= 0][:SHOWN]
    then = list(asked.shown[:SHOWN]) if asked else []
    first, last = np.searchsorted(golden.qrels.query_rows, [row, row + 1])
    judged = slice(int(first), int(last))
    grades = {
        golden.document_id(place): grade
        for place, grade in zip(
            golden.qrels.doc_rows[judged].tolist(), golden.qrels.grades[judged].tolist(), strict=True
        )
    }
    return {_THEN: _hits(then, now, grades), _NOW: _hits(now, then, grades)}


def _hits(own: list[str], other: list[str], grades: dict[str, int]) -> list[Json]:
    ranks = {name: rank for rank, name in enumerate(other, 1)}
    return [
        {"document": name, "rank": rank, "other_rank": ranks.get(name), "grade": grades.get(name)}
        for rank, name in enumerate(own, 1)
    ]


def _worst_first(outcome: GateOutcome) -> list[int]:
    """Return the rows of the counted queries, those first that add most to a drop; equal ones by id."""
    golden, policy = outcome.gate.golden, outcome.gate.policy
    deltas = outcome.look.evaluation.scores.row(policy.primary) - outcome.before.row(policy.primary)
    shares = deltas * golden.weights if policy.use_weights else deltas
    counted = np.flatnonzero(golden.counted)
    rows: list[int] = counted[np.argsort(shares[counted], kind="stable")].tolist()
    return rows
