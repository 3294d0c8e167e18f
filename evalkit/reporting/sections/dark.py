"""The queries that went dark: an answer stood among the first results, and none does now."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.querylines import ID_SHOWN
from evalkit.reporting.sections.toptens import Shelf
from evalkit.reporting.tables import Column, Row, Table
from evalkit.results.parts import HitPart, QueryPart
from evalkit.results.result import Result

MOST = 10
_TEXT_SHOWN = 80


def is_dark(query: QueryPart) -> bool:
    """Whether a relevant document stood in the old top ten and none stands in the new one."""
    return _has_answer(query.baseline_top) and not _has_answer(query.candidate_top)


def dark(result: Result, candidate: str, shelf: Shelf) -> Iterator[Table]:
    """Yield the queries that went dark with a candidate, the first ten as a table; nothing where none did."""
    gone = [query for query in result.queries if query.candidate == candidate and is_dark(query)]
    if not gone:
        return
    places = {(query.candidate, query.id): f"q{index}" for index, query in enumerate(result.queries)}
    rows = tuple(
        Row(
            (shortened(query.text or query.id, _TEXT_SHOWN), *_answer(query, shelf), _now(query, shelf)),
            link=places[candidate, query.id],
        )
        for query in gone[:MOST]
    )
    columns = (
        Column("Query"),
        Column("Rank", numeric=True),
        Column("The answer it had"),
        Column("First result now"),
    )
    yield Table(_caption(len(gone)), columns, rows)


def _caption(gone: int) -> str:
    told = (
        f"{figures.counted(gone, 'query')} of those listed above went dark: an answer stood in the old top "
    )
    told += "ten, none stands in the new one"
    return f"{told}; the first {MOST} of them" if gone > MOST else told


def _answer(query: QueryPart, shelf: Shelf) -> tuple[str, str]:
    answer = shelf.answer(query)
    return (answer.ranks, answer.title or answer.document) if answer else ("", "")


def _now(query: QueryPart, shelf: Shelf) -> str:
    if not query.candidate_top:
        return "nothing"
    name = query.candidate_top[0].document
    return shelf.titles.get(name) or shortened(name, ID_SHOWN)


def _has_answer(hits: tuple[HitPart, ...]) -> bool:
    return any(hit.grade is not None and hit.grade >= 1 for hit in hits)
