"""The self-test: how much of a candidate may be spoilt before its verdict turns, as lines and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit import figures
from evalkit.reporting.tables import Column, Table
from evalkit.results.parts import StepPart
from evalkit.results.result import Result


def self_test_lines(steps: Sequence[StepPart]) -> list[str]:
    """Return the self-test as lines for a terminal, and where each candidate's verdict turns."""
    lines = []
    for candidate, own in _by_candidate(steps):
        lines.append(f"self-test of {candidate}: its results made random for a share of the queries")
        lines += [f"  {_share(s.share):>6}  {figures.signed(s.delta)}  {s.verdict} {s.reason}" for s in own]
        lines.append(f"  {turning_point(own)}")
    return lines


def self_test_tables(result: Result) -> Iterator[Table]:
    """Yield, for each candidate that was spoilt step by step, what was decided at each step."""
    columns = (
        Column("Queries with random results", numeric=True),
        Column(f"Δ {result.primary}", numeric=True),
        Column("Verdict"),
        Column("Reason"),
    )
    for candidate, own in _by_candidate(result.self_test):
        rows = [(figures.percent(s.share), figures.signed(s.delta), s.verdict, s.reason) for s in own]
        yield Table.of(f"Self-test of {candidate}: {turning_point(own)}", columns, rows)


def turning_point(steps: Sequence[StepPart]) -> str:
    """Return at which share the verdict on one candidate turns."""
    first = steps[0].verdict
    if first == "NO-GO":
        return "it is a NO-GO before anything is spoilt: there is nothing to turn"
    turned = [step.share for step in steps if step.verdict != first]
    return (
        f"the verdict turns at {_share(turned[0])}"
        if turned
        else "the verdict never turns: it decides nothing"
    )


def _share(share: float) -> str:
    return figures.tight_percent(share)


def _by_candidate(steps: Sequence[StepPart]) -> list[tuple[str, list[StepPart]]]:
    names = dict.fromkeys(step.candidate for step in steps)
    return [(name, [step for step in steps if step.candidate == name]) for name in names]
