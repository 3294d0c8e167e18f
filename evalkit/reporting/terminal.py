"""The terminal view: what a comparison prints, the verdict on the last line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from evalkit.quoting import quoted, shortened
from evalkit.reporting.document import Document
from evalkit.reporting.sections.changes import CandidateCritical
from evalkit.reporting.sections.effects import CandidateEffects
from evalkit.reporting.sections.mixture import Migration
from evalkit.reporting.sections.opening import CandidateVerdict
from evalkit.reporting.tables import Table
from evalkit.results.result import Result

_COLOURS = {"good": "\x1b[1;32m", "bad": "\x1b[1;31m", "open": "\x1b[1;33m"}
_RESET = "\x1b[0m"
_NARROWEST = 40
_NAME_WIDTH = 18
_GAP = "  "
_MIXED = "mixed index"
_CRITICAL_SHOWN = 3
_TEXT_SHOWN = 40


def terminal_text(result: Result, *, color: bool, width: int, report: str | None = None) -> str:
    """Return the report for a terminal.

    Args:
        result: The result, as `result.json` holds it.
        color: Whether verdicts are coloured; they are words either way.
        width: Columns of the terminal; sentences are wrapped to it, tables are not.
        report: The page to open next, None where none was written.

    Returns:
        Lines, the last one without its end; several candidates stand one below the other, the last line gives
        the verdict over all.
    """
    document = Document.of(result)
    lines = list(_lines(document, _Style(color=color, width=max(width, _NARROWEST)), report))
    return "\n".join(line.rstrip() for line in lines).replace("\N{NO-BREAK SPACE}", " ")


class _Style:
    """How wide a terminal is, and whether it shows colours."""

    __slots__ = ("color", "width")

    def __init__(self, *, color: bool, width: int) -> None:
        self.color, self.width = color, width

    def verdict(self, verdict: str, tone: str) -> str:
        """Return the verdict, coloured where that is wanted."""
        return f"{_COLOURS[tone]}{verdict}{_RESET}" if self.color else verdict

    def wrapped(self, label: str, text: str, indent: int) -> list[str]:
        """Return `text` behind its label, wrapped, later lines indented as far as the first."""
        first = label.ljust(indent)
        return textwrap.wrap(
            text, self.width, initial_indent=first, subsequent_indent=" " * indent, break_on_hyphens=False
        )


def _lines(document: Document, style: _Style, report: str | None) -> Iterator[str]:
    opening = document.opening
    question = f" · question: {opening.question}" if opening else ""
    yield from style.wrapped("", " · ".join((document.name, *document.facts)) + question, 0)
    if opening is None:
        yield from _plain(document.measures.systems)
        for alone in document.mixture:
            yield from _mixed(alone, len(_MIXED), style)
        return
    criticals = {block.candidate: block for block in document.critical}
    ways = {way.new: way for way in document.mixture}
    for decision, effects in zip(opening.decisions, document.measures.candidates, strict=True):
        if len(opening.decisions) > 1:
            yield ""
        critical, way = criticals.get(decision.candidate), ways.get(decision.candidate)
        yield from _candidate(document, effects, (critical, way), style)
        if len(opening.decisions) > 1:
            yield from _verdict(decision, style)
    yield from _conclusion(document, style, report)


def _candidate(
    document: Document,
    effects: CandidateEffects,
    beside: tuple[CandidateCritical | None, Migration | None],
    style: _Style,
) -> Iterator[str]:
    critical, way = beside
    names = [_last_part(name) for name in (document.baseline, effects.candidate)]
    heading = ("", *names, "Δ", f"{document.confidence} interval", "p", "won/tied/lost")
    rows = [
        (line.label, line.baseline, line.candidate, line.delta, _spaced(line.interval), line.p, line.record)
        for line in effects.lines
    ]
    notes = [(line.label, line.baseline, line.candidate) for line in effects.judged]
    widths = [
        max(len(row[i]) for row in (heading, *rows, *(n for n in notes if i < len(n)))) for i in range(7)
    ]
    indent = max(widths[0], len("critical" if way is None else _MIXED))
    widths[0] = indent
    for row in (heading, *rows):
        yield _aligned(row, widths)
    for row, line in zip(notes, effects.judged, strict=True):
        start = _aligned(row, widths)
        yield from style.wrapped(start + _GAP, line.says, len(start) + len(_GAP))
    if critical is not None:
        yield from style.wrapped("critical", _critical(critical), indent + len(_GAP))
    if way is not None:
        yield from _mixed(way, indent, style)


def _mixed(way: Migration, indent: int, style: _Style) -> Iterator[str]:
    yield from style.wrapped(_MIXED, way.short, indent + len(_GAP))


def _critical(block: CandidateCritical) -> str:
    lost = [line for line in block.lines if line.counts]
    if not lost:
        return ", ".join(filter(None, (block.lost, block.gained)))
    shown = ", ".join(
        " ".join(filter(None, (line.id, quoted(line.text, _TEXT_SHOWN), line.ranks and f"rank {line.ranks}")))
        for line in lost[:_CRITICAL_SHOWN]
    )
    more = f" and {len(lost) - _CRITICAL_SHOWN} more" if len(lost) > _CRITICAL_SHOWN else ""
    return "; ".join(filter(None, (f"{block.lost}: {shown}{more}", block.gained)))


def _verdict(decision: CandidateVerdict, style: _Style) -> Iterator[str]:
    words = f"{decision.headline}. {decision.without_critical}".strip()
    verdict = style.verdict(decision.verdict, decision.tone)
    yield f"{verdict}{_GAP}{words}"


def _conclusion(document: Document, style: _Style, report: str | None) -> Iterator[str]:
    opening = document.opening
    if opening is None:
        return
    for note in (*opening.notes, *(note for decision in opening.decisions for note in decision.notes)):
        yield from style.wrapped("note", note, 6)
    yield from style.wrapped("next", opening.next_step.words, 6)
    without = opening.decisions[0].without_critical if len(opening.decisions) == 1 else ""
    said = f"{opening.summary} {without}".strip()
    following = f"  next: open {report}" if report else ""
    yield f"{style.verdict(opening.verdict, opening.tone)}{_GAP}{said}{following}"


def _plain(table: Table) -> Iterator[str]:
    rows = [tuple(column.heading for column in table.columns), *(row.cells for row in table.rows)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(table.columns))]
    for row in rows:
        yield _aligned(row, widths)


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    first, *others = (
        cell.ljust(width) if index == 0 else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(row, widths, strict=False))
    )
    return _GAP.join((first, *others))


def _spaced(interval: str) -> str:
    return interval.replace(", ", " ")


def _last_part(name: str) -> str:
    return shortened(name if len(name) <= _NAME_WIDTH else name.rpartition("/")[2], _NAME_WIDTH)
