"""Asked: one table in which each row holds a question, a document that was judged for it and perhaps more."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.errors import GoldenSetError, UsageError
from evalkit.findings import Severity
from evalkit.golden.reading.columns import ASKED, JUDGEMENTS, METADATA, Aliases, Columns, folded
from evalkit.golden.reading.entries import JudgementTable, Seen, as_id, cell
from evalkit.golden.reading.formats import ReadingOptions, gathered
from evalkit.golden.reading.glance import (
    described,
    evened,
    has_columns,
    looked_at,
    report_left_out,
    says_grades,
)
from evalkit.golden.reading.jsonforms import Row
from evalkit.golden.reading.queryfields import is_weight, typed
from evalkit.golden.reading.records import Sheet, TextRecord
from evalkit.golden.reading.tables import table_rows
from evalkit.golden.reading.toolforms import refuse_tool_form

ABOUT_QUERIES = ("segment", "critical", "group", "weight")
OF_QUERIES = ("query", *ABOUT_QUERIES)
OF_DOCUMENTS = ("title", "text")
WANTED_OF = {"critical": "true or false, yes or no", "weight": "a number above 0, with a decimal point"}
ID_LIKE = re.compile(r"\d+|(?=[^\d]*\d)[A-Za-z0-9_.:#/{}-]+")  # no space, no other letters, and a digit


@dataclass(frozen=True, slots=True)
class WantedTexts:
    """Which texts stand in the tables themselves: those of the queries, of the documents, or both."""

    questions: bool
    documents: bool

    @property
    def aliases(self) -> Aliases:
        """The roles that columns may have, and their names in common use."""
        left_out = (() if self.documents else OF_DOCUMENTS) + (() if self.questions else OF_QUERIES)
        found = {role: tiers for role, tiers in ASKED.items() if role not in left_out}
        return found if self.questions else {**found, "query_id": JUDGEMENTS["query"]}

    @property
    def roles(self) -> tuple[str, str]:
        """The roles that a row cannot do without."""
        return "query" if self.questions else "query_id", "text" if self.documents else "document"


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One row of one table, with its number and what its columns mean."""

    sheet: Sheet
    number: int
    row: Row
    found: Mapping[str, str]

    def text(self, role: str) -> str:
        """Return the text in the column of a role, "" where there is none."""
        value = cell(self.row, self.found, role)
        return value.strip() if isinstance(value, str) else as_id(value)


@dataclass(slots=True)
class Collected:
    """Queries or documents by their ids, each once, in the order in which they first stand."""

    what: str
    code: str
    records: dict[str, TextRecord] = field(default_factory=dict)

    def add(self, line: AskedRow, record: TextRecord) -> None:
        """Add a record, or report that its id has another text already."""
        first = self.records.setdefault(record.identity, record)
        if first.body != record.body:
            hint = f"one id, one text: give the other {self.what} an id of its own"
            detail = f"{record.identity} (first on line {first.line})"
            problem = f"{{n}} row{{s}} with another text for the same {self.what} id"
            line.sheet.report(self.code, problem, line.number, detail, hint=hint)


def read_asked(
    paths: Sequence[Path], reading: ReadingOptions, *, documents: bool, questions: bool = True
) -> tuple[Sheet, Sheet, Sheet]:
    """Read tables in which each row is a question and a document that was judged for it.

    Args:
        paths: The tables.
        reading: Its roles are those of `ASKED`, and "metadata.NAME" for a field of the queries.
        documents: Whether the texts of the documents stand in the tables too.
        questions: Whether the texts of the queries do; else a column names each query by its id.

    Returns:
        Queries and documents (none unless they are wanted) and judgements. Without a column for ids,
        questions and documents are numbered in the order in which they first stand, q1, q2 …, with as many
        digits as the last one needs. Rows that repeat a document as it is are one document.

    Raises:
        GoldenSetError: No row can be used.
        UsageError: The documents are wanted, and no column holds them.
    """
    sheets = [Sheet(path, holds="asked", annotator=reading.annotator) for path in paths]
    reading = reading if questions else replace(reading, stated=_by_id(reading.stated))
    wanted = WantedTexts(questions=questions, documents=documents)
    seen: Seen = {}
    benches = {
        id(sheet): JudgementTable(sheet, seen, labels=reading.labels, drops_repeats=reading.drops_repeats)
        for sheet in sheets
    }
    lines = [line for sheet in sheets for line in _lines(sheet, reading, wanted)]
    asked, corpus = Collected("query", "EK274"), Collected("document", "EK237")
    named, shelved = _numbered(lines, "q", _question), _numbered(lines, "d", _document)
    for line in lines:
        bench = benches[id(line.sheet)]
        query = _identity(line, "query_id", named, _question)
        document = _identity(line, "document", shelved, _document)
        grade = bench.grade_in(line.row, line.number, Columns(ASKED, reading.stated))
        if not query or not document or not _says_what_is_wanted(line, wanted):
            _report_incomplete(line, bench, grade, query or document)
            continue
        if bench.labels.is_blank(grade):
            bench.skip(query, line.number)
            continue
        if questions:
            asked.add(line, TextRecord(query, line.text("query"), {}, line.number))
        if documents:
            corpus.add(line, TextRecord(document, _document(line), {}, line.number, line.text("title")))
        bench.add(query, document, grade, line.number)
    for bench in benches.values():
        bench.close()
    _add_fields(asked, lines, named, reading.stated)
    return _sheets(paths, sheets, asked, corpus)


def _sheets(
    paths: Sequence[Path], sheets: list[Sheet], asked: Collected, corpus: Collected
) -> tuple[Sheet, Sheet, Sheet]:
    qrels = gathered(paths, sheets)
    if not (asked.records or corpus.records) and (problems := qrels.findings()):
        raise GoldenSetError.of(problems)
    read = []
    for collected in (asked, corpus):
        records = list(collected.records.values())
        if len(paths) > 1:
            records = [replace(record, line=0) for record in records]
        read.append(Sheet(qrels.path, records, searches=any(part.events for part in sheets)))
    return read[0], read[1], qrels


def _lines(sheet: Sheet, reading: ReadingOptions, wanted: WantedTexts) -> list[AskedRow]:
    """Return the rows in which every column has a sure role, and report those that are left out."""
    columns, documents = Columns(wanted.aliases, reading.stated), wanted.documents
    needed = wanted.roles
    lines = []
    for number, row in looked_at(evened(table_rows(sheet), sheet), columns):
        found = columns.of(tuple(row))
        if documents and not {"text", "title"} & {*found, *columns.rivals(tuple(row))}:
            raise _no_corpus(sheet, row, columns)
        if not has_columns(sheet, row, number, columns, needed=needed):
            continue
        if not says_grades(sheet, row, number, columns):
            continue
        lines.append(AskedRow(sheet, number, row, found))
    if wanted.questions and "query" not in reading.stated:
        _report_ids(sheet, lines)
    report_left_out(sheet, columns)
    return lines


def _no_corpus(sheet: Sheet, row: Row, columns: Columns) -> UsageError:
    role = columns.of(tuple(row)).get("document", "")
    likely = [*columns.spare(tuple(row)), *([role] if folded(role) in ("document", "doc") else [])]
    likely = [name for name in likely if not columns.is_nested(name)]
    if any(map(columns.is_nested, row)):
        refuse_tool_form(sheet.path, tuple(row), 1)
    options = " or ".join(f"--map {shlex.quote(f'text={name}')}" for name in likely)
    options = options or "--map text=COLUMN"
    return UsageError(
        "nothing names the corpus",
        places=(str(sheet.path),),
        hint=(
            f"name it with --corpus FILE, or say which column holds the documents' texts: {options}; "
            f"the columns and their first values: {described(row, columns)}"
        ),
        code="EK276",
    )


def _report_ids(sheet: Sheet, lines: list[AskedRow]) -> None:
    """Report a column of questions that holds nothing but numbers or the like, and drop its rows."""
    without_ids = bool(lines) and "query_id" not in lines[0].found
    if without_ids and all(ID_LIKE.fullmatch(_question(line)) for line in lines):
        name = lines[0].found["query"]
        hint = (
            f"are these ids? bring the texts with --queries FILE, or say --map query_id={name},query=COLUMN; "
            f"where people ask so, say --map query={name}"
        )
        what = "a number" if all(_question(line).isdecimal() for line in lines) else "what looks like an id"
        for line in lines:
            problem = f"{{n}} row{{s}} with {what} where a question is wanted"
            sheet.report("EK291", problem, line.number, _question(line), hint=hint)
        lines.clear()


def _by_id(stated: Mapping[str, str]) -> dict[str, str]:
    """Return what the user stated where the queries have a file: who says query means its id."""
    if "query_id" in stated:
        return dict(stated)
    return {"query_id" if role == "query" else role: column for role, column in stated.items()}


def _says_what_is_wanted(line: AskedRow, wanted: WantedTexts) -> bool:
    """Return whether a row has the texts that stand in the tables."""
    asks = bool(_question(line)) or not wanted.questions
    return asks and (_has_text(line) or not wanted.documents)


def _question(line: AskedRow) -> str:
    return line.text("query")


def _document(line: AskedRow) -> str:
    """Return the body of a row's document, "" where its text stands elsewhere."""
    value, title = cell(line.row, line.found, "text"), line.text("title")
    text = value if isinstance(value, str) else ""
    return f"{title}\n{text}" if title and text else title or text


def _has_text(line: AskedRow) -> bool:
    return bool(_document(line).strip())


def _numbered(lines: Sequence[AskedRow], letter: str, of: Callable[[AskedRow], str]) -> dict[str, str]:
    """Return text → id, in the order in which the texts first stand."""
    texts = list(dict.fromkeys(text for line in lines if (text := of(line))))
    width = len(str(len(texts)))
    return {text: f"{letter}{number:0{width}}" for number, text in enumerate(texts, start=1)}


def _identity(line: AskedRow, role: str, numbered: Mapping[str, str], of: Callable[[AskedRow], str]) -> str:
    if role in line.found:
        return as_id(cell(line.row, line.found, role))
    return numbered.get(of(line), "")


def _report_incomplete(line: AskedRow, bench: JudgementTable, grade: object, named: str) -> None:
    if named and bench.labels.is_blank(grade):
        bench.skip(line.text("query") or named, line.number)
        return
    hint = "each row holds a question and the document that was judged for it"
    if line.sheet.events:
        hint = "events name searches by their ids: bring their words with  --queries ubi_queries.jsonl"
    line.sheet.report("EK212", "{n} line{s} without query or document", line.number, hint=hint)


def _add_fields(
    asked: Collected, lines: Sequence[AskedRow], named: Mapping[str, str], stated: Mapping[str, str]
) -> None:
    """Give the queries their segment, weight and the like; what differs from row to row is no query's own."""
    fields: dict[str, dict[str, object]] = {identity: {} for identity in asked.records}
    for role in dict.fromkeys(role for line in lines for role in line.found):
        if role not in ABOUT_QUERIES and not role.startswith(METADATA):
            continue
        name, values = role.removeprefix(METADATA), dict[str, object]()
        torn = []
        for line in lines:
            query = _identity(line, "query_id", named, _question)
            value = cell(line.row, line.found, role)
            value = typed(name, value.strip() if isinstance(value, str) else value)
            if query not in fields or value in (None, ""):
                continue
            if values.setdefault(query, value) != value or not (role in stated or _fits(name, value)):
                torn.append(line)
        if torn and role in stated:
            _report_torn(torn, name)
        elif torn:
            _report_passed_over(torn[0], role)
        else:
            for query, value in values.items():
                fields[query][name] = value
    for identity, record in asked.records.items():
        asked.records[identity] = replace(record, fields=fields[identity])


def _report_torn(torn: Sequence[AskedRow], name: str) -> None:
    for line in torn:
        problem = f"{{n}} row{{s}} with another {name} for the same query"
        hint = f"one query has one {name}; correct the rows, or leave the column out of --map"
        line.sheet.report("EK239", problem, line.number, line.text("query"), hint=hint)


def _report_passed_over(line: AskedRow, role: str) -> None:
    value = cell(line.row, line.found, role)
    unfit = not _fits(role, typed(role, value.strip() if isinstance(value, str) else value))
    what = WANTED_OF.get(role, "a text") if unfit else f"one {role} for each query"
    problem = f"the column {line.found[role]!r} is left out: it does not hold {what}"
    hint = f"where it is meant so, correct its rows and say --map {role}={line.found[role]}"
    problem = problem.replace("{", "{{").replace("}", "}}")
    shown, grave = (value, Severity.WARNING) if unfit else ("", Severity.NOTICE)
    line.sheet.report("EK275", problem, line.number, shown, hint=hint, severity=grave)


def _fits(name: str, value: object) -> bool:
    """Return whether a value is what a column of this name holds, where nobody said that it does."""
    if name == "weight":
        return is_weight(value)
    return isinstance(value, bool) if name == "critical" else isinstance(value, str)
