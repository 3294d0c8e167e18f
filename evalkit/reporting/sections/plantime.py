"""Time and storage on the page of a plan: what the backfill waits for, sizes, and the build of the index."""

from __future__ import annotations

from evalkit import figures
from evalkit.reporting.blocks import Block, Facts, Folded, Grid, Sentences
from evalkit.reporting.runbook import told_hours
from evalkit.reporting.sections.planwords import part_words
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.results.planpart import PlanPart
from evalkit.results.result import Result

_GIGA = 1e9


def time_and_storage(result: Result) -> tuple[Block, ...]:
    """Return how long a backfill takes and what for, how large the indexes are, how long one is built."""
    plan = result.plan
    schedule, storage = plan.schedule, plan.storage
    if schedule is None or storage is None:
        return ()
    rows = [
        (part_words(name, result), told_hours(hours), "binds" if name == schedule.binding else "")
        for name, hours in schedule.constraints.items()
    ]
    columns = [Column("Limit"), Column("Alone it would take", numeric=True), Column("Remark")]
    facts = (
        Fact("Requests", figures.count(schedule.requests), "for the documents of today"),
        Fact("Documents an hour", figures.count(schedule.rate), "embedded beside live queries"),
        Fact("An old vector", f"{figures.number(storage.old_bytes_per_vector, 0)} bytes", storage.engine),
        Fact("A new vector", f"{figures.number(storage.new_bytes_per_vector, 0)} bytes", storage.kind),
        Fact("Old index", figures.size(storage.old_gb * _GIGA), "while it is kept"),
        Fact("New index", figures.size(storage.new_gb * _GIGA), f"{storage.basis}: {storage.source}"),
    )
    waits = Grid(Table.of("What the backfill waits for", columns, rows))
    return (Facts((*facts, *_built(plan))), waits, *_how_built(plan))


def _built(plan: PlanPart) -> tuple[Fact, ...]:
    build = plan.build
    if build is None:
        return ()
    span_of = figures.span(told_hours(build.low_hours), told_hours(build.high_hours))
    graph = Fact("Building the graph", span_of, "of one thread of this machine, extrapolated")
    if build.memory_bytes is None:
        return (graph,)
    memory = Fact("Memory of the build", figures.size(build.memory_bytes), "maintenance_work_mem, or longer")
    return graph, memory


def _how_built(plan: PlanPart) -> tuple[Block, ...]:
    build = plan.build
    if build is None:
        return ()
    took = ", ".join(
        f"{figures.count(size)} vectors {figures.significant(seconds)} s"
        for size, seconds in zip(build.sizes, build.seconds, strict=True)
    )
    drawn = " between those of documents, of which there are too few," if build.drawn else ""
    words = (
        f"Graphs of vectors{drawn} were built by FAISS with m = {build.m} and ef_construction = "
        f"{build.effort}: {took}. The ends are by N ln N and by their power law, N to the "
        f"{figures.number(build.exponent, 2)}; the engine's own code may be faster or slower. A build of "
        "pgvector that did not fit into its memory took 7.6 times as long."
    )
    return (Folded("How the build was measured", (Sentences((words,)),)),)
