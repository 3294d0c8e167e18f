"""Tables: the rows of JSON lines, CSV, TSV and Parquet files, each with the line it starts on."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from evalkit.errors import GoldenSetError, MissingExtraError
from evalkit.findings import Severity
from evalkit.golden.disguises import refuse_disguise
from evalkit.golden.reading.comments import without_comments
from evalkit.golden.reading.jsonrows import Rows, json_rows
from evalkit.golden.reading.records import Sheet, fenced, unpacked, whole_lines
from evalkit.golden.reading.wrongform import refuse_odd_separator
from evalkit.opening import FILE_FAULTS, NotOpenedError, fault
from evalkit.packing import ALWAYS_BYTES, RATIO, bare
from evalkit.parsing import bounded_rows

Cells = Iterator[tuple[int, list[str]]]
JSON_LINES = (".jsonl", ".ndjson", ".json")
LONGEST_TEXT = 2**31 - 1  # characters of a cell: a document may be long
ALWAYS_ROWS = 1_000_000  # so many rows a Parquet file may hold, however small it is
ROWS_AT_ONCE = 256
LONGEST_SPAN = 1000
WHOLLY_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
QUOTED = re.compile(r'"[^"]*"')
SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?[,;\t| ]*', re.IGNORECASE)
TSV_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^\t]*))(\t|\Z)')
HEADER_HINT = "the first line names the columns, each once"


def table_rows(sheet: Sheet, form: str = "") -> Rows:
    """Yield (line, row) of a table file; for Parquet the line is the number of the row.

    Rows map column names to values: texts in CSV and TSV, typed values in JSON lines and Parquet. What cannot
    be read as a row is reported on the sheet.

    Args:
        sheet: The file.
        form: The extension of the kind of table, where the file's name does not tell.

    Raises:
        GoldenSetError: The file cannot be read, or its name does not say how.
        MissingExtraError: It is a Parquet file and pyarrow is not installed.
    """
    form = form or suffix_of(sheet.path)
    if form not in READERS:
        with fenced(sheet.path):
            refuse_disguise(sheet.path)
        raise GoldenSetError(
            f"{sheet.path.name} does not say what kind of table it is",
            places=(str(sheet.path),),
            hint=f"end its name in {', '.join(READERS)}; each may be packed as .gz, .bz2, .xz or .zst",
            code="EK282",
        )
    return READERS[form](sheet)


def suffix_of(path: Path) -> str:
    """Return the file's extension in small letters, the inner one of a packed file."""
    return bare(path).suffix.casefold()


def tsv_line(cells: tuple[str, ...]) -> str:
    """Return one line of tab-separated cells; those that would be misread are quoted as in CSV."""
    quoted = ('"' in cell or "\t" in cell or cell != cell.strip() for cell in cells)
    return "\t".join(
        '"{}"'.format(cell.replace('"', '""')) if needed else cell
        for cell, needed in zip(cells, quoted, strict=True)
    )


def tsv_cells(line: str) -> list[str]:
    """Return the cells of a tab-separated line, unquoted as BEIR's own loader does, others stripped.

    A cell whose quotes do not close is not quoted: it is taken as it stands.
    """
    if '"' not in line:
        return list(map(str.strip, line.split("\t")))
    cells, start, more = [], 0, True
    while more and (cell := TSV_CELL.match(line, start)):
        quoted, bare, separator = cell.groups()
        cells.append(bare.strip() if quoted is None else quoted.replace('""', '"'))
        start, more = cell.end(), bool(separator)
    return cells


def unquoted(cell: str) -> str:
    """Return a cell without the quotes around the whole of it, where they are those of CSV."""
    whole = WHOLLY_QUOTED.fullmatch(cell)
    return whole[1].replace('""', '"') if whole else cell


def opens_quote(cell: str) -> bool:
    """Return whether a cell begins with a quote that would go on in the next line, were it CSV."""
    return cell.startswith('"') and cell.count('"') % 2 == 1


def report_open_quote(sheet: Sheet, cell: str, number: int) -> None:
    """Tell of a cell that a quote opens and none closes: elsewhere it would go on in the next line."""
    problem = "{n} cell{s} with a quote that nothing closes in the line, read as it stands"
    hint = "in TSV each line is a row; a table whose cells span lines is read as CSV"
    sheet.report("EK235", problem, number, cell[:40], hint=hint, severity=Severity.NOTICE)


def _csv_rows(sheet: Sheet) -> Rows:
    lines = without_comments(sheet, list(whole_lines(sheet)))
    return _named_rows(sheet, _csv_cells(sheet, lines))


def _tsv_rows(sheet: Sheet) -> Rows:
    lines = without_comments(sheet, list(whole_lines(sheet)))
    return _named_rows(sheet, _tsv_cells(sheet, lines))


def _csv_cells(sheet: Sheet, lines: list[str]) -> Cells:
    """Yield (line, cells) of a CSV; its first line shows the separator, by "sep=;" or as a header."""
    if said := SEPARATOR_LINE.fullmatch(lines[0].rstrip("\r\n")):
        delimiter, lines[0] = said[1], "\n"
    else:
        header = QUOTED.sub("", next((line for line in lines if line.strip()), ""))
        delimiter = max(",;\t|", key=header.count)
    sheet.separator = delimiter
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in bounded_rows(reader, LONGEST_TEXT):
            number, start = start, reader.line_num + 1
            yield number, cells
    except csv.Error as error:
        hint = "a cell with a quote, a separator or a line break is quoted, its quotes doubled"
        told = "a carriage return inside a row" if "new-line" in str(error) else str(error)
        sheet.report("EK283", "not valid CSV", start, told, hint=hint)


def _tsv_cells(sheet: Sheet, lines: list[str]) -> Cells:
    """Yield (line, cells) of a TSV: each line is a row, and a cell in quotes is unquoted as in CSV.

    A quote that nothing closes in its line stands for itself, unless the lines that follow are no rows and
    the cell goes on there.
    """
    width = number = 0
    while number < len(lines):
        line, spanned = lines[number].rstrip("\r\n"), 1
        cells = _split(line, width)
        if '"' in line and any(map(opens_quote, cells)):
            joined = _joined(lines, number, width)
            if joined:
                cells, spanned = joined
            else:
                report_open_quote(sheet, next(filter(opens_quote, cells)), number + 1)
        width = width or len(cells) * bool(line.strip())
        yield number + 1, cells
        number += spanned


def _split(line: str, width: int) -> list[str]:
    """Return the cells of a line; where quotes would hide a tab that the width needs, they are no quotes."""
    plain = line.split("\t")
    if '"' not in line:
        return plain
    cells, start, more = [], 0, True
    while more and (cell := TSV_CELL.match(line, start)):
        quoted, bare, separator = cell.groups()
        cells.append(bare if quoted is None else quoted.replace('""', '"'))
        start, more = cell.end(), bool(separator)
    return [unquoted(cell) for cell in plain] if width == len(plain) != len(cells) else cells


def _joined(lines: list[str], number: int, width: int) -> tuple[list[str], int] | None:
    """Return the row that begins in a line and how many it spans, where only CSV reads one there."""
    reader = csv.reader(lines[number : number + LONGEST_SPAN], delimiter="\t", strict=True)
    try:
        cells = next(bounded_rows(reader, LONGEST_TEXT), [])
    except csv.Error:
        return None
    spanned = range(number, number + reader.line_num)
    as_rows = all(len(_split(lines[place].rstrip("\r\n"), width)) == width for place in spanned)
    return (cells, len(spanned)) if len(spanned) > 1 and len(cells) == width and not as_rows else None


def _named_rows(sheet: Sheet, records: Cells) -> Rows:
    """Yield the rows of a table with a header: its cells by the names of their columns.

    Columns without a name at the end, as spreadsheets leave them, are passed over while they are empty.
    """
    names: list[str] = []
    rows = 0
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if not names:
            names = _header(sheet, [cell.strip().strip("\ufeff").strip() for cell in cells], number)
            refuse_odd_separator(sheet.path, names[0] if len(names) == 1 else "", number)
            continue
        rows += 1
        while len(cells) > len(names) and not cells[-1].strip():
            cells.pop()
        if len(cells) == len(names):
            yield number, dict(zip(names, cells, strict=True))
        else:
            problem = f"{{n}} row{{s}} without the {len(names)} cells that the header names"
            sheet.report("EK284", problem, number, cells[0], hint="quote cells that hold a separator")
    if names and not rows and not sheet.unread:
        problem = "the file has no row below the one that is read as the names of columns"
        sheet.report(
            "EK213", problem, 0, ", ".join(names), hint=f"{HEADER_HINT}, and each line below is a row"
        )


def _header(sheet: Sheet, names: list[str], number: int) -> list[str]:
    while len(names) > 1 and not names[-1]:
        names.pop()
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        raise GoldenSetError(
            f"two columns are called {repeated[0]!r}" if repeated[0] else "two columns have no name",
            places=(f"{sheet.path}:{number}",),
            hint=HEADER_HINT,
            code="EK285",
        )
    return names


def _parquet_rows(sheet: Sheet) -> Rows:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415 - only Parquet needs it
    except ImportError:
        raise MissingExtraError.for_extra("parquet", f"reading {sheet.path.name}") from None
    number = held = 0
    data = unpacked(sheet.path)
    most = max(ALWAYS_BYTES, RATIO * len(data))
    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            _check_size("rows", file.metadata.num_rows, max(ALWAYS_ROWS, RATIO * len(data)))
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                _check_size("bytes", held + batch.nbytes, most)
                for row in batch.to_pylist():  # of a dictionary one value may stand in every row
                    number += 1
                    held += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
                    _check_size("bytes", held, most)
                    yield number, {name: _as_text(value) for name, value in row.items()}
    except NotOpenedError as error:
        raise GoldenSetError(
            f"{sheet.path.name} is not read on: {error}",
            places=(str(sheet.path),),
            hint="if it is meant to be so large, write it in parts",
            code="EK201",
        ) from error
    except (*FILE_FAULTS, pa.ArrowException) as error:  # texts that are none, dates beyond all
        raise GoldenSetError(
            f"{sheet.path.name} is not a Parquet file: {fault(error)}",
            places=(str(sheet.path),),
            hint="write it again, and whole",
            code="EK201",
        ) from error


def _check_size(what: str, held: int, most: int) -> None:
    """Raise where a packed file holds more than can be meant."""
    if held > most:
        raise NotOpenedError(f"it unpacks to more than {most:,} {what}, {RATIO} for each of its bytes")


def _as_text(value: object) -> object:
    """Return bytes that are text as text: some programs write texts without saying that they are."""
    try:
        return value.decode("utf-8") if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value


READERS: dict[str, Callable[[Sheet], Rows]] = {
    **dict.fromkeys(JSON_LINES, json_rows),
    ".csv": _csv_rows,
    ".tsv": _tsv_rows,
    ".parquet": _parquet_rows,
}
