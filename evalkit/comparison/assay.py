"""Assay sensitivity: whether a comparison could have shown anything at all."""

from __future__ import annotations

from evalkit.comparison.table import Comparison
from evalkit.findings import Finding, Severity

FLOOR, CEILING = 0.05, 0.98
FEW_DIFFERENCES = 10
CANNOT_REACH = 6


def assay(comparison: Comparison) -> tuple[Finding, ...]:
    """Return what makes a comparison uninformative, whatever its p-values say.

    Args:
        comparison: Best that of the primary measure on the whole golden set.

    Returns:
        Warnings about a baseline at the floor or the ceiling of the measure and about too few queries that
        tell the systems apart; none where all is well. Two identical systems are not warned about.
    """
    findings = []
    mean, measure = comparison.baseline_mean, comparison.measure
    if mean < FLOOR:
        findings.append(
            _warning(
                "EK560",
                f"{comparison.baseline} scores {mean:.3f} in {measure}: it finds next to nothing",
                "check that its queries and documents were embedded by the same model",
            )
        )
    if mean > CEILING:
        findings.append(
            _warning(
                "EK561",
                f"{comparison.baseline} scores {mean:.3f} in {measure}: there is no room for a gain",
                "add harder queries; easy ones only dilute a difference",
            )
        )
    if 0 < comparison.nonzero < FEW_DIFFERENCES:
        reach = " and cannot reach significance" if comparison.nonzero < CANNOT_REACH else ""
        findings.append(
            _warning(
                "EK562",
                f"only {comparison.nonzero} of {comparison.queries} queries tell {comparison.baseline} from "
                f"{comparison.candidate} in {measure}{reach}",
                "most queries are too easy or too hard for both; add others",
            )
        )
    return tuple(findings)


def _warning(code: str, problem: str, hint: str) -> Finding:
    return Finding(code, Severity.WARNING, problem, hint=hint)
