"""A gate on the small golden set: its baseline, its outcome, and what each may be changed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from small_studies import AFTER, BEFORE, RR, evaluation, golden

from evalkit.decision.policy import Policy
from evalkit.embedding.modelspec import RUN_FILE, ModelSpec
from evalkit.evaluation import System
from evalkit.regression.baseline import Baseline, Noise
from evalkit.regression.changes import Changes
from evalkit.regression.gate import Gate
from evalkit.regression.look import take_look
from evalkit.regression.outcome import GateOutcome
from evalkit.scoring.measure import Measure

STAMP = {
    "spec": "run/prod.trec",
    "fingerprint": {"provider": "run", "model": "prod.trec", "dims": 7},
    "index": None,
}
QUIET = Noise(runs=0, repeated="nothing", variance={RR: 0.0, Measure("Hit", 10): 0.0})


def gate(**changes: Any) -> Gate:
    """Return the gate of the system `prod`, whose primary measure is MRR@10."""
    system = System(name="prod", spec=ModelSpec(RUN_FILE, "prod.trec"))
    made = Gate(golden=golden(), system=system, policy=Policy(primary=RR, guardrails=()))
    return replace(made, **changes)


def baseline(asked: Gate, results: Mapping[str, str] = BEFORE, **changes: Any) -> Baseline:
    """Return the baseline of a run, its queries in an order that is not the golden set's."""
    scores = evaluation("prod", results, asked.setting).scores
    turned = list(reversed(range(len(scores.query_ids))))
    made = Baseline(
        system="prod",
        stamp=STAMP,
        noise=QUIET,
        measures=scores.measures,
        query_ids=tuple(scores.query_ids[row] for row in turned),
        values=scores.values[:, turned],
    )
    return replace(made, **changes)


def gate_outcome(
    after: Mapping[str, str] = AFTER,
    *,
    asked: Gate | None = None,
    stored: Baseline | None = None,
    **changes: Any,
) -> GateOutcome:
    """Return what a gate finds that is held against a stored baseline, with anything of it replaced."""
    guarded = asked or gate()
    held = stored or baseline(guarded)
    look = take_look(guarded, held, evaluation("prod", after, guarded.setting))
    made = GateOutcome(
        gate=guarded,
        baseline=held,
        before=held.scores(guarded.golden),
        look=look,
        first=None,
        drift=(),
        changes=Changes(),
        unjudged=None,
        watched=None,
        checks=look.checks,
    )
    return replace(made, **changes)
