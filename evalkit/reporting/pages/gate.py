"""The page of a gate: what it decided, what drifted, and which measures and queries fell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.blocks import (
    Block,
    Chart,
    Check,
    Checks,
    Command,
    Facts,
    Folded,
    Grid,
    Items,
    Link,
    Notes,
    Sentences,
    Verdict,
)
from evalkit.reporting.charts import Interval, IntervalChart, tone_of_interval
from evalkit.reporting.page import Page, Section
from evalkit.reporting.sections.drift import drift_change, drift_name, drift_words, noise_words
from evalkit.reporting.sections.examples import first_title
from evalkit.reporting.sections.gatenumbers import GateNumbers
from evalkit.reporting.sections.gatewords import (
    critical_words,
    facts_of_gate,
    measures_table,
    missed_words,
    query_names,
    query_values,
)
from evalkit.reporting.sections.heading import date_of
from evalkit.reporting.sections.source import is_coverage
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.reporting.words import Code, Strong, Words
from evalkit.results.parts import QueryPart, RulePart
from evalkit.results.result import Result

_SHOWN = 20
_TEXT = 120
_TITLES = 3
_WORST = 3
_TONES = {"PASS": "good", "WARN": "warn", "FAIL": "bad"}
_FOLLOWING = {
    "PASS": "Nothing: it is as good as when its baseline was stored.",
    "WARN": "Look at what is told below; the build goes on.",
    "FAIL": "Mend what is told below, or store a new baseline with --update where the change is meant.",
}
_STATES = {"FAIL": "fails", "WARN": "warns", "": "holds"}


def gate_page(result: Result) -> Page:
    """Return what a gate found; all text in it is safe to show."""
    known = result.readable()
    name = f"{known.golden.name} {known.golden.version}".strip()
    about = f"{known.decisions[0].candidate} on {name}"
    checks, again = _checks(known, about), known.gate.reproduce
    return Page(
        what="evalkit gate",
        title=f"{known.verdict}: {about}",
        name=name,
        facts=facts_of_gate(known),
        sections=(
            Section("verdict", "Verdict", (_verdict(known),)),
            Section("checks", "Checks", (checks,)),
            Section("drift", "What drifted", _drift(known)),
            Section("measures", "Measures", _measures(known)),
            Section("queries", "Worst queries", _queries(known)),
            Section("critical", "Critical queries", _critical(known)),
            Section("trust", "Can you trust this?", _trust(known)),
            Section("reproduce", "Reproduce", (Command(again),) if again else ()),
        ),
        date=date_of(known),
        summary=(Section.untitled(*_summary(known, about, checks)),),
        brief=tuple(_brief(known, name, checks)),
        tool="evalkit gate",
    )


def _verdict(result: Result) -> Verdict:
    numbers, decision = GateNumbers.of(result), result.decisions[0]
    ends = figures.change(numbers.baseline, numbers.now, numbers.delta)
    lost, critical = numbers.critical_lost, result.counts.critical
    facts = [
        Fact(numbers.measure, f"{ends[0]} → {ends[1]}", "when stored → now"),
        Fact("Difference", ends[2], f"a drop of up to {figures.number(numbers.tolerance)} is ignored"),
        Fact("Queries", figures.count(result.counts.scored), "scored"),
    ]
    if critical:
        lost_of = f"{lost} of {critical}"
        facts.append(Fact("Critical queries lost", lost_of, "no relevant document in the top ten"))
    return Verdict(
        word=result.verdict or "",
        tone=_TONES[result.verdict or ""],
        headline=decision.sentence,
        notes=decision.notes,
        next_step=_FOLLOWING.get(result.verdict or "", ""),
        see=Link("reproduce", "the command") if result.gate.reproduce else None,
        facts=tuple(facts),
    )


def _checks(result: Result, about: str) -> Checks:
    ranked = sorted(result.rules, key=lambda rule: [*_STATES].index(rule.verdict or ""))
    numbers = GateNumbers.of(result).named
    drifted = (("drifted", drift_words(item)) for item in result.gate.drift)
    return Checks(
        subject=f"{result.decisions[0].candidate} against its baseline",
        title=about,
        checks=tuple(map(_check, ranked)),
        numbers=(*((name, str(value)) for name, value in numbers.items()), *drifted),
        again=result.gate.reproduce,
        log=True,
    )


def _check(rule: RulePart) -> Check:
    says = rule.verdict or ""
    return Check(name=rule.name, state=_STATES[says], words=rule.words, says=says)


def _critical(result: Result) -> tuple[Block, ...]:
    told = critical_words(result)
    return (Sentences((told,)),) if told else ()


def _drift(result: Result) -> tuple[Block, ...]:
    changes, blocks = result.gate.changes, []
    if result.gate.drift:
        rows = [(drift_name(item), drift_change(item)) for item in result.gate.drift]
        blocks.append(
            _grid("No longer as it was when the baseline was stored", ("What", "Stored → now"), rows)
        )
    if changes.vanished:
        gone = [
            (shortened(item.document, _TEXT), _few(item.relevant), _few(item.shown))
            for item in changes.vanished[:_SHOWN]
        ]
        headings = ("Document", "Was the answer of", "Was shown for")
        blocks.append(_grid("Documents that are no longer in the corpus", headings, gone))
    words = tuple(changes.words)
    if not blocks and not words:
        words = ("Nothing: model, corpus and judgements are those of the baseline.",)
    return (*((Sentences(words),) if words else ()), *blocks)


def _grid(caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    return Grid(Table.of(caption, [Column(heading) for heading in headings], rows))


def _measures(result: Result) -> tuple[Block, ...]:
    rows = [row for row in result.comparisons if row.segment is None and not is_coverage(row.measure)]
    drawn = [
        Interval(
            label=row.measure,
            estimate=row.delta,
            low=row.low,
            high=row.high,
            tone=tone_of_interval(row.low, row.high),
            text=figures.told_effect(row.delta, row.low, row.high),
        )
        for row in rows
        if row.wins or row.losses
    ]
    table = Grid(measures_table(result, "Measure"))
    if not drawn:
        return (table,)
    told = "; ".join(f"{row.label} {row.text}" for row in drawn)
    chart = IntervalChart.of(drawn, limit=None, summary=f"Now minus stored: {told}")
    return (Chart(chart, "Now minus stored: left of 0 it has become worse"), table)


def _queries(result: Result) -> tuple[Block, ...]:
    if not result.queries:
        return ()
    remembered = any(query.baseline_top for query in result.queries)
    rows = [
        (
            shortened(query.text or query.id, _TEXT),
            *figures.change(query.baseline_score, query.candidate_score, query.delta)[::-1],
            *((first_title(query.baseline_top, result),) if remembered else ()),
            first_title(query.candidate_top, result),
            f"{query.id}, critical" if query.critical else query.id,
        )
        for query in result.queries[:_SHOWN]
    ]
    columns = (
        Column("Query"),
        Column("Δ", numeric=True),
        Column("Now", numeric=True),
        Column("Stored", numeric=True),
        *((Column("First result when stored"),) if remembered else ()),
        Column("First result now"),
        Column("Id"),
    )
    table = Grid(Table.of(f"The greatest losses in {result.primary}", columns, rows))
    lists = tuple(_found(query, result) for query in result.queries[:_SHOWN] if query.candidate_top)
    return (table, *lists)


def _found(query: QueryPart, result: Result) -> Folded:
    """Return what a query finds now, beside what it found when the baseline was stored."""
    then = {hit.rank: hit for hit in query.baseline_top}
    rows = [
        (
            str(hit.rank),
            _document(then[hit.rank].document, result) if hit.rank in then else figures.ABSENT,
            _document(hit.document, result),
            "unjudged" if hit.grade is None else f"grade {hit.grade}",
        )
        for hit in query.candidate_top
    ]
    columns = (Column("Rank"), Column("Stored"), Column("Now"), Column("Judged"))
    table = Table.of(f"Results of {query.id}", columns, rows)
    return Folded(shortened(query.text or query.id, _TEXT), (Grid(table),))


def _document(name: str, result: Result) -> str:
    begins = result.titles.get(name) or result.documents.get(name, "")
    return shortened(f"{name} {begins}".strip(), _TEXT)


def _trust(result: Result) -> tuple[Block, ...]:
    size = next(iter(result.power.values()), None)
    effective = figures.number(size.effective_queries if size else None, 1)
    facts = (
        Fact("Effective queries", effective, "independent ones"),
        Fact("Judgements", figures.count(result.counts.judgements), "in the golden set"),
        Fact("Looks", figures.count(result.gate.looks), "a failure is looked at twice"),
    )
    return (
        Facts(facts),
        Sentences((_sentence(f"noise: {noise_words(result.gate.noise)}"), _sentence(missed_words(result)))),
        Notes(result.findings),
    )


def _few(names: tuple[str, ...]) -> str:
    rest = len(names) - _TITLES
    more = f" and {rest} more" if rest > 0 else ""
    return f"{', '.join(names[:_TITLES])}{more}" if names else figures.ABSENT


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _summary(result: Result, about: str, checks: Checks) -> Iterator[Block]:
    """Yield what a pull request shows: drift, measures, objections and the worst three queries."""
    decision = result.decisions[0]
    yield Verdict(
        word=result.verdict or "", tone=_TONES[result.verdict or ""], headline=decision.sentence, about=about
    )
    yield Sentences((" · ".join(facts_of_gate(result)),))
    drift = tuple(map(drift_words, result.gate.drift))
    yield Items(drift, "Drift since the baseline was stored:")
    yield Grid(measures_table(result, ""), captioned=False)
    objections = tuple((Strong(check.says), f" {check.words}") for check in checks.objections)
    yield Items(objections, "Checks that object:")
    critical = critical_words(result)
    yield Items((critical,) if critical else (), "Critical queries:")
    yield Items(tuple(map(_worst, result.queries[:_WORST])), "Worst queries:")
    notes = (f"Note: {note}." for note in decision.notes)
    blind = f"Noise: {noise_words(result.gate.noise)}. Not seen: {missed_words(result)}."
    yield Sentences((*notes, blind, ("Again: ", Code(result.gate.reproduce))))


def _brief(result: Result, name: str, checks: Checks) -> Iterator[Section]:
    """Yield what a terminal shows, the verdict at the end."""
    decision = result.decisions[0]
    yield Section.untitled(Sentences((" · ".join((name, *facts_of_gate(result))),)))
    critical, worst = critical_words(result), result.queries[:_WORST]
    yield Section.untitled(Facts(tuple(Fact("drift", drift_words(item)) for item in result.gate.drift)))
    yield Section.untitled(Grid(measures_table(result, ""), captioned=False))
    yield Section.untitled(
        Facts((Fact("critical", critical),) if critical else ()),
        Facts(tuple(_told(query) for query in worst)),
        Facts(tuple(Fact(check.says.lower(), check.words) for check in checks.objections)),
        Facts(tuple(Fact("note", note) for note in decision.notes)),
        Facts((Fact("noise", noise_words(result.gate.noise)), Fact("missed", missed_words(result)))),
    )
    yield Section.untitled(
        Verdict(
            word=result.verdict or "",
            tone=_TONES[result.verdict or ""],
            headline=decision.sentence,
            again="" if result.verdict == "PASS" else result.gate.reproduce,
        )
    )


def _worst(query: QueryPart) -> Words:
    name, text = query_names(query)
    return Code(name), f" {query_values(query)}: ", Code(text)


def _told(query: QueryPart) -> Fact:
    name, text = query_names(query)
    return Fact("worst", f"{name}  {query_values(query)}", f'"{text}"')
