"""The self-test: how much of a candidate must be spoilt before its verdict turns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evalkit.decision.verdict import Reason, Verdict
from evalkit.evaluation import Evaluation, scored
from evalkit.experiment import Outcome, conclude
from evalkit.retrieval.candidates import NOTHING
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved
from evalkit.streams import stream

SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DamageStep:
    """The verdict on a candidate of which a share of the result lists is random.

    Attributes:
        candidate: Whose results were spoilt.
        share: Share of the queries whose results are random documents.
        delta: Mean difference of the primary measure to the baseline.
        verdict: What is decided then.
        reason: Why.
    """

    candidate: str
    share: float
    delta: float
    verdict: Verdict
    reason: Reason


def self_test(outcome: Outcome) -> tuple[DamageStep, ...]:
    """Spoil a growing share of each candidate's results and decide anew.

    A gate that gives random results the verdict of real ones decides nothing. Queries are spoilt in one
    order, so that each step contains the ones before.

    Args:
        outcome: What an experiment found.

    Returns:
        For each candidate one step for each share, from 0 to 1.
    """
    return tuple(
        step
        for candidate in outcome.candidates
        for step in (_step(outcome, candidate, share) for share in SHARES)
    )


def _step(outcome: Outcome, candidate: Evaluation, share: float) -> DamageStep:
    experiment = replace(outcome.experiment, candidates=(candidate.system,))
    spoilt = conclude(experiment, outcome.baseline, [spoil(candidate, outcome, share)])
    (decision,) = spoilt.conclusion.decisions
    return DamageStep(
        candidate=candidate.system.name,
        share=share,
        delta=spoilt.primaries[0].delta,
        verdict=decision.verdict,
        reason=decision.reason,
    )


def spoil(candidate: Evaluation, outcome: Outcome, share: float) -> Evaluation:
    """Return the evaluation with random documents for a share of its queries, exact search included."""
    golden, seed = outcome.experiment.golden, outcome.experiment.seed
    rng = stream(seed, "self-test")
    rows, scores = candidate.run.rows.copy(), candidate.run.scores.copy()
    # Every query is drawn for, whatever the share, so that a larger share changes no list spoilt before.
    order = rng.permutation(rows.shape[0])
    documents = len(golden.corpus)
    random_rows = np.stack([rng.choice(documents, size=rows.shape[1], replace=False) for _ in order])
    chosen = order[: round(share * rows.shape[0])]
    rows[chosen] = np.where(rows[chosen] >= 0, random_rows[chosen], NOTHING)
    scores[chosen] = -np.arange(rows.shape[1], dtype=np.float64)
    run = Run.ranked(candidate.system.name, rows, scores, depth=candidate.run.depth)
    retrieved = Retrieved.of(run, golden)
    scored_anew = scored(retrieved, outcome.experiment.setting)
    return replace(candidate, run=run, retrieved=retrieved, scores=scored_anew, exact=None)
