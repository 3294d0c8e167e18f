"""The annotations of a gate: workflow commands that GitHub shows beside a pull request."""

from __future__ import annotations

from evalkit.reporting.gate.story import Story
from evalkit.results.result import Result

_COMMANDS = {"FAIL": "error", "WARN": "warning"}


def workflow_commands(result: Result) -> list[str]:
    """Return one workflow command for each check that objects; nothing where all hold.

    Source: GitHub's documentation, "Workflow commands for GitHub Actions", for what must be escaped.
    """
    story = Story.of(result)
    title = _escaped(f"evalkit gate: {story.system} on {story.golden}", ":,")
    return [
        f"::{_COMMANDS[check.verdict]} title={title}::{_escaped(check.words)}" for check in story.objections
    ]


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":  # the percent sign first, or it would be escaped twice
        text = text.replace(character, f"%{ord(character):02X}")
    return text
