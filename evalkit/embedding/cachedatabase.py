"""The cache's database: rows asked for and written, a damaged file mended first, and what that shows told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evalkit.embedding.cachefile import connected, identity, is_damage, mend
from evalkit.errors import OutputError
from evalkit.findings import Finding, Severity


class CacheDatabase:
    """One SQLite file, which is read where it cannot be written.

    Attributes:
        path: The file.
        read_only: Whether it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is opened yet."""
        self.path = path
        self.read_only = False
        self._findings: list[Finding] = []

    def take_findings(self) -> tuple[Finding, ...]:
        """Return what was noticed since this was last asked: damage, and how it was mended."""
        taken, self._findings = tuple(dict.fromkeys(self._findings)), []
        return taken

    def tell(self, problem: str, path: Path | None = None) -> None:
        """Note what was noticed of the file, or of another one beside it."""
        hint = "look at the disk: what was written is not what is read"
        self._findings.append(Finding("EK360", Severity.WARNING, problem, (str(path or self.path),), hint))

    def tell_mended(self, saved: int | None) -> None:
        """Note that the file was mended and how many vectors were saved; None: nothing was damaged."""
        if saved is not None:
            told = f"the cache was damaged and is mended: {saved:,} vectors were saved, others are made again"
            self.tell(told, self.path.with_suffix(".damaged"))

    def ask(self, query: str, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds; a damaged database is mended first.

        Raises:
            OutputError: It cannot be read.
        """
        for _ in range(2):
            seen = identity(self.path)
            try:
                with connected(self.path, read_only=self.read_only) as database:
                    return database.execute(query, values).fetchall()
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise OutputError(
                        f"the cache cannot be read: {error}",
                        places=(str(self.path),),
                        hint="another program may hold it; run again, or name another folder with --cache",
                        code="EK601",
                    ) from error
                if self.read_only:
                    self.tell("the cache is damaged, and cannot be mended where nothing can be written")
                    return []
                self._mend(seen)
        return []

    def write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do what changes the database, all of it or nothing; a damaged one is mended first.

        Raises:
            OutputError: It cannot be written; the error says why.
        """
        for last in (False, True):
            seen = identity(self.path)
            try:
                with connected(self.path) as database, database:
                    work(database)
            except sqlite3.Error as error:
                if last or not is_damage(error):
                    raise _not_kept(error, self.path) from error
                self._mend(seen)
            else:
                return

    def mend(self) -> None:
        """Mend the file, whatever it was found out by."""
        self._mend(identity(self.path))

    def reindex(self) -> bool:
        """Have SQLite look anew which row is whose; return whether that could be done."""
        if self.read_only:
            self.tell("damaged vectors in the cache are made again")
            return False
        self.write(lambda database: database.execute("reindex vectors"))
        return True

    def _mend(self, seen: tuple[int, int]) -> None:
        try:
            self.tell_mended(mend(self.path, seen))
        except (sqlite3.Error, OSError) as error:
            raise _not_kept(error, self.path) from error


def _not_kept(error: Exception, path: Path) -> OutputError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    hints = {
        sqlite3.SQLITE_BUSY: "another program holds the cache; run again once it is done",
        sqlite3.SQLITE_LOCKED: "another program holds the cache; run again once it is done",
        sqlite3.SQLITE_READONLY: "name a folder that can be written with --cache",
    }
    full = "free some space or name another --cache, then run again: finished batches are kept"
    return OutputError(
        f"vectors cannot be kept: {error}", places=(str(path),), hint=hints.get(code, full), code="EK602"
    )
