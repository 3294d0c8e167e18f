"""Repair: what can be put right in a golden set without guessing, as new contents of its files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import UnknownNameError, UsageError
from evalkit.golden.checks.dangling import ALIKE, may_drop
from evalkit.golden.checks.notation import COLUMNS, HEADER, is_number, is_text_file, lacks_header
from evalkit.golden.folder import read_draft
from evalkit.golden.reading.likeness import likeness
from evalkit.golden.reading.records import Draft, unpacked
from evalkit.golden.writing.grouping import grouped_lines
from evalkit.opening import BYTE_ORDER_MARK, line_end_of, open_regular
from evalkit.packing import packed_again, packing_of
from evalkit.parsing import parse_json

EVERY = "all"
LINE_BY_LINE = {".jsonl", ".tsv"}  # in a CSV a value may span lines
Lines = list[bytes]


@dataclass(frozen=True, slots=True)
class Repair:
    """One safe repair: the codes that ask for it, a function from lines to lines, and its files."""

    codes: tuple[str, ...]
    mend: Callable[[Lines, Draft], Lines]
    sheets: tuple[str, ...] = ("queries", "corpus", "qrels")


def repaired_files(folder: Path, wanted: Sequence[str]) -> dict[Path, bytes]:
    """Return the new contents of every file that the wanted repairs change; nothing is written.

    Args:
        folder: Where the golden set lies.
        wanted: Names of repairs or codes of findings; "all" for every repair.

    Returns:
        Path → bytes, packed where the file was; empty when there is nothing to repair. A line that no
        repair is about keeps its bytes.

    Raises:
        UsageError: A finding of that code has no safe repair, or nothing bears the name.
    """
    names = chosen(wanted)
    repairs = [REPAIRS[name] for name in names]
    draft = read_draft(folder)
    changed = {}
    for role in ("queries", "corpus", "qrels"):
        path: Path = getattr(draft, role).path
        if not is_text_file(path) or not set(path.suffixes) & LINE_BY_LINE:
            continue
        before = unpacked(path)
        end = line_end_of(before)
        lines = before.split(end)
        for repair in repairs:
            if role in repair.sheets:
                lines = repair.mend(lines, draft)
        after = (b"\n" if "crlf" in names else end).join(lines)
        if after != before:
            changed[path] = packed_again(after, _packing(path))
    return changed


def chosen(wanted: Iterable[str]) -> list[str]:
    """Return the names of the repairs that names and codes ask for, in the order in which they are made.

    Raises:
        UnknownNameError: No repair and no finding is called so.
        UsageError: What the code tells cannot be repaired without guessing.
    """
    by_code = {code: name for name, repair in REPAIRS.items() for code in repair.codes}
    names = set()
    for word in wanted:
        name = by_code.get(word.upper(), word.lower())
        if name in REPAIRS or name == EVERY:
            names |= set(REPAIRS) - {"groups"} if name == EVERY else {name}  # grouping is a choice
        elif re.fullmatch(r"EK\d{3}", word.upper()):
            raise UsageError(
                f"{word.upper()} has no safe repair: what is right there only you can know",
                hint=f"correct the lines that the check names; safe repairs: {', '.join(REPAIRS)}",
                code="EK141",
            )
        else:
            raise UnknownNameError.among("repair", word, [*REPAIRS, EVERY])
    return [name for name in REPAIRS if name in names]


def _packing(path: Path) -> str:
    with open_regular(path) as file:
        return packing_of(file.read(8))


def _without_mark(lines: Lines, _draft: Draft) -> Lines:
    return [lines[0].removeprefix(BYTE_ORDER_MARK), *lines[1:]]


def _plain_line_ends(lines: Lines, _draft: Draft) -> Lines:
    return [line.removesuffix(b"\r") for line in lines]


def _with_header(lines: Lines, draft: Draft) -> Lines:
    """Put the header that BEIR wants above the first judgement, after a byte-order mark if there is one."""
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None or not lacks_header(draft.qrels.path, lines[first]):
        return lines
    mark = BYTE_ORDER_MARK if lines[0].startswith(BYTE_ORDER_MARK) else b""
    end = b"\r" if lines[first].endswith(b"\r") else b""
    return [mark + HEADER.encode() + end, lines[0].removeprefix(BYTE_ORDER_MARK), *lines[1:]]


def _whole_grades(lines: Lines, _draft: Draft) -> Lines:
    """Write grades such as 2.0 as 2; 0.5 stays, since only people can know what was meant."""
    return [re.sub(rb"(\t\d+)\.0+(?=\s*$)", rb"\1", line) for line in lines]


def _without_repeats(lines: Lines, _draft: Draft) -> Lines:
    """Drop each line that says the same as an earlier one; lines that disagree stay."""
    seen: set[str] = set()
    kept = []
    for line in lines:
        meaning = _meaning(line)
        if meaning and meaning in seen:
            continue
        seen.add(meaning)
        kept.append(line)
    return kept


def _meaning(line: bytes) -> str:
    """Return what a line says, however it is spaced; "" for a blank line or one that cannot be read."""
    text = line.decode("utf-8", "replace").strip().removeprefix("\ufeff")
    if not text.startswith("{"):
        return "\t".join(_cells(line))
    try:
        return json.dumps(parse_json(text), sort_keys=True)
    except ValueError:
        return ""


def _without_dangling(lines: Lines, draft: Draft) -> Lines:
    """Drop judgements of queries and documents that do not exist.

    A corpus that is built at run time may lack here what it holds elsewhere: then nothing is dropped.
    """
    if draft.card.corpus:
        return lines
    queries = {record.identity for record in draft.queries.records}
    documents = {record.identity for record in draft.corpus.records}
    _refuse_to_lose_all(draft, queries, documents)
    kept = []
    for line in lines:
        cells = _cells(line)
        judged = len(cells) == COLUMNS and is_number(cells[2])
        if not judged or (cells[0] in queries and cells[1] in documents):
            kept.append(line)
    return kept


def _refuse_to_lose_all(draft: Draft, queries: set[str], documents: set[str]) -> None:
    """Raise where dropping would leave nearly nothing: then the ids are misread, not the judgements wrong."""
    judgements = draft.qrels.judgements
    dangling = [item for item in judgements if item.query not in queries or item.document not in documents]
    if not dangling:
        return
    alike = likeness((item.document for item in dangling if item.document not in documents), documents)
    alike = alike or likeness((item.query for item in dangling if item.query not in queries), queries)
    if not may_drop(dangling, judgements, alike):
        raise UsageError(
            f"dropping would take {len(dangling)} of {len(judgements)} judgements; nothing was changed",
            hint=f"{alike}; {ALIKE}" if alike else f"the ids do not fit: {ALIKE}",
            code="EK246",
        )


def _cells(line: bytes) -> list[str]:
    return [cell.strip() for cell in line.decode("utf-8", "replace").removeprefix("\ufeff").split("\t")]


# In the order in which they are made: grades are made whole before repeats are looked for.
REPAIRS: Mapping[str, Repair] = {
    "dangling": Repair(("EK203", "EK204", "EK226"), _without_dangling, ("qrels",)),
    "grades": Repair(("EK209",), _whole_grades, ("qrels",)),
    "repeats": Repair(("EK202", "EK211"), _without_repeats),
    "header": Repair(("EK232",), _with_header, ("qrels",)),
    "bom": Repair(("EK230",), _without_mark),
    "groups": Repair(("EK228",), grouped_lines, ("queries",)),
    "crlf": Repair(("EK231",), _plain_line_ends),
}
