"""The source: what sections look up in a result."""

from __future__ import annotations

from evalkit.figures import percent
from evalkit.results.parts import ComparisonPart
from evalkit.results.questions import CompareQuestion, GateQuestion
from evalkit.results.result import Result

COVERAGE = "Judged"


def baseline_of(result: Result) -> str:
    """Return the name of the system in production, "" where there is none."""
    return next((name for name, system in result.systems.items() if system.role == "baseline"), "")


def candidates_of(result: Result) -> list[str]:
    """Return the names of the systems that may replace it, in the order given."""
    return [name for name, system in result.systems.items() if system.role == "candidate"]


def aliases_of(result: Result) -> list[str]:
    """Return "alias: spec" for each system that goes by another name than its spec."""
    return [f"{name}: {system.spec}" for name, system in result.systems.items() if system.spec != name]


def comparisons_of(result: Result, candidate: str) -> list[ComparisonPart]:
    """Return every comparison of `candidate` with the baseline."""
    return [row for row in result.comparisons if row.candidate == candidate]


def primary_row(result: Result, candidate: str) -> ComparisonPart | None:
    """Return the comparison that decides: the primary measure on the whole golden set."""
    rows = (row for row in comparisons_of(result, candidate) if row.segment is None)
    return next((row for row in rows if row.measure == result.primary), None)


def coverage_measure(result: Result) -> str:
    """Return the judged@k that goes with the primary measure, or any, or ""."""
    asked = result.question
    measures = asked.measures if isinstance(asked, CompareQuestion | GateQuestion) else ()
    scored = (name for system in result.systems.values() for name in system.measures)
    names = [name for name in dict.fromkeys((*measures, *scored)) if is_coverage(name)]
    _, at, cutoff = result.primary.partition("@")
    return next((name for name in names if name == f"{COVERAGE}{at}{cutoff}"), names[0] if names else "")


def is_coverage(measure: str) -> bool:
    """Return whether a measure tells how much was judged rather than how good it was."""
    return measure.partition("@")[0] == COVERAGE


def confidence(result: Result) -> str:
    """Return the coverage of every interval, "95 %"."""
    return percent(None if result.alpha is None else 1 - result.alpha)
