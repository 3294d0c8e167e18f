"""Records: what readers read, each row with the line it came from, before anything is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import EvalkitError, GoldenSetError, MissingExtraError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.card import Card
from evalkit.golden.disguises import refuse_disguise
from evalkit.opening import FILE_FAULTS, fault, numbered_bytes, read_whole
from evalkit.packing import NotUnpackedError

__all__ = ["Judgement"]


@dataclass(frozen=True, slots=True)
class TextRecord:
    """One query or document as its file states it; line 0 where it was built, not read.

    `body` is what encoders get: the title, where there is one, a newline and the text.
    """

    identity: str
    body: str
    fields: Mapping[str, object]
    line: int
    title: str = ""

    @property
    def text(self) -> str:
        """The body without its title."""
        return self.body[len(self.title) + 1 :] if self.title else self.body


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement as its file states it.

    Where files hold gains, `gain` is what stands there, and `grade` says whether that is relevant: 0 or 1.
    """

    query: str
    document: str
    grade: int
    line: int
    gain: float | None = None

    @property
    def stated(self) -> float:
        """The number that the file states: the grade, or the gain where it holds gains."""
        return self.grade if self.gain is None else self.gain

    @property
    def text(self) -> str:
        """The same as files hold it."""
        return str(self.grade) if self.gain is None else repr(self.gain)


@dataclass(slots=True)
class Sheet:
    """One file read so far: its path, its rows and the problems met on the way.

    A reader goes on after a bad line, so that one look shows all of a file's problems. A sheet of several
    files has a folder for its path, line 0 in its records, and the sheets of the files as its `parts`.
    `holds` says what is wanted of a file that could hold several things: queries, corpus, judgements, asked.
    `doubted` is a first record that may be the names of columns, unless something else knows its id.
    `separator` parts the cells of a CSV. `annotator` is whose annotations count, "" for everybody's.
    `events` says that what is judged is what people did, of which a pair takes the highest grade, and
    `searches` that queries are searches, of which many may be for the same words.
    """

    path: Path
    records: list[TextRecord] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    parts: tuple[Sheet, ...] = ()
    holds: str = ""
    doubted: TextRecord | None = None
    separator: str = ""
    annotator: str = ""
    events: bool = False
    searches: bool = False
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

    @property
    def unread(self) -> int:
        """How many lines say something that could not be used, so that ids may be missed for it."""
        own = sum(len(met) for (_, severity, *_), met in self._problems.items() if severity is Severity.ERROR)
        return own + sum(part.unread for part in self.parts)

    def findings(self) -> list[Finding]:
        """Return one finding for each kind of problem, with its lines and the offending values."""
        told = [finding for part in self.parts for finding in part.findings()]
        for (code, severity, problem, hint), met in self._problems.items():
            lines = [line for line, _ in met if line]
            where = place(self.path, lines, [detail for _, detail in met if detail != ""])
            one = len(met) == 1
            words = problem.format(n=len(met), s="" if one else "s", v="s" if one else "")
            told.append(Finding(code, severity, words, (where,), hint))
        return told


@dataclass(frozen=True, slots=True)
class Draft:
    """A golden set as read: its card and three sheets, not yet checked against each other.

    Where documents are searched by their chunks, `corpus` holds the documents that people judge and `chunks`
    what is embedded; each chunk names its document as `parent`.
    """

    card: Card
    queries: Sheet
    corpus: Sheet
    qrels: Sheet
    chunks: Sheet | None = None

    @property
    def sheets(self) -> tuple[Sheet, Sheet, Sheet]:
        """The three sheets in the order in which people look at them."""
        return self.queries, self.corpus, self.qrels


def numbered_lines(sheet: Sheet) -> Iterator[tuple[int, str]]:
    """Yield (1-based line number, text) of every line that is not blank.

    A byte-order mark and carriage returns are dropped; a line that is not UTF-8 or holds a NUL byte is
    reported on the sheet and left out. Packed files are unpacked.

    Raises:
        GoldenSetError: The file cannot be read.
    """
    for number, raw in _raw_lines(sheet.path):
        line = raw.removesuffix(b"\r")
        if line.strip() and (text := _decoded(sheet, number, line)) is not None:
            yield number, text


def whole_lines(sheet: Sheet) -> Iterator[str]:
    """Yield every line with its line end, blank ones too, so that a line's number is its place.

    For notations in which a value spans lines. A line that cannot be read is reported and given as blank.

    Raises:
        GoldenSetError: The file cannot be read.
    """
    for number, raw in _raw_lines(sheet.path):
        yield (_decoded(sheet, number, raw) or "") + "\n"


def unpacked(path: Path) -> bytes:
    """Return the bytes of a file, unpacked where its content is packed.

    Raises:
        GoldenSetError: The file cannot be read.
    """
    with fenced(path):
        return read_whole(path)


@contextmanager
def fenced(path: Path) -> Iterator[None]:
    """Say which file it is that cannot be read, whatever its reading raised.

    Raises:
        GoldenSetError: Anything that a file can do to those who read it.
        MissingExtraError: What would unpack it is not installed.
    """
    try:
        yield
    except FileNotFoundError:
        raise GoldenSetError(
            f"{path.name} is missing",
            places=(str(path),),
            hint="a golden set is a folder with queries.jsonl, corpus.jsonl and qrels/test.tsv",
            code="EK201",
        ) from None
    except EvalkitError:  # which are ValueErrors, some of them
        raise
    except FILE_FAULTS as error:
        if isinstance(error, NotUnpackedError) and error.extra:
            raise MissingExtraError.for_extra(error.extra, f"reading {path.name}") from error
        raise GoldenSetError(
            f"{path.name} cannot be read: {fault(error)}",
            places=(str(path),),
            hint="is it whole, and may you read it?",
            code="EK201",
        ) from error


def _raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (1-based line number, bytes without the line end) of a file of text."""
    with fenced(path):
        refuse_disguise(path)
        yield from numbered_bytes(path)


def _decoded(sheet: Sheet, number: int, line: bytes) -> str | None:
    if b"\0" in line:
        sheet.report("EK219", "{n} line{s} hold{v} NUL bytes", number, hint="save the file as UTF-8 text")
        return None
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        sheet.report("EK218", "{n} line{s} not in UTF-8", number, line[:40], hint="save the file as UTF-8")
        return None
