"""What a plan says in words and figures: what is recommended, what binds, hours, money and ranges."""

from __future__ import annotations

from collections.abc import Callable

from evalkit import figures
from evalkit.reporting.runbook import told_hours
from evalkit.results.planpart import StrategyPart
from evalkit.results.result import Result

PARTS = {
    "tokens": "the tokens a minute",
    "requests": "the requests a minute",
    "latency": "the time of a request",
}

GROUPED = 1000  # from here on digits stand in groups, and cents are left out


def recommended(result: Result) -> StrategyPart | None:
    """Return the path that is recommended, None for none."""
    return next((path for path in result.strategies if path.recommended), None)


def part_words(name: str, result: Result) -> str:
    """Return what a part of the time waits for."""
    own = next((item for item in result.inputs if item.name == "tokens_per_s"), None)
    if own is None or name != "tokens":
        return PARTS[name]
    return f"the speed of the model{' on this machine' if own.kind == 'measured' else ''}"


def binding(result: Result) -> str:
    """Return what binds the time of a backfill, in a sentence."""
    plan, schedule = result.plan, result.plan.schedule
    if schedule is None:
        return ""
    if not schedule.converges:
        return "A backfill never ends: documents are written faster than they are embedded."
    return (
        f"Embedding {figures.count(plan.documents)} documents takes {told_hours(schedule.hours)}: "
        f"what binds is {part_words(schedule.binding, result)}."
    )


def rests_on(result: Result) -> str:
    """Return how many inputs are measured, given and assumed."""
    kinds = [item.kind for item in result.inputs]
    counts = {kind: kinds.count(kind) for kind in ("measured", "given", "assumed")}
    return (
        f"Of {len(kinds)} inputs {counts['measured']} are measured, {counts['given']} given and "
        f"{counts['assumed']} assumed; ranges are P10 to P90 of 20,000 draws over theirs."
    )


def span(low: float | None, high: float | None, write: Callable[[float], str]) -> str:
    """Return the range of a number, "P10 3 hours, P90 9 hours"; "" where there is none."""
    return "" if low is None or high is None else f"P10 {write(low)}, P90 {write(high)}"


def between(path: StrategyPart) -> str:
    """Return the range of a path's hours."""
    if path.hours_low is None or path.hours_high is None:
        return f"{short_hours(path.hours_low)} or never" if path.hours_low is not None else figures.ABSENT
    return f"{short_hours(path.hours_low)}–{short_hours(path.hours_high)}"


def short_hours(hours: float | None) -> str:
    """Return hours for the column of a table."""
    if hours is None:
        return "never"
    return figures.significant(hours) if 0 < hours < 10 else figures.count(hours)  # noqa: PLR2004 - two digits


def quality_hours(value: float | None) -> str:
    """Return harm or delay with the digits that it has."""
    if value is None:
        return figures.ABSENT
    return figures.number(value, 3 if abs(value) < 100 else 0)  # noqa: PLR2004 - six digits


def money_unit(result: Result) -> str:
    """Return the heading of costs."""
    return f"Cost, {_currency(result)}"


def money(value: float | None, result: Result) -> str:
    """Return a cost with its currency."""
    return figures.ABSENT if value is None else f"{cost_of(value)} {_currency(result)}"


def cost_of(value: float | None) -> str:
    """Return a cost for the column of a table."""
    if value is None:
        return figures.ABSENT
    return figures.number(value, 2) if value < GROUPED else figures.count(value)


def input_words(value: float) -> str:
    """Return an input as people read it."""
    return figures.count(value) if value >= GROUPED and float(value).is_integer() else figures.spread(value)


def _currency(result: Result) -> str:
    return str(getattr(result.question, "currency", "USD"))
