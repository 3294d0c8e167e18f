"""The queries: all deltas as charts, the notable ones in a table, each with both top tens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.blocks import (
    Bars,
    Block,
    Drilldown,
    Excerpts,
    Folded,
    Grid,
    Heading,
    Items,
    Scatter,
    Sentences,
)
from evalkit.reporting.charts import MOST_BARS, BarChart, ScatterChart, tone_of
from evalkit.reporting.page import Section
from evalkit.reporting.querylines import ID_SHOWN, Answer, QueryLine, TopTens
from evalkit.reporting.sections.dark import dark
from evalkit.reporting.sections.source import candidates_of
from evalkit.reporting.sections.toptens import HIT_BYTES, Shelf, fitting_excerpts, fitting_titles
from evalkit.reporting.words import Code, Words
from evalkit.results.parts import DeltasPart, QueryPart
from evalkit.results.result import Result

_KEY, _TITLE = "queries", "Queries"
_WORST = 3
_TEXT_SHOWN = 100
_OPEN = 10


def queries(result: Result) -> Section:
    """Return the section; nothing where no system is compared."""
    if not result.deltas:
        return Section(_KEY, _TITLE, ())
    excerpts = fitting_excerpts(result.queries, result.documents)
    places = {item.document: index for index, item in enumerate(excerpts)}
    shelf = Shelf(
        places, result.counts.depth, fitting_titles(result.queries, result.documents, result.titles)
    )
    lines = list(_lines(result, shelf))
    how = "Open a query to see both top tens"
    how += ", and a document's title to read how it begins." if excerpts else "."
    names = candidates_of(result)
    blocks: list[Block] = []
    for name in names:
        blocks += [Heading(name)] if len(names) > 1 else []
        blocks += _of(result, name, lines, how)
        blocks += [
            Folded(table.caption, (Grid(table, "plain dark", captioned=False),), printed=True)
            for table in dark(result, name, shelf)
        ]
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
        yield _line(query, anchor, tops if left >= 0 else None, shelf.answer(query))


def _line(query: QueryPart, anchor: str, tops: TopTens | None, answer: Answer | None) -> QueryLine:
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
        answer=answer,
    )


def _of(result: Result, candidate: str, lines: Iterable[QueryLine], how: str) -> Iterator[Block]:
    known, own = result.deltas[candidate], tuple(line for line in lines if line.candidate == candidate)
    total, measure = len(known.ids), known.measure
    if total:
        bars, scatter = _drawings(known, most=max(1, MOST_BARS // len(result.deltas)))
        yield bars
        yield Folded("Old score against new", (scatter,))
    told = (f"{_shown(own, known)} {how}", _alike(result, candidate))
    yield Sentences(tuple(filter(None, told)))
    title, first, later = f"Queries of {candidate}", *_first_and_later(own)
    yield Drilldown(title=title, caption=f"{title}, {measure}", lines=(*first, *later), first=len(first))


def _first_and_later(lines: Sequence[QueryLine]) -> tuple[list[QueryLine], list[QueryLine]]:
    """Return the ten worst, the critical ones and the ten best, and the rest; each in its order."""
    worse = [line for line in lines if line.tone == "bad"][:_OPEN]
    better = [line for line in lines if line.tone == "good" and not line.critical]
    critical = [line for line in lines if line.critical and line.tone != "even"]
    shown = {line.anchor for line in (*worse, *critical, *better[:_OPEN])}
    first = [line for line in lines if line.anchor in shown]
    return first, [line for line in lines if line.anchor not in shown]


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


def _shown(lines: tuple[QueryLine, ...], known: DeltasPart) -> str:
    total = len(known.ids)
    words = f"All {figures.counted(total, 'query')}, the greatest losses first."
    if len(lines) < total:
        changed = sum(tone_of(delta) != "even" for delta in known.deltas)
        absent = changed - sum(line.tone != "even" for line in lines)
        words = (
            f"{figures.count(len(lines))} of {figures.counted(total, 'query')}: the greatest losses, "
            f"critical queries and the greatest gains. {_absent(absent, changed)}"
        )
    bare = sum(line.tops is None for line in lines)
    return f"{words} The top tens of the last {bare} are left out: the page is full." if bare else words


def _alike(result: Result, candidate: str) -> str:
    """Return how many queries show other results at the same score, and where each of them is named."""
    found = result.reranking.get(candidate)
    cutoff = result.primary.partition("@")[2]
    if (
        found is None or not cutoff.isdigit() or int(cutoff) > found.cutoff
    ):  # further down, anything may differ
        return ""
    changed = round((1 - found.same_order) * result.golden.queries)
    alike = changed - sum(delta != 0 for delta in result.deltas[candidate].deltas)
    if alike <= 0:
        return ""
    verb = "shows" if alike == 1 else "show"
    return (
        f"{figures.counted(alike, 'more query')} {verb} other results among the first {found.cutoff}, at the "
        "same score: column other_results of the file per_query beside this page."
    )


def _absent(absent: int, changed: int) -> str:
    """Return where the queries are that a page leaves out."""
    if not absent:
        return f"Each of the {figures.count(changed)} whose score changed is here."
    return (
        f"{figures.count(absent)} of the {figures.count(changed)} whose score changed are not on this page; "
        "they stand in the file per_query beside it."
    )
