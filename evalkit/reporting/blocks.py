"""The blocks: what a page is made of, whatever was studied; a view turns blocks into one format."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.reporting.charts import IntervalChart
from evalkit.reporting.sections.tables import Fact, Table
from evalkit.reporting.sections.trust import FindingLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The word that decides, why, and what to do; `tone` is good, open or bad."""

    word: str
    tone: str
    headline: str
    sentences: tuple[str, ...] = ()
    next_step: str = ""
    facts: tuple[Fact, ...] = ()
    kind: str = "verdict"


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled values, side by side."""

    facts: tuple[Fact, ...]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Sentences:
    """Paragraphs."""

    texts: tuple[str, ...]
    kind: str = "sentences"


@dataclass(frozen=True, slots=True)
class Items:
    """A list of short texts, each with a tone where it has one: good, open, bad or even."""

    items: tuple[tuple[str, str], ...]
    kind: str = "items"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    table: Table
    kind: str = "grid"


@dataclass(frozen=True, slots=True)
class Chart:
    """Intervals on one axis, with what they mean; a table beside it holds the numbers."""

    chart: IntervalChart
    caption: str
    kind: str = "chart"


@dataclass(frozen=True, slots=True)
class Notes:
    """What checks noticed."""

    findings: tuple[FindingLine, ...]
    kind: str = "notes"


@dataclass(frozen=True, slots=True)
class Command:
    """A command to type."""

    text: str
    kind: str = "command"


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that are shown when someone asks for them, and in print."""

    summary: str
    blocks: tuple[Block, ...]
    kind: str = "folded"


Block = Verdict | Facts | Sentences | Items | Grid | Chart | Notes | Command | Folded


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: its place in addresses, its title and its blocks."""

    key: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: what it is, on what, and its sections in the order in which they are read."""

    what: str
    title: str
    name: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def shown(self) -> tuple[Section, ...]:
        """The sections that have something to show."""
        return tuple(section for section in self.sections if not section.is_empty)
