"""Plain lines: an id, a tab and a text; or a judgement in three or four columns."""

from __future__ import annotations

import re
from collections.abc import Container

from evalkit.findings import Finding, Severity, place
from evalkit.golden.reading.columns import JUDGEMENTS, Columns, folded, is_known
from evalkit.golden.reading.comments import is_remark, tell_comment
from evalkit.golden.reading.entries import JudgementTable
from evalkit.golden.reading.grades import Labels
from evalkit.golden.reading.records import Sheet, TextRecord, numbered_lines
from evalkit.golden.reading.tables import opens_quote, report_open_quote, tsv_cells, unquoted
from evalkit.golden.reading.wrongform import Wrong, refuse_judgements, refuse_texts

DIGIT = re.compile(r"\d")
FEW = 2
BLANK = ("", "", "")
ITERATIONS = ("iteration", "iter", "q0")
BEIR_COLUMNS = ("query", "document", "grade")
TREC_COLUMNS = ("query", "iteration", "document", "grade")
THREE_HINT = "three columns with a tab between: query-id, corpus-id, score"
FOUR_HINT = "four columns: query, iteration, document, grade"


def read_text_lines(sheet: Sheet) -> None:
    """Add queries or documents from lines of an id, a tab and a text, which may hold further tabs."""
    wrong, lines = Wrong(), 0
    for number, line in numbered_lines(sheet):
        lines += 1
        identity, tab, text = line.partition("\t")
        if not tab and not sheet.records and is_remark(line, ()):
            tell_comment(sheet, number, line)
            continue
        if tab and identity.strip():
            if opens_quote(text):
                report_open_quote(sheet, text, number)
            sheet.records.append(TextRecord(unquoted(identity.strip()), unquoted(text), {}, number))
        else:
            hint = "an id, a tab and the text in each line"
            sheet.report("EK292", "{n} line{s} without an id and a text", number, line[:40], hint=hint)
            wrong.add(line)
    refuse_texts(sheet.path, wrong, lines)
    if _may_be_names(sheet):
        sheet.doubted = sheet.records[0]


def _may_be_names(sheet: Sheet) -> bool:
    """Return whether the first line looks like the names of columns: a word or two, above ids with digits."""
    if len(sheet.records) <= FEW:
        return False
    first, *others = sheet.records
    wordy = not DIGIT.search(first.identity) and len(first.body.split()) <= FEW
    return wordy and "\t" not in first.body and all(DIGIT.search(record.identity) for record in others)


def names_findings(sheet: Sheet, known: Container[str] = ()) -> list[Finding]:
    """Return the finding on a first line that may be names of columns; an id that is `known` is an id."""
    doubtful = [
        (part, part.doubted)
        for part in (sheet, *sheet.parts)
        if part.doubted is not None and part.doubted.identity not in known
    ]
    hint = "put a line above it, or in its place, that says what the columns are:  id, a tab, text"
    return [
        Finding(
            "EK291",
            Severity.ERROR,
            f"{first.identity} and {first.body} look like names of columns, and could be an id and a text",
            (place(part.path, (first.line,)),),
            hint,
        )
        for part, first in doubtful
    ]


def read_judgement_lines(bench: JudgementTable) -> None:
    """Add judgements from lines of three columns between tabs (BEIR) or four between any white space (TREC).

    The first line tells which. It may be a header, whose names then say what the columns hold. TREC files
    give documents that are not relevant grades below 0, which are read as 0.
    """
    sheet = bench.sheet
    columns: tuple[str, ...] = ()
    places: list[int] = []
    wrong, lines = Wrong(), 0
    for number, line in numbered_lines(sheet):
        lines += 1
        if not columns:
            if is_remark(line, (len(BEIR_COLUMNS), len(TREC_COLUMNS))):
                tell_comment(sheet, number, line)
                continue
            columns, named = columns_of(line)
            places = [columns.index(role) for role in BEIR_COLUMNS]
            bench.below_zero = columns is TREC_COLUMNS
            if named:
                continue
        cells = line.split() if columns is TREC_COLUMNS else tsv_cells(line)
        query, document, grade = (cells[place] for place in places) if len(cells) == len(columns) else BLANK
        if not query or not document:
            wanted, hint = ("four", FOUR_HINT) if len(columns) > len(BEIR_COLUMNS) else ("three", THREE_HINT)
            sheet.report("EK212", f"{{n}} line{{s}} without {wanted} columns", number, line, hint=hint)
            wrong.add(line)
            continue
        bench.add(query, document, grade, number)
    refuse_judgements(sheet.path, wrong, lines)
    bench.close()


def columns_of(line: str) -> tuple[tuple[str, ...], bool]:
    """Return what the columns of judgements hold, by their first line, and whether that is a header."""
    if named := _header(tsv_cells(line)):
        return named, True
    if _is_trec(line) and _header(line.split()) == TREC_COLUMNS:
        return TREC_COLUMNS, True
    return TREC_COLUMNS if _is_trec(line) else BEIR_COLUMNS, False


def _is_trec(line: str) -> bool:
    return len(line.split()) == len(TREC_COLUMNS) and len(tsv_cells(line)) != len(BEIR_COLUMNS)


def is_header(cells: list[str]) -> bool:
    """Return whether cells are names of columns: one is in common use, and none is a number."""
    named = any(is_known(cell, JUDGEMENTS) for cell in cells)
    return len(cells) > 1 and named and not any(cell.lstrip("+-").isdecimal() for cell in cells)


def is_plain(first: str, second: str, labels: Labels) -> bool:
    """Return whether a file of judgements that begins so is read line by line, each column being sure.

    Words above a line with a grade are names of columns, even where none is in common use.
    """
    cells, below = tsv_cells(first), tsv_cells(second)
    if is_header(cells):
        return bool(_header(cells))
    wordy = not re.search(r"\d", first) and labels.grade(cells[-1]) is None and not labels.is_blank(cells[-1])
    return not (wordy and len(cells) == len(below) > 1 and labels.grade(below[-1]) is not None)


def _header(cells: list[str]) -> tuple[str, ...]:
    """Return what the columns hold when `cells` name them and are surely understood, else nothing."""
    if not is_header(cells) or len({*cells}) != len(cells):
        return ()
    found = {column: role for role, column in Columns(JUDGEMENTS).of(cells).items()}
    roles = tuple(found.get(cell, "iteration" if folded(cell) in ITERATIONS else "") for cell in cells)
    return roles if {*BEIR_COLUMNS} <= {*roles} and "" not in roles else ()
