"""Assembly: a checked draft becomes a golden set, by row number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.arrays import Bools, Ints
from evalkit.findings import Finding
from evalkit.golden.gains import Gains, valued
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.qrels import Qrels
from evalkit.golden.reading.entries import as_id
from evalkit.golden.reading.queryfields import is_segment, is_weight
from evalkit.golden.reading.records import Draft, Sheet, TextRecord
from evalkit.golden.texts import Chunks, Texts


def assemble(draft: Draft, *, name: str, findings: tuple[Finding, ...]) -> GoldenSet:
    """Return the golden set of a draft that has no error left.

    Args:
        draft: What was read; its ids are unique and its judgements name queries that exist.
        name: How reports call the set.
        findings: What is told about it.
    """
    documents = sorted(draft.corpus.records, key=lambda record: record.identity)
    asking, corpus = _asking(draft.queries), _texts(documents)
    qrels, missing, gains = _qrels(draft, asking["queries"], corpus)
    return GoldenSet(
        name=name,
        corpus=corpus,
        qrels=qrels,
        **asking,
        document_fields=_columns(documents),
        card=draft.card,
        chunks=_chunks(draft, corpus),
        missing=missing,
        gains=gains,
        findings=findings,
    )


def asked_by(golden: GoldenSet, queries: Sheet, *, findings: tuple[Finding, ...]) -> GoldenSet:
    """Return the documents of a golden set with other queries, which nobody judged.

    Args:
        golden: Whose documents.
        queries: Queries that have no error left.
        findings: What is told about the set that is made.
    """
    nothing = np.empty(0, dtype=np.int64)
    unjudged = Qrels(nothing, nothing, nothing)
    return replace(golden, qrels=unjudged, missing=(), findings=findings, **_asking(queries))


def _asking(queries: Sheet) -> dict[str, Any]:
    """Return the fields of a golden set that its queries fill."""
    records = sorted(queries.records, key=lambda record: record.identity)
    return {
        "queries": _texts(records),
        "weights": np.array(
            [_weight(record.fields.get("weight", 1)) for record in records], dtype=np.float64
        ),
        "groups": _groups(records),
        "critical": np.array([record.fields.get("critical") is True for record in records], dtype=bool),
        "segments": _segments(records),
        "query_fields": _columns(records),
    }


def _texts(records: list[TextRecord]) -> Texts:
    return Texts(tuple(record.identity for record in records), tuple(record.body for record in records))


def _chunks(draft: Draft, corpus: Texts) -> Chunks | None:
    if draft.chunks is None:
        return None
    records = sorted(draft.chunks.records, key=lambda record: record.identity)
    documents = corpus.rows(
        as_id(record.fields.get(draft.card.chunks_of, record.identity)) for record in records
    )
    return Chunks(_texts(records), documents)


def _qrels(draft: Draft, queries: Texts, corpus: Texts) -> tuple[Qrels, tuple[str, ...], Gains | None]:
    judgements = draft.qrels.judgements
    if draft.card.missing_documents == "drop":
        judgements = [judgement for judgement in judgements if corpus.row(judgement.document) >= 0]
    missing = sorted({item.document for item in judgements if corpus.row(item.document) < 0})
    beyond = {document: len(corpus) + number for number, document in enumerate(missing)}
    doc_rows = np.array(
        [beyond.get(item.document, corpus.row(item.document)) for item in judgements], dtype=np.int64
    )
    query_rows = queries.rows(item.query for item in judgements)
    grades, gains = valued([item.stated for item in judgements], draft.card)
    return Qrels.ordered(query_rows, doc_rows, grades), tuple(missing), gains


def _groups(queries: list[TextRecord]) -> Ints:
    """Return (Q,) group numbers; a query that names no group is a group of its own."""
    names = [
        ("group", str(record.fields["group"])) if "group" in record.fields else ("query", record.identity)
        for record in queries
    ]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.int64)


def _segments(queries: list[TextRecord]) -> dict[str, Bools]:
    lists = [_names(record.fields.get("segment")) for record in queries]
    names = sorted({name for members in lists for name in members})
    return {name: np.array([name in members for members in lists], dtype=bool) for name in names}


def _names(segment: object) -> list[str]:
    """Return the segments that a query names; what is none has been told."""
    if isinstance(segment, str):
        return [segment] if segment else []
    return [str(name) for name in segment] if isinstance(segment, list) and is_segment(segment) else []


def _columns(records: list[TextRecord]) -> dict[str, tuple[object, ...]]:
    names = sorted({name for record in records for name in record.fields})
    return {name: tuple(record.fields.get(name) for record in records) for name in names}


def _weight(value: object) -> float:
    """Return a weight; what is none has been told and counts as 1."""
    return float(value) if isinstance(value, int | float) and is_weight(value) else 1.0
