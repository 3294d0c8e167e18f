"""Dictionaries read: judgements and runs as pytrec_eval and ranx take them, checked and joined."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.errors import InvalidValueError, RunError, UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.card import Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.queryfields import ANSWER, NOTHING
from evalkit.retrieval.chunknames import ChunkNames
from evalkit.retrieval.run import Run

MOST_MISSING = 0.01
MISSING = ("error", "zero")


def judged_of(qrels: object, silent: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the judgements of every query, those whose right answer is nothing included."""
    if isinstance(silent, str):
        raise UsageError("silent is a text", hint="pass a list of query ids", code="EK187")
    return {**{query: {} for query in silent}, **nested(qrels, "qrels")}


def with_silent(golden: GoldenSet, silent: Collection[str]) -> GoldenSet:
    """Return the golden set in which some queries say that their right answer is nothing.

    Raises:
        InvalidValueError: One of them has a relevant document.
    """
    if not silent:
        return golden
    named = set(silent)
    answers = tuple(NOTHING if query in named else None for query in golden.queries.ids)
    marked = replace(golden, query_fields={**golden.query_fields, ANSWER: answers})
    quiet = {golden.queries.ids[row] for row in np.flatnonzero(marked.silent)}
    torn = sorted(named - quiet)
    if torn:
        raise InvalidValueError(
            f"the right answer of {torn[0]!r} is nothing, and it has a relevant document",
            hint="judge that document 0, or take the query out of silent",
            code="EK387",
        )
    return marked


def nested(theirs: object, role: str) -> dict[str, dict[str, Any]]:
    """Return a dictionary of dictionaries with texts as ids, or say what is there instead."""
    found = theirs.to_dict() if hasattr(theirs, "to_dict") and not isinstance(theirs, Mapping) else theirs
    if not isinstance(found, Mapping):
        raise _not_nested(role, f"is {_kind(found)}")
    for query, inner in found.items():
        if not isinstance(query, str):
            raise _not_nested(role, f"has the query id {query!r}, {_kind(query)}")
        if not isinstance(inner, Mapping):
            raise _not_nested(role, f"holds {_kind(inner)} for query {query!r}")
        for document in inner:
            if not isinstance(document, str):
                raise _not_nested(role, f"has the document id {document!r}, {_kind(document)}")
    return {query: dict(inner) for query, inner in found.items()}


def _not_nested(role: str, found: str) -> UsageError:
    return UsageError(
        f"{role} {found}",
        hint="pass a dictionary of dictionaries: query id → document id → grade or score, every id a text",
        code="EK187",
    )


def _kind(value: object) -> str:
    return f"of type {type(value).__name__}"


def name_of(theirs: object, otherwise: str) -> str:
    """Return the name that a ranx.Run bears."""
    name = getattr(theirs, "name", None)
    return name if isinstance(name, str) and name else otherwise


def golden_of(
    judged: Mapping[str, Mapping[str, float]], runs: Sequence[Mapping[str, Mapping[str, float]]], card: Card
) -> GoldenSet:
    """Return the golden set that has these judgements; of its documents only the ids are known."""
    documents = {
        name
        for inner in (*judged.values(), *(run.get(query, {}) for run in runs for query in judged))
        for name in inner
    }
    return GoldenSet.of(
        "qrels",
        queries=dict.fromkeys(judged, ""),
        corpus=dict.fromkeys(documents, ""),
        qrels=judged,
        gains=card.gains or None,
        grades=card.grades,
    )


def run_of(
    name: str, results: Mapping[str, Mapping[str, Any]], golden: GoldenSet, missing_queries: str
) -> Run:
    """Return the run of judged queries, with findings on those that only one side has."""
    if missing_queries not in MISSING:
        raise UsageError(
            f"missing_queries is {missing_queries!r}", hint=f"choose from {', '.join(MISSING)}", code="EK101"
        )
    _check_scores(name, results)
    counted = [query for row, query in enumerate(golden.queries.ids) if golden.counted[row]]
    missing = [query for query in counted if query not in results]
    findings = []
    if missing:
        problem = f"{name} lacks {len(missing)} of {len(counted)} judged queries"
        where = (place(name, (), missing),)
        if missing_queries == "error" and len(missing) > MOST_MISSING * len(counted):
            hint = 'run all queries, or say missing_queries="zero" where nothing was found: they score 0'
            raise RunError(problem, places=where, hint=hint, code="EK435")
        findings.append(Finding("EK435", Severity.WARNING, problem, where, "they score 0"))
    findings += _unnamed(name, results, golden, missing_queries)
    return replace(Run.of(name, results, golden), findings=tuple(findings))


def _unnamed(
    name: str, results: Mapping[str, object], golden: GoldenSet, missing_queries: str
) -> list[Finding]:
    """Return a finding on queries whose right answer is nothing and that a run does not name."""
    silent = [golden.queries.ids[row] for row in np.flatnonzero(golden.silent)]
    missing = [query for query in silent if query not in results]
    if not missing:
        return []
    problem = f"{name} does not name {len(missing)} of {len(silent)} queries whose right answer is nothing"
    where = (place(name, (), missing),)
    if missing_queries == "error" and len(missing) > MOST_MISSING * len(silent):
        hint = 'were they asked? {query: {}} says that nothing was found, and missing_queries="zero" of all'
        raise RunError(problem, places=where, hint=hint, code="EK386")
    return [Finding("EK386", Severity.NOTICE, problem, where, "taken for queries that found nothing")]


def chunk_names(separator: str | None, documents: Mapping[str, str] | None) -> ChunkNames:
    """Return how chunks are named, by a separator or a map; both leave what they do not know as it is."""
    if separator is not None and documents is not None:
        problem = "chunk_separator and chunk_map both say which chunk is whose"
        raise UsageError(problem, hint="pass one of the two", code="EK697")
    if documents is not None:
        return ChunkNames(documents=documents)
    return ChunkNames.of(separator, None)


def by_document(
    name: str,
    results: dict[str, dict[str, Any]],
    judged: Mapping[str, Mapping[str, float]],
    named: ChunkNames,
) -> dict[str, dict[str, Any]]:
    """Return the results of a run by document, where they are chunks."""
    if not named:
        return results
    _check_scores(name, results)
    known = {document for inner in judged.values() for document in inner}
    return named.best({query: results[query] for query in results if query in judged}, known)


def _check_scores(name: str, results: Mapping[str, Mapping[str, Any]]) -> None:
    for query, inner in results.items():
        for document, value in inner.items():
            if not _is_finite_number(value):
                raise RunError(
                    f"{name}: the score of {document!r} for query {query!r} is {value!r}",
                    hint="scores are finite numbers, larger ones first",
                    code="EK432",
                )


def _is_finite_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, numbers.Real) and math.isfinite(value)
