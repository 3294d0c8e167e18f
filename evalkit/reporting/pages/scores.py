"""The page of one system alone: its scores, and nothing that is decided."""

from __future__ import annotations

from evalkit.reporting.blocks import Grid, Sentences, Verdict
from evalkit.reporting.page import Page, Section
from evalkit.reporting.sections.cost import cost
from evalkit.reporting.sections.effects import systems_table
from evalkit.reporting.sections.glossary import methods
from evalkit.reporting.sections.heading import facts_of, name_of
from evalkit.reporting.sections.reproduce import reproduce
from evalkit.reporting.sections.trust import trust
from evalkit.results.result import Result


def scores_page(result: Result) -> Page:
    """Return how a system scores; all text in it is safe to show."""
    known = result.readable()
    name, facts, table = name_of(known), facts_of(known), Grid(systems_table(known), captioned=False)
    headline = "One system alone: there is nothing to decide."
    about = Verdict(word="Scores", tone="", headline="", about=f"evalkit on {name}")
    line = Sentences((" · ".join((name, *facts)),))
    return Page(
        what="evalkit report",
        title=name or "evalkit",
        name=name,
        facts=facts,
        sections=(
            Section("verdict", "Scores", (Verdict(word="Scores", tone="", headline=headline),)),
            Section("measures", "Measures", (Grid(systems_table(known), "plain systems"),)),
            trust(known),
            cost(known),
            reproduce(known),
            methods(known),
        ),
        summary=(Section.untitled(about, Sentences((" · ".join(facts),)), table),),
        brief=(Section.untitled(line), Section.untitled(table)),
    )
