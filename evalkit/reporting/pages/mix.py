"""The page of the mixed-index lab alone: what becomes of search on the way, and no verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evalkit.reporting.blocks import Grid, Sentences, Verdict
from evalkit.reporting.page import Page, Section
from evalkit.reporting.sections.cost import cost
from evalkit.reporting.sections.curvetables import curve_tables
from evalkit.reporting.sections.effects import systems_table
from evalkit.reporting.sections.glossary import methods
from evalkit.reporting.sections.heading import date_of, facts_of, name_of
from evalkit.reporting.sections.mixture import MixedWay, mixed_index, mixture
from evalkit.reporting.sections.naming import briefly_named
from evalkit.reporting.sections.reproduce import reproduce
from evalkit.reporting.sections.reranking import reranking
from evalkit.reporting.sections.source import aliases_of
from evalkit.reporting.sections.trust import trust
from evalkit.results.result import Result

_WHAT = "The way from one model to another, and no verdict on it."


def mix_page(result: Result) -> Page:
    """Return what the lab found, its curve first; all text in it is safe to show."""
    known = briefly_named(result.readable())
    named = " · ".join(aliases_of(known))
    aliases = (Section.untitled(Sentences((named,))),) if named else ()
    title = Verdict(word="Mixed index", tone="", headline=_WHAT)
    opening = next((way.opening for way in mixture(known)), ())
    return Page(
        what="evalkit mix",
        title=f"Mixed index: {name_of(known)}",
        name=name_of(known),
        facts=facts_of(known),
        date=date_of(known),
        sections=(
            Section("verdict", "Mixed index", (title, *opening)),
            mixed_index(known, "On the way", opened=True),
            Section("measures", "Both ends", (Grid(systems_table(known), "plain systems"),)),
            reranking(known),
            trust(known),
            cost(known),
            reproduce(known),
            methods(known),
        ),
        summary=tuple(_summary(known)),
        brief=(*aliases, *curve_tables(known)),
    )


def way_section(way: MixedWay, *, named: bool = True) -> Section:
    """Return one way as a few sentences and its table of strategies.

    Args:
        way: The way from one model to another.
        named: Whether the names by which strategies are asked for stand beside what they do.
    """
    title = f"Mixed index, {way.old} → {way.new}, {way.measure}"
    rows = tuple(row if named else replace(row, code="") for row in way.strategies.rows)
    table = Grid(replace(way.strategies, rows=rows))
    return Section("", title, (Sentences(way.sentences, leading=True), table))


def _summary(result: Result) -> Iterator[Section]:
    about = f"evalkit on {name_of(result)}"
    facts = Sentences((" · ".join(facts_of(result)),))
    yield Section.untitled(Verdict(word="Mixed index", tone="", headline=_WHAT, about=about), facts)
    yield from map(way_section, mixture(result))
