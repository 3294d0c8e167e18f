"""The top tens: what both systems returned for a query, as much of it as one page should carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from evalkit.quoting import shortened
from evalkit.reporting.querylines import ID_SHOWN, Answer, Excerpt, Hit, TopTens, page_bytes
from evalkit.results.parts import HitPart, MissingPart, QueryPart

EXCERPT_BYTES = 400_000
HIT_BYTES = 700_000
_EXCERPT_LENGTHS = (160, 120, 80)
_TITLE_LENGTHS = (64, 48, 32, 0)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where excerpts stand on the page, how documents begin, and how deep systems were asked."""

    places: Mapping[str, int]
    depth: int
    titles: Mapping[str, str]

    def top_tens(self, query: QueryPart) -> TopTens:
        """Return the top tens of a query, each rank with where the document stood or stands."""
        return TopTens(
            tuple(self._hit(item, str(item.rank), _moved_to(item)) for item in query.baseline_top),
            tuple(self._hit(item, str(item.rank), _moved_from(item)) for item in query.candidate_top),
            tuple(self._hit(item, self._ranks(item), "") for item in query.missing),
        )

    def _hit(self, item: HitPart | MissingPart, rank: str, change: str) -> Hit:
        grade, document = item.grade, item.document
        mark = "unjudged" if grade is None else "relevant" if grade >= 1 else "irrelevant"
        judged = {"unjudged": "unjudged", "irrelevant": "not relevant"}.get(mark, f"relevant, {grade}")
        shown, title = shortened(document, ID_SHOWN), self.titles.get(document, "")
        return Hit(rank, shown, self.places.get(document), change, mark, judged, title)

    def answer(self, query: QueryPart) -> Answer | None:
        """Return the relevant document that stands highest in either ranking, None where none is known."""
        found = min(_relevant(query), key=_highest, default=None)
        if found is None:
            return None
        title = self.titles.get(found.document, "")
        return Answer(shortened(found.document, ID_SHOWN), title, self._ranks(found))

    def _ranks(self, item: MissingPart) -> str:
        ranks = (item.baseline_rank, item.candidate_rank)
        return " → ".join(f"not in {self.depth}" if rank is None else str(rank) for rank in ranks)


def fitting_excerpts(queries: Sequence[QueryPart], documents: Mapping[str, str]) -> tuple[Excerpt, ...]:
    """Return each document's excerpt in order of mention, shortened alike until the page has room for all.

    Where even the shortest are too many, the last mentioned go without.
    """
    mentioned: dict[str, None] = {}
    for query in queries:
        mentioned |= dict.fromkeys(item.document for item in query.missing)
        mentioned |= dict.fromkeys(item.document for item in (*query.baseline_top, *query.candidate_top))
    names = [name for name in mentioned if name in documents]
    cut: list[Excerpt] = []
    ends: list[int] = []
    for length in _EXCERPT_LENGTHS:
        cut = [Excerpt(name, shortened(documents[name], length)) for name in names]
        ends = list(accumulate(page_bytes(item.shown + item.text) for item in cut))
        if not ends or ends[-1] <= EXCERPT_BYTES:
            break
    return tuple(item for item, end in zip(cut, ends, strict=True) if end <= EXCERPT_BYTES)


def fitting_titles(
    queries: Sequence[QueryPart], documents: Mapping[str, str], titles: Mapping[str, str]
) -> dict[str, str]:
    """Return the title of each document that queries name, as long as all mentions of all fit on a page.

    One without a title is called by how it begins.
    """
    named = [item.document for query in queries for item in _named(query)]
    cut: dict[str, str] = {}
    for length in _TITLE_LENGTHS:
        cut = {
            name: shortened(titles.get(name) or text, length) if length else ""
            for name, text in documents.items()
        }
        if sum(page_bytes(shortened(name, ID_SHOWN) + cut.get(name, "")) for name in named) <= HIT_BYTES:
            break
    return cut


def _named(query: QueryPart) -> Iterator[HitPart | MissingPart]:
    yield from query.baseline_top
    yield from query.candidate_top
    yield from query.missing


def _relevant(query: QueryPart) -> Iterator[MissingPart]:
    """Yield the relevant documents of a query with their ranks in both, those of the baseline first."""
    yield from (
        MissingPart(document=i.document, grade=i.grade, baseline_rank=i.rank, candidate_rank=i.other_rank)
        for i in query.baseline_top
        if i.grade is not None and i.grade >= 1
    )
    yield from (
        MissingPart(document=i.document, grade=i.grade, baseline_rank=i.other_rank, candidate_rank=i.rank)
        for i in query.candidate_top
        if i.grade is not None and i.grade >= 1
    )
    yield from query.missing


def _highest(item: MissingPart) -> float:
    ranks = (item.baseline_rank, item.candidate_rank)
    return min((float(rank) for rank in ranks if rank is not None), default=float("inf"))


def _moved_to(item: HitPart) -> str:
    rank, other = item.rank, item.other_rank
    if other is None:
        return "✕ gone"
    return "= stays" if other == rank else f"{_arrow(rank, other)} to {other}"


def _moved_from(item: HitPart) -> str:
    rank, other = item.rank, item.other_rank
    if other is None:
        return "+ new"
    return "= as before" if other == rank else f"{_arrow(other, rank)} from {other}"


def _arrow(before: int, after: int) -> str:
    return "↑" if after < before else "↓"
