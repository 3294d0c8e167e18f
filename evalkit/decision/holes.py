"""Unjudged documents: what their labels could do to a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.comparison.effect import effects
from evalkit.comparison.sample import Sample
from evalkit.decision.critical import critical_losses
from evalkit.decision.evidence import Component, CriticalLoss, Evidence, Place, Sensitivity
from evalkit.decision.labels import Holes, Retrieved
from evalkit.decision.policy import Policy
from evalkit.decision.rules import decide
from evalkit.decision.verdict import Verdict
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import JudgedRun
from evalkit.scoring.measure import Measure

DRAWS = 50
RESAMPLES = 2_000
EXACT_UP_TO = 16
AGREEMENT = 0.9
RATES = tuple(step / 20 for step in range(1, 21))


def examine_holes(
    evidence: Sequence[Evidence],
    baseline: Run,
    candidates: Sequence[Run],
    golden: GoldenSet,
    policy: Policy,
    *,
    seed: int,
) -> tuple[Evidence, ...]:
    """Add to the evidence how firmly each verdict stands against labels of unjudged documents.

    For each rate, 50 times, every unjudged document among the first results of the baseline or a
    candidate becomes relevant with that probability, and everything is decided anew. A verdict is stable
    if nine in ten draws repeat it at the rate seen among judged results, and at half of it.

    Args:
        evidence: What is known about each candidate.
        baseline: What the system in production retrieved.
        candidates: What each candidate retrieved, in the order of `evidence`.
        golden: The golden set; only one whose judgements are `pooled` is examined.
        policy: The question.
        seed: What the labels are addressed by.

    Returns:
        The evidence with its sensitivity; unchanged where judgements are complete or sparse.

    Source: in the manner of Fröbe et al., Bootstrapped nDCG estimation in the presence of unjudged
        documents, ECIR 2023.
    """
    if golden.card.judgments != "pooled":
        return tuple(evidence)
    sheets = [
        _Sheet(item, Holes.between(*systems, policy.primary.cutoff))
        for item, systems in zip(evidence, _judged_pairs(baseline, candidates, golden), strict=True)
    ]
    trial = _Trial(
        golden=golden,
        policy=replace(policy, resamples=RESAMPLES),
        sample=Sample.of(golden, golden.counted, use_weights=policy.use_weights),
        sheets=tuple(sheets),
        seed=seed,
    )
    reference = trial.verdicts(0.0, draws=1)[0]
    scanned = _scan(trial, reference)
    return tuple(
        replace(sheet.evidence, sensitivity=_sensitivity(trial, index, reference, scanned[index]))
        for index, sheet in enumerate(trial.sheets)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    """One candidate's evidence in the closed world, and the holes that could change it."""

    evidence: Evidence
    holes: Holes

    @property
    def components(self) -> tuple[Component, ...]:
        """The components that the rules read, the primary first."""
        return (self.evidence.primary, *self.evidence.guardrails)
