"""Entries: rows of a table become queries, documents and judgements, or findings with their line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from evalkit.findings import Severity
from evalkit.golden.columns import Columns
from evalkit.golden.jsonforms import Row
from evalkit.golden.records import Judgement, Record, Sheet
from evalkit.golden.tables import JSON_LINES, suffix_of
from evalkit.parsing import NotationError, parse_json

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
    text, title = cell(row, found, "text"), cell(row, found, "title")
    title = "" if title is None else title
    fields = _fields(row, found)
    if not identity:
        report_no_id(sheet, row, found, "id", number)
    elif not isinstance(text, str):
        what = f"whose text is {kind_of(text)}" if "text" in found else "without a text"
        sheet.report("EK206", f"{{n}} line{{s}} {what}", number, identity, hint='give each line "text": "…"')
    elif not isinstance(title, str):
        hint = 'a title is a text: "title": "…", "" where there is none'
        problem = f"{{n}} line{{s}} whose title is {kind_of(title)}"
        sheet.report("EK206", problem, number, identity, hint=hint)
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
            role = "document" if query else "query"
            report_no_id(self.sheet, row, found, role, number)
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


def report_no_id(sheet: Sheet, row: Row, found: Mapping[str, str], role: str, number: int) -> None:
    """Report an id that is none: absent, blank, or of a type that is no id, each by its name."""
    value, name = cell(row, found, role), found.get(role, "_id")
    code = "EK206" if role == "id" else "EK212"
    if value is None or value == "" or isinstance(value, str):
        told = f"without an {name}" if role == "id" else "without query or document"
        hint = 'give each line "_id": "…"' if role == "id" else "each judgement names a query and a document"
        sheet.report(code, f"{{n}} line{{s}} {told}", number, hint=hint)
        return
    hint = "write ids as texts; a number with a point is what pandas makes of whole numbers beside a blank"
    problem = f"{{n}} line{{s}} whose {name} is {kind_of(value)}, not a text"
    sheet.report(code, problem, number, value, hint=hint)


def kind_of(value: object) -> str:
    """Return what a value is where a text is wanted, in the words of those who export tables."""
    if value is None:
        return "null"
    if isinstance(value, float):
        return "NaN" if value != value else "a float"  # noqa: PLR0124 - what NaN is
    kinds = {bool: "true or false", int: "a number", list: "a list", dict: "an object", bytes: "bytes"}
    return next((words for kind, words in kinds.items() if isinstance(value, kind)), type(value).__name__)


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
            stated = parse_json(stated)
        except NotationError:
            return None
    if not isinstance(stated, dict):
        return None
    stated = {name: _typed(name, value) for name, value in stated.items()} if stated else stated
    # One mapping for all that say nothing: ten million empty ones would take 640 MB.
    return {name: value for name, value in {**fields, **stated}.items() if value is not None} or NO_FIELDS


def _typed(name: str, value: object) -> object:
    """Return a cell of text as what the two fields that bear on scores must be, where it is that."""
    if name == "critical" and isinstance(value, str | int):
        return TRUTHS.get(str(value).strip().casefold(), value)
    if name == "weight" and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
