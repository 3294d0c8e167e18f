"""Live queries: a golden set's corpus, asked by queries from a log that nobody judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evalkit.errors import GoldenSetError, UsageError
from evalkit.findings import Severity
from evalkit.golden.assembly import asked_by
from evalkit.golden.checks.lint import query_findings
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.columns import QUERIES, Columns
from evalkit.golden.reading.entries import add_record
from evalkit.golden.reading.formats import LINES, TSV, ReadingOptions, form_of, names_text, read_queries
from evalkit.golden.reading.records import Sheet, TextRecord, numbered_lines
from evalkit.golden.reading.tables import READERS, table_rows
from evalkit.opening import is_file

ID = "_id"


def with_live_queries(golden: GoldenSet, path: Path, stated: Mapping[str, str] | None = None) -> GoldenSet:
    """Return the golden set's documents with the queries of a file in place of its own, and no judgements.

    Args:
        golden: Whose documents are searched.
        path: One query a line; or lines of id, tab and text; or a table, whose rows are numbered where it
            has no ids.
        stated: Role → column, for tables whose names do not tell.

    Returns:
        A set without judgements. Queries without an id are named by their line, all equally long.

    Raises:
        UsageError: There is no such file.
        GoldenSetError: It cannot be read, an id is repeated, or it holds no query.
    """
    return logged_queries(golden, path, stated)[0]


def logged_queries(
    golden: GoldenSet, path: Path, stated: Mapping[str, str] | None = None
) -> tuple[GoldenSet, tuple[str, ...]]:
    """Return what `with_live_queries` does, and the ids of the queries in the order of the file."""
    if not is_file(path):
        raise UsageError(
            f"{path} is not a file",
            hint="name a file of queries: one a line, or a table with a column query or text",
            code="EK126",
        )
    sheet = _read(path, stated or {})
    findings = [*sheet.findings(), *query_findings(sheet)]
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise GoldenSetError.of(errors)
    asked = asked_by(golden, sheet, findings=(*golden.findings, *findings))
    return asked, tuple(record.identity for record in sheet.records)


def _read(path: Path, stated: Mapping[str, str]) -> Sheet:
    form = form_of(path)
    if form == LINES and not stated:
        return _read_lines(path)
    plain = form not in READERS or (form == TSV and not stated and not names_text(path))
    if plain or "id" in stated or _has_ids(path, form, stated):
        return read_queries([path], ReadingOptions(stated=stated, option="--map"))
    sheet = Sheet(path, holds="queries")
    rows = list(table_rows(sheet, form))
    width = len(str(rows[-1][0])) if rows else 1
    columns = Columns(QUERIES, {"id": ID, **stated})
    for number, row in rows:
        add_record(sheet, {ID: f"{number:0{width}d}", **row}, number, columns)
    return sheet


def _has_ids(path: Path, form: str, stated: Mapping[str, str]) -> bool:
    columns = Columns(QUERIES, stated)
    rows = (tuple(row) for _, row in table_rows(Sheet(path, holds="queries"), form))
    return any("id" in columns.of(names) or "id" in columns.rivals(names) for names in rows)


def _read_lines(path: Path) -> Sheet:
    """Read a file without any column; a tab in one of its lines says that there are ids before tabs."""
    sheet = Sheet(path)
    lines = list(numbered_lines(sheet))
    if any("\t" in line for _, line in lines):
        return read_queries([path])
    width = len(str(lines[-1][0])) if lines else 1
    sheet.records += [TextRecord(f"{number:0{width}d}", line.strip(), {}, number) for number, line in lines]
    return sheet
