"""The terminal view: labels and tables aligned, sentences folded to the width, the verdict at the end."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import singledispatch

from evalkit.figures import plain
from evalkit.quoting import folded
from evalkit.reporting.blocks import (
    Bars,
    Beside,
    Block,
    Chart,
    Checks,
    Command,
    Curves,
    Decision,
    Drilldown,
    Excerpts,
    Facts,
    Folded,
    Glossary,
    Grid,
    Heading,
    Items,
    Notes,
    Scatter,
    Sentences,
    Verdict,
)
from evalkit.reporting.page import Page, Section
from evalkit.reporting.views.columns import GAP, aligned, cell_widths, side_by_side
from evalkit.reporting.words import unmarked

WIDTH = 110
UNFOLDED = 10_000
_NARROWEST = 40
_LEAST_LABEL = 8
_LEAST_TEXT = 20
_GREEN, _RED, _YELLOW, _RESET = "\x1b[1;32m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[0m"
_COLOURS = {"good": _GREEN, "bad": _RED, "open": _YELLOW, "warn": _YELLOW, "error": _RED}


@dataclass(frozen=True, slots=True)
class Style:
    """How wide a terminal is, whether it shows colours, how far labels reach, and what follows a verdict."""

    color: bool
    width: int
    labels: int = 0
    report: str = ""

    def verdict(self, word: str, tone: str) -> str:
        """Return the verdict, coloured where that is wanted."""
        return f"{_COLOURS[tone]}{word}{_RESET}" if self.color and tone else word

    def wrapped(self, text: str, first: str = "") -> list[str]:
        """Return `text` folded behind its beginning, later lines indented as far where that leaves room."""
        indent = len(first) if len(first) + _LEAST_TEXT <= self.width else len(GAP)
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=first,
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
            break_long_words=False,
        )


def terminal(page: Page, *, color: bool = False, width: int = WIDTH, report: str | None = None) -> str:
    """Return a page for a terminal.

    Args:
        page: What to show: its brief, where it has one.
        color: Whether verdicts are coloured; they are words either way.
        width: Columns of the terminal; sentences are folded to it, texts in tables are shortened to it.
        report: The page to open next, None where none was written.

    Returns:
        Lines, the last one without its end.
    """
    return sections_lines(page.brief or page.shown, color=color, width=width, report=report or "")


def sections_lines(
    groups: tuple[Section, ...], *, color: bool = False, width: int = WIDTH, report: str = ""
) -> str:
    """Return sections for a terminal, for what is no page."""
    style = Style(color, max(width, _NARROWEST), report=report)
    lines = [line.rstrip() for group in groups for line in _group(group, style)]
    return plain("\n".join(lines))


def _group(group: Section, style: Style) -> Iterator[str]:
    style = replace(style, labels=max((_label_width(block) for block in group.blocks), default=0))
    if group.title:
        yield ""
        yield group.title
    for block in group.blocks:
        yield from draw(block, style)


def _label_width(block: Block) -> int:
    if isinstance(block, Facts) and block.facts:
        return max(_LEAST_LABEL, *(len(fact.label) for fact in block.facts))
    return cell_widths(block.table)[0] if isinstance(block, Grid) else 0


@singledispatch
def draw(block: Block, style: Style) -> Iterator[str]:
    """Yield the lines of a block."""
    raise TypeError(f"{type(block).__name__} has no lines for a terminal, {style}")


@draw.register
def _(block: Verdict, style: Style) -> Iterator[str]:
    for note in block.notes:
        yield from style.wrapped(note, "note".ljust(max(style.labels, 4)) + GAP)
    if block.next_step:
        yield from style.wrapped(block.next_step, "next".ljust(max(style.labels, 4)) + GAP)
    if block.people:
        yield from style.wrapped(block.people)
    told = [f"{style.verdict(block.word, block.tone)}{GAP}{block.headline}"]
    told += [f"again: {block.again}"] if block.again else []
    told += [f"next: open {style.report}"] if style.report else []
    yield GAP.join(told)


@draw.register
def _(block: Decision, style: Style) -> Iterator[str]:
    yield GAP.join(filter(None, (style.verdict(block.word, block.tone), block.headline or block.name)))


@draw.register
def _(block: Heading, style: Style) -> Iterator[str]:
    yield from style.wrapped(unmarked(block.words))


@draw.register
def _(block: Facts, style: Style) -> Iterator[str]:
    for fact in block.facts:
        text = GAP.join(filter(None, (fact.value, fact.meaning)))
        yield from style.wrapped(text, fact.label.ljust(style.labels) + GAP)


@draw.register
def _(block: Sentences, style: Style) -> Iterator[str]:
    for text in block.texts:
        yield from style.wrapped(unmarked(text)) or [""]


@draw.register
def _(block: Items, style: Style) -> Iterator[str]:
    if block.items and block.title:
        yield from style.wrapped(block.title)
    for item in block.items:
        yield from style.wrapped(unmarked(item), "- ")


@draw.register
def _(block: Checks, style: Style) -> Iterator[str]:
    for check in block.checks:
        yield from style.wrapped(check.words, check.state.ljust(max(style.labels, 6)) + GAP)


@draw.register
def _(block: Grid, style: Style) -> Iterator[str]:
    table = block.table
    if block.captioned and table.caption:
        yield from style.wrapped(table.caption)
    widths = cell_widths(table, labels=style.labels, most=style.width)
    for number, group in enumerate(side_by_side(widths, style.width)):
        columns, room = [table.columns[place] for place in group], [widths[place] for place in group]
        yield from [""] if number else []
        yield aligned([column.heading for column in columns], columns, room)
        for row in table.rows:
            cells = [row.cells[place] for place in group if place < len(row.cells)]
            line = aligned(cells, columns, room)
            if row.says and len(row.cells) < len(table.columns):
                yield from style.wrapped(row.says, line + GAP) if not number else ()
            elif len(cells) > 1 or len(group) == 1:
                yield line


@draw.register
def _(block: Chart, style: Style) -> Iterator[str]:
    yield from style.wrapped(block.chart.summary)


@draw.register
def _(block: Curves, style: Style) -> Iterator[str]:
    yield from style.wrapped(block.chart.summary)


@draw.register(Bars)
@draw.register(Scatter)
def _(block: Bars | Scatter, style: Style) -> Iterator[str]:
    yield from style.wrapped(block.chart.summary)


@draw.register(Beside)
@draw.register(Folded)
def _(block: Beside | Folded, style: Style) -> Iterator[str]:
    for inner in block.blocks:
        yield from draw(inner, style)


@draw.register
def _(block: Drilldown, style: Style) -> Iterator[str]:
    for line in block.lines:
        values = f"{line.delta}  {line.baseline_score} → {line.candidate_score}  {line.id}  "
        yield from style.wrapped(line.text, values)


@draw.register
def _(block: Excerpts, style: Style) -> Iterator[str]:
    for item in block.items:
        yield from style.wrapped(item.text, f"{item.shown}  ")


@draw.register
def _(block: Glossary, style: Style) -> Iterator[str]:
    for entry in block.entries:
        yield from style.wrapped(entry.meaning, f"{entry.term}: ")


@draw.register
def _(block: Notes, style: Style) -> Iterator[str]:
    for item in block.findings:
        yield from folded(f"{item.severity}[{item.code}]: {item.problem}", style.width)
        for line in (*item.places, *([f"hint: {item.hint}"] if item.hint else [])):
            yield from folded(f"  {line}", style.width)


@draw.register
def _(block: Command, style: Style) -> Iterator[str]:  # noqa: ARG001 - the signature of every kind
    yield f"  {block.text}"
