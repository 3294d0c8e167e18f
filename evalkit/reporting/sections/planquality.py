"""Quality on the way of a plan: harm and delay of every strategy, and what a larger corpus may change."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit import figures
from evalkit.reporting.blocks import (
    Block,
    Grid,
    Items,
    Sentences,
)
from evalkit.reporting.sections.mixture import mixture
from evalkit.reporting.sections.strategies import CARELESS
from evalkit.reporting.tables import Column, Table
from evalkit.results.planpart import ExposurePart, PlanPart
from evalkit.results.result import Result


def lost_on_the_way(result: Result) -> tuple[Block, ...]:
    """Return the curves, and harm and delay of every strategy for each order of documents."""
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
            figures.span(figures.number(item.harm_low, 4), figures.number(item.harm_high, 4)),
            figures.number(item.delay, 4),
            figures.span(figures.number(item.delay_low, 4), figures.number(item.delay_high, 4)),
            str(item.searches),
            "yes" if item.never_below else "no",
        )
        for item in items
    ]
    return Table.of(f"Documents move in the order: {order}", columns, rows)


def by_size(plan: PlanPart) -> tuple[Block, ...]:
    """Return how quality depends on how many documents compete."""
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
