"""The terminal view of a gate: what it saw, the verdict on the last line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from evalkit.reporting.gate.story import COLUMNS, Story
from evalkit.reporting.tables import Fact
from evalkit.results.result import Result

_COLOURS = {"good": "\x1b[1;32m", "bad": "\x1b[1;31m", "warn": "\x1b[1;33m"}
_RESET = "\x1b[0m"
_INDENT = 10


def gate_text(result: Result, *, color: bool = False, width: int = 110) -> str:
    """Return what a gate found, for a terminal or the message of a failing test.

    Args:
        result: The gate's result.
        color: Whether the verdict is coloured; it is a word either way.
        width: Columns; sentences are wrapped to it, tables are not.
    """
    story = Story.of(result)
    lines = [
        *_wrapped("", " · ".join((story.golden, *story.facts)), width),
        *(line for item in story.drift for line in _wrapped("drift", item, width)),
        *table(story),
        *_wrapped("critical", story.critical, width),
        *(line for item in story.worst for line in _wrapped("worst", _query(item), width)),
        *(line for item in story.objections for line in _wrapped(item.verdict.lower(), item.words, width)),
        *(line for note in story.notes for line in _wrapped("note", note, width)),
        *(_wrapped("noise", story.noise, width)),
        *(_wrapped("missed", story.missed, width)),
    ]
    verdict = f"{_COLOURS[story.tone]}{story.verdict}{_RESET}" if color else story.verdict
    following = "" if story.verdict == "PASS" else f"  again: {story.reproduce}"
    return "\n".join([*lines, f"{verdict}  {story.sentence}{following}"]).replace("\N{NO-BREAK SPACE}", " ")


def table(story: Story) -> Iterator[str]:
    """Yield the measures as aligned lines."""
    heading = tuple(f"{story.confidence} interval" if name == "interval" else name for name in COLUMNS)
    rows = [heading, *story.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        yield _aligned(row, widths)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    cells = [first[0].ljust(max(first[1], _INDENT - 2)), *(cell.rjust(width) for cell, width in others)]
    return "  ".join(cells).rstrip()


def _query(item: Fact) -> str:
    return f'{item.label}  {item.value}  "{item.meaning}"'


def _wrapped(label: str, text: str, width: int) -> list[str]:
    if not text:
        return []
    indent = _INDENT if label else 0
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=label.ljust(indent),
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
