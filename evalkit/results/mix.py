"""The result of the mixed-index lab alone: two systems, their curves, and no verdict."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from evalkit.evaluation import Evaluation, Setting
from evalkit.lab import Plan
from evalkit.mixing.curve import MixCurve
from evalkit.results.changes import describe_reranking, first_results
from evalkit.results.curves import describe_curves
from evalkit.results.description import (
    describe_counts,
    describe_finding,
    describe_golden,
    describe_system,
)
from evalkit.results.result import Result


def result_of_mix(
    evaluations: tuple[Evaluation, Evaluation],
    setting: Setting,
    curves: Sequence[MixCurve],
    provenance: Mapping[str, object],
    *,
    plan: Plan,
) -> Result:
    """Return the result of the mixed-index lab alone: two systems, their curves, and no verdict."""
    old, new = evaluations
    changed = describe_reranking(old.run, new.run, setting.golden)
    roles = zip(("old", "new"), evaluations, strict=True)
    return Result.found(
        **{
            "question": dataclasses.asdict(plan),
            "golden": describe_golden(setting.golden),
            "systems": {item.system.name: describe_system(item, role) for role, item in roles},
            "counts": describe_counts(old, setting),
            **describe_curves(curves),
            "reranking": {new.system.name: changed},
            "documents": first_results(changed, setting.golden),
            "findings": [
                describe_finding(finding)
                for finding in dict.fromkeys(
                    [*setting.golden.findings, *(f for c in curves for f in c.findings)]
                )
            ],
            "provenance": dict(provenance),
        }
    )
