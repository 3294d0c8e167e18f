"""The page of a plan: what is recommended, every path with its price, and what the numbers rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit import figures
from evalkit.reporting.blocks import (
    Block,
    Chart,
    Command,
    Facts,
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
from evalkit.reporting.sections.mixture import mixture
from evalkit.reporting.sections.strategies import CARELESS
from evalkit.reporting.tables import Column, Fact, Row, Table
from evalkit.results.planpart import ExposurePart, PlanPart, StepOfPlan, StrategyPart
from evalkit.results.result import Result

_GIGA = 1e9
_NOT_BETTER = "EK752"
_PARTS = {
    "tokens": "the tokens a minute",
    "requests": "the requests a minute",
    "latency": "the time of a request",
}


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
            Section("quality", "What is lost on the way", _quality(known)),
            Section("size", "What this corpus says about a larger one", _sizes(known.plan)),
            Section("time", "Time and storage", _time(known)),
            Section("lazy", "Re-embedding on demand", _lazy(known)),
            Section("runbook", "Runbook", _runbook(known.plan)),
            Section("inputs", "What the plan rests on", _inputs(known)),
            Section("reproduce", "Reproduce", _reproduce(known)),
        ),
        brief=(
            Section.untitled(Sentences((f"{known.golden.name}: {old} → {new}, {sizes}",)), _grid(known)),
            Section.untitled(Items(known.plan.changes, title="What would change it:")),
            Section.untitled(Sentences((_binding(known.plan), _rests(known)))),
            Section.untitled(replace(_verdict(known), notes=_warnings(known))),
        ),
    )


def _verdict(result: Result) -> Verdict:
    plan, path = result.plan, _recommended(result)
    worse, changes = _warnings(result), "; ".join(plan.changes)
    if path is None:
        return Verdict(word="No path", tone="open", headline=plan.reason)
    facts = (
        Fact("Until the last document", told_hours(path.hours), _span(path, "hours", told_hours)),
        Fact("Cost", _money(path.cost, result), _span(path, "cost", lambda value: _money(value, result))),
        Fact("Peak storage", figures.size(path.peak_bytes), "both indexes, as long as both are there"),
        Fact("Below the old index", _quality_hours(path.harm), "quality-hours lost on the way"),
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
        Sentences((f"{_binding(result.plan)} {_rests(result)}",)),
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
        _money_unit(result),
        "Peak",
        "Searches",
        "Harm",
        "Delay",
        "",
    )
    columns = tuple(Column(name, numeric=name not in {"Path", "Queries by", ""}) for name in headings)
    rows = tuple(
        Row(
            (
                path.name,
                path.served_by or figures.ABSENT,
                _hours(path.hours),
                _between(path),
                _cost(path.cost),
                figures.size(path.peak_bytes),
                str(path.searches),
                _quality_hours(path.harm),
                _quality_hours(path.delay),
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
            text=f"{told_hours(path.hours_low)} to {told_hours(path.hours_high)}",
        )
        for path in known
    ]
    told = "; ".join(f"{row.label} {row.text}" for row in drawn)
    chart = IntervalChart.of(drawn, limit=None, summary=f"Hours until the last document: {told}")
    return (
        Chart(chart, "Hours until the last document: the value, and P10 to P90 over what is not certain"),
    )


def _quality(result: Result) -> tuple[Block, ...]:
    asked = getattr(result.question, "measure", "")
    lead = (
        f"For each hour of the migration, in {asked} × hours, queries weighted by their traffic. Harm counts "
        "what lies below the old index; delay what is missing to the new one. The range is that of the lab's "
        "intervals."
    )
    orders = tuple(dict.fromkeys(item.order for item in result.plan.exposures))
    grids = [
        Grid(_exposed([item for item in result.plan.exposures if item.order == order], order))
        for order in orders
    ]
    lost = [
        f"{path.name}: {figures.count(path.answers_lost)} answers lost on the way, at "
        f"{figures.count(result.plan.queries_per_hour)} queries an hour"
        for path in result.strategies
        if path.answers_lost and round(path.answers_lost)
    ]
    return (*_curves(result), Sentences((lead,)), *grids, *((Items(tuple(lost)),) if lost else ()))


def _curves(result: Result) -> tuple[Block, ...]:
    """Return the curves of the strategies that answer on some path, and of doing it carelessly."""
    shown = {CARELESS, *(path.served_by for path in result.strategies)}
    few = result.with_values(
        mix=tuple(row for row in result.mix if row.strategy in shown),
        mix_summary=tuple(
            curve.with_values(lines=tuple(line for line in curve.lines if line.strategy in shown))
            for curve in result.mix_summary[:1]
        ),
    )
    return tuple(way.overview for way in mixture(few))


def _exposed(items: Sequence[ExposurePart], order: str) -> Table:
    columns = [
        Column("Strategy"),
        *(
            Column(name, numeric=True)
            for name in ("Start", "Worst", "Harm", "Range", "Delay", "Range", "Searches")
        ),
        Column("Never below"),
    ]
    rows = [
        (
            item.strategy,
            figures.number(item.start),
            figures.number(item.worst),
            figures.number(item.harm, 4),
            f"{figures.number(item.harm_low, 4)} to {figures.number(item.harm_high, 4)}",
            figures.number(item.delay, 4),
            f"{figures.number(item.delay_low, 4)} to {figures.number(item.delay_high, 4)}",
            str(item.searches),
            "yes" if item.never_below else "no",
        )
        for item in items
    ]
    return Table.of(f"Documents move in the order: {order}", columns, rows)


def _sizes(plan: PlanPart) -> tuple[Block, ...]:
    if not plan.sizes:
        return (
            Sentences(
                ("This corpus is too large to be sub-sampled here: queries × documents above 40 million.",)
            ),
        )
    headings = ("Part of the corpus", "Documents", "Old", "New", "Gain", "±", "Break-even")
    columns = [Column(name, numeric=bool(place)) for place, name in enumerate(headings)]
    rows = [
        (
            figures.percent(step.part),
            figures.count(step.documents),
            *figures.change(step.old, step.new, step.delta),
            figures.number(step.sd) if step.sd else figures.ABSENT,
            "never" if step.break_even is None else figures.percent(step.break_even),
        )
        for step in plan.sizes
    ]
    words = (
        "Tokens, hours, money and bytes grow with the corpus, and so are known for a larger one. Quality is "
        "not: more documents compete for the first ten. Below, a part of this corpus competes, and every "
        "query keeps its own relevant documents; the break-even is the share from which the moved half alone "
        "is as good as the old index."
    )
    return Sentences((words,)), Grid(Table.of("Quality by how many documents compete", columns, rows))


def _time(result: Result) -> tuple[Block, ...]:
    plan = result.plan
    schedule, storage = plan.schedule, plan.storage
    if schedule is None or storage is None:
        return ()
    rows = [
        (_PARTS[name], told_hours(hours), "binds" if name == schedule.binding else "")
        for name, hours in schedule.constraints.items()
    ]
    columns = [Column("Limit"), Column("Alone it would take", numeric=True), Column("")]
    facts = (
        Fact("Requests", figures.count(schedule.requests), "for the documents of today"),
        Fact("Documents an hour", figures.count(schedule.rate), "embedded beside live queries"),
        Fact("An old vector", f"{figures.number(storage.old_bytes_per_vector, 0)} bytes", storage.engine),
        Fact("A new vector", f"{figures.number(storage.new_bytes_per_vector, 0)} bytes", storage.kind),
        Fact("Old index", figures.size(storage.old_gb * _GIGA), "while it is kept"),
        Fact("New index", figures.size(storage.new_gb * _GIGA), f"{storage.basis}: {storage.source}"),
    )
    return (Facts(facts), Grid(Table.of("What the backfill waits for", columns, rows)))


def _lazy(result: Result) -> tuple[Block, ...]:
    if not result.plan.lazy:
        return ()
    headings = ("After", "Queries", "Of the traffic", "Of the corpus", "Embedded by the next query")
    columns = [Column(name, numeric=bool(place)) for place, name in enumerate(headings)]
    rows = [
        (
            told_hours(item.hours),
            figures.count(item.queries),
            figures.percent(item.traffic),
            figures.percent(item.corpus),
            figures.number(item.reembeddings_per_query, 1),
        )
        for item in result.plan.lazy
    ]
    words = (
        "A document is embedded when a query first touches it. What is asked for often is new soon; the tail "
        "needs a sweep. filter-new and new-query starve: they never show what has not moved, and so never "
        "touch it."
    )
    return Sentences((words,)), Grid(Table.of("New by first touch, under Zipf's law", columns, rows))


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
            f"{_plain(item.value)} {item.unit}",
            figures.ABSENT if item.low == item.high else f"{_plain(item.low)} to {_plain(item.high)}",
            item.kind,
            f"{item.source}, {item.date}" if item.date else item.source,
        )
        for item in result.inputs
    ]
    return (
        Sentences((_rests(result),)),
        Grid(Table.of("Every number, measured, given or assumed", columns, rows)),
        Notes(result.findings),
    )


def _reproduce(result: Result) -> tuple[Block, ...]:
    command = str(result.provenance.get("command", ""))
    return (Command(command),) if command else ()


def _recommended(result: Result) -> StrategyPart | None:
    return next((path for path in result.strategies if path.recommended), None)


def _binding(plan: PlanPart) -> str:
    schedule = plan.schedule
    if schedule is None:
        return ""
    if not schedule.converges:
        return "A backfill never ends: documents are written faster than they are embedded."
    return (
        f"Embedding {figures.count(plan.documents)} documents takes {told_hours(schedule.hours)}: "
        f"what binds is {_PARTS[schedule.binding]}."
    )


def _rests(result: Result) -> str:
    kinds = [item.kind for item in result.inputs]
    counts = {kind: kinds.count(kind) for kind in ("measured", "given", "assumed")}
    return (
        f"Of {len(kinds)} inputs {counts['measured']} are measured, {counts['given']} given and "
        f"{counts['assumed']} assumed; ranges are P10 to P90 of 20,000 draws over theirs."
    )


def _span(path: StrategyPart, name: str, write: object) -> str:
    low, high = getattr(path, f"{name}_low"), getattr(path, f"{name}_high")
    if not callable(write) or low is None or high is None:
        return ""
    return f"P10 {write(low)}, P90 {write(high)}"


def _between(path: StrategyPart) -> str:
    if path.hours_low is None or path.hours_high is None:
        return f"{_hours(path.hours_low)} or never" if path.hours_low is not None else figures.ABSENT
    return f"{_hours(path.hours_low)}–{_hours(path.hours_high)}"


def _hours(hours: float | None) -> str:
    if hours is None:
        return "never"
    return figures.significant(hours) if 0 < hours < 10 else figures.count(hours)  # noqa: PLR2004 - two digits


def _quality_hours(value: float | None) -> str:
    if value is None:
        return figures.ABSENT
    return figures.number(value, 3 if abs(value) < 100 else 0)  # noqa: PLR2004 - six digits


def _money_unit(result: Result) -> str:
    return f"Cost, {getattr(result.question, 'currency', 'USD')}"


def _money(value: float | None, result: Result) -> str:
    return (
        figures.ABSENT if value is None else f"{_cost(value)} {getattr(result.question, 'currency', 'USD')}"
    )


def _cost(value: float | None) -> str:
    if value is None:
        return figures.ABSENT
    return figures.number(value, 2) if value < 1000 else figures.count(value)  # noqa: PLR2004 - cents


def _plain(value: float) -> str:
    return figures.count(value) if value >= 1000 and float(value).is_integer() else f"{figures.spread(value)}"  # noqa: PLR2004
