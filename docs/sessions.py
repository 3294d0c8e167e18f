"""Runs the terminal sessions on the pages of the documentation, and holds or rewrites what they show.

A page is one session in an empty folder of its own, with an empty cache:

    ```console                      commands after `$ `, each followed by what it prints
    ```python title="encoder.py"    a file, written before the next command runs
    <!-- output of: COMMAND -->     the next block is what COMMAND prints
    <!-- not run: REASON -->        the next block stays as it is
    <!-- needs: MODULE -->          the next block is left out where MODULE is not installed
    <!-- shared cache -->           the next block (on the first line: the page) uses the cache of the machine

A line `…` stands for any number of lines. Only the standard library is used, so that the pages can be
followed with nothing but the installed package.

    python docs/sessions.py README.md docs/*.md            exits with 1 where a page shows something else
    python docs/sessions.py --write README.md docs/*.md    rewrites what the pages show
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)(?: title=\"(?P<title>[^\"]+)\")?.*$")
REMARK = re.compile(r"^ *<!-- (?P<kind>output of|not run|needs): (?P<value>.+) -->$")
SHARED = "<!-- shared cache -->"
GAP = "…"
WIDTH = "100"
TIMEOUT_S = 900
AT_ONCE = 2
VERDICTS = (0, 1, 3)
BUG = 70
FROM_OUTSIDE = ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "PYTEST_CURRENT_TEST")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page.

    Attributes:
        first: Index of its first line, the one after the fence.
        lines: What stands between the fences.
        language: The word after the fence.
        title: The file that it is, "" for none.
        remarks: What comments above it say.
    """

    first: int
    lines: tuple[str, ...]
    language: str
    title: str
    remarks: dict[str, str] = field(default_factory=dict)

    @property
    def is_run(self) -> bool:
        """Whether the block takes part in the session."""
        return "not run" not in self.remarks and (
            self.language == "console" or bool(self.title) or "output of" in self.remarks
        )


@dataclass(slots=True)
class Session:
    """A shell in an empty folder; it remembers the last exit code, as shells do."""

    folder: Path
    shared_cache: bool = False
    code: int = 0

    def run(self, command: str) -> list[str]:
        """Return the lines that a command prints, errors among them."""
        done = subprocess.run(
            ["bash", "-c", f"(exit {self.code}); {command}"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            text=True,
            check=False,
        )
        self.code = done.returncode
        if self.code == BUG:  # no page may show one
            sys.exit(f"{command}\n{done.stdout}")
        if self.code not in VERDICTS:  # perhaps meant, but whoever writes a page should know
            print(f"    exit code {self.code}: {command}")
        return [line.rstrip() for line in done.stdout.rstrip("\n").split("\n")] if done.stdout else []

    def has(self, module: str) -> bool:
        """Return whether the Python of the session has a module."""
        self.run(f"python -c 'import {module}' 2>/dev/null")
        found, self.code = self.code == 0, 0
        return found

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in FROM_OUTSIDE}
        cache = {} if self.shared_cache else {"EVALKIT_CACHE": str(self.folder.parent / "cache")}
        return {**kept, "COLUMNS": WIDTH, "NO_COLOR": "1", "HF_HUB_OFFLINE": "1", **cache}


def followed(text: str) -> str:
    """Return a page with what its commands print today."""
    lines = text.split("\n")
    with tempfile.TemporaryDirectory() as home:
        session = Session(Path(home, "empty"), shared_cache=lines[0] == SHARED)
        session.folder.mkdir()
        fresh = [(block, _replayed(block, session)) for block in blocks(lines) if block.is_run]
    for block, shown in reversed(fresh):
        lines[block.first : block.first + len(block.lines)] = shown
    return "\n".join(lines)


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order."""
    remarks: dict[str, str] = {}
    start, opening = 0, None
    for number, line in enumerate(lines):
        if opening is None and number and line.strip() == SHARED:
            remarks["shared cache"] = "yes"
        elif opening is None and (remark := REMARK.match(line)):
            remarks[remark["kind"]] = remark["value"]
        elif opening is None and (found := FENCE.match(line)):
            start, opening = number + 1, found
        elif opening is not None and line.strip() == "```":
            inside, title = tuple(lines[start:number]), opening["title"] or ""
            yield Block(start, inside, opening["language"], title, remarks)
            remarks, opening = {}, None
        elif opening is None and line.strip():
            remarks = {}


def _replayed(block: Block, session: Session) -> list[str]:
    """Return the lines of a block as the session has them now; a file is written and stays as it is."""
    if "shared cache" in block.remarks:
        session = replace(session, shared_cache=True)
    if "needs" in block.remarks and not session.has(block.remarks["needs"]):
        return [*block.lines]
    if "output of" in block.remarks:
        return like(block.lines, session.run(block.remarks["output of"]))
    if block.title:
        path = session.folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*block.lines, ""]), encoding="utf-8")
        return [*block.lines]
    shown: list[str] = []
    for command, expected in exchanges(block.lines):
        shown += [*command, *like(expected, session.run("\n".join(command).removeprefix("$ ")))]
    return shown


def exchanges(lines: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the lines of each command, and those that it is said to print."""
    command: list[str] = []
    printed: list[str] = []
    for line in lines:
        if line.startswith("$ "):
            if command:
                yield command, printed
            command, printed = [line], []
        elif command and not printed and command[-1].endswith("\\"):
            command.append(line)
        else:
            printed.append(line)
    if command:
        yield command, printed


def like(shown: Sequence[str], printed: Sequence[str]) -> list[str]:
    """Return what a command prints, shortened where the page shortens it."""
    if GAP not in shown:
        return [*printed]
    head = list(shown).index(GAP)
    tail = len(shown) - head - 1
    if len(printed) <= head + tail:
        return [*printed]
    return [*printed[:head], GAP, *printed[len(printed) - tail :]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Follow the pages named; return 1 where one of them shows something else."""
    parser = argparse.ArgumentParser(description="Follow the terminal sessions of pages.")
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help="rewrite what the pages show")
    options = parser.parse_args(arguments)
    with ThreadPoolExecutor(AT_ONCE) as pool:  # pages have folders of their own, and wait for their commands
        held = [*pool.map(lambda page: _holds(page, write=options.write), options.pages)]
    stale = [page for page, holds in zip(options.pages, held, strict=True) if not holds]
    if stale:
        print("if the change is meant:  make docs-write")
    return 1 if stale else 0


def _holds(page: Path, *, write: bool) -> bool:
    """Return whether a page shows what its commands print; where it is written, it does."""
    before = page.read_text(encoding="utf-8")
    after = followed(before)
    if write:
        page.write_text(after, encoding="utf-8")
    holds = write or before == after
    print(f"{page}: {'followed' if holds else 'shows something else'}", flush=True)
    if not holds:
        old, new = before.split("\n"), after.split("\n")
        print(*difflib.unified_diff(old, new, str(page), "today", lineterm=""), sep="\n")
    return holds


if __name__ == "__main__":
    sys.exit(main())
