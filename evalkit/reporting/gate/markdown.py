"""The Markdown view of a gate: a step summary or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.reporting.gate.failure import failure_markdown
from evalkit.reporting.gate.story import COLUMNS, Story
from evalkit.reporting.markdown import code, plain
from evalkit.results.gatefailure import is_failure
from evalkit.results.result import Result

_SIGNS = {"good": "✅", "bad": "❌", "warn": "⚠️"}


def gate_markdown(result: Result) -> str:
    """Return verdict, drift, measures, objections and the worst three queries.

    Texts of the golden set can neither format, link nor notify.
    """
    if is_failure(result):
        return failure_markdown(result)
    lines = "\n".join(_lines(Story.of(result)))
    return lines.replace("\N{NO-BREAK SPACE}", " ").strip() + "\n"


def _lines(story: Story) -> Iterator[str]:
    yield f"## {_SIGNS[story.tone]} {story.verdict}: {plain(story.system)} on {plain(story.golden)}"
    yield ""
    yield f"**{plain(story.sentence)}**"
    yield ""
    yield plain(" · ".join(story.facts))
    yield ""
    yield from _list("Drift since the baseline was stored:", [plain(item) for item in story.drift])
    heading = [f"{story.confidence} interval" if name == "interval" else name for name in COLUMNS]
    yield f"| {' | '.join(map(plain, heading))} |"
    yield f"|{'|'.join(['---', *['--:'] * (len(COLUMNS) - 1)])}|"
    for row in story.rows:
        yield f"| {' | '.join(map(plain, row))} |"
    yield ""
    objections = [f"**{item.verdict}** {plain(item.words)}" for item in story.objections]
    yield from _list("Checks that object:", objections)
    yield from _list("Critical queries:", [plain(story.critical)] if story.critical else [])
    worst = [f"{code(item.label)} {item.value}: {code(item.meaning)}" for item in story.worst]
    yield from _list("Worst queries:", worst)
    for note in story.notes:
        yield f"Note: {plain(note)}."
        yield ""
    yield f"Noise: {plain(story.noise)}. Not seen: {plain(story.missed)}."
    yield ""
    yield f"Again: {code(story.reproduce)}"


def _list(title: str, items: list[str]) -> Iterator[str]:
    if not items:
        return
    yield title
    yield ""
    for item in items:
        yield f"- {item}"
    yield ""
