"""The page of a comparison: the verdict, what it rests on, and what changes query by query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evalkit.quoting import shortened
from evalkit.reporting.blocks import (
    Block,
    Chart,
    Decision,
    Facts,
    Folded,
    Grid,
    Heading,
    Items,
    Sentences,
    Verdict,
)
from evalkit.reporting.page import Page, Section
from evalkit.reporting.sections.cost import cost
from evalkit.reporting.sections.critical import critical, critical_section
from evalkit.reporting.sections.effects import CandidateEffects, measures, segments, systems_table
from evalkit.reporting.sections.glossary import methods
from evalkit.reporting.sections.heading import date_of, facts_of, name_of
from evalkit.reporting.sections.mixture import mixed_index, mixture
from evalkit.reporting.sections.naming import briefly_named
from evalkit.reporting.sections.opening import CandidateVerdict, Opening, opening
from evalkit.reporting.sections.queries import greatest_losses, queries
from evalkit.reporting.sections.reproduce import reproduce
from evalkit.reporting.sections.reranking import reranking
from evalkit.reporting.sections.rules import rules
from evalkit.reporting.sections.sheet import sheet
from evalkit.reporting.sections.source import baseline_of, confidence
from evalkit.reporting.sections.trust import trust
from evalkit.reporting.tables import Fact
from evalkit.reporting.words import Strong, Words
from evalkit.results.result import Result

_NAME_WIDTH = 18
_RECORD = "The same as a table, with p-values and the queries won and lost"
_RULES = (
    "The verdict is the first rule of a fixed list that speaks. Failing rules come first; the one that "
    "decides is marked."
)


def compare_page(result: Result) -> Page:
    """Return what a comparison found; all text in it is safe to show."""
    known = briefly_named(result.readable())
    first = opening(known)
    return Page(
        what="evalkit report",
        title=f"{first.verdict}: {name_of(known) or 'evalkit'}",
        name=name_of(known),
        facts=facts_of(known),
        sections=(
            Section("verdict", "Verdict", tuple(_verdict(first))),
            Section("rules", "Rules", tuple(_rules(known))),
            Section("measures", "Measures", tuple(_measures(known))),
            Section("segments", "Segments", tuple(_segments(known))),
            critical_section(known),
            queries(known),
            reranking(known, folded=True),
            mixed_index(known, "Mixed index"),
            trust(known),
            cost(known),
            reproduce(known),
            methods(known),
        ),
        summary=tuple(_summary(known, first)),
        brief=tuple(_brief(known, first)),
        date=date_of(known),
        sheet=sheet(known, first),
    )


def _verdict(first: Opening) -> Iterator[Block]:
    alone = first.decisions[0] if len(first.decisions) == 1 else None
    limit = "; the dashed line is the limit" if first.chart and first.chart.limit else ""
    caption = f"{first.measure}, candidate minus baseline: right of 0 the candidate is better{limit}"
    yield Verdict(
        word=first.verdict,
        tone=first.tone,
        headline=first.summary,
        asked=first.asked,
        next_step=first.next_step.words,
        see=first.next_step.link,
        facts=first.facts,
        chart=Chart(first.chart, caption) if first.chart else None,
        people=first.people,
        reasons=alone.reasons if alone else (),
        notes=(*(alone.notes if alone else ()), *first.notes),
    )
    for decision in first.decisions if alone is None else ():
        yield Decision(
            word=decision.verdict,
            tone=decision.tone,
            name=decision.candidate,
            headline=decision.summary,
            reasons=decision.reasons,
            see=decision.next_step.link,
            notes=decision.notes,
        )


def _rules(result: Result) -> Iterator[Block]:
    yield Sentences((_RULES,))
    for decision, block in zip(result.decisions, rules(result), strict=True):
        yield from _headed(result, decision.candidate)
        yield block


def _measures(result: Result) -> Iterator[Block]:
    table = systems_table(result)
    if len(table.columns) == 1:
        return
    yield Grid(table, "plain systems")
    baseline, many = baseline_of(result), len(result.decisions) > 1
    intervals = f"{confidence(result)} intervals; ▲ better, ▼ worse, ● undecided"
    for effects in measures(result):
        yield Heading(f"{effects.candidate} against {baseline}" if many else f"Against {baseline}")
        yield from _drawn(effects, f"Candidate minus baseline with {intervals}")
        caption = f"Differences of {effects.candidate} by measure"
        headings = _headings(result, effects, "Measure")
        grid = Grid(effects.table(caption, headings), "effects", captioned=False)
        yield Folded(_RECORD, (grid,), printed=True) if effects.chart else grid


def _segments(result: Result) -> Iterator[Block]:
    told = segments(result)
    if told:
        yield Sentences(("Segments with too few queries to conclude from are grey.",))
    for effects in told:
        yield from _headed(result, effects.candidate)
        limited = effects.chart and effects.chart.limit
        limit = "; the dashed line is the loss accepted in a segment" if limited else ""
        yield from _drawn(effects, f"Candidate minus baseline by segment, worst first{limit}")
        caption = f"Differences of {effects.candidate} by segment"
        grid = Grid(effects.table(caption, _headings(result, effects, "Segment")), "effects", captioned=False)
        yield Folded(_RECORD, (grid,), printed=True) if effects.chart else grid
        if effects.more:
            yield Folded("Other measures by segment", (Grid(effects.more),))


def _headed(result: Result, candidate: str) -> tuple[Block, ...]:
    return (Heading(candidate),) if len(result.decisions) > 1 else ()


def _drawn(effects: CandidateEffects, caption: str) -> tuple[Block, ...]:
    return (Chart(effects.chart, caption),) if effects.chart else ()


def _headings(result: Result, effects: CandidateEffects, first: str) -> tuple[str, ...]:
    names = baseline_of(result), effects.candidate
    return (first, *names, "Δ", f"{confidence(result)} interval", "p", "Won/tied/lost")


def _summary(result: Result, first: Opening) -> Iterator[Section]:
    """Yield what a pull request shows: measures, failing rules and the worst queries of each candidate."""
    yield Section.untitled(
        Verdict(
            word=first.verdict,
            tone=first.tone,
            headline=first.summary,
            people=first.people,
            about=f"evalkit on {name_of(result)}",
            asked=first.asked,
        ),
        Sentences((" · ".join(facts_of(result)),)),
    )
    failing = _failing(result)
    for decision, effects in zip(first.decisions, measures(result), strict=True):
        name, without = decision.candidate, decision.without_critical
        headed = Decision(word=decision.verdict, tone=decision.tone, name=name)
        headings = ("", *_headings(result, effects, "")[1:-1], "won/tied/lost")
        yield Section.untitled(
            *((headed,) if len(first.decisions) > 1 else ()),
            Grid(effects.table("", headings)),
            failing[name],
            *((greatest_losses(result, name),) if name in result.deltas else ()),
            *((Sentences((without,)),) if without else ()),
        )
    ways = [(Strong("Mixed index"), f", {way.old} → {way.new}: {way.short}") for way in mixture(result)]
    said: list[Words] = [*ways, (Strong("Next:"), f" {first.next_step.words}")]
    yield Section.untitled(Sentences((*said, *(f"Note: {note}" for note in first.notes))))


def _failing(result: Result) -> Mapping[str, Items]:
    told = {}
    for decision, block in zip(result.decisions, rules(result), strict=True):
        items = tuple(
            (Strong(check.name), f"{' (decides)' if check.decides else ''}: {check.words}")
            for check in block.checks
            if check.state == "fails"
        )
        told[decision.candidate] = Items(items, "Rules that fail:")
    return told


def _brief(result: Result, first: Opening) -> Iterator[Section]:
    """Yield what a terminal shows, the verdict over all at the end."""
    about = " · ".join((name_of(result), *facts_of(result), f"question: {first.question}"))
    yield Section.untitled(Sentences((about,)))
    criticals = {block.candidate: block.told for block in critical(result)}
    ways = {way.new: way.short for way in mixture(result)}
    many = len(first.decisions) > 1
    for decision, effects in zip(first.decisions, measures(result), strict=True):
        names = map(_last_part, (baseline_of(result), effects.candidate))
        headings = ("", *names, *_headings(result, effects, "")[3:-1], "won/tied/lost")
        told = {"critical": criticals.get(decision.candidate), "mixed index": ways.get(decision.candidate)}
        facts = tuple(Fact(label, text) for label, text in told.items() if text)
        yield Section.untitled(
            *((Sentences(("",)),) if many else ()),
            Grid(effects.table("", headings)),
            Facts(facts),
            *((_alone(decision),) if many else ()),
        )
    yield Section.untitled(_conclusion(first))


def _alone(decision: CandidateVerdict) -> Decision:
    words = f"{decision.headline}. {decision.without_critical}".strip()
    return Decision(word=decision.verdict, tone=decision.tone, name=decision.candidate, headline=words)


def _conclusion(first: Opening) -> Verdict:
    notes = [note for decision in first.decisions for note in decision.notes]
    without = first.decisions[0].without_critical if len(first.decisions) == 1 else ""
    return Verdict(
        word=first.verdict,
        tone=first.tone,
        headline=f"{first.summary} {without}".strip(),
        notes=(*first.notes, *notes),
        next_step=first.next_step.words,
    )


def _last_part(name: str) -> str:
    return shortened(name if len(name) <= _NAME_WIDTH else name.rpartition("/")[2], _NAME_WIDTH)
