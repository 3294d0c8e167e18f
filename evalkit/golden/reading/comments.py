"""Comments: lines that begin with # above a table, which are no rows of it, and are told."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, takewhile

from evalkit.findings import Severity
from evalkit.golden.reading.records import Sheet

MARK = "#"
DELIMITERS = ",;\t|"


def without_comments(sheet: Sheet, lines: list[str]) -> list[str]:
    """Return the lines of a table with the comments above its header blank, so that each keeps its number.

    A line that begins with # and has as many cells as the first line without one is the header itself.
    """
    above = list(takewhile(lambda line: not line.strip() or _begins(line), lines))
    if not any(map(_begins, above)) or len(above) == len(lines):
        return lines
    delimiter = max(DELIMITERS, key=lines[len(above)].count)
    wanted = lines[len(above)].count(delimiter)
    kept = []
    for number, line in enumerate(above, 1):
        is_comment = bool(wanted) and _begins(line) and line.count(delimiter) != wanted
        if is_comment:
            tell_comment(sheet, number, line)
        kept.append("\n" if is_comment else line)
    return kept + lines[len(above) :]


def is_remark(line: str, widths: tuple[int, ...]) -> bool:
    """Return whether a line that is no row is a comment: # apart, or cells that are more or fewer."""
    words = line.split()
    is_row = len(words) in widths and (words[0] != MARK or words[-1].lstrip("-").isdecimal())
    return _begins(line) and not is_row and line.count("\t") + 1 not in widths


def without_remarks(
    sheet: Sheet, lines: Iterator[tuple[int, str]], *, is_id: bool
) -> Iterator[tuple[int, str]]:
    """Yield the lines of a run without the comments, wherever they stand.

    Args:
        sheet: The file, which is told of them.
        lines: Its lines with their numbers.
        is_id: Whether # alone is the id of a query.
    """
    above = []
    first = next(lines, None)
    while first is not None and _begins(first[1]):
        above.append(first)
        first = next(lines, None)
    mark, width = _parting(first[1]) if first is not None else (None, 0)
    for number, line in chain(above, [first] if first is not None else [], lines):
        alone = line.split(None, 1)[0] == MARK and not is_id
        if _begins(line) and (alone or (width and len(line.split(mark)) != width)):
            tell_comment(sheet, number, line)
        else:
            yield number, line


def _parting(line: str) -> tuple[str | None, int]:
    """Return what parts the cells of a line, None for blanks, and how many there are."""
    if len(line.split()) > 1:
        return None, len(line.split())
    mark = max(DELIMITERS, key=line.count)
    return mark, line.count(mark) + 1


def tell_comment(sheet: Sheet, number: int, line: str) -> None:
    """Note that a line is passed over."""
    problem = "{n} line{s} that begin{v} with # passed over as comments"
    hint = "nothing, if that is so; an id that begins with # stands in quotes, or below a header"
    sheet.report("EK190", problem, number, line.strip()[:40], hint=hint, severity=Severity.NOTICE)


def _begins(line: str) -> bool:
    return line.removeprefix("\ufeff").startswith(MARK)
