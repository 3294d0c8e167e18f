"""The cost: how large vectors and index are, how fast a system embeds and answers, and the same at scale."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit import figures
from evalkit.reporting.blocks import Block, Grid, Sentences
from evalkit.reporting.page import Section
from evalkit.reporting.sections.source import baseline_of, candidates_of
from evalkit.reporting.sections.strategies import listed
from evalkit.reporting.tables import Column, Table
from evalkit.results.origin import CostPart
from evalkit.results.parts import SystemPart
from evalkit.results.result import Result

_MILLION = 1_000_000
_TOY_DOCUMENTS = 100_000
_CURRENCY = "USD"
_MINUTE = 60.0
_CENT = 0.01
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
    if not rows:
        return Section("cost", "Cost", ())
    told = [text for name in candidates_of(result) for text in cost_sentences(result, name)]
    caption = f"Each system on this corpus and on the machine of the experiment{_latency(result)}"
    table = Table.of(caption, _COLUMNS, rows)
    blocks: list[Block] = [Sentences(tuple(told))] if told else []
    blocks += [Grid(table), *(Grid(larger) for larger in _scaled(result, list(embedded)))]
    return Section("cost", "Cost", tuple(blocks))


def cost_sentences(result: Result, candidate: str) -> Iterator[str]:
    """Yield what it takes to move to a candidate: for this corpus, for as many documents as were asked for.

    Args:
        result: A comparison.
        candidate: The system to move to.
    """
    system, base = result.systems[candidate], result.systems.get(baseline_of(result))
    if base and base.bytes_per_vector and system.bytes_per_vector:
        room = _compared(system.bytes_per_vector, base.bytes_per_vector)
        yield f"A vector of {candidate} takes {room} one of the baseline."
    if system.dims is None or not result.counts.documents:
        return
    here, scale = result.counts.documents, result.provenance.scale
    if _measured(result, candidate).tokens is not None:
        yield f"{_headed(here, candidate)} take {_taken(result, candidate, here)}."
    if scale.documents:
        times, taken = figures.rough(scale.documents / here), _taken(result, candidate, scale.documents)
        yield (
            f"{_headed(scale.documents, candidate)} would take {taken}. Scaled by {times}: tokens, time on "
            "this machine, room and price; documents are taken to be as long as these."
        )
    elif pace := _measured(result, candidate).documents_per_second:
        yield (
            f"At {figures.rate(pace)} texts per second, {candidate} embeds a million documents like these "
            f"in {figures.duration(_MILLION / pace)}."
        )


def _headed(documents: float, candidate: str) -> str:
    return f"{_documents(documents)} with {candidate}"


def _taken(result: Result, name: str, documents: float) -> str:
    """Return tokens, time, room and price of so many documents, as far as they are known."""
    tokens, seconds, room, price = _numbers(result, name, documents)
    measured = _measured(result, name)
    counted = "" if measured.tokens_counted else " (four characters taken for one)"
    parts = [
        "" if tokens is None else f"about {figures.rough(tokens)} tokens{counted}",
        "" if seconds is None else f"{_time(seconds)} of embedding on this machine",
        "" if room is None else f"{figures.size(room)} of index",
        "" if price is None else f"{_money(price)} at {_at(result)}",
    ]
    known = [part for part in parts if part]
    return figures.plain(listed(known))


def _numbers(
    result: Result, name: str, documents: float
) -> tuple[float | None, float | None, float | None, float | None]:
    """Return tokens, seconds, bytes and money for so many documents, each None where it is not known."""
    measured, system, asked = _measured(result, name), result.systems[name], result.provenance.scale
    times = documents / max(1, result.counts.documents)
    held = system.vector_bytes if measured.index_bytes is None else measured.index_bytes
    tokens = None if measured.tokens is None else measured.tokens * times
    return (
        tokens,
        documents / measured.documents_per_second if measured.documents_per_second else None,
        None if held is None else held * times,
        None if tokens is None or asked.price is None else tokens / _MILLION * asked.price,
    )


def _scaled(result: Result, names: list[str]) -> Iterator[Table]:
    """Yield the same for as many documents as were asked for; nothing where nobody asked."""
    asked = result.provenance.scale
    if not asked.documents:
        return
    columns = [Column("System"), *(Column(head, numeric=True) for head in ("Tokens", "Embedding", "Index"))]
    columns += [Column(f"Price at {_at(result)}", numeric=True)] if asked.price is not None else []
    rows = []
    for name in names:
        tokens, seconds, room, price = _numbers(result, name, asked.documents)
        cells = [name, figures.ABSENT if tokens is None else figures.rough(tokens)]
        cells.append(figures.ABSENT if seconds is None else _time(seconds))
        cells.append(figures.size(room))
        cells += [figures.ABSENT if price is None else _money(price)] if asked.price is not None else []
        rows.append(tuple(cells))
    caption = (
        f"Scaled in proportion to {_documents(asked.documents)}; how long a search takes is not scaled: it "
        "has to be measured"
    )
    yield Table.of(caption, columns, rows)


def _latency(result: Result) -> str:
    """Return that the latency of a small corpus says nothing of a large one, "" for a large one."""
    timed = any(item.search_p50_ms is not None for item in result.provenance.costs.values())
    if not timed or result.counts.documents >= _TOY_DOCUMENTS:
        return ""
    size = _documents(result.counts.documents)
    return f"; searches were timed over {size} in memory, which says nothing of an index of millions"


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


def _documents(number: float) -> str:
    return figures.plain(figures.counted(round(number), "document"))


def _at(result: Result) -> str:
    asked = result.provenance.scale
    day = f", read {asked.price_date}" if asked.price_date else ""
    return f"{figures.as_set(asked.price or 0.0)} {_CURRENCY} a million tokens{day}"


def _money(value: float) -> str:
    return f"{figures.number(value, 2)} {_CURRENCY}" if value >= _CENT else f"under {_CENT} {_CURRENCY}"


def _time(seconds: float) -> str:
    return figures.duration(seconds) if seconds >= _MINUTE else "under a minute"


def _compared(size: float, other: float) -> str:
    if size == other:
        return "as much room as"
    return f"{figures.number(size / other, 2)} times the room of"


def _measured(result: Result, name: str) -> CostPart:
    return result.provenance.costs.get(name, CostPart())
