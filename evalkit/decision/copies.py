"""Copies: whether a verdict rests on the order of identical documents that are judged differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.comparison.paired import compare
from evalkit.decision.decide import decide
from evalkit.decision.evidence import Evidence, gather
from evalkit.decision.policy import Policy
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.copies import spread_by_copies
from evalkit.scoring.expected import score_expected
from evalkit.scoring.judged import Retrieved


def examine_copies(
    evidence: Sequence[Evidence],
    systems: Sequence[Retrieved],
    golden: GoldenSet,
    policy: Policy,
    *,
    seed: int,
) -> tuple[Evidence, ...]:
    """Return the evidence with the other verdict that identical documents would give in every order alike.

    Args:
        evidence: One for each candidate, ties in the order of ids.
        systems: What the baseline and then each candidate retrieved.
        golden: Queries, corpus and judgements.
        policy: The question.
        seed: What random signs are addressed by.

    Returns:
        The same where that verdict is no other, where no result within a cutoff has a copy that is judged
        otherwise, or where a measure of the policy has no expected value over orders.
    """
    open_to_order = any(
        spread_by_copies(side, golden, measure)
        for measure in policy.measures
        if measure.cutoff
        for side in systems
    )
    if not open_to_order or any(measure.definition.tied is None for measure in policy.measures):
        return tuple(evidence)
    before, *after = (score_expected(side, golden, policy.measures) for side in systems)
    alike = []
    for known, scores in zip(evidence, after, strict=True):
        rows = compare(before, scores, golden, policy=policy, seed=seed)
        # What is not about these scores stays as it is known.
        found = gather(rows, policy, losses=known.losses, sensitivity=known.sensitivity)
        alike.append(replace(known, primary=found.primary, guardrails=found.guardrails))
    pairs = zip(decide(evidence, policy).decisions, decide(alike, policy).decisions, strict=True)
    turned = ["" if by_id.verdict == by_all.verdict else str(by_all.verdict) for by_id, by_all in pairs]
    return tuple(
        replace(known, in_any_order=verdict) for known, verdict in zip(evidence, turned, strict=True)
    )
