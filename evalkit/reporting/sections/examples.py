"""The examples: a few queries that got better and a few that got worse, with what stood first for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.quoting import shortened
from evalkit.reporting.charts import tone_of
from evalkit.reporting.tables import Column, Row, Table
from evalkit.results.parts import HitPart, QueryPart
from evalkit.results.result import Result

SHOWN = 3
_QUERY_SHOWN, _TITLE_SHOWN = 80, 64
_TITLES = {"good": "got better", "bad": "got worse"}


def examples(result: Result, candidate: str) -> Iterator[Table]:
    """Yield the queries that gain and those that lose most with a candidate, three of each as a table.

    Those come first whose first result is another: they show what people will see. A query that stays as it
    was is no example, so that a table may be missing.
    """
    own = [query for query in result.queries if query.candidate == candidate]
    for tone, words in _TITLES.items():
        chosen = _telling([query for query in own if tone_of(query.delta) == tone])
        if chosen:
            columns = (
                Column("Query"),
                Column("First result before"),
                Column("First result after"),
                Column("Rank of the answer"),
            )
            yield Table(f"Examples that {words}", columns, tuple(_row(query, result) for query in chosen))


def first_title(hits: Sequence[HitPart], result: Result, longest: int = _TITLE_SHOWN) -> str:
    """Return how the first of some results begins; its id where that is not known."""
    if not hits:
        return "nothing"
    name = hits[0].document
    return shortened(result.titles.get(name) or result.documents.get(name) or name, longest)


def _telling(queries: Sequence[QueryPart]) -> list[QueryPart]:
    return sorted(queries, key=lambda query: (_same_first(query), not query.critical, -abs(query.delta)))[
        :SHOWN
    ]


def _same_first(query: QueryPart) -> bool:
    before, after = ([hit.document for hit in top[:1]] for top in (query.baseline_top, query.candidate_top))
    return before == after


def _row(query: QueryPart, result: Result) -> Row:
    named = shortened(query.text or query.id, _QUERY_SHOWN)
    ends = (first_title(top, result) for top in (query.baseline_top, query.candidate_top))
    ranks = " → ".join(_rank(top) for top in (query.baseline_top, query.candidate_top))
    return Row((f"{named} (critical)" if query.critical else named, *ends, ranks))


def _rank(hits: Sequence[HitPart]) -> str:
    """Return where the first relevant document stands among the first ten."""
    found = (hit.rank for hit in hits if hit.grade is not None and hit.grade >= 1)
    rank = next(found, None)
    return "none in ten" if rank is None else str(rank)
