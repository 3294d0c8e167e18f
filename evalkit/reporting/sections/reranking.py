"""The re-ranking: how much of every ranking silently changes, and for which queries most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.blocks import Block, Folded, Grid, Sentences
from evalkit.reporting.page import Section
from evalkit.reporting.tables import Column, Table
from evalkit.results.reranking import RerankingPart
from evalkit.results.result import Result

SHOWN = 10
_QUERY_SHOWN, _ID_SHOWN = 60, 40
_KEY, _TITLE = "reranking", "Re-ranking"
_DETAIL = "Queries whose results change most"


def reranking(result: Result, *, folded: bool = False) -> Section:
    """Return how much the rankings change, queries folded or open; nothing where none is compared."""
    found = result.reranking
    if not found:
        return Section(_KEY, _TITLE, ())
    cutoff = next(iter(found.values())).cutoff
    columns = (
        Column("System"),
        Column(f"Overlap@{cutoff}", numeric=True, term="overlap"),
        Column("Rank-biased overlap", numeric=True, term="rbo"),
        Column("Another first result", numeric=True),
    )
    rows = [
        (
            name,
            figures.percent(item.overlap),
            figures.number(item.rank_biased_overlap, 2),
            figures.percent(1 - item.same_first),
        )
        for name, item in found.items()
    ]
    caption = "Old and new rankings compared, mean over all queries"
    sentences = tuple(_kept(name, item) for name, item in found.items())
    changed = (most_changed(name, item, result.documents) for name, item in found.items())
    grids: list[Block] = [
        Grid(table, "plain changed", captioned=not folded) for table in changed if table.rows
    ]
    if folded:
        grids = [Folded(_DETAIL, tuple(grids))] if grids else []
    blocks: tuple[Block, ...] = (Sentences(sentences), Grid(Table.of(caption, columns, rows)), *grids)
    return Section(_KEY, _TITLE, blocks)


def _kept(name: str, item: RerankingPart) -> str:
    cutoff = item.cutoff
    shown = "first document" if cutoff == 1 else f"first {cutoff} documents"
    return (
        f"Of the {shown} that a query shows now, {name} keeps "
        f"{figures.number(cutoff * item.overlap, 1)} on average; the first one is another for "
        f"{figures.percent(1 - item.same_first)} of the queries."
    )


def most_changed(name: str, item: RerankingPart, documents: Mapping[str, str], shown: int = SHOWN) -> Table:
    """Return the queries whose results change most, as a table."""
    cutoff = item.cutoff
    columns = (
        Column("Query"),
        Column("Kept", numeric=True),
        Column("First result now"),
        Column(f"First result with {name}"),
    )
    rows = [
        (
            shortened(query.text or query.id, _QUERY_SHOWN),
            f"{figures.count(cutoff * query.overlap)} of {cutoff}",
            _first(query.old, documents),
            _first(query.new, documents),
        )
        for query in [query for query in item.queries if query.old != query.new][:shown]
    ]
    return Table.of(_DETAIL, columns, rows)


def _first(names: Sequence[str], documents: Mapping[str, str]) -> str:
    """Return the first of some results, by its id and how it begins."""
    if not names:
        return "nothing"
    begins = shortened(documents.get(names[0], ""), _QUERY_SHOWN)
    return f"{shortened(names[0], _ID_SHOWN)} {begins}".strip()
