"""Ownership: whether what lies at a place is of the same experiment and may be replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.digests import digest_settings
from evalkit.errors import UsageError
from evalkit.evaluation import System
from evalkit.golden.goldenset import GoldenSet
from evalkit.results.gatefailure import is_failure
from evalkit.results.reading import PLAN, REPORT, RESULT, SHEET, is_gate, read_result, result_file
from evalkit.results.result import Result

RUNBOOK = "runbook.md"
WRITTEN = (
    *(REPORT, SHEET, "summary.md", "junit.xml", "per_query.parquet", "per_query.csv", "worklist.csv"),
    *(RESULT, PLAN, RUNBOOK),
)


def identity(result: Result) -> str:
    """Return the digest of the question: golden set, systems and what was asked, not what was found.

    A gate asks one question of one system for years, while corpus, index and policy change under it.
    """
    if is_gate(result):
        return digest_settings({"gate": result.golden.name, "systems": sorted(result.systems)})
    systems = {name: [system.spec, system.index] for name, system in result.systems.items()}
    question = result.question.to_json()
    return digest_settings({"golden": result.golden.digest, "systems": systems, "question": question})


def asked_of(golden: GoldenSet, systems: Sequence[System], question: Mapping[str, object]) -> Result:
    """Return as much of a result as is known before anything was done: what its identity is made of."""
    return Result.found(
        golden={"digest": golden.digest},
        systems={
            system.name: {
                "spec": str(system.spec),
                "role": "",
                "index": system.factory if system.embeds else None,
            }
            for system in systems
        },
        question=question,
    )


def is_own(folder: Path, result: Result) -> bool:
    """Return whether the result of the same experiment lies in `folder`, or nothing that would be lost."""
    if result_file(folder) is None:
        return not any((folder / name).exists() for name in WRITTEN)
    try:
        lying = read_result(folder)
        if is_failure(result) or is_failure(lying):  # a gate that could not be asked knows its system alone
            return _gated(result) & _gated(lying) != set()
        return identity(lying) == identity(result)
    except (UsageError, KeyError):
        return False


def _gated(result: Result) -> set[str]:
    """Return by which names the system of a gate goes."""
    return {*result.systems, result.gate.system} - {""} if is_gate(result) else set()
