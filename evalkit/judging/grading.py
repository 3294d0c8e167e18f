"""Grading: judgements that people wrote into a worklist, taken back into the golden set."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.findings import Severity, place
from evalkit.golden.reading.columns import JUDGEMENTS, Columns
from evalkit.golden.reading.entries import JudgementTable, as_id, cell
from evalkit.golden.reading.glance import has_columns, looked_at
from evalkit.golden.reading.grades import Labels
from evalkit.golden.reading.lines import TREC_COLUMNS, columns_of
from evalkit.golden.reading.records import Draft, Judgement, Sheet, numbered_lines
from evalkit.golden.reading.tables import suffix_of, table_rows, tsv_line
from evalkit.opening import is_file
from evalkit.packing import bare
from evalkit.quoting import original

WORKLIST = {"grade": "grade"}  # what evalkit wrote: other columns tell people how searches ranked and scored
LINES = (".tsv", ".txt", ".trec", ".qrels", "")


@dataclass(frozen=True, slots=True)
class Graded:
    """What a worklist brings.

    Attributes:
        fresh: Judgements that the golden set does not have yet, in the order of the list.
        known: How many it has already, with the same grade.
        blank: How many rows have no grade.
    """

    fresh: tuple[Judgement, ...]
    known: int
    blank: int


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
    sheet, columns = Sheet(path), Columns(JUDGEMENTS, WORKLIST)
    bench, blank = JudgementTable(sheet, labels=labels or Labels()), 0
    queries, documents = _identities(draft)
    for number, row in looked_at(table_rows(sheet), columns):
        if not has_columns(sheet, row, number, columns, needed=("query", "document", "grade")):
            continue
        found = columns.of(tuple(row))
        grade = cell(row, found, "grade")
        if bench.labels.is_blank(grade):
            blank += 1
            continue
        query = _identity(cell(row, found, "query"), queries)
        bench.add(query, _identity(cell(row, found, "document"), documents), grade, number)
    bench.close()
    fresh = _fresh(sheet, draft)
    errors = [finding for finding in sheet.findings() if finding.severity is Severity.ERROR]
    if errors:
        raise GoldenSetError.of(errors)
    return Graded(tuple(fresh), len(sheet.judgements) - len(fresh), blank)


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
    columns, _ = columns_of(next(line for _, line in numbered_lines(Sheet(path))))
    before = path.read_bytes()
    end = b"\r\n" if before.endswith(b"\r\n") else b"\n"
    glue = b"" if before.endswith(b"\n") else end
    lines = [_line(item, columns).encode() + end for item in graded.fresh]
    qrels = replace(draft.qrels, judgements=[*draft.qrels.judgements, *graded.fresh])
    return replace(draft, qrels=qrels), before + glue + b"".join(lines)


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
        elif known.grade != item.grade:
            where = place(draft.qrels.path.name, (known.line,))
            detail = f"{item.query} {item.document} {item.grade}, {known.grade} in {where}"
            hint = "settle the grade in one of the two files; nothing was changed"
            sheet.report("EK295", "{n} grade{s} against a judgement", item.line, detail, hint=hint)
    return fresh


def _line(item: Judgement, columns: tuple[str, ...]) -> str:
    told = {"query": item.query, "document": item.document, "grade": str(item.grade), "iteration": "0"}
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
