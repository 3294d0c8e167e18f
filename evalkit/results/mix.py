"""The result of the mixed-index lab alone: two systems, their curves, and no verdict."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from evalkit.results.changes import describe_reranking, first_results
from evalkit.results.curves import describe_curves
from evalkit.results.description import describe_counts, describe_finding, describe_golden, describe_system
from evalkit.results.origin import ProvenancePart
from evalkit.results.result import Result
from evalkit.studies.migration import Migration


def result_of_mix(study: Migration, provenance: Mapping[str, object]) -> Result:
    """Return the result of the mixed-index lab alone: two systems, their curves, and no verdict."""
    old, new, setting = study.old, study.new, study.setting
    changed = describe_reranking(old.run, new.run, setting.golden)
    told = [*setting.golden.findings, *(finding for curve in study.curves for finding in curve.findings)]
    return Result.found(
        question=dataclasses.asdict(study.plan),
        golden=describe_golden(setting.golden),
        systems={
            item.system.name: describe_system(item, role) for item, role in ((old, "old"), (new, "new"))
        },
        counts=describe_counts(old, setting),
        **describe_curves(study.curves),
        reranking={new.system.name: changed},
        documents=first_results(changed, setting.golden),
        findings=[describe_finding(finding) for finding in dict.fromkeys(told)],
        provenance=ProvenancePart.of(provenance),
    )
