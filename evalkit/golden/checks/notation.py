"""Notation: how the files of a golden set are written, where that is odd but can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from evalkit.findings import Finding, Severity, place
from evalkit.golden.checks.lint import BREAKS
from evalkit.golden.reading.records import Draft, Sheet, TextRecord, unpacked
from evalkit.golden.reading.telling import count, told
from evalkit.opening import BYTE_ORDER_MARK, is_file, line_end_of
from evalkit.packing import bare

TEXT_FILES = (".jsonl", ".tsv", ".csv", ".txt", ".trec", ".qrels")
HEADER = "query-id\tcorpus-id\tscore"
COLUMNS = 3
# U+FFFD stands where a decoder gave up; the rest is UTF-8 that was read as Windows-1252, such as Ã© for é.
WRONGLY_DECODED = re.compile("\ufffd|\u00c3[\u0080-\u00bf\u0192\u0160-\u017e]|\u00e2\u20ac[\u0098-\u2122]")


def notation_findings(draft: Draft) -> list[Finding]:
    """Return notices on odd but readable files, and warnings on texts and ids that were spoilt before."""
    findings = []
    for path in read_files(draft):
        if is_text_file(path):
            lines = _lines_of(path)
            findings += [*_mark(path, lines), *_carriage_returns(path, lines)]
    if draft.qrels.judgements and is_text_file(draft.qrels.path):
        findings += _header(draft.qrels.path, _lines_of(draft.qrels.path))
    for sheet in (draft.queries, draft.corpus):
        findings += _wrongly_decoded(sheet) + _spaced_ids(sheet)
    return findings


def read_files(draft: Draft) -> list[Path]:
    """Return the files that a draft was read from, each once: a corpus may have many, or be built."""
    sheets = [leaf for sheet in draft.sheets for leaf in (sheet.parts or (sheet,))]
    return [path for path in dict.fromkeys(sheet.path for sheet in sheets) if is_file(path)]


def is_text_file(path: Path) -> bool:
    """Return whether a file is read line by line; a packed one is judged by its inner name."""
    return bare(path).suffix in TEXT_FILES and is_file(path)


def lacks_header(path: Path, first_line: bytes) -> bool:
    """Return whether the first line of a tab-separated judgements file is a judgement, not three names."""
    tabbed = bare(path).suffix == ".tsv"
    cells = first_line.decode("utf-8", "replace").removeprefix("\ufeff").split("\t")
    return tabbed and len(cells) == COLUMNS and is_number(cells[-1].strip())


def is_number(text: str) -> bool:
    """Return whether a cell holds a grade, a bad one included, and not the name of a column."""
    return bool(re.fullmatch(r"[-+]?\d+(\.\d*)?", text))


def _lines_of(path: Path) -> list[bytes]:
    """Return the lines of a file; those of an old Mac keep the carriage return that ends them."""
    data = unpacked(path)
    end = line_end_of(data)
    return data.split(end) if end == b"\n" else [line + end for line in data.rstrip(end).split(end)]


def _mark(path: Path, lines: list[bytes]) -> Iterator[Finding]:
    if lines[0].startswith(BYTE_ORDER_MARK):
        problem = f"{path.name} begins with a byte-order mark, which is skipped"
        where = (place(path, [1]),)
        yield Finding("EK230", Severity.NOTICE, problem, where, "other tools read it as part of the first id")


def _carriage_returns(path: Path, lines: list[bytes]) -> Iterator[Finding]:
    if ".csv" in path.suffixes:  # where CRLF is the rule
        return
    ended = [number for number, line in enumerate(lines, 1) if line.endswith(b"\r")]
    if ended:
        is_mac = line_end_of(b"".join(lines)) == b"\r"
        where = "on old Macs (CR)" if is_mac else "on Windows (CRLF)"
        problem = f"{count(len(ended), 'line ends', 'lines end')} as {where}, which is read alike"
        hint = "other tools read the last column with a stray character"
        hint = "other tools read one single line" if is_mac else hint
        yield Finding("EK231", Severity.NOTICE, problem, (place(path, ended),), hint)


def _header(path: Path, lines: list[bytes]) -> Iterator[Finding]:
    number, first = next((number, line) for number, line in enumerate(lines, 1) if line.strip())
    if lacks_header(path, first):
        problem = f"{path.name} has no header; its first line is kept as a judgement"
        where = (place(path, [number]),)
        hint = "other tools skip the first line and lose that judgement"
        yield Finding("EK232", Severity.NOTICE, problem, where, hint)


def _wrongly_decoded(sheet: Sheet) -> list[Finding]:
    spoilt = [record for record in sheet.records if WRONGLY_DECODED.search(record.body)]
    problem = f"{count(len(spoilt), 'text was', 'texts were')} decoded wrongly once, such as Ã© for é"
    hint = "models see these characters; export the texts again as UTF-8"
    return told("EK233", Severity.WARNING, problem, sheet, spoilt, hint=hint)


def _spaced_ids(sheet: Sheet) -> list[Finding]:
    spaced = [record for record in sheet.records if _has_space(record)]
    problem = f"{count(len(spaced), 'id holds', 'ids hold')} white space"
    hint = "run files part their columns by white space and cannot name these; rename them"
    return told("EK234", Severity.WARNING, problem, sheet, spaced, hint=hint)


def _has_space(record: TextRecord) -> bool:
    return any(character.isspace() for character in record.identity) and not BREAKS.search(record.identity)
