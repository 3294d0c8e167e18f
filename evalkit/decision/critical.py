"""Critical queries: a census of those that must not lose their hit."""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Bools
from evalkit.decision.evidence import CriticalLoss
from evalkit.decision.policy import EVERY_SEGMENT, Kind, Policy
from evalkit.errors import UnknownNameError
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.judged import JudgedRun
from evalkit.scoring.measure import Measure

SHOWN = 10


def hit_of(policy: Policy) -> Measure:
    """Return what a critical query must not lose: a relevant document in the top ten.

    Relevant is what the primary measure takes for it: with `Recall(rel=2)@10`, a document of grade 2 or more.
    """
    return Measure("Hit", SHOWN, policy.primary.rel)


def answers_of(policy: Policy) -> str:
    """Return what a critical query needs one of, in words: documents that are relevant, or graded so high."""
    rel = policy.primary.rel
    return "relevant document" if rel == 1 else f"document of grade {rel} or more"


def critical_losses(
    baseline: JudgedRun,
    candidate: JudgedRun,
    golden: GoldenSet,
    policy: Policy,
    *,
    exact: JudgedRun | None = None,
) -> tuple[CriticalLoss, ...]:
    """Return the critical queries that lose every relevant document from the top ten.

    Relevant is what `hit_of` the policy says.

    Args:
        baseline: Judged results of the system in production.
        candidate: Judged results of the system that may replace it.
        golden: Says which queries are critical.
        policy: Its waivers, and its guardrails of kind `critical`, which make whole segments critical.
        exact: Judged results of the candidate under exact search, where `candidate` is from an approximate
            index: a loss that exact search does not repeat is the index's, and is not confirmed.

    Returns:
        One entry for each query lost, in id order, waived and unconfirmed ones included.

    Raises:
        UnknownNameError: A waiver or a critical guardrail names what the golden set does not have.
    """
    for query in policy.waivers:
        if golden.queries.row(query) < 0:
            raise UnknownNameError.among("query", query, golden.queries.ids, hint="correct the waiver")
    hit = hit_of(policy)
    lost = critical(golden, policy) & (hit.values(baseline) > 0) & (hit.values(candidate) == 0)
    repeated = lost if exact is None else hit.values(exact) == 0
    ids = golden.queries.ids
    return tuple(
        CriticalLoss(query=ids[row], confirmed=bool(repeated[row]), waiver=policy.waivers.get(ids[row], ""))
        for row in np.flatnonzero(lost)
    )


def critical_gains(
    baseline: JudgedRun, candidate: JudgedRun, golden: GoldenSet, policy: Policy
) -> tuple[str, ...]:
    """Return the ids of critical queries that gain a relevant document in the top ten; no rule reads them."""
    hit = hit_of(policy)
    gained = critical(golden, policy) & (hit.values(baseline) == 0) & (hit.values(candidate) > 0)
    return tuple(golden.queries.ids[row] for row in np.flatnonzero(gained))


def critical(golden: GoldenSet, policy: Policy) -> Bools:
    """Return (Q,) which queries must not lose their hit."""
    mask = golden.critical.copy()
    for rail in policy.guardrails:
        if rail.kind != Kind.CRITICAL:
            continue
        if rail.segment in (None, EVERY_SEGMENT):
            return np.ones_like(mask)
        if rail.segment not in golden.segments:
            raise UnknownNameError.among("segment", str(rail.segment), golden.segments)
        mask |= golden.segments[rail.segment]
    return mask
