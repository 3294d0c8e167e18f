"""The pages of a golden set: what it is made of, what it can resolve, and what checks say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit import figures
from evalkit.comparison.resolution import Resolution
from evalkit.digests import short
from evalkit.findings import Finding
from evalkit.golden.checks.portrait import Distribution, Portrait
from evalkit.golden.goldenset import GoldenSet
from evalkit.reporting.blocks import Block, Facts, Grid, Notes, Sentences
from evalkit.reporting.page import Page, Section
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.results.description import describe_finding
from evalkit.results.parts import FindingPart

_SPREADS = ("least", "median", "mean", "95 %", "largest")
_WHOLE = "whole set"


@dataclass(frozen=True, slots=True)
class Resolving:
    """What a golden set can resolve.

    Attributes:
        rows: The whole set and its segments.
        needed: Effect → effective queries that show such a gain, and that exclude such a loss.
        origin: Where the standard deviation comes from.
    """

    rows: Sequence[Resolution]
    needed: Mapping[float, tuple[int, int]]
    origin: str


def headline(golden: GoldenSet) -> str:
    """Return one line: name, version, digest and sizes."""
    relevant = int((golden.qrels.grades >= 1).sum())
    version = f" {golden.version}" if golden.version else ""
    return (
        f"{golden.name}{version} · golden {short(golden.digest)} · {len(golden.queries)} queries, "
        f"{int(golden.counted.sum())} with a relevant document · {len(golden.corpus)} documents · "
        f"{len(golden.qrels)} judgements, {relevant} of them relevant"
    )


def golden_page(golden: GoldenSet, resolving: Resolving | None = None) -> Page:
    """Return how a golden set is made up and, where that is asked, what it can resolve."""
    portrait = Portrait.of(golden)
    sections = [Section("made", "What it is made of", _made(portrait, golden))]
    if resolving is not None:
        sections.append(Section("resolves", "What it can show", _resolves(resolving)))
        sections.append(Section("needs", "What it would take", _needs(resolving)))
    return Page(
        what="evalkit golden stats",
        title=golden.name,
        name=golden.name,
        facts=(headline(golden).removeprefix(golden.name).strip(" ·"),),
        sections=tuple(sections),
        brief=(
            Section.untitled(Sentences((headline(golden), ""))),
            *(Section.untitled(*section.blocks) for section in sections),
        ),
    )


def check_page(golden: GoldenSet | None, findings: Sequence[Finding]) -> Page:
    """Return what checks say of a golden set that can be used, or of one that cannot what is no error."""
    told = tuple(FindingPart.of(describe_finding(finding)) for finding in findings)
    blocks: list[Block] = [Notes(told)] if told else []
    if golden is not None:
        sound = f"sound; {figures.plain(figures.counted(len(told), 'finding'))}"
        blocks.append(Sentences((headline(golden), sound)))
    name = golden.name if golden else ""
    section = Section("checks", "", tuple(blocks))
    return Page(what="evalkit golden check", title=name, name=name, facts=(), sections=(section,))


def _made(portrait: Portrait, golden: GoldenSet) -> tuple[Block, ...]:
    spreads = {
        "relevant per query": portrait.relevant_per_query,
        "judged per query": portrait.judged_per_query,
        "words per query": portrait.query_words,
        "words per document": portrait.document_words,
        "weight": portrait.weights,
    }
    rows = [(label, *_spread(spread)) for label, spread in spreads.items() if spread is not None]
    columns = [Column(""), *(Column(name, numeric=True) for name in _SPREADS)]
    grades = "; ".join(f"{n} of {_grade(grade, golden)}" for grade, n in portrait.grades.items())
    groups = f"{portrait.groups} of more than one query, the largest of {portrait.largest_group}"
    facts = (
        Fact("judgements", grades),
        Fact("judgments", golden.card.judging),
        Fact("groups", groups if portrait.groups else "each query is its own"),
        Fact("critical queries", f"{portrait.critical or 'none'}"),
        *([Fact("answer is nothing", f"{silent} queries")] if (silent := int(golden.silent.sum())) else []),
    )
    return Grid(Table.of("What it is made of", columns, rows), captioned=False), Facts(facts)


def _grade(grade: int, golden: GoldenSet) -> str:
    """Return what a judgement says: its grade, what that is worth, or the gain that was given."""
    if golden.gains is None:
        return f"grade {grade}"
    gain = f"gain {figures.as_set(float(golden.gains.of_grade[grade]))}"
    return f"grade {grade}, {gain}" if golden.gains.graded else gain


def _resolves(resolving: Resolving) -> tuple[Block, ...]:
    names = ("queries", "effective", "sd", "smallest gain", "excluded loss")
    rows = [
        (
            row.segment or _WHOLE,
            f"{row.queries}",
            figures.number(row.effective_queries, 1),
            *map(figures.number, (row.sd, row.gain, row.loss)),
        )
        for row in resolving.rows
    ]
    caption = f"what it can resolve with 95 % intervals and a chance of 80 %, if {resolving.origin}"
    columns = [Column(""), *(Column(name, numeric=True) for name in names)]
    return Sentences(("",)), Grid(Table.of(caption, columns, rows))


def _needs(resolving: Resolving) -> tuple[Block, ...]:
    names = ("to show such a gain", "to exclude such a loss")
    rows = [(figures.as_set(effect), *map(figures.count, both)) for effect, both in resolving.needed.items()]
    columns = [Column(""), *(Column(name, numeric=True) for name in names)]
    return (Grid(Table.of("effective queries that it takes", columns, rows)),)


def _spread(spread: Distribution) -> tuple[str, ...]:
    numbers = (spread.low, spread.median, spread.mean, spread.p95, spread.high)
    return tuple(map(figures.spread, numbers))
