"""Leakage: queries that were copied from a document, which any search for words then finds."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.findings import Finding, Severity
from evalkit.golden.checks.resemblance import words
from evalkit.golden.reading.records import Draft, TextRecord
from evalkit.golden.reading.telling import count, told

SHORTEST_COPY = 5


def leakage_findings(draft: Draft) -> list[Finding]:
    """Return a finding on queries of five words and more that stand in a document word for word."""
    copied = list(_copied(draft))
    hint = "any search for words finds it, which no user makes so easy; rephrase it as people ask"
    return told(
        "EK245",
        Severity.WARNING,
        f"{count(len(copied), 'query was', 'queries were')} copied from a document",
        draft.queries,
        [query for query, _ in copied],
        hint=hint,
        details=[f"{query.identity} in {document.identity}" for query, document in copied],
    )


def _copied(draft: Draft) -> Iterator[tuple[TextRecord, TextRecord]]:
    """Yield each query that is a piece of a document other than itself, with the first such document."""
    by_opening: dict[tuple[str, ...], list[tuple[TextRecord, list[str]]]] = {}
    for query in draft.queries.records:
        asked = words(query.body)
        if len(asked) >= SHORTEST_COPY:
            by_opening.setdefault(tuple(asked[:SHORTEST_COPY]), []).append((query, asked))
    source: dict[str, TextRecord] = {}
    for document in draft.corpus.records:
        for query in _pieces(document, by_opening):
            if query.identity != document.identity:
                source.setdefault(query.identity, document)
    for query in draft.queries.records:
        if query.identity in source:
            yield query, source[query.identity]


def _pieces(
    document: TextRecord, by_opening: dict[tuple[str, ...], list[tuple[TextRecord, list[str]]]]
) -> Iterator[TextRecord]:
    """Yield the queries whose words stand in the document one after the other."""
    said = words(document.body)
    windows = zip(*(said[start:] for start in range(SHORTEST_COPY)), strict=False)
    # A loop over the document's words: each looks up the queries that open as it goes on.
    for start, opening in enumerate(windows):
        for query, asked in by_opening.get(opening, ()):
            if said[start : start + len(asked)] == asked:
                yield query
