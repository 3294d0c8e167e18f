"""Wrong form: what a file of text is that is wrong at nearly every line, told as one error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.golden.reading.columns import ASKED, DOCUMENTS, JUDGEMENTS, QUERIES, is_known
from evalkit.parsing import NotationError, csv_cells, parse_json

LOOKED_AT = 20  # lines that show what a file is
NEARLY_ALL = 0.9  # of the lines: where so many are wrong, the file is
SEPARATORS = {
    "\t": ("tabs", ".tsv"),
    ",": ("commas", ".csv"),
    ";": ("semicolons", ".csv"),
    "|": ("bars", ".csv"),
}
# What parts cells elsewhere: a header that is one cell with several of them is no name of a column.
ODD = {
    "^": "carets",
    "\x01": "the character U+0001",
    "\x1f": "the character U+001F",
    "\u00a6": "broken bars",
    "~": "tildes",
    "\u3001": "ideographic commas",
    "\uff0c": "fullwidth commas",
    "\uff1b": "fullwidth semicolons",
    "::": "double colons",
    ":": "colons",
    " ": "spaces",
}
TREC_RUN, BEIR = 6, 3


class Wrong:
    """The lines of a file that could not be used, as many as show what it is.

    Attributes:
        first: The first of them.
        number: How many there are.
    """

    __slots__ = ("first", "number")

    def __init__(self) -> None:
        """Begin without a line."""
        self.first: list[str] = []
        self.number = 0

    def add(self, line: str) -> None:
        """Count a line."""
        self.number += 1
        if len(self.first) < LOOKED_AT:
            self.first.append(line)

    def is_whole(self, lines: int) -> bool:
        """Return whether nearly all of so many lines are wrong, and more than one is."""
        return self.number > 1 and self.number >= NEARLY_ALL * lines


def refuse_json_lines(path: Path, wrong: Wrong, lines: int) -> None:
    """Raise where a file that should be JSON lines is another form that can be named.

    Raises:
        GoldenSetError: What it is, and what to do.
    """
    if wrong.is_whole(lines) and (told := _no_json(wrong.first)):
        raise _refused(path, *told)


def refuse_texts(path: Path, wrong: Wrong, lines: int) -> None:
    """Raise where a file that should be lines of id, tab and text is parted by something else.

    Raises:
        GoldenSetError: What parts it, and what to do.
    """
    if wrong.is_whole(lines) and (told := _parted(wrong.first)):
        raise _refused(path, *told)


def refuse_judgements(path: Path, wrong: Wrong, lines: int) -> None:
    """Raise where a file that should be lines of judgements is another form that can be named.

    Raises:
        GoldenSetError: What it is, and what to do.
    """
    if not wrong.is_whole(lines):
        return
    told = _parted(wrong.first, (BEIR, BEIR + 1))
    widths = {len(line.split()) for line in wrong.first}
    if widths == {BEIR}:
        told = "parted by spaces, not by tabs", "put one tab between: query-id, corpus-id, score"
    elif widths == {TREC_RUN}:
        hint = "its lines are query Q0 document rank score system; name the judgements"
        told = "a run file, not judgements", hint
    elif wrong.first[0].startswith(("- ", "---")):
        told = "YAML, not judgements", "write one line for each: query-id, corpus-id and score, a tab between"
    if told:
        raise _refused(path, *told)


def refuse_odd_separator(path: Path, header: str, number: int) -> None:
    """Raise where the header of a table is one cell because something else parts its cells.

    Raises:
        GoldenSetError: What parts them, and what to do.
    """
    named = {mark: name for mark, (name, _) in SEPARATORS.items()} | ODD
    parted = (mark for mark in named if len(list(filter(str.strip, header.split(mark)))) > 1)
    mark = next(parted, "")
    if not mark or (mark == " " and not any(_is_name(word) for word in header.split())):
        return
    hint = "part them by commas, semicolons, tabs or bars, and name it .csv"
    if mark in SEPARATORS:
        hint = f"name it {SEPARATORS[mark][1]}"
    what = f"a table parted by {named[mark]}, and is read as one column, {header[:40]!r}"
    raise GoldenSetError(f"{path.name} is {what}", places=(f"{path}:{number}",), hint=hint, code="EK247")


def _is_name(word: str) -> bool:
    return any(is_known(word, aliases) for aliases in (QUERIES, DOCUMENTS, JUDGEMENTS, ASKED))


def _no_json(lines: Sequence[str]) -> tuple[str, str] | None:
    first = lines[0].strip()
    cases = (
        (
            all(map(_is_json, (line.strip().removesuffix(",") for line in lines))),
            "JSON with a comma after each line",
            "take the commas away, or put [ before the first line and ] in place of the last comma",
        ),
        (
            all(line.strip().startswith("{'") for line in lines),
            "Python's print of dictionaries, not JSON",
            "write each with json.dumps",
        ),
        (first.startswith("<"), "markup, not JSON lines", "name it .xml or .trec"),
        (first.startswith(("- ", "---")), "YAML, not JSON lines", "write one JSON object a line"),
    )
    named = next(((what, hint) for holds, what, hint in cases if holds), None)
    if named or first.startswith(("{", "[")):
        return named
    return _parted(lines)


def _parted(lines: Sequence[str], widths: tuple[int, ...] = ()) -> tuple[str, str] | None:
    """Return which separator parts all lines into as many cells, and the name that such a file has."""
    for mark, (name, ending) in SEPARATORS.items():
        counts = {len(csv_cells(line, mark)) for line in lines}
        if len(counts) == 1 and (count := counts.pop()) > 1 and (not widths or count in widths):
            return f"a table parted by {name}", f"name it {ending}, with a first line that names the columns"
    return None


def _is_json(text: str) -> bool:
    try:
        return isinstance(parse_json(text), dict)
    except NotationError:
        return False


def _refused(path: Path, what: str, hint: str) -> GoldenSetError:
    return GoldenSetError(f"{path.name} is {what}", places=(str(path),), hint=hint, code="EK247")
