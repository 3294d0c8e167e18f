"""The trust: what the numbers rest on, what unjudged documents could do, and what checks noticed."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit import figures
from evalkit.decision.bound import ASSUMED
from evalkit.golden.card import NOT_STATED
from evalkit.reporting.blocks import Block, Facts, Folded, Grid, Notes, Sentences
from evalkit.reporting.page import Section
from evalkit.reporting.sections.selftest import self_test_tables
from evalkit.reporting.sections.source import candidates_of, coverage_measure
from evalkit.reporting.tables import Column, Fact, Row, Table
from evalkit.results.parts import CountsPart, GoldenPart
from evalkit.results.result import Result

_JUDGED = {
    "complete": "every relevant document is known",
    "pooled": "documents that the pooled systems found were judged",
    "sparse": "a few relevant documents are known, nearly all others unjudged",
    NOT_STATED: "what nobody judged counts as not relevant",
}


def trust(result: Result) -> Section:
    """Return what the verdict rests on; the folded tables say in full what sentences say in short."""
    facts, doubts = _golden(result), tuple(_doubts(result))
    tables = [table for table in (_power(result), _systems(result), *self_test_tables(result)) if table]
    blocks: list[Block] = [Facts(facts)] if facts else []
    blocks += [Sentences(doubts)] if doubts else []
    blocks += [Grid(table) for table in tables[:1]]
    blocks += [Folded(table.caption, (Grid(table, captioned=False),), printed=True) for table in tables[1:]]
    blocks += [Folded(table.caption, (Grid(table, captioned=False),)) for table in _agreement(result)]
    notes = Notes(result.findings)
    if result.findings:
        told = f"{figures.counted(len(result.findings), 'finding')} of the checks"
        return Section("trust", "Can you trust this?", (*blocks, Folded(told, (notes,), printed=True)))
    return Section("trust", "Can you trust this?", (*blocks, notes))


def _golden(result: Result) -> tuple[Fact, ...]:
    counts = result.counts
    if not counts:
        return ()
    gone = counts.without_relevant
    left_out = f"{figures.count(gone)} left out: no relevant document" if gone else "none left out"
    scored = f"{figures.count(counts.scored)} of {figures.count(counts.queries)}"
    depth, relevant = figures.count(counts.depth), figures.count(counts.relevant)
    known = figures.number(counts.relevant_per_query, 1)
    return (
        Fact("Queries scored", scored, left_out),
        Fact("Documents", figures.count(counts.documents), f"searched to depth {depth}"),
        Fact("Judgements", figures.count(counts.judgements), f"{relevant} say relevant"),
        Fact("Relevant documents", known, "known per query, on average"),
        _judging(result.golden),
        *_gains(result.golden),
        *_exceptions(counts),
    )


_NUMBERED = "judgements are gains; grades here number them by size"


def _judging(golden: GoldenPart) -> Fact:
    judging = golden.judgments or NOT_STATED
    pooled = f"what these found was judged: {', '.join(golden.pooled_from)}" if golden.pooled_from else ""
    return Fact("Judging", judging, pooled or _JUDGED.get(judging, ""), "judging")


def _gains(golden: GoldenPart) -> Iterator[Fact]:
    """Yield what grades are worth to nDCG, where the golden set says so."""
    if golden.gains:
        stated = ", ".join(
            f"{grade} = {figures.as_set(float(gain))}" for grade, gain in golden.gains.items() if grade != "0"
        )
        words = "what each grade is worth to nDCG" if golden.graded else _NUMBERED
        yield Fact("Gains", stated, words)


def _exceptions(counts: CountsPart) -> Iterator[Fact]:
    if counts.groups < counts.queries:
        yield Fact("Groups of queries", figures.count(counts.groups), "each counts as one question")
    if counts.silent:
        silent = figures.count(counts.silent)
        yield Fact("Right answer nothing", silent, "queries; measured by Silent alone, in no other mean")
    if counts.unreachable_documents:
        unreachable = figures.count(counts.unreachable_documents)
        yield Fact("Unreachable", unreachable, "judged documents that the corpus lacks")


def _power(result: Result) -> Table | None:
    if not result.power:
        return None
    power = figures.percent(result.power_asked)
    columns = (
        Column("Candidate"),
        Column("Effective queries", numeric=True, term="effective"),
        Column(f"Gain it can show ({power} power)", numeric=True, term="detectable"),
        Column("Loss it can exclude", numeric=True, term="provable"),
        Column("Queries needed", numeric=True, term="needed"),
    )
    rows = [
        Row(
            (
                name,
                figures.number(item.effective_queries, 1),
                figures.number(item.detectable),
                figures.number(item.provable),
                figures.count(item.queries_needed),
            )
        )
        for name, item in result.power.items()
    ]
    return Table("What a golden set of this size can show", columns, tuple(rows))


def _systems(result: Result) -> Table:
    coverage = coverage_measure(result)
    columns = [
        Column("System"),
        Column(coverage or "Judged", numeric=True, term="judged"),
        Column("Queries with a tie at rank 10", numeric=True, term="ties"),
        Column("Queries without results", numeric=True),
        Column("Documents read in part", numeric=True, term="truncated"),
    ]
    exact = {name: system.exact_measures or {} for name, system in result.systems.items()}
    primary = result.primary
    if any(exact.values()):
        columns.append(Column(f"{primary} by exact search", numeric=True, term="index"))
        columns.append(Column("Exact top ten that the index finds", numeric=True, term="index"))
    rows = []
    for name, system in result.systems.items():
        cells = [
            name,
            figures.percent(system.measures.get(coverage)),
            figures.percent(system.tie_rate),
            figures.count(system.queries_without_results),
            figures.count(system.truncated_documents),
        ]
        if any(exact.values()):
            cells.append(figures.number(exact[name].get(primary)))
            cells.append(figures.percent(system.index_recall))
        rows.append(Row(tuple(cells)))
    return Table("What each system returned", tuple(columns), tuple(rows))


def _doubts(result: Result) -> Iterator[str]:
    for name in candidates_of(result):
        known = result.unjudged.get(name)
        if not known:
            continue
        among = "what they returned" if known.cutoff is None else f"the first {known.cutoff} results"
        where = f"{among} of the baseline and {name}"
        if not known.unjudged:
            yield f"Everything among {where} is judged: no unjudged document can turn the verdict."
            continue
        holds = "holds" if known.stable else "may turn"
        rate = figures.percent(known.relevant_share)
        source = (
            f"Where judged, {rate} of the baseline's results are relevant"
            if known.rate_known
            else f"No grades 0 say how often they are relevant: at most {rate}, given that {ASSUMED}"
        )
        yield (
            f"{figures.counted(known.unjudged, 'unjudged document')} among {where}. {source}; at rates up to "
            f"that the verdict {holds}."
        )


def _agreement(result: Result) -> Iterator[Table]:
    columns = (
        Column("Unjudged documents that are relevant"),
        Column("Imagined labellings with the same verdict", numeric=True),
    )
    for name in candidates_of(result):
        known = result.unjudged.get(name)
        if known and known.unjudged:
            rows = [(figures.percent(rate), figures.percent(share)) for rate, share in known.agreement]
            caption = f"What unjudged documents could do to the verdict on {name}"
            yield Table.of(caption, columns, rows)
