"""The source: what sections look up in a result, by the names of its public schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.reporting.figures import percent

Json = Mapping[str, Any]

COVERAGE = "Judged"


def baseline_of(result: Json) -> str:
    """Return the name of the system in production, "" where there is none."""
    return next((name for name, system in result["systems"].items() if system["role"] == "baseline"), "")


def candidates_of(result: Json) -> list[str]:
    """Return the names of the systems that may replace it, in the order given."""
    return [name for name, system in result["systems"].items() if system["role"] == "candidate"]


def primary_of(result: Json) -> str:
    """Return the measure that decides, "" where nothing is decided."""
    return str(result["question"].get("primary", ""))


def comparisons_of(result: Json, candidate: str) -> list[Json]:
    """Return every comparison of `candidate` with the baseline."""
    return [row for row in result["comparisons"] if row["candidate"] == candidate]


def primary_row(result: Json, candidate: str) -> Json | None:
    """Return the comparison that decides: the primary measure on the whole golden set."""
    primary = primary_of(result)
    rows = (row for row in comparisons_of(result, candidate) if row["segment"] is None)
    return next((row for row in rows if row["measure"] == primary), None)


def coverage_measure(result: Json) -> str:
    """Return the judged@k that goes with the primary measure, or any, or ""."""
    names = [name for name in result["question"].get("measures", ()) if is_coverage(name)]
    _, _, cutoff = primary_of(result).partition("@")
    return next((name for name in names if name == f"{COVERAGE}@{cutoff}"), names[0] if names else "")


def is_coverage(measure: str) -> bool:
    """Return whether a measure tells how much was judged rather than how good it was."""
    return measure.partition("@")[0] == COVERAGE


def is_redacted(result: Json) -> bool:
    """Return whether the texts of queries and documents were left out."""
    return bool(result.get("redacted"))


def confidence(result: Json) -> str:
    """Return the coverage of every interval, "95 %"."""
    alpha = result["question"].get("alpha")
    return percent(None if alpha is None else 1 - alpha)
