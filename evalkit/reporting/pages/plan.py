"""The page of a plan: what is recommended, every path with its price, and what the numbers rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit import figures
from evalkit.reporting.blocks import (
    Block,
    Chart,
    Command,
    Folded,
    Grid,
    Items,
    Notes,
    Sentences,
    Verdict,
)
from evalkit.reporting.charts import Interval, IntervalChart
from evalkit.reporting.page import Page, Section
from evalkit.reporting.runbook import told_hours
from evalkit.reporting.sections.planondemand import on_demand
from evalkit.reporting.sections.planquality import by_size, lost_on_the_way
from evalkit.reporting.sections.plantime import time_and_storage
from evalkit.reporting.sections.planwords import (
    between,
    binding,
    cost_of,
    input_words,
    money,
    money_unit,
    quality_hours,
    recommended,
    rests_on,
    short_hours,
    span,
)
from evalkit.reporting.tables import Column, Fact, Row, Table
from evalkit.results.planpart import PlanPart, StepOfPlan
from evalkit.results.result import Result

_NOT_BETTER = "EK752"


def plan_page(result: Result) -> Page:
    """Return what a plan says; all text in it is safe to show."""
    known = result.readable()
    old, new = known.systems
    sizes = f"planned for {figures.count(known.plan.documents)} documents"
    verdict = Section("verdict", "Recommendation", (_verdict(known),))
    return Page(
        what="evalkit plan",
        title=f"Plan: {known.golden.name}, {old} → {new}",
        name=known.golden.name,
        facts=(f"{old} → {new}", sizes),
        sections=(
            verdict,
            Section("paths", "Six paths", _paths(known)),
            Section("quality", "What is lost on the way", lost_on_the_way(known)),
            Section("size", "What this corpus says about a larger one", by_size(known.plan)),
            Section("time", "Time and storage", time_and_storage(known)),
            Section("lazy", "Re-embedding on demand", on_demand(known)),
            Section("runbook", "Runbook", _runbook(known.plan)),
            Section("inputs", "What the plan rests on", _inputs(known)),
            Section("reproduce", "Reproduce", _reproduce(known)),
        ),
        brief=(
            Section.untitled(Sentences((f"{known.golden.name}: {old} → {new}, {sizes}",)), _grid(known)),
            Section.untitled(Items(known.plan.changes, title="What would change it:")),
            Section.untitled(Sentences((binding(known), rests_on(known)))),
            Section.untitled(replace(_verdict(known), notes=_warnings(known))),
        ),
    )


def _verdict(result: Result) -> Verdict:
    plan, path = result.plan, recommended(result)
    worse, changes = _warnings(result), "; ".join(plan.changes)
    if path is None:
        return Verdict(word="No path", tone="open", headline=plan.reason)
    facts = (
        Fact(
            "Until the last document",
            told_hours(path.hours),
            span(path.hours_low, path.hours_high, told_hours),
        ),
        Fact(
            "Cost",
            money(path.cost, result),
            span(path.cost_low, path.cost_high, lambda value: money(value, result)),
        ),
        Fact("Peak storage", figures.size(path.peak_bytes), "both indexes, as long as both are there"),
        Fact("Below the old index", quality_hours(path.harm), "quality-hours lost on the way"),
    )
    return Verdict(
        word=path.name,
        tone="warn" if worse else "good",
        headline=plan.reason,
        next_step="Fill in owner and window of the runbook, and run its preconditions.",
        facts=facts,
        notes=(*worse, *((f"What would change it: {changes}.",) if changes else ())),
    )


def _warnings(result: Result) -> tuple[str, ...]:
    """Return what speaks against any path."""
    told = (item for item in result.findings if item.code == _NOT_BETTER)
    return tuple(f"{item.problem[:1].upper()}{item.problem[1:]}; {item.hint}." for item in told)


def _paths(result: Result) -> tuple[Block, ...]:
    words = [f"{path.name}: {path.note}. Way back: {path.way_back}." for path in result.strategies]
    return (
        Sentences((f"{binding(result)} {rests_on(result)}",)),
        _grid(result),
        *_drawn(result),
        Folded("What each path is", (Items(tuple(words)),)),
    )


def _grid(result: Result) -> Grid:
    """Return the table of the paths, the recommended one marked by a word."""
    headings = (
        "Path",
        "Queries by",
        "Hours",
        "P10–P90",
        money_unit(result),
        "Peak",
        "Searches",
        "Harm",
        "Delay",
        "Remark",
    )
    columns = tuple(Column(name, numeric=name not in {"Path", "Queries by", "Remark"}) for name in headings)
    rows = tuple(
        Row(
            (
                path.name,
                path.served_by or figures.ABSENT,
                short_hours(path.hours),
                between(path),
                cost_of(path.cost),
                figures.size(path.peak_bytes),
                str(path.searches),
                quality_hours(path.harm),
                quality_hours(path.delay),
                "recommended" if path.recommended else "" if path.possible else "not possible",
            ),
            muted=not path.possible,
            tone="good" if path.recommended else "",
        )
        for path in result.strategies
    )
    caption = (
        "Harm and delay in quality-hours: below the old index, and behind the new one, until the path ends"
    )
    return Grid(Table(caption, columns, rows))


def _drawn(result: Result) -> tuple[Block, ...]:
    """Return the hours of each path as intervals, where at least two are known."""
    known = [
        path
        for path in result.strategies
        if path.possible and path.hours and path.hours_low is not None and path.hours_high is not None
    ]
    if len(known) < 2:  # noqa: PLR2004 - one interval compares nothing
        return ()
    drawn = [
        Interval(
            label=path.name,
            estimate=float(path.hours or 0),
            low=float(path.hours_low or 0),
            high=float(path.hours_high or 0),
            tone="good" if path.recommended else "even",
            text=figures.span(told_hours(path.hours_low), told_hours(path.hours_high)),
        )
        for path in known
    ]
    told = "; ".join(f"{row.label} {row.text}" for row in drawn)
    chart = IntervalChart.of(drawn, limit=None, summary=f"Hours until the last document: {told}")
    return (
        Chart(chart, "Hours until the last document: the value, and P10 to P90 over what is not certain"),
    )


def _runbook(plan: PlanPart) -> tuple[Block, ...]:
    if not plan.steps:
        return ()
    words = "The file runbook.md beside this page has the same steps with room for owners and dates."
    return (
        Sentences((words,)),
        Grid(_steps("Before anything moves", plan.preconditions)),
        Grid(_steps("Step by step", plan.steps)),
    )


def _steps(caption: str, steps: Sequence[StepOfPlan]) -> Table:
    columns = [Column("Step"), Column("Takes", numeric=True), Column("Check"), Column("If not")]
    rows = [
        (
            f"{number}. {step.title}",
            told_hours(step.hours) if step.hours is not None else figures.ABSENT,
            step.check or step.expected,
            step.back,
        )
        for number, step in enumerate(steps, start=1)
    ]
    return Table.of(caption, columns, rows)


def _inputs(result: Result) -> tuple[Block, ...]:
    columns = [
        Column("Input"),
        Column("Value", numeric=True),
        Column("Range", numeric=True),
        Column("Is"),
        Column("Source"),
    ]
    rows = [
        (
            item.name,
            f"{input_words(item.value)} {item.unit}",
            figures.ABSENT
            if item.low == item.high
            else figures.span(input_words(item.low), input_words(item.high)),
            item.kind,
            f"{item.source}, {item.date}" if item.date else item.source,
        )
        for item in result.inputs
    ]
    return (
        Sentences((rests_on(result),)),
        Grid(Table.of("Every number, measured, given or assumed", columns, rows)),
        Notes(result.findings),
    )


def _reproduce(result: Result) -> tuple[Block, ...]:
    command = result.provenance.command
    return (Command(command),) if command else ()
