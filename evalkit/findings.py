"""What a check reports: a code, a severity, a problem, the places it was found and a hint."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.quoting import one_line

PLACES_SHOWN = 5


class Severity(enum.StrEnum):
    """How much a finding matters: an error stops the work, a warning and a notice do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, told once, with every place where it occurs.

    `problem` is one sentence with the offending value; `places` hold "file:line   detail", one each;
    `hint` says what to do next. `code` is stable across releases ("EK203").
    """

    code: str
    severity: Severity
    problem: str
    places: tuple[str, ...] = ()
    hint: str = ""

    def __str__(self) -> str:
        """Return the block that a terminal shows: what, where, what to do, each on a line of its own."""
        lines = [f"{self.severity}[{self.code}]: {self.problem}"]
        lines += [f"  {place}" for place in self.places]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(map(one_line, lines))


def place(path: object, lines: Sequence[int] = (), details: Sequence[object] = ()) -> str:
    """Return "path:3,7,9   a, b, c", both lists cut to the first few with a count of the rest.

    Args:
        path: The file, as the user named it.
        lines: 1-based line numbers; empty when the file as a whole is meant.
        details: The offending values, in the order of the lines.
    """
    where = f"{path}:{_shortened([str(line) for line in lines], ',')}" if lines else str(path)
    what = _shortened([_printable(detail) for detail in details], ", ")
    return f"{where}   {what}" if what else where


def _shortened(values: Sequence[str], separator: str) -> str:
    shown = separator.join(values[:PLACES_SHOWN])
    rest = len(values) - PLACES_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def _printable(value: object) -> str:
    """Return `value` as text that cannot disturb a terminal, at most 80 characters long."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return text if len(text) <= 80 else text[:79] + "…"  # noqa: PLR2004 - a terminal's width
