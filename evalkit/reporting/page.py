"""The page: what a study says, as sections of blocks, whole and in three shorter forms."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.reporting.blocks import Block, Checks
from evalkit.reporting.gauges import Gauge


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
        gauges: Numbers that a monitoring system collects; () for none.
        date: The day on which it was found, ISO; "" where nobody says.
        sheet: What fits onto one page of paper, for those who decide; () where the summary is that.
    """

    what: str
    title: str
    name: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]
    summary: tuple[Section, ...] = ()
    brief: tuple[Section, ...] = ()
    tool: str = "evalkit"
    gauges: tuple[Gauge, ...] = ()
    date: str = ""
    sheet: tuple[Section, ...] = ()

    @property
    def shown(self) -> tuple[Section, ...]:
        """The sections that have something to show."""
        return tuple(section for section in self.sections if not section.is_empty)

    @property
    def on_one_page(self) -> tuple[Section, ...]:
        """What a page of paper holds: its sheet, else its summary, else all of it."""
        return self.sheet or self.summary or self.shown

    @property
    def checks(self) -> tuple[Checks, ...]:
        """Every table of rules or checks."""
        return tuple(
            block for section in self.sections for block in section.blocks if isinstance(block, Checks)
        )
