"""Entries: rows of a table become queries, documents and judgements, or findings with their line."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from evalkit.figures import count
from evalkit.findings import Severity
from evalkit.golden.reading.columns import METADATA, Columns
from evalkit.golden.reading.glance import has_columns, may_hold_grades, says_grades
from evalkit.golden.reading.grades import LABELS_SHOWN, LARGEST, Labels, as_label, explaining, is_numeral
from evalkit.golden.reading.jsonforms import Row
from evalkit.golden.reading.queryfields import typed
from evalkit.golden.reading.records import Judgement, Sheet, TextRecord
from evalkit.golden.reading.tables import suffix_of
from evalkit.parsing import NotationError, parse_json

PARQUET = ".parquet"
Seen = dict[tuple[str, str], Judgement]
GRADES_HINT = "grades are whole numbers: 0 not relevant, 1 relevant, 2 and more for better"
NO_GAIN_HINT = 'gains are decimals from 0 on, since golden.toml says grades = "gains"'
OR_GAINS = 'where they are gains, say  grades = "gains"  in golden.toml, or  golden import --gains'
NO_FIELDS: Mapping[str, object] = MappingProxyType({})
SPARE_SHOWN = 3


def add_record(sheet: Sheet, row: Row, number: int, columns: Columns) -> None:
    """Add the query or document of a row to the sheet, or report why it is none.

    Columns without a role are metadata, as is everything in a column `metadata`: an object, or its JSON text.
    Empty cells and nulls say nothing.
    """
    if not has_columns(sheet, row, number, columns, needed=("id", "text")):
        return
    names = tuple(row)
    found = columns.of(names)
    identity = as_id(cell(row, found, "id"))
    text, title = cell(row, found, "text"), cell(row, found, "title")
    title = "" if title is None else title
    if text is None and title and suffix_of(sheet.path) == PARQUET:  # where null is how a blank is written
        text = ""
    fields = NO_FIELDS if columns.are_spoken_for(names) else _fields(row, found)
    if not identity:
        report_no_id(sheet, row, found, "id", number)
    elif not isinstance(text, str):
        what = f"whose text is {kind_of(text)}" if "text" in found else "without a text"
        sheet.report("EK206", f"{{n}} line{{s}} {what}", number, identity, hint='give each line "text": "…"')
    elif not isinstance(title, str):
        hint = 'a title is a text: "title": "…", "" where there is none'
        problem = f"{{n}} line{{s}} whose title is {kind_of(title)}"
        sheet.report("EK206", problem, number, identity, hint=hint)
    elif fields and (endless := _not_json(fields)):
        hint = "JSON has no such number: write null, or a text"
        problem = "{n} metadata hold{v} NaN or Infinity"
        sheet.report("EK206", problem, number, f"{identity} {endless}", hint=hint)
    elif fields is None:
        sheet.report("EK206", "{n} metadata not an object", number, identity, hint='"metadata": {"key": …}')
    else:
        body = f"{title}\n{text}" if title else text
        sheet.records.append(TextRecord(identity, body, fields, number, title))


@dataclass(slots=True)
class JudgementTable:
    """Where judgements are laid out: checked one by one, each pair of query and document once.

    Attributes:
        sheet: The file they come from.
        seen: The judgements so far; handed on where several files hold one set.
        below_zero: Whether a negative grade means 0, as in TREC files, or is an error.
        labels: How cells are read as grades.
        drops_repeats: Whether a judgement that stands twice with one grade is told and no error.
    """

    sheet: Sheet
    seen: Seen = field(default_factory=dict)
    below_zero: bool = False
    labels: Labels = field(default_factory=Labels)
    drops_repeats: bool = False
    _strays: list[tuple[int, object]] = field(default_factory=list, init=False)
    _doubtful: list[tuple[str, str, str, int]] = field(default_factory=list, init=False)
    _has_points: bool = field(default=False, init=False)
    _spare: list[str] = field(default_factory=list, init=False)

    def add(self, query: str, document: str, grade: object, number: int) -> None:
        """Add a judgement to the sheet, or report why it is none; one without a grade is counted.

        Args:
            query: Id of the query.
            document: Id of the document.
            grade: A number or a text, which must be whole (unless files hold gains) or a label that is known.
            number: The line.
        """
        if self.labels.is_blank(grade):
            self.skip(query, number)
            return
        value = self.labels.grade(grade)
        if isinstance(grade, str) and not grade.isdecimal():
            if self.labels.is_doubtful(grade, self.sheet.separator):
                self._doubtful.append((query, document, grade, number))
                return
            self._has_points |= "." in grade
        if value is None:
            self._strays.append((number, grade))
            return
        if value > LARGEST or (value < 0 and not self.below_zero):
            code, problem = ("EK210", "negative") if value < 0 else ("EK209", f"above {count(LARGEST)}")
            self.sheet.report(code, f"{{n}} grade{{s}} {problem}", number, grade, hint=GRADES_HINT)
            return
        if value < 0:
            problem, hint = (
                "{n} negative grade{s} read as 0",
                "TREC files use −1 and −2 for not relevant or spam",
            )
            self.sheet.report("EK286", problem, number, grade, hint=hint, severity=Severity.NOTICE)
        judgement = self._judgement(query, document, max(value, 0), number)
        first = self.seen.setdefault((query, document), judgement)
        if first is judgement:
            self.sheet.judgements.append(judgement)
        elif self.sheet.events:
            self.seen[query, document] = max(first, judgement, key=lambda item: item.stated)
        else:
            self._report_repeat(first, judgement)

    def _judgement(self, query: str, document: str, value: float, number: int) -> Judgement:
        if self.labels.gains:
            return Judgement(query, document, int(value > 0), number, float(value))
        return Judgement(query, document, int(value), number)

    def skip(self, query: str, number: int) -> None:
        """Count a row whose grade is blank: it was offered for judging, and nobody judged it."""
        problem = "{n} row{s} without a grade, left out as unjudged"
        hint = "fill in the grade to count it; 0 means not relevant"
        self.sheet.report("EK238", problem, number, query, hint=hint, severity=Severity.NOTICE)

    def add_row(self, row: Row, number: int, columns: Columns) -> None:
        """Add the judgement of a table's row; in a table that surely has no grades, a row says 1."""
        if not has_columns(self.sheet, row, number, columns, needed=("query", "document")):
            return
        if not says_grades(self.sheet, row, number, columns):
            return
        found = columns.of(tuple(row))
        query, document = as_id(cell(row, found, "query")), as_id(cell(row, found, "document"))
        grade = self.grade_in(row, number, columns)
        if not query or not document:
            if (query or document) and self.labels.is_blank(grade):
                self.skip(query or document, number)
                return
            role = "document" if query else "query"
            report_no_id(self.sheet, row, found, role, number)
            return
        self.add(query, document, grade, number)

    def grade_in(self, row: Row, number: int, columns: Columns) -> object:
        """Return the grade that a row states, 1 with a notice where its table has no column for grades."""
        found = columns.of(tuple(row))
        if "grade" in found:
            if "grade" not in columns.stated and not self._spare:
                spare = columns.spare(tuple(row))
                self._spare = [name for name in spare if may_hold_grades(name, columns)][:SPARE_SHOWN]
            return cell(row, found, "grade")
        problem = "{n} row{s} in a table without grades, each read as grade 1"
        hint = "every document named counts as relevant; name the column with --map grade=… if there is one"
        self.sheet.report("EK287", problem, number, hint=hint, severity=Severity.NOTICE)
        return 1

    def close(self) -> None:
        """Report the cells that are no grades, with the option that would explain all of them."""
        told = dict.fromkeys(str(grade).strip() for _, grade in self._strays)
        words = [label for label in told if not is_numeral(label)]
        hint = NO_GAIN_HINT if self.labels.gains else GRADES_HINT
        if words:
            hint = f"say what each label means:  {explaining(words)}"
        elif told and not self.labels.gains:
            whole = sorted({item.grade for item in self.sheet.judgements})
            labels = [*map(str, whole), *told]
            hint = f"{GRADES_HINT}; or say which grade each number is:  {explaining(labels)}"
            hint = f"{hint if len(labels) <= LABELS_SHOWN else GRADES_HINT}; {OR_GAINS}"
        if told and self._spare:
            shown = " or ".join(f"--map {shlex.quote(f'grade={name}')}" for name in self._spare)
            hint += f"; if another column is the grade, say  {shown}"
        for number, grade in self._strays:
            problem = "{n} gain{s} no number" if self.labels.gains else "{n} grade{s} not whole"
            self.sheet.report("EK209", problem, number, grade, hint=hint)
        self._strays.clear()
        self._settle_doubtful()
        if self.sheet.events:  # of a pair the highest grade counts
            kept = [self.seen[item.query, item.document] for item in self.sheet.judgements]
            self.sheet.judgements[:] = kept

    def _settle_doubtful(self) -> None:
        """Read 1.000 as 1 where another grade has a point that parts no thousands, else report it."""
        doubtful, self._doubtful = self._doubtful, []
        if self._has_points and not any("," in grade for _, _, grade, _ in doubtful):
            for query, document, grade, number in doubtful:
                self.add(query, document, float(grade), number)
            return
        numbers = {as_label(grade): grade.strip() for _, _, grade, _ in doubtful}
        numbers |= {item.text: item.text for item in self.sheet.judgements}
        said = explaining(sorted(numbers.values()), unjudged=False)
        for _, _, grade, number in doubtful:
            problem, hint = (
                "{n} grade{s} that may be one or a thousand",
                f"write what is meant, or say:  {said}",
            )
            self.sheet.report("EK191", problem, number, grade, hint=hint)

    def _report_repeat(self, first: Judgement, again: Judgement) -> None:
        same = first.stated == again.stated
        detail = f"{again.query} {again.document} (first on line {first.line})"
        if same and self.drops_repeats:
            problem, hint = "{n} judgement{s} repeated, kept once", "as --fix repeats says"
            self.sheet.report("EK211", problem, again.line, detail, hint=hint, severity=Severity.NOTICE)
            return
        problem = "{n} judgement{s} repeated" if same else "{n} judgement{s} repeated with another grade"
        hint = "keep one line for each query and document"
        if same:
            hint += ", or let --fix repeats do it (golden check, golden import)"
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


def cell(row: Row, found: Mapping[str, str], role: str) -> object:
    """Return what stands in the column of a role, None where the row has no such column."""
    return row.get(found[role]) if role in found else None


def _fields(row: Row, found: Mapping[str, str]) -> Mapping[str, object] | None:
    """Return the metadata of a row, None where its column `metadata` holds no object."""
    roles = set(found.values())
    further = ((name, value) for name, value in row.items() if name not in roles and name and value != "")
    named = ((role.removeprefix(METADATA), row[name]) for role, name in found.items() if _is_field(role))
    fields = {name: typed(name, value) for name, value in (*further, *named) if value != ""}
    stated = cell(row, found, "metadata") or {}
    if isinstance(stated, str):
        try:
            stated = parse_json(stated)
        except NotationError:
            return None
    if not isinstance(stated, dict):
        return None
    stated = {name: typed(name, value) for name, value in stated.items()} if stated else stated
    # One mapping for all that say nothing: ten million empty ones would take 640 MB.
    told = {**fields, **stated}
    return {name: value for name, value in told.items() if not _is_blank(name, value)} or NO_FIELDS


def _not_json(fields: Mapping[str, object]) -> str:
    """Return the first field that holds a number which no JSON can carry, "" where none does."""
    return next((name for name, value in fields.items() if name != "weight" and _is_endless(value)), "")


def _is_endless(value: object) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(map(_is_endless, value.values()))
    return isinstance(value, list) and any(map(_is_endless, value))


def _is_blank(name: str, value: object) -> bool:
    """Return whether a field says nothing: null, or the NaN that pandas writes for it."""
    return value is None or (name != "weight" and isinstance(value, float) and math.isnan(value))


def _is_field(role: str) -> bool:
    return role.startswith(METADATA)
