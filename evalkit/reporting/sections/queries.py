"""The queries: all deltas as charts, the notable ones in a table, each with both top tens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.blocks import (
    Bars,
    Beside,
    Block,
    Drilldown,
    Excerpts,
    Heading,
    Items,
    Scatter,
    Sentences,
)
from evalkit.reporting.charts import MOST_BARS, BarChart, ScatterChart, tone_of
from evalkit.reporting.page import Section
from evalkit.reporting.querylines import ID_SHOWN, QueryLine, TopTens
from evalkit.reporting.sections.source import candidates_of
from evalkit.reporting.sections.toptens import HIT_BYTES, Shelf, fitting_excerpts
from evalkit.reporting.words import Code, Words
from evalkit.results.parts import DeltasPart, QueryPart
from evalkit.results.result import Result

_KEY, _TITLE = "queries", "Queries"
_WORST = 3
_TEXT_SHOWN = 100


def queries(result: Result) -> Section:
    """Return the section; nothing where no system is compared."""
    if not result.deltas:
        return Section(_KEY, _TITLE, ())
    excerpts = fitting_excerpts(result.queries, result.documents)
    places = {item.document: index for index, item in enumerate(excerpts)}
    lines = list(_lines(result, Shelf(places, result.counts.depth)))
    how = "Open a query to see both top tens"
    how += ", and a document's name to see how it begins." if excerpts else "."
    names = candidates_of(result)
    blocks: list[Block] = []
    for name in names:
        blocks += [Heading(name)] if len(names) > 1 else []
        blocks += _of(result, name, lines, how)
    return Section(_KEY, _TITLE, (*blocks, Excerpts(excerpts)))


def greatest_losses(result: Result, candidate: str) -> Items:
    """Return the three queries on which a candidate loses most."""
    own = (query for query in result.queries if query.candidate == candidate)
    worst = [query for query in own if tone_of(query.delta) == "bad"][:_WORST]
    return Items(tuple(map(_loss, worst)), f"Greatest losses in {result.deltas[candidate].measure}:")


def anchors(result: Result) -> dict[tuple[str, str], str]:
    """Return where on the page each (candidate, query) that is shown in full stands."""
    return {(query.candidate, query.id): f"q{index}" for index, query in enumerate(result.queries)}


def _lines(result: Result, shelf: Shelf) -> Iterator[QueryLine]:
    """Yield the lines of all candidates, top tens for as long as the page has room."""
    left = HIT_BYTES
    for query, anchor in zip(result.queries, anchors(result).values(), strict=True):
        tops = shelf.top_tens(query)
        left -= tops.size_bytes
        yield _line(query, anchor, tops if left >= 0 else None)


def _line(query: QueryPart, anchor: str, tops: TopTens | None) -> QueryLine:
    return QueryLine(
        candidate=query.candidate,
        anchor=anchor,
        id=shortened(query.id, ID_SHOWN),
        text=query.text,
        delta=figures.signed(query.delta),
        tone=tone_of(query.delta),
        baseline_score=figures.number(query.baseline_score),
        candidate_score=figures.number(query.candidate_score),
        critical=query.critical,
        segments=tuple(shortened(name, ID_SHOWN) for name in query.segments),
        tops=tops,
    )


def _of(result: Result, candidate: str, lines: Iterable[QueryLine], how: str) -> Iterator[Block]:
    known, own = result.deltas[candidate], tuple(line for line in lines if line.candidate == candidate)
    total, measure = len(known.ids), known.measure
    if total:
        yield Beside(_drawings(known, most=max(1, MOST_BARS // len(result.deltas))), "pair")
    yield Sentences((f"{_shown(own, total)} {how}",))
    title = f"Queries of {candidate}"
    yield Drilldown(title=title, caption=f"{title}, {measure}", lines=own)


def _drawings(known: DeltasPart, *, most: int) -> tuple[Bars, Scatter]:
    worse = sum(tone_of(delta) == "bad" for delta in known.deltas)
    better = sum(tone_of(delta) == "good" for delta in known.deltas)
    total = len(known.ids)
    summary = (
        f"{known.measure} on {figures.counted(total, 'query')}: {figures.count(better)} better, "
        f"{figures.count(total - worse - better)} the same, {figures.count(worse)} worse"
    )
    bars = BarChart.of(known.ids, known.deltas, most=most, summary=summary)
    scatter = ScatterChart.of(known.baseline, known.candidate, summary=summary)
    return Bars(bars, known.measure), Scatter(scatter, known.measure)


def _loss(query: QueryPart) -> Words:
    before, after = figures.number(query.baseline_score), figures.number(query.candidate_score)
    values = f"{figures.signed(query.delta)} ({before} → {after}) "
    named = (values, Code(shortened(query.id, ID_SHOWN)))
    return (*named, ": ", Code(shortened(query.text, _TEXT_SHOWN))) if query.text else named


def _shown(lines: tuple[QueryLine, ...], total: int) -> str:
    words = f"All {figures.counted(total, 'query')}, the greatest losses first."
    if len(lines) < total:
        words = (
            f"{figures.count(len(lines))} of {figures.counted(total, 'query')}: the greatest losses, "
            "critical queries and the greatest gains. The others are in the per-query file beside this page."
        )
    bare = sum(line.tops is None for line in lines)
    return f"{words} The top tens of the last {bare} are left out: the page is full." if bare else words
