"""JSON rows: records and judgements out of JSON lines, or out of one JSON value as tools export it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.golden.reading.behavior import event_rows, search_rows
from evalkit.golden.reading.jsonforms import HINT, JUDGED_IN_WHOLE, WHOLE_SETS, Row, refused, rows_of
from evalkit.golden.reading.rankeval import lists_apart, rated_apart
from evalkit.golden.reading.records import Sheet, fenced, numbered_lines
from evalkit.golden.reading.tasks import task_rows
from evalkit.golden.reading.wrongform import Wrong, refuse_json_lines
from evalkit.opening import read_whole
from evalkit.parsing import NotationError, parse_json, walk_json

LARGEST_VALUE = 2**30  # bytes of one JSON value, which is held whole
Rows = Iterator[tuple[int, Row]]


def json_rows(sheet: Sheet) -> Rows:
    """Yield (line, row) of a JSON file; what cannot be read as a row is reported on the sheet.

    Read are JSON lines; an array of objects; an object whose one list holds them; columns by name (pandas);
    texts or records by id; grades by query and document (BEIR); a whole set with queries, corpus and
    relevant_docs (LlamaIndex); hits and requests of rank_eval (Elasticsearch, OpenSearch); ratings by query
    (judgments of OpenSearch, cases of Quepid); tasks of Label Studio; searches and events of User Behavior
    Insights.

    Raises:
        GoldenSetError: It is one JSON value that is cut, or in a form that is not read.
    """
    rows = _rows(sheet)
    if sheet.holds not in ("judgements", "asked"):
        yield from search_rows(sheet, rows) if sheet.holds == "queries" else rows
        return
    for line, row in lists_apart(sheet, event_rows(sheet, task_rows(sheet, rows))):
        if "ratings" in row:
            yield from ((line, each) for each in rated_apart(row))
        else:
            yield line, row


def _rows(sheet: Sheet) -> Rows:
    if _is_in_lines(sheet):
        yield from _lines(sheet)
        return
    text = _whole_text(sheet.path).decode("utf-8-sig")
    if "\0" in text:
        yield from _lines(sheet)
        return
    try:
        members = list(walk_json(text))
    except NotationError as error:
        raise refused(sheet.path, f"is one JSON value that cannot be parsed: {error}", error.line) from error
    for line, row in rows_of(sheet, members):
        if isinstance(row, dict):
            yield line, _plain(row)
        else:
            sheet.report("EK205", "{n} of its entries no JSON object", line, row, hint=HINT)


def holds_whole_set(path: Path) -> bool:
    """Return whether a JSON file holds queries, corpus and judgements at once, as LlamaIndex writes them."""
    try:
        text = _whole_text(path).decode("utf-8-sig")
        if not text.lstrip().startswith("{"):
            return False
        keys = {key for _, key, _ in walk_json(text)}
    except (GoldenSetError, NotationError, UnicodeDecodeError):  # told by whoever reads it
        return False
    return keys.issuperset(WHOLE_SETS) and any(name in keys for name in JUDGED_IN_WHOLE)


def _whole_text(path: Path) -> bytes:
    with fenced(path):
        return read_whole(path, most=LARGEST_VALUE)


def _is_in_lines(sheet: Sheet) -> bool:
    """Return whether a file is JSON lines: the first line is a whole value and a second one follows."""
    probe = Sheet(sheet.path)
    first = second = ""
    for _, line in numbered_lines(probe):
        if first:
            second = line.lstrip()
            break
        first = line.lstrip()
    if probe.unread or not first or first[0] not in "[{":
        return True
    if first[0] == "[":
        return False
    try:
        parse_json(first)
    except NotationError:
        return second.startswith("{")  # the first line is cut, the others are lines
    return bool(second)


def _lines(sheet: Sheet) -> Rows:
    hint = "one JSON object a line"
    wrong, lines = Wrong(), 0
    for number, line in numbered_lines(sheet):
        lines += 1
        try:
            row = parse_json(line)
            if _may_repeat_a_key(line, row):
                parse_json(line, unique=True)
        except NotationError as error:
            told = str(error).replace("at line 1, ", "at ")
            sheet.report("EK205", "{n} line{s} not valid JSON", number, told, hint=hint)
            wrong.add(line)
            continue
        if isinstance(row, dict):
            yield number, _plain(row)
        else:
            sheet.report("EK205", "{n} line{s} not a JSON object", number, row, hint=hint)
    refuse_json_lines(sheet.path, wrong, lines)


def _may_repeat_a_key(line: str, row: object) -> bool:
    """Return whether a line has more keys than its row; to look at each key takes three times as long."""
    tables = [row, *row.values()] if isinstance(row, dict) else []
    keys = sum(len(table) for table in tables if isinstance(table, dict))
    return line.count('":') + line.count('" :') > keys


def _plain(row: Row) -> Row:
    """Return a row without the wrapping of stores: the fields of a hit (Elasticsearch), an $oid (MongoDB)."""
    inner = row.get("row")
    if isinstance(inner, dict) and "row_idx" in row:  # as the viewer of a hub gives them
        row = inner
    source, identity = row.get("_source"), row.get("_id")
    if isinstance(source, dict) and "_id" in row:
        row = {"_id": identity, **{name: value for name, value in source.items() if name != "_id"}}
    if isinstance(identity, dict) and list(identity) == ["$oid"]:
        row = {**row, "_id": identity["$oid"]}
    return row
