"""Records: what readers read, each row with the line it came from, before anything is checked."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.card import Card

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Record:
    """One query or document as its file states it; line 0 where it was built, not read."""

    identity: str
    body: str
    fields: Mapping[str, object]
    line: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement as its file states it."""

    query: str
    document: str
    grade: int
    line: int


@dataclass(slots=True)
class Sheet:
    """One file read so far: its path, its rows and the problems met on the way.

    A reader goes on after a bad line, so that one look shows all of a file's problems.
    """

    path: Path
    records: list[Record] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    _problems: dict[tuple[str, Severity, str, str], list[tuple[int, object]]] = field(default_factory=dict)

    def report(
        self,
        code: str,
        problem: str,
        line: int,
        detail: object = "",
        *,
        hint: str,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Note a problem on a line; equal problems are told together.

        In `problem`, "{n}" becomes the number of lines, and "{s}" and "{v}" the endings of a noun and a
        verb: "{n} judgement{s} point{v} nowhere".
        """
        self._problems.setdefault((code, severity, problem, hint), []).append((line, detail))

    def findings(self) -> list[Finding]:
        """Return one finding for each kind of problem, with its lines and the offending values."""
        told = []
        for (code, severity, problem, hint), met in self._problems.items():
            lines = [line for line, _ in met if line]
            where = place(self.path, lines, [detail for _, detail in met if detail != ""])
            one = len(met) == 1
            words = problem.format(n=len(met), s="" if one else "s", v="s" if one else "")
            told.append(Finding(code, severity, words, (where,), hint))
        return told


@dataclass(frozen=True, slots=True)
class Draft:
    """A golden set as read: its card and three sheets, not yet checked against each other."""

    card: Card
    queries: Sheet
    corpus: Sheet
    qrels: Sheet

    @property
    def sheets(self) -> tuple[Sheet, Sheet, Sheet]:
        """The three sheets in the order in which people look at them."""
        return self.queries, self.corpus, self.qrels


def numbered_lines(sheet: Sheet) -> Iterator[tuple[int, str]]:
    """Yield (1-based line number, text) of every line that is not blank.

    A byte-order mark and carriage returns are dropped; a line that is not UTF-8 or holds a NUL byte is
    reported on the sheet and left out. Files ending in .gz are unpacked.

    Raises:
        GoldenSetError: The file cannot be read.
    """
    try:
        data = sheet.path.read_bytes()
        if sheet.path.suffix == ".gz":
            data = gzip.decompress(data)
    except FileNotFoundError:
        raise GoldenSetError(
            f"{sheet.path.name} is missing",
            places=(str(sheet.path),),
            hint="a golden set is a folder with queries.jsonl, corpus.jsonl and qrels/test.tsv",
            code="EK201",
        ) from None
    except (OSError, EOFError) as error:
        raise GoldenSetError(
            f"{sheet.path.name} cannot be read: {error}", places=(str(sheet.path),), code="EK201"
        ) from error
    for number, raw in enumerate(data.removeprefix(BYTE_ORDER_MARK).split(b"\n"), start=1):
        line = raw.removesuffix(b"\r")
        if not line.strip():
            continue
        if b"\0" in line:
            sheet.report("EK219", "{n} line{s} hold{v} NUL bytes", number, hint="save the file as UTF-8 text")
            continue
        try:
            yield number, line.decode("utf-8")
        except UnicodeDecodeError:
            sheet.report(
                "EK218", "{n} line{s} not in UTF-8", number, line[:40], hint="save the file as UTF-8"
            )
