"""Re-embedding on demand on the page of a plan: how soon traffic and corpus are new."""

from __future__ import annotations

from evalkit import figures
from evalkit.reporting.blocks import Block, Grid, Sentences
from evalkit.reporting.runbook import told_hours
from evalkit.reporting.tables import Column, Table
from evalkit.results.planpart import PlanPart
from evalkit.results.result import Result


def on_demand(result: Result) -> tuple[Block, ...]:
    """Return how much of traffic and corpus is new after so many hours, and what a log said of that."""
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
    return Sentences((words, *_fitted(result.plan))), Grid(
        Table.of("New by first touch, under Zipf's law", columns, rows)
    )


def _fitted(plan: PlanPart) -> tuple[str, ...]:
    fit = plan.zipf
    if fit is None:
        return ()
    told = (
        f"The log's exponent is {figures.number(fit.s, 2)} ({figures.number(fit.low, 2)} to "
        f"{figures.number(fit.high, 2)}), fitted on {figures.count(fit.queries)} queries. Of what "
        f"{figures.count(fit.later)} later ones show, {figures.percent(fit.predicted)} should have been "
        f"touched before, and {figures.percent(fit.observed)} was."
    )
    return (told,)
