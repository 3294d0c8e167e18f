"""The background: what the numbers rest on, what a system costs and how to get the same result again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evalkit.reporting import figures
from evalkit.reporting.sections.source import Json, candidates_of, coverage_measure
from evalkit.reporting.sections.tables import Column, Fact, Row, Table

_JUDGED = {
    "complete": "every relevant document is known",
    "pooled": "documents that the pooled systems found were judged",
    "sparse": "a few relevant documents are known, nearly all others unjudged",
}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """Something that a check noticed."""

    code: str
    severity: str
    problem: str
    places: tuple[str, ...]
    hint: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Facts about the golden set, what it can show, what unjudged documents could do, and findings."""

    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]
    sentences: tuple[str, ...]
    findings: tuple[FindingLine, ...]


@dataclass(frozen=True, slots=True)
class Reproduce:
    """The command, the question's settings, identities and versions."""

    command: str
    tables: tuple[Table, ...]


def trust(result: Json) -> Trust:
    """Return what the verdict rests on."""
    tables = [table for table in (_power(result), _systems(result), *_agreement(result)) if table]
    findings = tuple(
        FindingLine(item["code"], item["severity"], item["problem"], tuple(item["places"]), item["hint"])
        for item in result["findings"]
    )
    return Trust(_golden(result), tuple(tables), _doubts(result), findings)


def cost(result: Json) -> Table | None:
    """Return the size of each system's vectors, None where no system has any (run files)."""
    if all(system["dims"] is None for system in result["systems"].values()):
        return None
    columns = (
        Column("System"),
        Column("Dimensions", numeric=True),
        Column("Per vector", numeric=True),
        Column("All vectors", numeric=True),
        Column("Index", term="index"),
        Column("Embedded now", numeric=True, term="embedded"),
    )
    rows = [
        Row(
            (
                name,
                figures.count(system["dims"]),
                figures.size(system["bytes_per_vector"]),
                figures.size(system["vector_bytes"]),
                system["index"] or figures.ABSENT,
                figures.count(system["encoded"]),
            )
        )
        for name, system in result["systems"].items()
    ]
    return Table("Vectors and index of each system on this corpus", columns, tuple(rows))


def reproduce(result: Json) -> Reproduce:
    """Return what it takes to get the same numbers again."""
    provenance = dict(result["provenance"])
    command = provenance.pop("command", "")
    question = {key: value for key, value in result["question"].items() if key != "sentence"}
    golden = {
        key: result["golden"].get(key)
        for key in ("name", "version", "digest", "judgements_digest", "license")
        if result["golden"].get(key)
    }
    tables = [
        _settings("Question, fixed before any score was seen", question),
        _settings("Golden set", golden),
        *(
            _settings(f"Fingerprint of {name}", _identity(system))
            for name, system in result["systems"].items()
        ),
        _settings("Where and when", provenance),
    ]
    return Reproduce(str(command), tuple(table for table in tables if table.rows))


def _golden(result: Json) -> tuple[Fact, ...]:
    counts, golden = result["counts"], result["golden"]
    if not counts:
        return ()
    gone = counts["without_relevant"]
    left_out = f"{figures.count(gone)} left out: no relevant document" if gone else "none left out"
    kind = _JUDGED.get(golden.get("judgments", ""), "")
    facts = [
        Fact(
            "Queries scored",
            f"{figures.count(counts['scored'])} of {figures.count(counts['queries'])}",
            left_out,
        ),
        Fact(
            "Documents",
            figures.count(counts["documents"]),
            f"searched to depth {figures.count(counts['depth'])}",
        ),
        Fact(
            "Judgements",
            figures.count(counts["judgements"]),
            f"{figures.count(counts['relevant'])} say relevant",
        ),
        Fact(
            "Relevant documents",
            figures.number(counts["relevant_per_query"], 1),
            "known per query, on average",
        ),
        Fact("Judging", golden.get("judgments", figures.ABSENT), kind, "judging"),
    ]
    if golden.get("pooled_from"):
        facts.append(
            Fact("Pooled from", ", ".join(golden["pooled_from"]), "systems whose results were judged")
        )
    if counts["groups"] < counts["queries"]:
        facts.append(
            Fact("Groups of queries", figures.count(counts["groups"]), "each counts as one question")
        )
    if counts["unreachable_documents"]:
        unreachable = figures.count(counts["unreachable_documents"])
        facts.append(Fact("Unreachable", unreachable, "judged documents that the corpus lacks"))
    return tuple(facts)


def _power(result: Json) -> Table | None:
    if not result["power"]:
        return None
    power = figures.percent(result["question"]["power"])
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
                figures.number(item["effective_queries"], 1),
                figures.number(item["detectable"]),
                figures.number(item["provable"]),
                figures.count(item["queries_needed"]),
            )
        )
        for name, item in result["power"].items()
    ]
    return Table("What a golden set of this size can show", columns, tuple(rows))


def _systems(result: Json) -> Table:
    coverage = coverage_measure(result)
    columns = [
        Column("System"),
        Column(coverage or "Judged", numeric=True, term="judged"),
        Column("Queries with a tie at rank 10", numeric=True, term="ties"),
        Column("Queries without results", numeric=True),
    ]
    exact = {name: system["exact_measures"] for name, system in result["systems"].items()}
    primary = result["question"].get("primary", "")
    if any(exact.values()):
        columns.append(Column(f"{primary} by exact search", numeric=True, term="index"))
        columns.append(Column("Exact top ten that the index finds", numeric=True, term="index"))
    rows = []
    for name, system in result["systems"].items():
        cells = [
            name,
            figures.percent(system["measures"].get(coverage)),
            figures.percent(system["tie_rate"]),
            figures.count(system["queries_without_results"]),
        ]
        if any(exact.values()):
            cells.append(figures.number(exact[name].get(primary)))
            cells.append(figures.percent(system.get("index_recall")))
        rows.append(Row(tuple(cells)))
    return Table("What each system returned", tuple(columns), tuple(rows))


def _agreement(result: Json) -> list[Table]:
    tables = []
    for name in candidates_of(result):
        known = result["unjudged"].get(name)
        if known:
            columns = (
                Column("If this share of unjudged documents were relevant", numeric=True),
                Column("the same verdict in", numeric=True),
            )
            rows = [
                Row((figures.percent(rate), figures.percent(share))) for rate, share in known["agreement"]
            ]
            tables.append(
                Table(f"What unjudged documents could do to the verdict on {name}", columns, tuple(rows))
            )
    return tables


def _doubts(result: Json) -> tuple[str, ...]:
    sentences = []
    for name in candidates_of(result):
        known = result["unjudged"].get(name)
        if not known:
            continue
        among = "what they returned" if known["cutoff"] is None else f"the first {known['cutoff']} results"
        holds = "holds" if known["stable"] else "may turn"
        sentences.append(
            f"{figures.counted(known['unjudged'], 'unjudged document')} among {among} of the baseline and "
            f"{name}. Where judged, {figures.percent(known['relevant_share'])} of the baseline's results are "
            f"relevant; at rates up to that the verdict {holds}."
        )
    return tuple(sentences)


def _identity(system: Json) -> dict[str, Any]:
    return {"spec": system["spec"], "index": system["index"], **(system["fingerprint"] or {})}


def _settings(caption: str, settings: Json) -> Table:
    """Return nested settings as rows of dotted names; what is absent is left out."""
    rows = [Row((name, value)) for name, value in _flat("", settings)]
    return Table(caption, (Column("Setting"), Column("Value")), tuple(rows))


def _flat(prefix: str, settings: Json) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in settings.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict):
            flat += _flat(name, value)
        elif isinstance(value, list):
            flat.append((name, ", ".join(map(str, value))))
        elif value is not None and value != "":
            flat.append((name, {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value}"))
    return flat
