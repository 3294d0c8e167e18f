"""The difference as text: what changes on average, and the queries whose results change most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.sections.source import aliases_of
from evalkit.results.result import Result

SHOWN = 10
_TEXT, _FIRST = 44, 36


def diff_lines(result: Result, *, shown: int = SHOWN) -> Iterator[str]:
    """Yield the result of `evalkit diff` as lines.

    Args:
        result: A result whose `reranking` is filled.
        shown: How many of the queries that change most are listed.
    """
    known = result.readable()
    golden, (old, *_, new) = known.golden, 2 * list(known.systems)
    changed = known.reranking[new]
    cutoff, kept = changed.cutoff, changed.overlap
    documents = figures.plain(figures.counted(golden.documents, "document"))
    heads = (golden.name, _queries(golden.queries), documents, f"{old} → {new}", *aliases_of(known))
    yield " · ".join(heads)
    stay = figures.number(cutoff * kept, 1)
    rbo = figures.number(changed.rank_biased_overlap)
    firsts, anything = (
        figures.plain(figures.percent(1 - share)) for share in (changed.same_first, changed.same_order)
    )
    numbers = {
        f"overlap@{cutoff}": f"{figures.number(kept)}  {stay} of {cutoff} results stay",
        "rank-biased overlap": f"{rbo}  1: same order, 0: nothing in common",
        "first result changes": f"{firsts} of the queries",
        "anything changes": f"{anything} of the queries, within {cutoff}",
    }
    for label, number in numbers.items():
        yield f"  {label:<22}{number}"
    most = [query for query in changed.queries if query.old != query.new][:shown]
    if not most:
        return
    yield f"  {_queries(len(most))} that change{'s' if len(most) == 1 else ''} most"
    yield f"  {'stay':>6}  {'query':<{_TEXT}}  first result: before → after"
    for query in most:
        stay = f"{figures.count(cutoff * query.overlap)}/{cutoff}"
        first = " → ".join(_first(side, known.documents) for side in (query.old, query.new))
        yield f"  {stay:>6}  {shortened(query.text or query.id, _TEXT):<{_TEXT}}  {first}"


def _first(names: Sequence[str], documents: Mapping[str, str]) -> str:
    """Return how the first of some results begins."""
    return shortened(documents.get(names[0], names[0]), _FIRST) if names else "nothing"


def _queries(number: int) -> str:
    return figures.plain(figures.counted(number, "query"))
