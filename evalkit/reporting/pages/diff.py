"""The page of a difference: how much of what people see changes, and for which queries most."""

from __future__ import annotations

from evalkit import figures
from evalkit.reporting.blocks import Block, Facts, Grid, Sentences, Verdict
from evalkit.reporting.page import Page, Section
from evalkit.reporting.sections.cost import cost
from evalkit.reporting.sections.glossary import methods
from evalkit.reporting.sections.heading import date_of, facts_of, name_of
from evalkit.reporting.sections.naming import briefly_named
from evalkit.reporting.sections.reproduce import reproduce
from evalkit.reporting.sections.reranking import SHOWN, most_changed, reranking
from evalkit.reporting.sections.source import aliases_of
from evalkit.reporting.sections.trust import trust
from evalkit.reporting.tables import Fact
from evalkit.results.reranking import RerankingPart
from evalkit.results.result import Result

_WHAT = "How much of what people see changes from one model to another, and no verdict on it."


def diff_page(result: Result, *, shown: int = SHOWN) -> Page:
    """Return how much of what people see changes; all text in it is safe to show.

    Args:
        result: A result whose `reranking` is filled.
        shown: How many of the queries that change most a terminal lists.
    """
    known = briefly_named(result.readable())
    old, *_, new = 2 * list(known.systems)
    facts = Facts(_facts(known.reranking[new]))
    title = Verdict(word="What changes", tone="", headline=_WHAT, about=f"{old} → {new} on {name_of(known)}")
    return Page(
        what="evalkit diff",
        title=f"What changes: {name_of(known)}",
        name=name_of(known),
        facts=facts_of(known),
        date=date_of(known),
        sections=(
            Section("verdict", "What changes", (title, facts)),
            reranking(known),
            trust(known),
            cost(known),
            reproduce(known),
            methods(known),
        ),
        summary=(
            Section.untitled(title, Sentences((" · ".join(facts_of(known)),)), facts),
            reranking(known),
        ),
        brief=(
            Section.untitled(_headline(known, old, new)),
            Section.untitled(facts),
            Section.untitled(*_most(known, new, shown)),
        ),
    )


def _headline(result: Result, old: str, new: str) -> Block:
    sizes = (
        figures.counted(result.golden.queries, "query"),
        figures.counted(result.golden.documents, "document"),
    )
    return Sentences((" · ".join((result.golden.name, *sizes, f"{old} → {new}", *aliases_of(result))),))


def _facts(changed: RerankingPart) -> tuple[Fact, ...]:
    cutoff = changed.cutoff
    stay = f"{figures.number(cutoff * changed.overlap, 1)} of {cutoff} results stay"
    firsts, anything = (figures.percent(1 - share) for share in (changed.same_first, changed.same_order))
    return (
        Fact(f"overlap@{cutoff}", figures.number(changed.overlap), stay),
        Fact(
            "rank-biased overlap",
            figures.number(changed.rank_biased_overlap),
            "1: same order, 0: nothing in common",
        ),
        Fact("first result changes", firsts, "of the queries"),
        Fact("anything changes", anything, f"of the queries, within {cutoff}"),
    )


def _most(result: Result, new: str, shown: int) -> tuple[Block, ...]:
    table = most_changed(new, result.reranking[new], result.documents, shown)
    return (Grid(table),) if table.rows else ()
