"""The sheet: a comparison on one page of paper, for those who decide and read no further."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evalkit import figures
from evalkit.reporting.blocks import Block, Chart, Decision, Grid, Sentences, Verdict
from evalkit.reporting.page import Section
from evalkit.reporting.sections.cost import cost_sentences
from evalkit.reporting.sections.examples import examples
from evalkit.reporting.sections.mixture import mixture
from evalkit.reporting.sections.opening import CandidateVerdict, Opening, leading
from evalkit.results.result import Result

_MOST_CANDIDATES = 5
_NO_WAY = (
    "The mixed index was not looked at: it takes vectors of both models. Keep the old index whole until the "
    "new one is complete."
)


def sheet(result: Result, first: Opening) -> tuple[Section, ...]:
    """Return verdict, why, examples, what happens on the way, what it costs and what to do, on one page.

    Of several candidates the examples, the way and the costs are those of the one whose next step stands
    for all.
    """
    chosen = leading(result, first.decisions)
    named = chosen.candidate if len(first.decisions) > 1 else ""
    tables = tuple(Grid(table, "plain examples") for table in examples(result, chosen.candidate))
    return tuple(
        section
        for section in (
            Section("verdict", "Verdict", tuple(_verdict(first))),
            Section("examples", _titled("What people will see", "with", named), tables),
            Section("mixed", _titled("On the way", "to", named), (Sentences(_way(result, chosen)),)),
            Section("cost", _titled("Cost", "of", named), _cost(result, chosen)),
            Section("next", "What to do next", (Sentences((first.next_step.words,)),)),
        )
        if not section.is_empty
    )


def _titled(title: str, link: str, named: str) -> str:
    return f"{title} {link} {named}" if named else title


def _verdict(first: Opening) -> Iterator[Block]:
    alone = first.decisions[0] if len(first.decisions) == 1 else None
    caption = f"{first.measure}, candidate minus baseline: right of 0 the candidate is better"
    yield Verdict(
        word=first.verdict,
        tone=first.tone,
        headline=first.summary,
        people=first.people,
        asked=first.asked,
        facts=tuple(replace(fact, term="") for fact in first.facts),  # the glossary is not on this page
        chart=Chart(first.chart, caption) if first.chart else None,
        reasons=alone.reasons if alone else (),
        notes=first.notes[:1],
    )
    for decision in first.decisions[:_MOST_CANDIDATES] if alone is None else ():
        yield Decision(
            word=decision.verdict, tone=decision.tone, name=decision.candidate, headline=decision.summary
        )
    left = len(first.decisions) - _MOST_CANDIDATES
    if left > 0:
        yield Sentences((f"{figures.counted(left, 'more candidate')} in the report.",))


def _way(result: Result, chosen: CandidateVerdict) -> tuple[str, ...]:
    """Return what carelessness costs on the way, and which way is recommended."""
    way = next((way for way in mixture(result) if way.new == chosen.candidate), None)
    return (_NO_WAY,) if way is None else way.sentences


def _cost(result: Result, chosen: CandidateVerdict) -> tuple[Block, ...]:
    told = tuple(cost_sentences(result, chosen.candidate))
    return (Sentences(told),) if told else ()
