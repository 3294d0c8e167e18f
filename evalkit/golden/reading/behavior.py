"""Behavior: searches and events of User Behavior Insights become queries and, as a user says, judgements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from evalkit.findings import Severity
from evalkit.golden.reading.records import Draft, Judgement, Sheet, TextRecord

Row = dict[str, object]
Rows = Iterator[tuple[int, Row]]


def is_event(row: Mapping[str, object]) -> bool:
    """Return whether a record is an event: what somebody did after a search."""
    return "action_name" in row and "event_attributes" in row


def is_search(row: Mapping[str, object]) -> bool:
    """Return whether a record is a search, as `ubi_queries` keeps it."""
    return {"query_id", "user_query"} <= row.keys() and not is_event(row)


def event_rows(sheet: Sheet, rows: Iterable[tuple[int, Row]]) -> Rows:
    """Yield events as judgements whose label is the action: which grade that means, the user says.

    Records that are no events are given as they are; events without a search or an object say nothing of a
    document, and are told.
    """
    for line, row in rows:
        if not is_event(row):
            yield line, row
            continue
        sheet.events = True
        attributes = row["event_attributes"]
        thing = attributes.get("object") if isinstance(attributes, dict) else None
        document = thing.get("object_id") if isinstance(thing, dict) else None
        if document in (None, "") or row.get("query_id") in (None, ""):
            problem = "{n} event{s} without a search or an object, passed over"
            hint = "they say nothing of a document"
            sheet.report("EK383", problem, line, row["action_name"], hint=hint, severity=Severity.NOTICE)
            continue
        asked = {"query": row["user_query"]} if row.get("user_query") else {}
        yield (
            line,
            {"query_id": row["query_id"], **asked, "document_id": document, "grade": row["action_name"]},
        )


def search_rows(sheet: Sheet, rows: Iterable[tuple[int, Row]]) -> Rows:
    """Yield searches as queries: their id and what was typed; other records as they are."""
    for line, row in rows:
        if is_search(row):
            sheet.searches = True
            yield line, {"_id": row["query_id"], "text": row["user_query"]}
        else:
            yield line, row


def with_searches_joined(draft: Draft) -> Draft:
    """Return the draft in which searches for the same words are one query, weighted by how many there were.

    Each pair of query and document takes its highest grade.
    """
    queries = draft.queries
    if not any(part.searches for part in (queries, *queries.parts)):
        return draft
    first: dict[str, TextRecord] = {}
    same = {record.identity: first.setdefault(_words(record), record) for record in queries.records}
    counts = Counter(record.identity for record in same.values())
    records = [
        replace(record, fields={**record.fields, "weight": counts[record.identity]})
        for record in first.values()
    ]
    highest: dict[tuple[str, str], Judgement] = {}
    for item in draft.qrels.judgements:
        query = same[item.query].identity if item.query in same else item.query
        known = highest.get((query, item.document))
        if known is None or item.stated > known.stated:
            highest[query, item.document] = replace(item, query=query)
    problem = (
        f"{len(queries.records)} searches are {len(records)} queries, weighted by how often they were asked"
    )
    hint = "each document takes the highest grade that its events give it for a query"
    queries.report("EK384", problem, 0, hint=hint, severity=Severity.NOTICE)
    told = Sheet(queries.path, records, parts=(queries,))
    judged = Sheet(draft.qrels.path, judgements=list(highest.values()), parts=(draft.qrels,))
    return replace(draft, queries=told, qrels=judged)


def _words(record: TextRecord) -> str:
    return " ".join(record.body.split()).casefold()
