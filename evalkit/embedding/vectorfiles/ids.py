"""The ids of vectors: one a line in a file beside them, or values of a column as texts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evalkit.embedding.vectorfiles.signature import check_kind, check_regular, unreadable
from evalkit.errors import ModelError
from evalkit.findings import place
from evalkit.golden.reading.telling import count
from evalkit.opening import line_end_of

ONE_A_LINE = "one id a line, UTF-8"


def read_ids(path: Path) -> tuple[str, ...]:
    """Return the ids of a file, one a line; line ends of Windows and a byte-order mark are no part of them.

    Raises:
        ModelError: The file cannot be read.
    """
    check_regular(path)
    if path.stat().st_size == 0:
        return ()
    check_kind(path, "")
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(path, f"{path.name} is not UTF-8: {error}", ONE_A_LINE) from error
    except OSError as error:
        raise unreadable(path, f"{path.name}: {error.strerror}", "may you read it?") from error
    if "\0" in text:
        raise unreadable(path, f"{path.name} holds NUL characters; is it UTF-16, or no text?", ONE_A_LINE)
    lines = [line.rstrip("\r\n") for line in text.split(line_end_of(data).decode())]
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def ids_beside(path: Path, rows: int) -> tuple[tuple[str, ...], bool]:
    """Return the ids of a file, else row numbers from 0 on, and whether they are those."""
    if path.exists():
        return read_ids(path), False
    return tuple(str(row) for row in range(rows)), True


def as_texts(values: Iterable[object], path: Path) -> tuple[str, ...]:
    """Return the values of an id column as texts.

    Raises:
        ModelError: One is NULL, or bytes that are no text; the rows are named, counted from 1.
    """
    values = list(values)
    if set(map(type, values)) == {str}:  # as a rule; a million are better not looked at one by one
        return tuple(map(str, values))
    texts, missing = [], []
    for row, value in enumerate(values, start=1):
        if value is None:
            missing.append(row)
            continue
        try:
            texts.append(value.decode("utf-8") if isinstance(value, bytes) else str(value))
        except UnicodeDecodeError as error:
            raise unreadable(
                path, f"the id of row {row} is bytes and no text: {value!r}", "write ids as texts"
            ) from error
    if missing:
        raise ModelError(
            f"{count(len(missing), 'vector')} whose id is NULL",
            places=(place(path, (), [f"row {row}" for row in missing]),),
            hint="give each vector its id, or leave it out",
            code="EK346",
        )
    return tuple(texts)
