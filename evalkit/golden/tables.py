"""Tables: the rows of JSON lines, CSV, TSV and Parquet files, each with the line it starts on."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

from evalkit.errors import GoldenSetError, MissingExtraError
from evalkit.golden.jsonrows import Rows, json_rows
from evalkit.golden.records import Sheet, unpacked, whole_lines
from evalkit.packing import bare

JSON_LINES = (".jsonl", ".ndjson", ".json")
# Python's limit for one cell is 128 KiB; a long document is longer.
LONGEST_CELL = 2**31 - 1
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
        return [cell.strip() for cell in line.split("\t")]
    cells, start, more = [], 0, True
    while more and (cell := TSV_CELL.match(line, start)):
        quoted, bare, separator = cell.groups()
        cells.append(bare.strip() if quoted is None else quoted.replace('""', '"'))
        start, more = cell.end(), bool(separator)
    return cells


def _csv_rows(sheet: Sheet) -> Rows:
    return _separated_rows(sheet, "")


def _tsv_rows(sheet: Sheet) -> Rows:
    return _separated_rows(sheet, "\t")


def _separated_rows(sheet: Sheet, delimiter: str) -> Rows:
    """Yield the rows of a table with a header; where no delimiter is given, the header shows it."""
    csv.field_size_limit(LONGEST_CELL)
    lines = list(whole_lines(sheet))
    delimiter = delimiter or max(",;\t", key=lines[0].count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    names: list[str] = []
    start = 1
    try:
        for cells in reader:
            number, start = start, reader.line_num + 1
            if not any(cells):
                continue
            if not names:
                names = _header(sheet, [cell.strip() for cell in cells], number)
            elif len(cells) == len(names):
                yield number, dict(zip(names, cells, strict=True))
            else:
                problem = f"{{n}} row{{s}} without the {len(names)} cells that the header names"
                sheet.report("EK284", problem, number, cells[0], hint="quote cells that hold a separator")
    except csv.Error as error:
        hint = "a cell with a quote, a separator or a line break is quoted, its quotes doubled"
        sheet.report("EK283", "not valid CSV", start, error, hint=hint)


def _header(sheet: Sheet, names: list[str], number: int) -> list[str]:
    repeated = sorted({name for name in names if names.count(name) > 1})
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
        import pyarrow.parquet as pq  # noqa: PLC0415 - the same
    except ImportError:
        raise MissingExtraError.for_extra("parquet", f"reading {sheet.path.name}") from None
    number = 0
    try:
        with pq.ParquetFile(pa.BufferReader(unpacked(sheet.path))) as file:
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (OSError, pa.ArrowException) as error:
        raise GoldenSetError(
            f"{sheet.path.name} is not a Parquet file: {error}",
            places=(str(sheet.path),),
            hint="write it again, and whole",
            code="EK201",
        ) from error


READERS: dict[str, Callable[[Sheet], Rows]] = {
    **dict.fromkeys(JSON_LINES, json_rows),
    ".csv": _csv_rows,
    ".tsv": _tsv_rows,
    ".parquet": _parquet_rows,
}
