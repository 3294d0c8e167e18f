"""The judging page: a task as one HTML file in which people grade, without a server and without a request."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from evalkit.figures import counted
from evalkit.judging.task import LONGEST_NAME, Task
from evalkit.quoting import json_lines
from evalkit.reporting.views.html import filled

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_page_of", "judging_page"]

TEMPLATE, STYLE = "judging.html", "judging.css"
SCRIPTS = ("judging-table.js", "judging-work.js", "judging.js")
DIGEST = re.compile(rb'<meta name="evalkit-task" content="([0-9a-f]{64})">')
HEAD_BYTES = 4096
# What could end the element that holds the data, or begin another one.
MARKUP = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def judging_page(task: Task) -> str:
    """Return the page of a task, the same for the same task: nothing in it tells who found what, or where."""
    return filled(
        TEMPLATE,
        STYLE,
        SCRIPTS,
        task=task,
        pairs=counted(task.pairs, "pair"),
        queries=counted(task.queries, "query"),
        data=_inert(task.record),
        longest=LONGEST_NAME,
        assets="",
    )


def is_page_of(task: Task, path: Path) -> bool:
    """Return whether a file is a judging page of this very task."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        found = DIGEST.search(file.read(HEAD_BYTES))
    return found is not None and found[1].decode() == task.digest


def _inert(record: dict[str, object]) -> str:
    """Return a value as JSON in which no character means anything to HTML, to a line or to a terminal."""
    text = json_lines(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
    return re.sub("[<>&]", lambda match: MARKUP[match.group()], text)
