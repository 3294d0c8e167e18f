"""The annotations of a gate: workflow commands that GitHub shows beside a pull request."""

from __future__ import annotations

from evalkit.reporting.gate.failure import failure_annotations
from evalkit.reporting.gate.story import Story
from evalkit.results.gatefailure import is_failure
from evalkit.results.result import Result

_COMMANDS = {"FAIL": "error", "WARN": "warning"}


def workflow_commands(result: Result) -> list[str]:
    """Return one workflow command for each check that objects or reason why none was asked.

    Source: GitHub's documentation, "Workflow commands for GitHub Actions", for what must be escaped.
    """
    if is_failure(result):
        return [_command("error", title, words) for title, words in failure_annotations(result)]
    story = Story.of(result)
    title = f"evalkit gate: {story.system} on {story.golden}"
    return [_command(_COMMANDS[check.verdict], title, check.words) for check in story.objections]


def _command(kind: str, title: str, words: str) -> str:
    return f"::{kind} title={_escaped(title, ':,')}::{_escaped(words)}"


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":  # the percent sign first, or it would be escaped twice
        text = text.replace(character, f"%{ord(character):02X}")
    return text
