"""Entries: rows of a table become queries, documents and judgements, or findings with their line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from evalkit.findings import Severity
from evalkit.golden.columns import Columns
from evalkit.golden.records import Judgement, Record, Sheet
from evalkit.golden.tables import JSON_LINES, Row, suffix_of

Seen = dict[tuple[str, str], Judgement]
GRADES_HINT = "grades are whole numbers: 0 not relevant, 1 relevant, 2 and more for better"
LARGEST = 1_000_000
NO_FIELDS: Mapping[str, object] = MappingProxyType({})
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def add_record(sheet: Sheet, row: Row, number: int, columns: Columns) -> None:
    """Add the query or document of a row to the sheet, or report why it is none.

    Columns without a role are metadata, as is everything in a column `metadata`: an object, or its JSON text.
    Empty cells and nulls say nothing.
    """
    if not has_columns(sheet, row, number, columns, needed=("id", "text")):
        return
    found = columns.of(tuple(row))
    identity = as_id(cell(row, found, "id"))
    text, title = cell(row, found, "text"), cell(row, found, "title") or ""
    fields = _fields(row, found)
    if not identity:
        sheet.report("EK206", "{n} line{s} without an _id", number, hint='give each line "_id": "…"')
    elif not isinstance(text, str) or not isinstance(title, str):
        sheet.report(
            "EK206", "{n} line{s} without a text", number, identity, hint='give each line "text": "…"'
        )
    elif fields is None:
        sheet.report("EK206", "{n} metadata not an object", number, identity, hint='"metadata": {"key": …}')
    else:
        body = f"{title}\n{text}" if title else text
        sheet.records.append(Record(identity, body, fields, number, title))


@dataclass(slots=True)
class Bench:
    """Where judgements are laid out: checked one by one, each pair of query and document once.

    Attributes:
        sheet: The file they come from.
        seen: The judgements so far; handed on where several files hold one set.
        below_zero: Whether a negative grade means 0, as in TREC files, or is an error.
    """

    sheet: Sheet
    seen: Seen = field(default_factory=dict)
    below_zero: bool = False

    def add(self, query: str, document: str, grade: object, number: int) -> None:
        """Add a judgement to the sheet, or report why it is none.

        Args:
            query: Id of the query.
            document: Id of the document.
            grade: A text, which must be a whole number, or a number, which must be whole.
            number: The line.
        """
        value = whole(grade)
        if value is None or value > LARGEST or (value < 0 and not self.below_zero):
            negative = value is not None and value < 0
            problem = "not whole" if value is None else "negative" if negative else f"above {LARGEST:,}"
            code = "EK210" if negative else "EK209"
            self.sheet.report(code, f"{{n}} grade{{s}} {problem}", number, grade, hint=GRADES_HINT)
            return
        if value < 0:
            problem, hint = (
                "{n} negative grade{s} read as 0",
                "TREC files use −1 and −2 for not relevant or spam",
            )
            self.sheet.report("EK286", problem, number, grade, hint=hint, severity=Severity.NOTICE)
        judgement = Judgement(query, document, max(value, 0), number)
        first = self.seen.setdefault((query, document), judgement)
        if first is judgement:
            self.sheet.judgements.append(judgement)
        else:
            self._report_repeat(first, judgement)

    def add_row(self, row: Row, number: int, columns: Columns) -> None:
        """Add the judgement of a table's row; without a column for grades, a row that stands there says 1."""
        if not has_columns(self.sheet, row, number, columns, needed=("query", "document")):
            return
        found = columns.of(tuple(row))
        query, document = as_id(cell(row, found, "query")), as_id(cell(row, found, "document"))
        if not query or not document:
            hint = "each judgement names a query and a document"
            self.sheet.report("EK212", "{n} line{s} without query or document", number, hint=hint)
            return
        self.add(query, document, self.grade_in(row, number, columns), number)

    def grade_in(self, row: Row, number: int, columns: Columns) -> object:
        """Return the grade that a row states, 1 with a notice where its table has no column for grades."""
        found = columns.of(tuple(row))
        if "grade" in found:
            return cell(row, found, "grade")
        problem, hint = "{n} row{s} without a grade, read as 1", "name the column with --map grade=…"
        self.sheet.report("EK287", problem, number, hint=hint, severity=Severity.NOTICE)
        return 1

    def _report_repeat(self, first: Judgement, again: Judgement) -> None:
        same = first.grade == again.grade
        problem = "{n} judgement{s} repeated" if same else "{n} judgement{s} repeated with another grade"
        detail = f"{again.query} {again.document} (first on line {first.line})"
        hint = "keep one line for each query and document"
        self.sheet.report("EK211", problem, again.line, detail, hint=hint)


def as_id(value: object) -> str:
    """Return an id as text; whole numbers of typed tables are written out, anything else is none ("")."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value.strip() else ""


def whole(grade: object) -> int | None:
    """Return a grade as a whole number, None where it is none.

    In a text, 1.0 is a float and no grade. A column of Parquet, or a number in JSON, has one type for whole
    and broken numbers; there 1.0 is 1.
    """
    if isinstance(grade, bool):
        return None
    if isinstance(grade, float):
        return int(grade) if grade.is_integer() else None
    if isinstance(grade, str):
        return int(grade) if WHOLE.fullmatch(grade.strip()) else None
    return grade if isinstance(grade, int) else None


def has_columns(sheet: Sheet, row: Row, number: int, columns: Columns, *, needed: tuple[str, ...]) -> bool:
    """Return whether a row has the columns that the user named and those `needed`, or report what is absent.

    A line of JSON may lack what the others have, which is told of the line, not of the table.
    """
    found = columns.of(tuple(row))
    absent = [f"{role}={name}" for role, name in columns.stated.items() if name not in row]
    unnamed = [f"{role}=?" for role in needed if role not in found and role not in columns.stated]
    if unnamed and suffix_of(sheet.path) not in JSON_LINES:
        absent += unnamed
    if absent:
        option = "--map, --queries-map or --corpus-map"
        hint = f"{absent[0]} is not there; name a column with {option}: {', '.join(map(str, row))}"
        sheet.report("EK291", "{n} row{s} without a column that is needed", number, hint=hint)
    return not absent


def cell(row: Row, found: Mapping[str, str], role: str) -> object:
    """Return what stands in the column of a role, None where the row has no such column."""
    return row.get(found[role]) if role in found else None


def _fields(row: Row, found: Mapping[str, str]) -> Mapping[str, object] | None:
    """Return the metadata of a row, None where its column `metadata` holds no object."""
    roles = set(found.values())
    further = ((name, value) for name, value in row.items() if name not in roles and name and value != "")
    fields = {name: _typed(name, value) for name, value in further}
    stated = cell(row, found, "metadata") or {}
    if isinstance(stated, str):
        try:
            stated = json.loads(stated)
        except json.JSONDecodeError:
            return None
    if not isinstance(stated, dict):
        return None
    # One mapping for all that say nothing: ten million empty ones would take 640 MB.
    return {name: value for name, value in {**fields, **stated}.items() if value is not None} or NO_FIELDS


def _typed(name: str, value: object) -> object:
    """Return a cell of text as what the two fields that bear on scores must be, where it is that."""
    if name == "critical" and isinstance(value, str):
        return TRUTHS.get(value.strip().casefold(), value)
    if name == "weight" and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
