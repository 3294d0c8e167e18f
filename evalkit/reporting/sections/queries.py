"""The queries: all deltas as charts, the notable ones in a table, each with both top tens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.charts import MOST_BARS, BarChart, Scatter, tone_of
from evalkit.reporting.sections.source import baseline_of, candidates_of
from evalkit.reporting.sections.toptens import (
    HIT_BYTES,
    ID_SHOWN,
    Excerpt,
    Shelf,
    TopTens,
    fitting_excerpts,
)
from evalkit.results.parts import QueryPart
from evalkit.results.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLine:
    """One query: its scores and what both systems returned for it; `tops` is None where the page is full."""

    candidate: str
    anchor: str
    id: str
    text: str
    delta: str
    tone: str
    baseline_score: str
    candidate_score: str
    critical: bool
    segments: tuple[str, ...]
    tops: TopTens | None

    @property
    def opens(self) -> str:
        """The words that open its top tens: the query's text, where that was not left out."""
        return self.text or "Both top tens"


@dataclass(frozen=True, slots=True)
class CandidateQueries:
    """The queries of one candidate."""

    candidate: str
    measure: str
    shown: str
    bars: BarChart | None
    scatter: Scatter | None
    lines: tuple[QueryLine, ...]


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries of every candidate, and each document that they name, once."""

    baseline: str
    candidates: tuple[CandidateQueries, ...]
    excerpts: tuple[Excerpt, ...]
    how: str


def queries(result: Result) -> Queries | None:
    """Return the section, None where no system is compared."""
    if not result.deltas:
        return None
    excerpts = fitting_excerpts(result.queries, result.documents)
    places = {item.document: index for index, item in enumerate(excerpts)}
    lines = list(_lines(result, Shelf(places, result.counts.depth)))
    blocks = tuple(_of(result, name, lines) for name in candidates_of(result))
    how = "Open a query to see both top tens"
    how += ", and a document's name to see how it begins." if excerpts else "."
    return Queries(baseline_of(result), blocks, excerpts, how)


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


def _of(result: Result, candidate: str, lines: Iterable[QueryLine]) -> CandidateQueries:
    known, own = result.deltas[candidate], tuple(line for line in lines if line.candidate == candidate)
    total, measure = len(known.ids), known.measure
    worse = sum(tone_of(delta) == "bad" for delta in known.deltas)
    better = sum(tone_of(delta) == "good" for delta in known.deltas)
    even = total - worse - better
    summary = (
        f"{measure} on {figures.counted(total, 'query')}: {figures.count(better)} better, "
        f"{figures.count(even)} the same, {figures.count(worse)} worse"
    )
    most = max(1, MOST_BARS // len(result.deltas))
    return CandidateQueries(
        candidate=candidate,
        measure=measure,
        shown=_shown(own, total),
        bars=BarChart.of(known.ids, known.deltas, most=most, summary=summary) if total else None,
        scatter=Scatter.of(known.baseline, known.candidate, summary=summary) if total else None,
        lines=own,
    )


def _shown(lines: tuple[QueryLine, ...], total: int) -> str:
    words = f"All {figures.counted(total, 'query')}, the greatest losses first."
    if len(lines) < total:
        words = (
            f"{figures.count(len(lines))} of {figures.counted(total, 'query')}: the greatest losses, "
            "critical queries and the greatest gains. The others are in the per-query file beside this page."
        )
    bare = sum(line.tops is None for line in lines)
    return f"{words} The top tens of the last {bare} are left out: the page is full." if bare else words
