"""The comparison as a study: an outcome with the way there, its costs and how much it takes to turn it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evalkit.costs import Cost, costs
from evalkit.defaults import MIXED_MEASURES
from evalkit.experiment import Outcome
from evalkit.findings import Finding
from evalkit.lab import Plan, curves_between
from evalkit.mixing.curve import MixCurve
from evalkit.selftest import DamageStep, self_test
from evalkit.studies.scale import CorpusTokens, Scale, corpus_tokens

if TYPE_CHECKING:
    import pandas as pd

BESIDE = "Recall@10"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Study:
    """Everything that a report on an experiment says.

    Attributes:
        outcome: What the experiment found.
        curves: What becomes of search on the way from the baseline to each candidate; () where nobody asked,
            or where a system has no vectors.
        steps: The self-test, () where nobody asked.
        costs: What each system with vectors takes, by name.
        tokens: How many tokens the documents are for each system with vectors, by name.
        scale: For how many documents, and at which price, costs are told beside those of this corpus.
    """

    outcome: Outcome
    curves: tuple[MixCurve, ...] = ()
    steps: tuple[DamageStep, ...] = ()
    costs: Mapping[str, Cost] = field(default_factory=dict)
    tokens: Mapping[str, CorpusTokens] = field(default_factory=dict)
    scale: Scale = field(default_factory=Scale)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed on the way, each once."""
        told = [*self.outcome.findings, *(finding for curve in self.curves for finding in curve.findings)]
        return tuple(dict.fromkeys(told))

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each query and system, one column for each measure."""
        return self.outcome.to_frame()


def complete(
    outcome: Outcome,
    *,
    mixed: bool = True,
    self_tested: bool = False,
    controls: tuple[str, ...] = (),
    scale: Scale | None = None,
) -> Study:
    """Return the outcome with all that a report says beside it.

    Args:
        outcome: What an experiment found.
        mixed: Whether to compute the mixed index on the way to each candidate.
        self_tested: Whether to spoil each candidate step by step.
        controls: Names of controls to show beside the mixed index: "float16", "rotated".
        scale: For how many documents, and at which price, costs are told beside those of this corpus.
    """
    return Study(
        outcome=outcome,
        curves=migrations(outcome, controls) if mixed else (),
        steps=self_test(outcome) if self_tested else (),
        costs=costs(outcome),
        tokens=_tokens(outcome),
        scale=scale or Scale(),
    )


def _tokens(outcome: Outcome) -> Mapping[str, CorpusTokens]:
    experiment = outcome.experiment
    found = {
        item.system.name: corpus_tokens(item, experiment.golden, seed=experiment.seed)
        for item in outcome.evaluations
    }
    return {name: tokens for name, tokens in found.items() if tokens is not None}


def migrations(outcome: Outcome, controls: tuple[str, ...] = ()) -> tuple[MixCurve, ...]:
    """Return the lab's curves from the baseline to each candidate.

    Returns:
        Nothing where a system has no vectors, or where documents are searched by chunk.
    """
    experiment = outcome.experiment
    if experiment.golden.chunks is not None:  # told among the findings of the golden set
        return ()
    primary = experiment.policy.primary
    # The lab counts how many documents stand before a relevant one, up to a cutoff.
    asked = (*([str(primary)] if primary.cutoff else MIXED_MEASURES), BESIDE)
    plan = Plan(
        measures=tuple(dict.fromkeys(asked)),
        controls=controls,
        margin=experiment.policy.margin,
        use_weights=experiment.policy.use_weights,
        seed=experiment.seed,
        thorough=False,
    )
    return tuple(
        curve
        for candidate in outcome.candidates
        for curve in curves_between(outcome.baseline, candidate, experiment.setting, plan)
    )
