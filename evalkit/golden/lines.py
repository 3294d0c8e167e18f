"""Plain lines: an id, a tab and a text; or a judgement in three or four columns."""

from __future__ import annotations

from evalkit.golden.columns import JUDGEMENTS, folded
from evalkit.golden.entries import Bench
from evalkit.golden.records import Record, Sheet, numbered_lines
from evalkit.golden.tables import tsv_cells

BEIR_COLUMNS = ("query", "document", "grade")
TREC_COLUMNS = ("query", "iteration", "document", "grade")
HEADERS = ("query-id", "query_id", "qid")
THREE_HINT = "three columns with a tab between: query-id, corpus-id, score"
FOUR_HINT = "four columns: query, iteration, document, grade"


def read_text_lines(sheet: Sheet) -> None:
    """Add queries or documents from lines of an id, a tab and a text, which may hold further tabs."""
    for number, line in numbered_lines(sheet):
        identity, tab, text = line.partition("\t")
        if tab and identity.strip():
            sheet.records.append(Record(identity.strip(), text, {}, number))
        else:
            hint = "an id, a tab and the text in each line"
            sheet.report("EK292", "{n} line{s} without an id and a text", number, line[:40], hint=hint)


def read_judgement_lines(bench: Bench) -> None:
    """Add judgements from lines of three columns between tabs (BEIR) or four between any white space (TREC).

    The first line tells which. It may be a header, whose names then say what the columns hold. TREC files
    give documents that are not relevant grades below 0, which are read as 0.
    """
    sheet = bench.sheet
    columns: tuple[str, ...] = ()
    for number, line in numbered_lines(sheet):
        if not columns:
            columns, is_header = columns_of(line)
            bench.below_zero = columns is TREC_COLUMNS
            if is_header:
                continue
        cells = line.split() if columns is TREC_COLUMNS else tsv_cells(line)
        if len(cells) != len(columns) or not all(cells):
            wanted, hint = ("four", FOUR_HINT) if columns is TREC_COLUMNS else ("three", THREE_HINT)
            sheet.report("EK212", f"{{n}} line{{s}} without {wanted} columns", number, line, hint=hint)
            continue
        told = dict(zip(columns, cells, strict=True))
        bench.add(told["query"], told["document"], told["grade"], number)


def columns_of(line: str) -> tuple[tuple[str, ...], bool]:
    """Return what the columns of judgements hold, by their first line, and whether that is a header."""
    if named := _header(tsv_cells(line)):
        return named, True
    return TREC_COLUMNS if _is_trec(line) else BEIR_COLUMNS, False


def _is_trec(line: str) -> bool:
    return len(line.split()) == len(TREC_COLUMNS) and len(tsv_cells(line)) != len(BEIR_COLUMNS)


def _header(cells: list[str]) -> tuple[str, ...]:
    """Return what the columns hold when `cells` name them, else nothing."""
    roles = [
        next((role for role, aliases in JUDGEMENTS.items() if folded(cell) in aliases), "iteration")
        for cell in cells
    ]
    if sorted(set(roles) - {"iteration"}) == sorted(BEIR_COLUMNS) and len(set(roles)) == len(cells):
        return tuple(roles)
    return BEIR_COLUMNS if cells[0].casefold() in HEADERS else ()
