"""The Markdown view: a step summary or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from evalkit.figures import plain
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
from evalkit.reporting.tables import Row, Table
from evalkit.reporting.views.escaping import code, code_in_cell, escaped, strong
from evalkit.reporting.words import Code, Strong, Words, marked

_SIGNS = {"good": "✅", "bad": "❌", "open": "❔", "warn": "⚠️", "error": "🚫"}
_WRITERS = {str: escaped, Strong: strong, Code: code}


def markdown(page: Page) -> str:
    """Return a page as GitHub-flavoured Markdown: its summary, where it has one.

    Texts of a golden set can neither format, link nor notify.
    """
    return sections_text(page.summary or page.shown)


def sections_text(sections: tuple[Section, ...]) -> str:
    """Return sections as Markdown, for what is no page."""
    lines = [line for section in sections for line in _section(section)]
    return plain("\n".join(lines)).strip() + "\n"


def _section(section: Section) -> Iterator[str]:
    if section.title and not any(isinstance(block, Verdict) for block in section.blocks[:1]):
        yield from (f"### {escaped(section.title)}", "")
    for block in section.blocks:
        yield from draw(block)


@singledispatch
def draw(block: Block) -> Iterator[str]:
    """Yield the lines of a block, an empty one behind each paragraph."""
    raise TypeError(f"{type(block).__name__} has no Markdown")


@draw.register
def _(block: Verdict) -> Iterator[str]:
    sign = f"{_SIGNS[block.tone]} " if block.tone else ""
    about = f": {escaped(block.about)}" if block.about else ""
    yield from (f"## {sign}{escaped(block.word)}{about}", "")
    if block.headline:
        yield from (f"{strong(block.headline)} {escaped(block.asked)}".strip(), "")
    if block.people:
        yield from (escaped(block.people), "")
    yield from draw(Facts(block.facts))
    if block.next_step:
        yield from (f"**Next:** {escaped(block.next_step)}", "")
    for note in block.notes:
        yield from (f"Note: {escaped(note)}", "")


@draw.register
def _(block: Decision) -> Iterator[str]:
    yield from (f"### {_SIGNS[block.tone]} {escaped(block.word)}: {escaped(block.name)}", "")
    if block.headline:
        yield from (strong(block.headline), "")


@draw.register
def _(block: Facts) -> Iterator[str]:
    for fact in block.facts:
        yield f"- {escaped(fact.label)}: {strong(fact.value)} {escaped(fact.meaning)}".rstrip()
    yield from [""] if block.facts else []


@draw.register
def _(block: Sentences) -> Iterator[str]:
    for place, text in enumerate(block.texts):
        told = _words((Strong(text),) if block.leading and not place and isinstance(text, str) else text)
        yield from (told, "")


@draw.register
def _(block: Heading) -> Iterator[str]:
    yield from (f"#### {_words(block.words)}", "")


@draw.register
def _(block: Items) -> Iterator[str]:
    if not block.items:
        return
    if block.title:
        yield from (escaped(block.title), "")
    yield from (f"- {_words(item)}" for item in block.items)
    yield ""


@draw.register
def _(block: Checks) -> Iterator[str]:
    for check in block.checks:
        decides = " (decides)" if check.decides else ""
        yield f"- {strong(check.says or check.state)} {escaped(check.name)}{decides}: {escaped(check.words)}"
        yield from (f"  - {code(place)}" for place in check.places)
    yield ""


@draw.register
def _(block: Grid) -> Iterator[str]:
    if block.captioned and block.table.caption:
        yield from (escaped(block.table.caption), "")
    yield from _table(block.table)


@draw.register
def _(block: Chart) -> Iterator[str]:
    yield from (escaped(block.chart.summary), "")


@draw.register
def _(block: Curves) -> Iterator[str]:
    yield from (_words((Strong(f"{block.title}."), f" {block.words}") if block.title else block.words), "")


@draw.register(Bars)
@draw.register(Scatter)
def _(block: Bars | Scatter) -> Iterator[str]:
    yield from (escaped(block.chart.summary), "")


@draw.register
def _(block: Beside) -> Iterator[str]:
    for inner in block.blocks:
        yield from draw(inner)


@draw.register
def _(block: Drilldown) -> Iterator[str]:
    for line in block.lines:
        scores = f"{escaped(line.baseline_score)} → {escaped(line.candidate_score)}"
        values = f"{escaped(line.delta)} ({scores}) {code(line.id)}"
        yield f"- {values}: {code(line.text)}" if line.text else f"- {values}"
    yield ""


@draw.register
def _(block: Excerpts) -> Iterator[str]:
    for item in block.items:
        yield f"- {code(item.shown)}: {code(item.text)}"
    yield ""


@draw.register
def _(block: Notes) -> Iterator[str]:
    for item in block.findings:
        yield f"- {strong(item.code)} {escaped(item.problem)}"
        yield from (f"  - {code(place)}" for place in item.places)
        yield from [f"  - hint: {escaped(item.hint)}"] if item.hint else []
    yield from [""] if block.findings else []


@draw.register
def _(block: Command) -> Iterator[str]:
    yield from (code(block.text), "")


@draw.register
def _(block: Folded) -> Iterator[str]:
    yield from ("<details>", f"<summary>{escaped(block.summary)}</summary>", "")
    for inner in block.blocks:
        yield from draw(inner)
    yield from ("</details>", "")


@draw.register
def _(block: Glossary) -> Iterator[str]:
    for entry in block.entries:
        yield f"- {strong(entry.term)}: {escaped(entry.meaning)}"
    yield ""


def _table(table: Table) -> Iterator[str]:
    headings = [escaped(column.heading) for column in table.columns]
    rulers = ["--:" if column.numeric else "---" for column in table.columns]
    if table.speaks:
        headings, rulers = [*headings, ""], [*rulers, "---"]
    yield f"| {' | '.join(headings)} |"
    yield f"|{'|'.join(rulers)}|"
    for row in table.rows:
        yield f"| {' | '.join(_cells(row, table))} |"
    yield ""


def _cells(row: Row, table: Table) -> list[str]:
    cells = [escaped(cell) for cell in row.cells]
    cells += [""] * (len(table.columns) - len(cells))
    cells[0] = f"{cells[0]} {code_in_cell(row.code)}" if row.code else cells[0]
    return [*cells, escaped(row.says)] if table.speaks else cells


def _words(words: Words) -> str:
    return marked(words, _WRITERS)
