"""The locks: what the test and the interval say where only one of them says that a candidate is better."""

from __future__ import annotations

from evalkit.reporting.sections.source import primary_row
from evalkit.results.parts import RulePart
from evalkit.results.result import Result

_CLAIM = "5"


def locks(result: Result, rule: RulePart) -> str:
    """Return why a gain that one of the two locks shows is not shown; "" where they agree."""
    row, asked = primary_row(result, rule.candidate), result.comparing
    if rule.row != _CLAIM or rule.passed or asked.objective != "improve" or row is None:
        return ""
    by_test, by_interval = row.p_greater is not None and row.p_greater <= asked.alpha / 2, row.low > 0
    if by_test == by_interval:
        return ""
    alone = (
        "the sign-flip test alone says so, the guarded interval still reaches 0"
        if by_test
        else "the guarded interval alone says so, the sign-flip test does not"
    )
    return f"Better takes two locks: {alone}."
