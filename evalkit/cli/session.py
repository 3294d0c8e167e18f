"""The session: what the global options say, and how commands talk to the person at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.cli.printing import print_finding, print_lines
from evalkit.errors import UsageError
from evalkit.findings import Finding, Severity, place

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.config import Config
    from evalkit.embedding.cache import VectorCache
    from evalkit.embedding.encoding import Progress
    from evalkit.evaluation import System

PLURALS = {"query": "queries", "document": "documents"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The global options.

    Attributes:
        offline: Whether hubs are left alone.
        config: What the configuration file says.
        quiet: No progress, no notices and no warnings; errors are told all the same.
        verbose: How often -v was given.
        color: Whether colours are welcome where a terminal shows them.
        no_code: Whether systems that run code of somebody's own are refused.
    """

    offline: bool = False
    config: Config
    quiet: bool = False
    verbose: int = 0
    color: bool = True
    no_code: bool = False

    def open_cache(self, folder: str | None, *, make: bool = True) -> VectorCache:
        """Return the cache in the folder that the user named, else in the default one."""
        from evalkit.embedding.cache import VectorCache, default_cache_folder

        return VectorCache(folder or default_cache_folder(), make=make)

    def say(self, text: str) -> None:
        """Write a line to stderr unless the user wants quiet."""
        if not self.quiet:
            print_lines(text, err=True)

    def tell(self, findings: Sequence[Finding]) -> None:
        """Write warnings to stderr, and notices too when asked for, else how many there are.

        Errors are written even where the user wants quiet.
        """
        notices = [finding for finding in findings if finding.severity is Severity.NOTICE]
        for finding in findings:
            wanted = bool(self.verbose) or finding.severity is not Severity.NOTICE
            if finding.severity is Severity.ERROR or (wanted and not self.quiet):
                print_finding(str(finding))
        if notices and not self.verbose:
            self.say(
                f"{len(notices)} notice{'s' if len(notices) > 1 else ''}; -v before the command shows them"
            )

    def admit(self, text: str, system: System) -> None:
        """Announce code and servers that a configuration names which nobody named, before anything happens.

        Args:
            text: How the system was asked for.
            system: What it is.

        Raises:
            UsageError: It runs code, and no code is wanted.
        """
        told = f"{text} ({system.spec})" if text != str(system.spec) else text
        named = self.config.path if self.config.names(text) else None
        self._announce_server(told, system, named)
        if not system.runs_code:
            return
        if self.no_code:
            raise UsageError(
                f"{told} runs code, which --no-code refuses",
                places=(place(named),) if named else (),
                hint="read that code; if you trust it, leave --no-code out",
                code="EK171",
            )
        if named and self.config.found:
            self.say(f"{told} runs code that {named} names; --no-code refuses it")

    def _announce_server(self, told: str, system: System, named: Path | None) -> None:
        """Say where texts and a key go, where a configuration that nobody named says so."""
        from evalkit.embedding.destination import destination

        if named is None or not self.config.found or self.offline:
            return
        if goes := destination(system.spec, system.options):
            self.say(f"{told} sends {goes}, as {named} says; --offline refuses it")

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """Give a callback that draws a progress bar, where stderr is a terminal that shows it."""
        if self.quiet or not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True, no_color=not self.color)
        columns = (
            TextColumn("embedding {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Bar(*columns, console=console, transient=True) as bar:
            tasks: dict[tuple[str, int], int] = {}

            def advance(role: str, done: int, total: int) -> None:
                key = (role, total)
                if key not in tasks:
                    tasks[key] = bar.add_task(PLURALS[role], total=total)
                bar.update(tasks[key], completed=done)  # type: ignore[arg-type] # rich's own int subtype

            yield advance
