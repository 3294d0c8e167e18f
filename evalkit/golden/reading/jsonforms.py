"""JSON forms: the rows that one JSON value holds, in the forms that tools export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.errors import GoldenSetError
from evalkit.golden.reading.behavior import is_event, is_search
from evalkit.golden.reading.columns import DOCUMENTS, JUDGEMENTS, QUERIES, Columns
from evalkit.golden.reading.rankeval import judged_in, query_in
from evalkit.golden.reading.records import Sheet
from evalkit.golden.reading.tasks import is_task
from evalkit.golden.reading.toolforms import refuse_tool_form

Row = dict[str, object]
Member = tuple[int, str | None, Any]
HINT = "one JSON object a line, one array of objects, or one object by id"
WHOLE_SETS = ("queries", "corpus")
JUDGED_IN_WHOLE = ("relevant_docs", "qrels")
TEXTS_OF = {"queries": QUERIES, "corpus": DOCUMENTS}


@dataclass(frozen=True, slots=True)
class _At:
    """A value of a JSON object, and the line that it stands on."""

    line: int
    value: Any


Named = Mapping[str, _At]
Told = Iterable[tuple[int, Any]] | None
Form = Callable[[Sheet, Named], Told]


def rows_of(sheet: Sheet, members: list[Member]) -> Iterable[tuple[int, Any]]:
    """Return the rows of one value: of an array its entries, of an object what its form says."""
    if not members:
        return ()
    if any(key is None for _, key, _ in members):
        return ((line, value) for line, _, value in members)
    keys = [str(key) for _, key, _ in members]
    if len(set(keys)) < len(keys):
        twice = next(key for key, times in Counter(keys).items() if times > 1)
        raise refused(sheet.path, f"is one JSON object in which the key {twice!r} stands twice")
    named = {str(key): _At(line, value) for line, key, value in members}
    forms = (_requests, _hits, _viewed, _whole_set, _one_record, _by_column, _by_row, _one_list, _records)
    for form in (*forms, _by_id):
        rows = form(sheet, named)
        if rows is not None:
            return rows
    refuse_tool_form(sheet.path, named, 1)
    shown = ", ".join(list(named)[:5])
    raise refused(sheet.path, f"is one JSON object in a form that is not read; its keys are {shown}")


def _whole_set(sheet: Sheet, named: Named) -> Told:
    if not named.keys() >= set(WHOLE_SETS):
        return None
    judged = next((name for name in JUDGED_IN_WHOLE if name in named), "")
    key = {"queries": "queries", "corpus": "corpus", "judgements": judged}.get(sheet.holds, "")
    if not key:
        return None
    part = named[key]
    if isinstance(part.value, list):
        return ((part.line, row) for row in part.value)
    inner = {name: _At(part.line, value) for name, value in _object(sheet, part.value).items()}
    return _by_id(sheet, inner)


def _requests(sheet: Sheet, named: Named) -> Told:
    """Return the rows of rank_eval requests: queries, judgements, or both in one row."""
    asked = named.get("requests")
    if asked is None or not isinstance(asked.value, list) or sheet.holds == "corpus":
        return None
    requests = [request if isinstance(request, dict) else {} for request in asked.value]
    if sheet.holds == "queries":
        return [(asked.line, query_in(request)) for request in requests]
    rows = [(asked.line, row) for request in requests for row in judged_in(request)]
    if any(row is None for _, row in rows):
        raise refused(sheet.path, "rates one _id in two indexes, and nobody knows which is meant", asked.line)
    left_out = "" if sheet.holds == "asked" else "query"
    return [(line, {k: v for k, v in row.items() if k != left_out}) for line, row in rows if row]


def _hits(_sheet: Sheet, named: Named) -> Told:
    hits = named.get("hits")
    found = hits.value.get("hits") if hits is not None and isinstance(hits.value, dict) else None
    return ((hits.line, row) for row in found) if hits is not None and isinstance(found, list) else None


def _one_record(sheet: Sheet, named: Named) -> Told:
    """Return the row of a file with one record: its keys are names of columns, its values no tables."""
    whole = {name: at.value for name, at in named.items()}
    if is_task(whole) or is_event(whole) or is_search(whole):
        return [(1, whole)]
    found = _columns(sheet, named)
    is_one = (
        found.keys() & {"id", "text"} if sheet.holds in TEXTS_OF else {"query", "document"} <= found.keys()
    )
    tables = [
        at for name, at in named.items() if isinstance(at.value, list | dict) and name in found.values()
    ]
    if not sheet.holds or (is_one and all(at is named.get(found.get("metadata", "")) for at in tables)):
        return [(1, {name: at.value for name, at in named.items()})]
    return None


def _by_column(sheet: Sheet, named: Named) -> Told:
    """Return the rows of columns by name, as pandas writes a table: lists, or values by row."""
    if not _are_columns(sheet, named):
        return None
    columns = [at.value for at in named.values()]
    if all(isinstance(column, list) for column in columns):
        if len({len(column) for column in columns}) != 1:
            return None
        rows = zip(*columns, strict=True)
    elif all(isinstance(column, dict) for column in columns) and len({tuple(c) for c in columns}) == 1:
        rows = zip(*(column.values() for column in columns), strict=True)
    else:
        return None
    return [(number, dict(zip(named, row, strict=True))) for number, row in enumerate(rows, 1)]


def _one_list(_sheet: Sheet, named: Named) -> Told:
    """Return the entries of the only list, where everything beside it is a plain value about it."""
    lists = [at for at in named.values() if isinstance(at.value, list)]
    plain = [at for at in named.values() if not isinstance(at.value, list | dict)]
    if len(lists) != 1 or len(lists) + len(plain) != len(named):
        return None
    entries = lists[0].value
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return None
    return ((lists[0].line, entry) for entry in entries)


def _by_row(_sheet: Sheet, named: Named) -> Told:
    """Return the rows of lists under the names of their columns, as pandas writes a table split."""
    if not {"columns", "data"} <= named.keys() <= {"columns", "data", "index", "schema"}:
        return None
    names, rows = named["columns"].value, named["data"].value
    if not isinstance(names, list) or not isinstance(rows, list):
        return None
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return None
    return [(number, dict(zip(map(str, names), row, strict=True))) for number, row in enumerate(rows, 1)]


def _viewed(sheet: Sheet, named: Named) -> Told:
    """Return the rows of an answer of a hub's viewer, which holds a hundred rows at most."""
    if not {"features", "rows"} <= named.keys() or not isinstance(named["rows"].value, list):
        return None
    rows, total = named["rows"], named.get("num_rows_total")
    if total is not None and total.value != len(rows.value):
        raise refused(
            sheet.path, f"is a page of a viewer: {len(rows.value)} of {total.value} rows", rows.line
        )
    return ((rows.line, row) for row in rows.value)


def _records(sheet: Sheet, named: Named) -> Told:
    """Return the entries of the only list of records that have what is wanted, whatever stands beside it."""
    lists = [at for at in named.values() if isinstance(at.value, list) and _has_records(sheet, at.value)]
    return ((lists[0].line, entry) for entry in lists[0].value) if len(lists) == 1 else None


def _has_records(sheet: Sheet, entries: list[Any]) -> bool:
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return False
    needed = {"id", "text"} if sheet.holds in TEXTS_OF else {"query", "document"}
    aliases = TEXTS_OF.get(sheet.holds, JUDGEMENTS)
    return needed <= Columns(aliases).of(tuple(entries[0])).keys()


def _by_id(sheet: Sheet, named: Named) -> Told:
    if sheet.holds in TEXTS_OF:
        if 2 * sum(isinstance(at.value, str | dict) for at in named.values()) < len(named):
            return None
        return [(at.line, _with_id(key, at.value)) for key, at in named.items()]
    if sheet.holds == "asked" and all(isinstance(at.value, dict) for at in named.values()):
        hint = "name the questions' texts with --queries FILE"
        raise refused(sheet.path, "holds judgements by query id, and no questions", hint=hint)
    if sheet.holds == "judgements":
        return [(at.line, row) for key, at in named.items() for row in _judged(key, at.value)]
    return None


def _with_id(key: str, value: object) -> Row:
    return (
        {"_id": key, **{k: v for k, v in value.items() if k != "_id"}}
        if isinstance(value, dict)
        else {
            "_id": key,
            "text": value,
        }
    )


def _judged(query: str, value: object) -> Iterator[Row]:
    """Yield the judgements of one query: grades by document, documents alone, or records."""
    if isinstance(value, dict):
        yield from ({"query_id": query, "document_id": name, "grade": grade} for name, grade in value.items())
        return
    for item in value if isinstance(value, list) else [value]:
        yield (
            {"query_id": query, **item}
            if isinstance(item, dict)
            else {
                "query_id": query,
                "document_id": item,
            }
        )


def _columns(sheet: Sheet, named: Named) -> Mapping[str, str]:
    return Columns(TEXTS_OF.get(sheet.holds, JUDGEMENTS)).of(tuple(named))


def _are_columns(sheet: Sheet, named: Named) -> bool:
    needed = {"id", "text"} if sheet.holds in TEXTS_OF else {"query", "document"}
    return needed <= _columns(sheet, named).keys()


def _object(sheet: Sheet, value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise refused(sheet.path, "is a whole golden set whose parts are not objects by id")


def refused(path: Path, problem: str, line: int = 0, *, hint: str = HINT) -> GoldenSetError:
    """Return the error of a JSON file that is wrong as a whole."""
    where = f"{path}:{line}" if line else str(path)
    return GoldenSetError(f"{path.name} {problem}", places=(where,), hint=hint, code="EK247")
