"""Parsing: JSON and TOML that others wrote, where everything that can be wrong is one kind of error."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

DEEPEST = 100
LONGEST_CELL = 131_072  # characters, of a table that holds no long texts
HALF = re.compile(r"\\u[dD][89a-fA-F]")
HALVES = re.compile("[\ud800-\udfff]")
MOST_TOML = 2**20
SPACE = re.compile(r"[ \t\r\n]*")


class NotationError(ValueError):
    """A text that is not in its notation, or says what nobody can mean; `line` is 1-based, 0 if unknown."""

    def __init__(self, reason: str, line: int = 0) -> None:
        """Make the error of one reason."""
        super().__init__(reason)
        self.line = line


def parse_json(
    text: str | bytes,
    *,
    unique: bool = False,
    finite: bool = False,
    pairs: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the value of a JSON text.

    Args:
        text: The text, or its bytes in UTF-8, with or without a byte-order mark.
        unique: Whether a key that stands twice in one object is an error.
        finite: Whether NaN, Infinity and numbers too large for a float are errors.
        pairs: What makes an object of its keys and values, in place of a dictionary.

    Raises:
        NotationError: It is not JSON, nested deeper than a hundred levels, or holds a number or half of a
            character pair that no program can hold.
    """
    decoder = json.JSONDecoder(object_pairs_hook=pairs) if pairs else DECODERS[unique, finite]
    try:
        plain = _text_of(text)
        value = decoder.decode(plain)
    except json.JSONDecodeError as error:
        raise NotationError(
            f"{error.msg} at line {error.lineno}, column {error.colno}", error.lineno
        ) from error
    except (ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        raise NotationError(_reason(error)) from error
    _check(plain, value)
    return value


def parse_toml(text: str) -> dict[str, Any]:
    """Return the table of a TOML text.

    Raises:
        NotationError: It is not TOML, or is nested deeper than a hundred levels.
    """
    if len(text) > MOST_TOML:
        raise NotationError(f"it is longer than {MOST_TOML:,} characters")
    try:
        table = tomllib.loads(text)
    except (ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        raise NotationError(_reason(error)) from error
    if _depth(table) > DEEPEST:
        raise NotationError(f"it is nested deeper than {DEEPEST} levels")
    return table


def walk_json(text: str) -> Iterator[tuple[int, str | None, Any]]:
    """Yield (line, key, value) of each member of one JSON array or object, key None in an array.

    Several values one after the other are given as the members of an array are.

    Raises:
        NotationError: The text is not JSON, as soon as the walk comes to what is wrong.
    """
    decoder, at = DECODERS[True, False], SPACE.match(text, 0).end()  # type: ignore[union-attr] # it matches nothing too
    kind = text[at : at + 1]
    line, counted = 1, 0
    inside, closing = kind in ("[", "{") and _is_one(text, at), {"[": "]", "{": "}"}.get(kind, "")
    at = _skip(text, at + 1) if inside else at
    while at < len(text) and not (inside and text[at] == closing):
        line, counted = line + text.count("\n", counted, at), at
        key = None
        try:
            if inside and kind == "{":
                key, at = decoder.raw_decode(text, at)
                at = _past(text, _skip(text, at), ":")
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise NotationError(f"{error.msg} at line {error.lineno}", error.lineno) from error
        except (ValueError, ArithmeticError, RecursionError, MemoryError) as error:
            raise NotationError(_reason(error), line) from error
        _check(text[counted:at], value)
        yield line, key if key is None else str(key), value
        at = _skip(text, at)
        if inside and text[at : at + 1] != closing:
            at = _past(text, at, ",")
            if text[at : at + 1] == closing:
                raise NotationError(f"a comma before {closing}", text.count("\n", 0, at) + 1)
    if inside and (at >= len(text) or _skip(text, at + 1) != len(text)):
        wrong = f"it ends before its {closing}" if at >= len(text) else f"something follows its {closing}"
        raise NotationError(wrong, text.count("\n", 0, at) + 1)


def _is_one(text: str, at: int) -> bool:
    """Return whether a text that starts with a bracket is one array, or one object and nothing after it."""
    if text[at] == "[":
        return True
    try:
        _, end = json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError, MemoryError):  # told by the walk
        return True
    return _skip(text, end) == len(text)


def _skip(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at


def _past(text: str, at: int, wanted: str) -> int:
    if text[at : at + 1] != wanted:
        line = text.count("\n", 0, at) + 1
        raise NotationError(f"Expecting {wanted!r} at line {line}", line)
    return _skip(text, at + 1)


def _text_of(text: str | bytes) -> str:
    return text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _refused(name: str) -> Any:  # noqa: ANN401 - it never returns
    raise ValueError(f"{name} is no number that JSON has")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large for a number")
    return value


# Made once: a million lines are parsed by the same one.
DECODERS = {
    (unique, finite): json.JSONDecoder(
        object_pairs_hook=_unique if unique else None,
        parse_constant=_refused if finite else None,
        parse_float=_finite if finite else None,
    )
    for unique in (False, True)
    for finite in (False, True)
}


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return f"it is nested deeper than {DEEPEST} levels"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not in UTF-8, at byte {error.start}"
    told = str(error)
    return "a number has thousands of digits" if "integer string conversion" in told else told


def _check(text: str, value: object) -> None:
    """Raise for what JSON can write and nothing can hold; looked for only where the text may have it."""
    if text.count("[") + text.count("{") > DEEPEST and _depth(value) > DEEPEST:
        raise NotationError(f"it is nested deeper than {DEEPEST} levels")
    if HALF.search(text) and HALVES.search(json.dumps(value, ensure_ascii=False)):
        raise NotationError("it holds half of a character pair (a lone surrogate)")


def _depth(value: object) -> int:
    """Return how deeply lists and tables are nested, without recursion."""
    depth, level = 0, [value]
    while level:
        depth += 1
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        level = [item for item in inner if isinstance(item, dict | list)]
    return depth


def csv_cells(line: str, mark: str) -> list[str]:
    """Return the cells of one line, which may be quoted; of a line that no table can hold, its parts."""
    try:
        return next(bounded_rows(csv.reader([line], delimiter=mark), len(line)), [])
    except csv.Error:
        return line.split(mark)


def bounded_rows(reader: Iterator[list[str]], longest: int = LONGEST_CELL) -> Iterator[list[str]]:
    """Yield the rows of a reader of the csv module, none with a cell of more than `longest` characters.

    The module holds one limit for the whole process, so it is set for every row and set back: what another
    reader of another file allows changes nothing here, nor this anything there.

    Raises:
        csv.Error: A row is none of a table, or a cell is longer.
    """
    while True:
        with _cells_up_to(longest):
            row = next(reader, None)
        if row is None:
            return
        yield row


@contextmanager
def _cells_up_to(longest: int) -> Iterator[None]:
    before = csv.field_size_limit(longest)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def csv_rows(
    lines: Iterable[str], mark: str, *, quoted: bool = True, longest: int = LONGEST_CELL
) -> Iterator[tuple[int, list[str]]]:
    """Yield the 1-based line and the cells of each row.

    Raises:
        NotationError: A line is none of a table, or a cell has more than `longest` characters.
    """
    reader = csv.reader(lines, delimiter=mark, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
    try:
        for cells in bounded_rows(reader, longest):
            yield reader.line_num, cells
    except csv.Error as error:
        raise NotationError(str(error), reader.line_num) from error


def csv_table(text: str, mark: str) -> tuple[Sequence[int], list[list[str]]]:
    """Return the 1-based lines and the cells of all rows at once, which is faster than row by row.

    Raises:
        NotationError: A line is none of a table, or a cell has more than 131,072 characters.
    """
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    try:
        with _cells_up_to(LONGEST_CELL):
            rows = list(reader)
    except csv.Error as error:
        raise NotationError(str(error), reader.line_num) from error
    if reader.line_num == len(rows):
        return range(1, len(rows) + 1), rows
    return [line for line, _ in csv_rows(io.StringIO(text), mark)], rows  # a cell spans lines
