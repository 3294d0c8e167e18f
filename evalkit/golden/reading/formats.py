"""Formats: queries, documents or judgements from one file or several, in whatever form they are written."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.golden.card import GAINS, Card
from evalkit.golden.disguises import refuse_disguise
from evalkit.golden.reading.columns import DOCUMENTS, JUDGEMENTS, QUERIES, Columns, is_known
from evalkit.golden.reading.entries import JudgementTable, Seen, add_record
from evalkit.golden.reading.glance import evened, looked_at, report_left_out
from evalkit.golden.reading.grades import Labels
from evalkit.golden.reading.lines import is_plain, read_judgement_lines, read_text_lines
from evalkit.golden.reading.markup import read_marked_documents, read_topics
from evalkit.golden.reading.records import Sheet, fenced
from evalkit.golden.reading.tables import JSON_LINES, READERS, suffix_of, table_rows, tsv_cells
from evalkit.opening import BYTE_ORDER_MARK, open_unpacked

MARKUP, LINES, TSV = "<", "", ".tsv"
HEAD_BYTES = 4096
Reader = Callable[[Sheet], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """What the user says, beside the files themselves, on how they are to be read.

    Attributes:
        stated: Role → column, for tables whose names do not tell.
        folder: The golden-set folder that the files stand in, None where they are imported.
        labels: How cells are read as grades.
        drops_repeats: Whether judgements that stand twice with one grade are told and no error.
        option: The option by which a user names columns, where it is not the one that import has.
        annotator: Whose annotations count where a tool keeps several for one pair, "" for everybody's.
    """

    stated: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    labels: Labels = field(default_factory=Labels)
    drops_repeats: bool = False
    option: str = ""
    annotator: str = ""


PLAIN = ReadingOptions()


def of_card(reading: ReadingOptions, card: Card) -> ReadingOptions:
    """Return how the files of a set with this card are read: decimals, where it says that they hold gains."""
    gains = card.grades == GAINS
    if gains == reading.labels.gains:
        return reading
    return replace(reading, labels=replace(reading.labels, gains=gains))


def read_queries(paths: Sequence[Path], reading: ReadingOptions = PLAIN) -> Sheet:
    """Read queries: a table, TREC topics, or lines of id, tab and text.

    Args:
        paths: One file, or several that hold one set.
        reading: Its roles are "id", "text", "title" and "metadata".

    Returns:
        A sheet with its problems on it, not yet checked.

    Raises:
        GoldenSetError: A file cannot be read at all.
    """
    columns = functools.partial(
        Columns, QUERIES, reading.stated, option=reading.option or "--queries-map", folder=reading.folder
    )
    return _gathered(paths, "queries", lambda sheet: _read_texts(sheet, columns(), read_topics))


def read_documents(paths: Sequence[Path], reading: ReadingOptions = PLAIN) -> Sheet:
    """Read documents: a table, `<DOC>` blocks, or lines of id, tab and text; all else as for queries."""
    columns = functools.partial(
        Columns, DOCUMENTS, reading.stated, option=reading.option or "--corpus-map", folder=reading.folder
    )
    return _gathered(paths, "corpus", lambda sheet: _read_texts(sheet, columns(), read_marked_documents))


def read_judgements(paths: Sequence[Path], reading: ReadingOptions = PLAIN) -> Sheet:
    """Read judgements: a table, or lines of three columns (BEIR) or four (TREC).

    Args:
        paths: One file, or several that hold one set.
        reading: Its roles are "query", "document" and "grade".
    """
    seen: Seen = {}

    def read(sheet: Sheet) -> None:
        bench = JudgementTable(sheet, seen, labels=reading.labels, drops_repeats=reading.drops_repeats)
        form = _form_of_judgements(sheet.path)
        if form == TSV and not reading.stated and is_plain(*_first_lines(sheet.path), reading.labels):
            read_judgement_lines(bench)
            return
        columns = Columns(JUDGEMENTS, reading.stated, folder=reading.folder)
        for number, row in looked_at(evened(table_rows(sheet, form), sheet), columns):
            bench.add_row(row, number, columns)
        bench.close()
        if reading.folder is None:
            report_left_out(sheet, columns)

    return _gathered(paths, "judgements", read, annotator=reading.annotator)


def form_of(path: Path) -> str:
    """Return how a file is written: the extension of a kind of table, "<" for markup, "" for plain lines.

    The name tells where it can, else the first character.

    Raises:
        GoldenSetError: The file cannot be read.
    """
    if (suffix := suffix_of(path)) in READERS:
        return suffix
    first = _first_line(path)
    return MARKUP if first.startswith("<") else JSON_LINES[0] if first.startswith(("{", "[{")) else LINES


def _form_of_judgements(path: Path) -> str:
    """Return the extension of the kind of table; lines of judgements may start with any character."""
    if (suffix := suffix_of(path)) in READERS:
        return suffix
    first = _first_line(path).rstrip()
    return JSON_LINES[0] if first.startswith("{") and first.endswith("}") else TSV


def _read_texts(sheet: Sheet, columns: Columns, read_markup: Reader) -> None:
    form = form_of(sheet.path)
    if form == MARKUP:
        read_markup(sheet)
    elif form in (LINES, TSV) and not _has_header(sheet.path, columns):
        read_text_lines(sheet)
    else:
        for number, row in looked_at(table_rows(sheet, form or TSV), columns):
            add_record(sheet, row, number, columns)


def _has_header(path: Path, columns: Columns) -> bool:
    """Return whether the first line names columns; columns the user named need a header."""
    cells = tsv_cells(_first_line(path))
    ids = {"id": columns.aliases["id"]}
    known = [cell for cell in cells if is_known(cell, columns.aliases)]
    return bool(columns.stated) or len(known) > 1 or is_known(cells[0], ids)


def names_text(path: Path) -> bool:
    """Return whether the first line of a file of queries between tabs is a header with a column for texts."""
    return "text" in Columns(QUERIES).of(tsv_cells(_first_line(path)))


def _first_line(path: Path) -> str:
    """Return the beginning of the first line that is not blank, as far as the first 4 KiB hold it."""
    return _first_lines(path)[0]


def _first_lines(path: Path) -> tuple[str, str]:
    """Return the first two lines that are not blank, likewise; "" where there are none."""
    with fenced(path):
        refuse_disguise(path)
        with open_unpacked(path) as file:
            head = file.read(HEAD_BYTES)
    text = head.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "replace").lstrip()
    lines = re.split(r"\r\n?|\n", text)
    first, second = [*(line for line in lines if line.strip()), "", ""][:2]
    return first, second


def _gathered(paths: Sequence[Path], holds: str, read: Reader, *, annotator: str = "") -> Sheet:
    """Return one sheet of all files."""
    parts = [Sheet(path, holds=holds, annotator=annotator) for path in paths]
    for part in parts:
        with fenced(part.path):  # the libraries that read tables fail in their own ways
            read(part)
    return gathered(paths, parts)


def gathered(paths: Sequence[Path], parts: Sequence[Sheet]) -> Sheet:
    """Return one sheet of several; problems keep file and line, the rows of several files lose theirs."""
    if len(parts) == 1:
        return parts[0]
    mixed = len({path.is_absolute() for path in paths}) > 1
    home = os.path.commonpath([path.absolute() for path in paths] if mixed else paths)
    whole = Sheet(Path(home or "."), parts=tuple(parts))
    for part in parts:
        whole.records += [replace(record, line=0) for record in part.records]
        before = len(whole.judgements)
        whole.judgements += [replace(item, line=before + item.line) for item in part.judgements]
    return whole
