"""The blocks: what a page is made of, whatever was studied; a view turns blocks into one format."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.reporting.charts import IntervalChart
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.reporting.words import Words
from evalkit.results.parts import FindingPart


@dataclass(frozen=True, slots=True)
class Link:
    """A part of the page that shows more, by its place and in words."""

    anchor: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The word that decides, why, and what to do.

    Attributes:
        word: The verdict; on a page that decides nothing, what the page is.
        tone: good, open, warn or bad; "" where nothing is decided.
        headline: Why, in one sentence.
        about: What was judged, where the word stands alone.
        asked: The question.
        next_step: What to do.
        see: Where the page shows why.
        facts: The numbers behind it.
        chart: The numbers as a drawing.
        reasons: Why, in full.
        notes: What a reader should know beside that.
        again: The command that finds the same again, where that is wanted.
    """

    word: str
    tone: str
    headline: str
    about: str = ""
    asked: str = ""
    next_step: str = ""
    see: Link | None = None
    facts: tuple[Fact, ...] = ()
    chart: Chart | None = None
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    again: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled values, side by side."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Sentences:
    """Paragraphs; `leading` says whether the first of them stands out."""

    texts: tuple[Words, ...]
    leading: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list of short texts."""

    items: tuple[Words, ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule or check.

    Attributes:
        name: Its name.
        state: holds, warns, fails, errs, or silent where it cannot tell.
        words: What it saw.
        term: The glossary entry that explains its name.
        says: The verdict that it asks for, or the code of an error.
        decides: Whether it is the one that decides.
        cells: A text for each column.
        places: Where an error is, and what to do.
    """

    name: str
    state: str
    words: str
    term: str = ""
    says: str = ""
    decides: bool = False
    cells: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Rules or checks and what became of each; those that object come first.

    Attributes:
        subject: What was held against them.
        title: What an annotation is headed by.
        checks: All of them.
        columns: Headings of their cells, () for none.
        numbers: Name and value of what a build server may collect.
        again: The command that finds the same again.
        log: Whether what a terminal shows belongs beside them.
    """

    subject: str
    title: str = ""
    checks: tuple[Check, ...]
    columns: tuple[Column, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    again: str = ""
    log: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `look` names its kind for a style sheet, `captioned` says whether its caption is shown."""

    table: Table
    look: str = ""
    captioned: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """Intervals on one axis, with what they mean; a table beside it holds the numbers."""

    chart: IntervalChart
    caption: str


@dataclass(frozen=True, slots=True)
class Notes:
    """What checks noticed."""

    findings: tuple[FindingPart, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command to type."""

    text: str


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that are shown when someone asks for them; `printed` says whether paper shows them unasked."""

    summary: str
    blocks: tuple[Block, ...]
    printed: bool = False


Block = Verdict | Facts | Sentences | Items | Checks | Grid | Chart | Notes | Command | Folded


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: its place in addresses, its title and its blocks."""

    key: str
    title: str
    blocks: tuple[Block, ...]

    @classmethod
    def untitled(cls, *blocks: Block) -> Section:
        """Return blocks that belong together, without a title."""
        return cls("", "", blocks)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a study says.

    Attributes:
        what: What it is, "evalkit gate".
        title: What a window that shows it is called.
        name: The golden set.
        facts: Its sizes and digests.
        sections: All of it, in the order in which it is read.
        summary: What fits into a comment on a pull request; () for all of it.
        brief: What a terminal shows, each group aligned; () for all of it.
        tool: What made it, as build servers name it.
    """

    what: str
    title: str
    name: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]
    summary: tuple[Section, ...] = ()
    brief: tuple[Section, ...] = ()
    tool: str = "evalkit"

    @property
    def shown(self) -> tuple[Section, ...]:
        """The sections that have something to show."""
        return tuple(section for section in self.sections if not section.is_empty)

    @property
    def checks(self) -> tuple[Checks, ...]:
        """Every table of rules or checks."""
        return tuple(
            block for section in self.sections for block in section.blocks if isinstance(block, Checks)
        )
