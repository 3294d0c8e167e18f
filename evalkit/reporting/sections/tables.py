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
    """A row of finished text; the first cell names it."""

    cells: tuple[str, ...]
    muted: bool = False


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


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value, and what it means."""

    label: str
    value: str
    meaning: str = ""
    term: str = ""
