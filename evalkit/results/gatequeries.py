"""Queries in the result of a gate: those that changed, the worst of them, and the critical ones that lost."""

from __future__ import annotations

import numpy as np

from evalkit.quoting import excerpt
from evalkit.regression.outcome import GateOutcome
from evalkit.results.compare import first_relevant
from evalkit.results.description import (
    Json,
)

WORST = 20


def describe_losses(outcome: GateOutcome) -> list[Json]:
    """Return the critical queries that lost their hit, and whether that counts."""
    golden, name = outcome.gate.golden, outcome.gate.system.name
    ranks = first_relevant(outcome.look.evaluation)
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
    """Return the worst queries with what is found for them now; what was found then is not stored."""
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
            "baseline_top": [],
            "candidate_top": [],
            "missing": [],
        }
        for row in worst
    ]


def _worst_first(outcome: GateOutcome) -> list[int]:
    """Return the rows of the counted queries, those first that add most to a drop; equal ones by id."""
    golden, policy = outcome.gate.golden, outcome.gate.policy
    deltas = outcome.look.evaluation.scores.row(policy.primary) - outcome.before.row(policy.primary)
    shares = deltas * golden.weights if policy.use_weights else deltas
    counted = np.flatnonzero(golden.counted)
    rows: list[int] = counted[np.argsort(shares[counted], kind="stable")].tolist()
    return rows
