"""The page of a gate: what it decided, what drifted, and which measures and queries fell."""

from __future__ import annotations

from collections.abc import Sequence

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
    Notes,
    Page,
    Section,
    Sentences,
    Verdict,
)
from evalkit.reporting.charts import Interval, IntervalChart, tone_of_interval
from evalkit.reporting.gate.story import COLUMNS, Story, drift_words
from evalkit.reporting.sections.source import is_coverage
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.results.gatefailure import is_failure
from evalkit.results.parts import QueryPart
from evalkit.results.result import Result

_SHOWN = 20
_TEXT = 120
_TITLES = 3
_STATES = {"FAIL": "fails", "WARN": "warns", "": "holds"}


def gate_page(result: Result) -> Page:
    """Return what a gate found, or why it could not be asked, as a page; all text in it is safe to show."""
    if is_failure(result):
        return _failure(result.readable())
    story, known = Story.of(result), result.readable()
    return Page(
        what="evalkit gate",
        title=f"{story.verdict}: {story.system} on {story.golden}",
        name=story.golden,
        facts=story.facts,
        sections=(
            Section("verdict", "Verdict", (_verdict(story, known),)),
            Section("checks", "Checks", _checks(story)),
            Section("drift", "What drifted", _drift(known)),
            Section("measures", "Measures", _measures(story, known)),
            Section("queries", "Worst queries", _queries(known)),
            Section("critical", "Critical queries", _critical(story)),
            Section("trust", "Can you trust this?", _trust(story, known)),
            Section("reproduce", "Reproduce", (Command(story.reproduce),) if story.reproduce else ()),
        ),
    )


def _failure(result: Result) -> Page:
    findings = result.findings
    verdict = Verdict(
        word=result.verdict or "",
        tone="bad",
        headline=findings[0].problem if findings else "The gate could not be asked.",
        notes=("Nothing is known about the system: this is no verdict on it.",),
        next_step=findings[0].hint if findings else "",
    )
    return Page(
        what="evalkit gate",
        title=f"{result.verdict}: {result.gate.system} on {result.golden.name}",
        name=result.golden.name,
        facts=(result.gate.system,),
        sections=(
            Section("verdict", "Verdict", (verdict,)),
            Section("findings", "Why", (Notes(findings),)),
            Section("reproduce", "Reproduce", (Command(result.gate.reproduce),)),
        ),
    )


def _verdict(story: Story, result: Result) -> Verdict:
    numbers = story.numbers
    ends = figures.change(numbers["baseline"], numbers["now"], numbers["delta"])
    lost, critical = numbers["critical_lost"], result.counts.critical
    facts = [
        Fact(str(numbers["measure"]), f"{ends[0]} → {ends[1]}", "when stored → now"),
        Fact("Difference", ends[2], f"a drop of up to {figures.number(numbers['tolerance'])} is ignored"),
        Fact("Queries", figures.count(result.counts.scored), "scored"),
    ]
    if critical:
        lost_of = f"{lost} of {critical}"
        facts.append(Fact("Critical queries lost", lost_of, "no relevant document in the top ten"))
    following = {
        "PASS": "Nothing: it is as good as when its baseline was stored.",
        "WARN": "Look at what is told below; the build goes on.",
        "FAIL": "Mend what is told below, or store a new baseline with --update where the change is meant.",
    }
    return Verdict(
        word=story.verdict,
        tone=story.tone,
        headline=story.sentence,
        notes=story.notes,
        next_step=following.get(story.verdict, ""),
        facts=tuple(facts),
    )


def _checks(story: Story) -> tuple[Block, ...]:
    checks = [
        Check(name=item.name, state=_STATES[item.verdict], words=item.words, says=item.verdict)
        for item in sorted(story.checks, key=lambda item: [*_STATES].index(item.verdict))
    ]
    return (Checks(subject=f"{story.system} against its baseline", checks=tuple(checks)),)


def _critical(story: Story) -> tuple[Block, ...]:
    return (Sentences((story.critical,)),) if story.critical else ()


def _drift(result: Result) -> tuple[Block, ...]:
    changes, blocks = result.gate.changes, []
    if result.gate.drift:
        parts = [drift_words(item).partition(" ") for item in result.gate.drift]
        rows = [(name, change) for name, _, change in parts]
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


def _measures(story: Story, result: Result) -> tuple[Block, ...]:
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
    headings = [f"{story.confidence} interval" if name == "interval" else name for name in COLUMNS]
    columns = [Column(headings[0] or "Measure"), *(Column(name, numeric=True) for name in headings[1:])]
    table = Grid(Table.of("Each measure when the baseline was stored, and now", columns, story.rows))
    if not drawn:
        return (table,)
    told = "; ".join(f"{row.label} {row.text}" for row in drawn)
    chart = IntervalChart.of(drawn, limit=None, summary=f"Now minus stored: {told}")
    return (Chart(chart, "Now minus stored: left of 0 it has become worse"), table)


def _queries(result: Result) -> tuple[Block, ...]:
    if not result.queries:
        return ()
    rows = [
        (
            shortened(query.text or query.id, _TEXT),
            *figures.change(query.baseline_score, query.candidate_score, query.delta)[::-1],
            "critical" if query.critical else "",
            query.id,
        )
        for query in result.queries[:_SHOWN]
    ]
    columns = (
        Column("Query"),
        Column("Δ", numeric=True),
        Column("Now", numeric=True),
        Column("Stored", numeric=True),
        Column(""),
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
    begins = result.documents.get(name, "")
    return shortened(f"{name} {begins}".strip(), _TEXT)


def _trust(story: Story, result: Result) -> tuple[Block, ...]:
    size = next(iter(result.power.values()), None)
    effective = figures.number(size.effective_queries if size else None, 1)
    facts = (
        Fact("Effective queries", effective, "independent ones"),
        Fact("Judgements", figures.count(result.counts.judgements), "in the golden set"),
        Fact("Looks", figures.count(result.gate.looks), "a failure is looked at twice"),
    )
    return (
        Facts(facts),
        Sentences((_sentence(f"noise: {story.noise}"), _sentence(story.missed))),
        Notes(result.findings),
    )


def _few(names: tuple[str, ...]) -> str:
    rest = len(names) - _TITLES
    more = f" and {rest} more" if rest > 0 else ""
    return f"{', '.join(names[:_TITLES])}{more}" if names else figures.ABSENT


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
