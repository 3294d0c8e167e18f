"""The table: rows of finished text that any view can draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; `term` is the glossary entry that explains it."""

    heading: str
    numeric: bool = False
    term: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of finished text; the first cell names it.

    Attributes:
        cells: One text for each column; a row that has something to say may have fewer.
        muted: Whether it is too little to conclude from, or no row like the others.
        tone: good, bad or even, "" for none.
        about: What the named thing is.
        says: What the row shows, in words.
        link: The place on the page that its name leads to.
        term: The glossary entry that explains its name.
        code: The name by which the thing is asked for.
        look: Class names of the line with which a chart draws it.
        state: holds or fails, which the last cell says in words.
    """

    cells: tuple[str, ...]
    muted: bool = False
    tone: str = ""
    about: str = ""
    says: str = ""
    link: str = ""
    term: str = ""
    code: str = ""
    look: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A caption, headings and rows."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, caption: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Table:
        """Return the table of plain rows."""
        return cls(caption, tuple(columns), tuple(Row(tuple(cells)) for cells in rows))

    @property
    def speaks(self) -> bool:
        """Whether any row says in words what it shows."""
        return any(row.says for row in self.rows)


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value, and what it means."""

    label: str
    value: str
    meaning: str = ""
    term: str = ""
