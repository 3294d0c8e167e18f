"""The cost: how large vectors and index are, and how fast a system embeds and answers."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit import figures
from evalkit.reporting.blocks import Block, Grid, Sentences
from evalkit.reporting.page import Section
from evalkit.reporting.sections.source import baseline_of, candidates_of
from evalkit.reporting.tables import Column, Table
from evalkit.results.parts import CostPart, SystemPart
from evalkit.results.result import Result

_MILLION = 1_000_000
_COLUMNS = (
    Column("System"),
    Column("Dimensions", numeric=True),
    Column("Bytes per vector", numeric=True),
    Column("Index", term="index"),
    Column("Index size", numeric=True),
    Column("Texts per second", numeric=True, term="pace"),
    Column("Search latency p50", numeric=True, term="latency"),
    Column("Search latency p95", numeric=True, term="latency"),
    Column("Embedded now", numeric=True, term="embedded"),
)


def cost(result: Result) -> Section:
    """Return what each system takes; nothing where no system has vectors (run files)."""
    embedded = {name: item for name, item in result.systems.items() if item.dims is not None}
    rows = [_row(name, system, _measured(result, name)) for name, system in embedded.items()]
    table = Table.of("Each system on this corpus and on the machine of the experiment", _COLUMNS, rows)
    blocks: tuple[Block, ...] = (Sentences(tuple(_sentences(result))), Grid(table)) if rows else ()
    return Section("cost", "Cost", blocks)


def _row(name: str, system: SystemPart, measured: CostPart) -> tuple[str, ...]:
    return (
        name,
        figures.count(system.dims),
        figures.count(system.bytes_per_vector),
        system.index or figures.ABSENT,
        figures.size(system.vector_bytes if measured.index_bytes is None else measured.index_bytes),
        figures.rate(measured.documents_per_second),
        figures.duration_ms(measured.search_p50_ms),
        figures.duration_ms(measured.search_p95_ms),
        figures.count(measured.encoded),
    )


def _sentences(result: Result) -> Iterator[str]:
    base = result.systems.get(baseline_of(result))
    for name in candidates_of(result):
        system = result.systems[name]
        if base and base.bytes_per_vector and system.bytes_per_vector:
            yield (
                f"A vector of {name} takes {_compared(system.bytes_per_vector, base.bytes_per_vector)} "
                "one of the baseline."
            )
        pace = _measured(result, name).documents_per_second
        if pace:
            yield (
                f"At {figures.rate(pace)} texts per second, {name} embeds a million documents like these "
                f"in {figures.duration(_MILLION / pace)}."
            )


def _compared(size: float, other: float) -> str:
    if size == other:
        return "as much room as"
    return f"{figures.number(size / other, 2)} times the room of"


def _measured(result: Result, name: str) -> CostPart:
    return result.provenance.costs.get(name, CostPart())
