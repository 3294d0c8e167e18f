"""The failure of a gate: why it could not be asked, as an object in the schema of `result.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evalkit.findings import Finding
from evalkit.results.description import describe_finding
from evalkit.results.gatepart import ERROR
from evalkit.results.origin import ProvenancePart
from evalkit.results.result import Result


def result_of_failure(
    findings: Sequence[Finding], *, golden: str, model: str, provenance: Mapping[str, object], reproduce: str
) -> Result:
    """Return why a gate could not be asked; its verdict is ERROR.

    Args:
        findings: The reasons.
        golden: Name of the golden set, as far as it is known.
        model: Name of the system.
        provenance: How, when and with which versions.
        reproduce: The command that asks again.
    """
    return Result.found(
        verdict=ERROR,
        golden={"name": golden, "digest": "", "queries": 0, "documents": 0},
        gate={"system": model, "reproduce": reproduce},
        findings=[describe_finding(item) for item in findings],
        provenance=ProvenancePart.of(provenance),
    )


def is_failure(result: Result) -> bool:
    """Return whether a result says that a gate could not be asked."""
    return result.verdict == ERROR
