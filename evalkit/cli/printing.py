"""Printing: the one place that writes to stdout and stderr, where foreign text is made harmless."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from typing import TextIO

import click

from evalkit.errors import UsageError
from evalkit.quoting import folded, json_ascii, json_lines, lines, one_line, without_long_words

NARROWEST = 40
BUILDS = ("CI", "GITHUB_ACTIONS", "TF_BUILD")
# The one use of colours in views: a verdict that begins a line.
_COLOURED = re.compile("(\x1b\\[1;3[1-3]m[A-Z-]+\x1b\\[0m)(.*)")
_ERROR = "\x1b[1;31merror\x1b[0m["


def print_lines(*texts: str, err: bool = False) -> None:
    """Write each text as one line, whatever line breaks a name in it holds.

    Args:
        texts: The lines.
        err: Whether they go to stderr.
    """
    for text in texts:
        click.echo(one_line(text), err=err)


def print_text(text: str, *, err: bool = False, color: bool = False) -> None:
    """Write a text of several lines that this package put together.

    Args:
        text: The lines; pieces of foreign text in them are on one line each.
        err: Whether it goes to stderr.
        color: Whether the colour of a verdict stays.
    """
    cleaned = "\n".join(map(_coloured, text.split("\n"))) if color else lines(text)
    click.echo(cleaned.removesuffix("\n"), err=err)


def print_finding(text: str) -> None:
    """Write what a check noticed to stderr, its lines folded to the terminal where there is one."""
    width = shutil.get_terminal_size((0, 0)).columns
    if width:
        text = "\n".join(part for line in text.split("\n") for part in folded(line, max(width, NARROWEST)))
    print_text(text, err=True)


def width_of_terminal(otherwise: int) -> int:
    """Return the columns of the terminal, or of COLUMNS; what is said where there is neither."""
    return shutil.get_terminal_size((otherwise, 0)).columns


def print_error(text: str, *, color: bool = False) -> None:
    """Write what stopped the work to stderr, the word "error" coloured where that is wanted."""
    cleaned = lines(without_long_words(text))
    click.echo(cleaned.replace("error[", _ERROR) if color else cleaned, err=True)


def print_progress(text: str, *, ended: bool = False) -> None:
    """Write a line to stderr over the one before; the cursor returns to its start where all is over."""
    click.echo("\r" + one_line(text) + ("\r" if ended else ""), err=True, nl=False)


def print_json(text: str) -> None:
    """Write a JSON text to stdout, as it is but for escapes in place of what terminals and logs obey."""
    escaped = json_lines(text)
    try:
        escaped.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        escaped = json_ascii(escaped)
    click.echo(escaped, nl=False)


def print_annotation(text: str, *, err: bool = False) -> None:
    """Write a workflow command of this package's own: the only line that may begin as one."""
    start = text[: len(text) - len(text.lstrip(":"))]
    click.echo(start + one_line(text[len(start) :]), err=err)


def print_run(text: str) -> None:
    """Write a run to stdout, in UTF-8 as every run file is.

    Raises:
        UsageError: Its reader is a terminal or a build log that would obey what an id holds.
    """
    if text != lines(text) and _obeys(sys.stdout):
        raise UsageError(
            "ids of this run hold what a terminal or a build log takes for commands",
            hint="write it to a file: -o run.trec",
            code="EK169",
        )
    click.echo(text.encode(), nl=False)


def _obeys(stream: TextIO) -> bool:
    """Return whether what is written there reaches a terminal, or the log of a build server."""
    if stream.isatty():
        return True
    if not any(os.environ.get(name) for name in BUILDS):
        return False
    try:
        return not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:  # no file is beneath
        return True


def _coloured(line: str) -> str:
    if verdict := _COLOURED.fullmatch(line):
        return verdict[1] + one_line(verdict[2])
    return one_line(line)
