"""The annotations: workflow commands that GitHub shows beside a pull request."""

from __future__ import annotations

from evalkit.reporting.page import Page

_COMMANDS = {"fails": "error", "errs": "error", "warns": "warning"}


def workflow_commands(page: Page) -> list[str]:
    """Return one workflow command for each check that objects, or each error that stopped a study.

    Source: GitHub's documentation, "Workflow commands for GitHub Actions", for what must be escaped.
    """
    return [
        _command(_COMMANDS[check.state], f"{page.tool}: {block.title}", check.told)
        for block in page.checks
        for check in block.checks
        if check.state in _COMMANDS
    ]


def _command(kind: str, title: str, words: str) -> str:
    return f"::{kind} title={_escaped(title, ':,')}::{_escaped(words)}"


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":  # the percent sign first, or it would be escaped twice
        text = text.replace(character, f"%{ord(character):02X}")
    return text
