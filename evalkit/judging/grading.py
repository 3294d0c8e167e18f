"""Grading: judgements that people wrote into a worklist, taken back into the golden set."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.findings import Severity, place
from evalkit.golden.reading.columns import JUDGEMENTS, Columns
from evalkit.golden.reading.entries import JudgementTable, as_id, cell
from evalkit.golden.reading.formats import ReadingOptions, of_card
from evalkit.golden.reading.glance import has_columns, looked_at
from evalkit.golden.reading.grades import Labels
from evalkit.golden.reading.jsonforms import Row
from evalkit.golden.reading.lines import BEIR_COLUMNS, TREC_COLUMNS, columns_of
from evalkit.golden.reading.records import Draft, Judgement, Sheet, numbered_lines
from evalkit.golden.reading.tables import suffix_of, table_rows, tsv_line
from evalkit.golden.writing.export import QRELS_HEADER
from evalkit.opening import is_file, read_regular
from evalkit.packing import bare
from evalkit.quoting import original

WORKLIST = {"grade": "grade"}  # what evalkit wrote: other columns tell people how searches ranked and scored
JUDGED_BY, DATE, NOTE, CANNOT_SAY = "judged_by", "date", "note", "cannot_say"
Pair = tuple[str, str]
LINES = (".tsv", ".txt", ".trec", ".qrels", "")


@dataclass(frozen=True, slots=True)
class Remark:
    """What a judge said beside a grade, or in place of one.

    Attributes:
        date: When, as the list says it.
        note: A note.
        cannot_say: Whether he could not say how relevant the document is.
    """

    date: str
    note: str
    cannot_say: bool


@dataclass(frozen=True, slots=True)
class Graded:
    """What a worklist brings.

    Attributes:
        fresh: Judgements that the golden set does not have yet, in the order of the list.
        known: How many it has already, with the same grade.
        blank: How many rows have no grade.
        given: Every grade of the list, known or not, by query and document.
        remarks: What is said beside grades, or in place of one, where the list says who judged.
    """

    fresh: tuple[Judgement, ...]
    known: int
    blank: int
    given: Mapping[Pair, Judgement] = field(default_factory=dict)
    remarks: Mapping[Pair, Remark] = field(default_factory=dict)


def read_graded(path: Path, draft: Draft, labels: Labels | None = None) -> Graded:
    """Read a worklist with grades: a table with columns for query, document and grade.

    Args:
        path: The table; rows without a grade are not yet judged.
        draft: The golden set that it was made for.
        labels: How cells are read as grades.

    Raises:
        GoldenSetError: A grade is none, a row names a query or document that the set does not have, or it
            contradicts a judgement; all are told at once.
    """
    return _read(path, draft, labels, lambda _: "").get("", Graded((), 0, 0))


def read_judges(path: Path, draft: Draft, labels: Labels | None = None) -> Mapping[str, Graded]:
    """Read what one or more judges gave: a worklist whose column `judged_by` names who judged each row.

    Args:
        path: The table. Rows without a name there are of the judge whom the file is named after.
        draft: The golden set that it was made for.
        labels: How cells are read as grades.

    Returns:
        Name of a judge → what he gave, with what he said beside it.

    Raises:
        GoldenSetError: As for `read_graded`.
    """
    return _read(path, draft, labels, lambda row: _said(row, JUDGED_BY) or path.stem)


def _read(
    path: Path, draft: Draft, labels: Labels | None, judge_of: Callable[[Row], str]
) -> Mapping[str, Graded]:
    """Return what each judge gave, one table of judgements for each of them."""
    columns, identities = Columns(JUDGEMENTS, WORKLIST), _identities(draft)
    reading = of_card(ReadingOptions(labels=labels or Labels()), draft.card)
    whole, desks = Sheet(path), dict[str, _Desk]()
    for number, row in looked_at(table_rows(whole), columns):
        if not has_columns(whole, row, number, columns, needed=("query", "document", "grade")):
            continue
        judge = judge_of(row)
        if judge not in desks:
            desks[judge] = _Desk(JudgementTable(Sheet(path), labels=reading.labels))
        desks[judge].take(row, columns.of(tuple(row)), number, identities)
    graded = {judge: desk.graded(draft) for judge, desk in desks.items()}
    sheets = (whole, *(desk.bench.sheet for desk in desks.values()))
    found = dict.fromkeys(finding for sheet in sheets for finding in sheet.findings())
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        raise GoldenSetError.of(errors)
    return graded


@dataclass(slots=True)
class _Desk:
    """Where the rows of one judge are laid out."""

    bench: JudgementTable
    blank: int = 0
    remarks: dict[Pair, Remark] = field(default_factory=dict)

    def take(
        self, row: Row, found: Mapping[str, str], number: int, identities: tuple[Container[str], ...]
    ) -> None:
        """Take a row: its grade, where it has one, and what is said beside it."""
        query, document = (
            _identity(cell(row, found, role), known)
            for role, known in zip(("query", "document"), identities, strict=True)
        )
        grade = cell(row, found, "grade")
        blank = self.bench.labels.is_blank(grade)
        remark = Remark(_said(row, DATE), _said(row, NOTE), bool(_said(row, CANNOT_SAY)))
        if JUDGED_BY in row and (not blank or remark.note or remark.cannot_say):
            self.remarks[query, document] = remark
        if blank:
            self.blank += 1
        else:
            self.bench.add(query, document, grade, number)

    def graded(self, draft: Draft) -> Graded:
        """Return what the rows bring; what they cannot bring is reported on the sheet."""
        self.bench.close()
        sheet = self.bench.sheet
        fresh = _fresh(sheet, draft)
        given = {(item.query, item.document): item for item in sheet.judgements}
        return Graded(tuple(fresh), len(given) - len(fresh), self.blank, given, self.remarks)


def _said(row: Row, column: str) -> str:
    """Return what a cell beside the grade says, without the apostrophe that made it harmless."""
    value = row.get(column)
    return "" if value is None else original(str(value)).strip()


def count_grades(path: Path) -> int:
    """Return how many rows of a worklist people have graded, 0 where there is no such table."""
    sheet, columns = Sheet(path), Columns(JUDGEMENTS, WORKLIST)
    rows = (row for _, row in table_rows(sheet)) if path.exists() else ()
    return sum(bool(str(cell(row, columns.of(tuple(row)), "grade") or "").strip()) for row in rows)


def with_judgements(draft: Draft, graded: Graded) -> tuple[Draft, bytes]:
    """Return the draft with the fresh judgements, and the new content of its file of judgements.

    The lines that are there keep their bytes; new ones follow in the same columns.

    Raises:
        GoldenSetError: The judgements are not in lines of text, or a new id does not fit into a line.
    """
    path = draft.qrels.path
    if not is_file(path) or bare(path) != path or suffix_of(path) not in LINES:
        raise GoldenSetError(
            f"judgements cannot be added to {path.name}",
            places=(str(path),),
            hint="bring the set into the native form first:  evalkit golden import GOLDEN -o FOLDER",
            code="EK299",
        )
    columns, before = _begun(path)
    end = b"\r\n" if before.endswith(b"\r\n") else b"\n"
    glue = b"" if before.endswith(b"\n") or not before else end
    lines = [_line(item, columns).encode() + end for item in graded.fresh]
    qrels = replace(draft.qrels, judgements=[*draft.qrels.judgements, *graded.fresh])
    return replace(draft, qrels=qrels), before + glue + b"".join(lines)


def _begun(path: Path) -> tuple[tuple[str, ...], bytes]:
    """Return the columns of a file of judgements, and its bytes; for one without a line, a head."""
    first = next((line for _, line in numbered_lines(Sheet(path))), "")
    if first:
        return columns_of(first)[0], read_regular(path)
    if suffix_of(path) == ".tsv":
        return BEIR_COLUMNS, f"{tsv_line(QRELS_HEADER)}\n".encode()
    return TREC_COLUMNS, b""


def _identities(draft: Draft) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of the queries and those of the documents."""
    queries = frozenset(record.identity for record in draft.queries.records)
    return queries, frozenset(record.identity for record in draft.corpus.records)


def _identity(value: object, known: Container[str]) -> str:
    """Return the id in a cell: the one that evalkit wrote harmless, or the text as it stands."""
    text = as_id(value)
    return original(text) if original(text) in known else text


def _fresh(sheet: Sheet, draft: Draft) -> list[Judgement]:
    """Return what the set does not have yet; report what it cannot have."""
    queries, documents = _identities(draft)
    there = {(item.query, item.document): item for item in draft.qrels.judgements}
    fresh = []
    for item in sheet.judgements:
        known = there.get((item.query, item.document))
        if item.query not in queries or item.document not in documents:
            stranger = item.query if item.query not in queries else item.document
            hint = "grade a worklist of this golden set; spreadsheets may have cut zeros from the ids"
            problem = "{n} row{s} of a query or document that the golden set does not have"
            sheet.report("EK294", problem, item.line, stranger, hint=hint)
        elif known is None:
            fresh.append(item)
        elif known.stated != item.stated:
            where = place(draft.qrels.path.name, (known.line,))
            detail = f"{item.query} {item.document} {item.text}, {known.text} in {where}"
            hint = "settle the grade in one of the two files; nothing was changed"
            sheet.report("EK295", "{n} grade{s} against a judgement", item.line, detail, hint=hint)
    return fresh


def _line(item: Judgement, columns: tuple[str, ...]) -> str:
    told = {"query": item.query, "document": item.document, "grade": item.text, "iteration": "0"}
    cells = tuple(told[column] for column in columns)
    is_trec = columns is TREC_COLUMNS
    spaced = [cell for cell in cells if "\n" in cell or "\0" in cell or (is_trec and cell.split() != [cell])]
    if spaced:
        raise GoldenSetError(
            f"the id {spaced[0]!r} does not fit into a line of judgements",
            hint="rename it, or bring the set into another form:  evalkit golden export",
            code="EK293",
        )
    return " ".join(cells) if is_trec else tsv_line(cells)
