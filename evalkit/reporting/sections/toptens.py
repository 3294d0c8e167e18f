"""The top tens: what both systems returned for a query, as much of it as one page should carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from evalkit.quoting import shortened
from evalkit.reporting.querylines import ID_SHOWN, Excerpt, Hit, TopTens, page_bytes
from evalkit.results.parts import HitPart, MissingPart, QueryPart

EXCERPT_BYTES = 400_000
HIT_BYTES = 750_000
_EXCERPT_LENGTHS = (160, 120, 80)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where excerpts stand on the page, and how deep systems were asked."""

    places: Mapping[str, int]
    depth: int

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
        return Hit(rank, shortened(document, ID_SHOWN), self.places.get(document), change, mark, judged)

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
