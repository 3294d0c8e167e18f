"""The queries: all deltas as charts, the notable ones in a table, each with both top tens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.reporting import figures
from evalkit.reporting.charts import BarChart, Scatter, tone_of
from evalkit.reporting.quoting import shortened
from evalkit.reporting.sections.source import Json, candidates_of

_ID_SHOWN = 60
_EXCERPT_BYTES = 420_000
_EXCERPT_LENGTHS = (160, 120, 80, 40)
_ESCAPED = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&#34;", "'": "&#39;"})


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a document that a query names."""

    document: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A document at its rank; `excerpt` counts into the section's excerpts, None for an unknown document."""

    rank: str
    document: str
    excerpt: int | None
    change: str
    mark: str
    judged: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLine:
    """One query: its scores and what both systems returned for it."""

    anchor: str
    id: str
    text: str
    delta: str
    tone: str
    baseline: str
    candidate: str
    critical: bool
    segments: tuple[str, ...]
    baseline_top: tuple[Hit, ...]
    candidate_top: tuple[Hit, ...]
    missing: tuple[Hit, ...]


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


def queries(result: Json, baseline: str) -> Queries | None:
    """Return the section, None where no system is compared."""
    if not result["deltas"]:
        return None
    excerpts = _excerpts(result["documents"])
    places = {item: index for index, item in enumerate(result["documents"])} if excerpts else {}
    depth = result["counts"].get("depth") or 0
    blocks = tuple(_of(result, name, _Drawing(places, depth)) for name in candidates_of(result))
    return Queries(baseline, blocks, excerpts)


def anchors(result: Json) -> dict[tuple[str, str], str]:
    """Return where on the page each (candidate, query) that is shown in full stands."""
    return {(query["candidate"], query["id"]): f"q{index}" for index, query in enumerate(result["queries"])}


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What every hit is drawn with: where excerpts stand, and how deep systems were asked."""

    places: Mapping[str, int]
    depth: int

    def hit(self, document: str, *, rank: str, change: str, grade: int | None) -> Hit:
        mark = "unjudged" if grade is None else "relevant" if grade >= 1 else "irrelevant"
        judged = {"unjudged": "unjudged", "irrelevant": "not relevant"}.get(mark, f"relevant, {grade}")
        return Hit(rank, shortened(document, _ID_SHOWN), self.places.get(document), change, mark, judged)

    def rank(self, rank: int | None) -> str:
        """Return a rank, or that there is none."""
        return f"not in {self.depth}" if rank is None else str(rank)


def _excerpts(documents: Mapping[str, str]) -> tuple[Excerpt, ...]:
    """Return the excerpts, shortened alike until they fit the page; () where they never do."""
    for length in _EXCERPT_LENGTHS:
        cut = [
            Excerpt(shortened(name, _ID_SHOWN), shortened(text, length)) for name, text in documents.items()
        ]
        if sum(_bytes(item.document) + _bytes(item.text) + 50 for item in cut) <= _EXCERPT_BYTES:
            return tuple(cut)
    return ()


def _bytes(text: str) -> int:
    return len(text.translate(_ESCAPED).encode())


def _of(result: Json, candidate: str, drawing: _Drawing) -> CandidateQueries:
    known = result["deltas"][candidate]
    places = anchors(result)
    lines = tuple(
        _line(query, places[candidate, query["id"]], drawing)
        for query in result["queries"]
        if query["candidate"] == candidate
    )
    total, measure = len(known["ids"]), known["measure"]
    worse = sum(tone_of(delta) == "bad" for delta in known["deltas"])
    better = sum(tone_of(delta) == "good" for delta in known["deltas"])
    summary = (
        f"{measure} on {total} queries: {better} better, {total - worse - better} the same, {worse} worse"
    )
    return CandidateQueries(
        candidate=candidate,
        measure=measure,
        shown=_shown(len(lines), total),
        bars=BarChart.of(known["ids"], known["deltas"], summary=summary) if total else None,
        scatter=Scatter.of(known["baseline"], known["candidate"], summary=summary) if total else None,
        lines=lines,
    )


def _shown(shown: int, total: int) -> str:
    if shown >= total:
        return f"All {figures.counted(total, 'query')}, the greatest losses first."
    return (
        f"{figures.count(shown)} of {figures.counted(total, 'query')}: the greatest losses, critical queries "
        "and the greatest gains. The others are in the per-query file beside this page."
    )


def _line(query: Json, anchor: str, drawing: _Drawing) -> QueryLine:
    return QueryLine(
        anchor=anchor,
        id=shortened(query["id"], _ID_SHOWN),
        text=query["text"],
        delta=figures.signed(query["delta"]),
        tone=tone_of(query["delta"]),
        baseline=figures.number(query["baseline_score"]),
        candidate=figures.number(query["candidate_score"]),
        critical=query["critical"],
        segments=tuple(query["segments"]),
        baseline_top=tuple(_old_hit(item, drawing) for item in query["baseline_top"]),
        candidate_top=tuple(_new_hit(item, drawing) for item in query["candidate_top"]),
        missing=tuple(_missing(item, drawing) for item in query["missing"]),
    )


def _old_hit(item: Json, drawing: _Drawing) -> Hit:
    rank, other = item["rank"], item["other_rank"]
    change = (
        "✕ gone" if other is None else "= stays" if other == rank else f"{_arrow(rank, other)} to {other}"
    )
    return drawing.hit(item["document"], rank=str(rank), change=change, grade=item["grade"])


def _new_hit(item: Json, drawing: _Drawing) -> Hit:
    rank, other = item["rank"], item["other_rank"]
    change = (
        "+ new"
        if other is None
        else "= as before"
        if other == rank
        else f"{_arrow(other, rank)} from {other}"
    )
    return drawing.hit(item["document"], rank=str(rank), change=change, grade=item["grade"])


def _missing(item: Json, drawing: _Drawing) -> Hit:
    old, new = drawing.rank(item["baseline_rank"]), drawing.rank(item["candidate_rank"])
    return drawing.hit(item["document"], rank=f"{old} → {new}", change="", grade=item["grade"])


def _arrow(before: int, after: int) -> str:
    return "↑" if after < before else "↓"
