"""The columns of a table as text: aligned, and no wider than there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.quoting import shortened
from evalkit.reporting.tables import Column, Table

GAP = "  "
_LEAST = 20


def cell_widths(table: Table, *, labels: int = 0, most: int | None = None) -> list[int]:
    """Return the width of each column.

    Args:
        table: What is to be shown.
        labels: The least width of the first column.
        most: How wide a line may be, where texts can be shortened for it; None for any width.
    """
    rows = [[column.heading for column in table.columns], *(row.cells for row in table.rows)]
    widths = [
        max(len(_shown(row[place], column)) for row in rows if place < len(row))
        for place, column in enumerate(table.columns)
    ]
    widths[0] = max(widths[0], labels)
    return widths if most is None else _fitted(widths, table.columns, most)


def aligned(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    """Return the cells of a row as one line; numbers stand to the right."""
    told = []
    for place, (cell, column, width) in enumerate(zip(cells, columns, widths, strict=False)):
        text = shortened(_shown(cell, column), width)
        told.append(text.rjust(width) if column.numeric and place else text.ljust(width))
    return GAP.join(told)


def side_by_side(widths: Sequence[int], most: int) -> list[list[int]]:
    """Return the places of the columns that fit beside each other, in groups that all begin with the first.

    A table that is wider than there is room for is shown group below group; one column too wide for that
    stands alone with the first.

    Args:
        widths: The width of each column.
        most: How wide a line may be.
    """
    groups: list[list[int]] = [[0]]
    for place, width in enumerate(widths[1:], 1):
        taken = sum(widths[one] + len(GAP) for one in groups[-1])
        if taken + width > most and len(groups[-1]) > 1:
            groups.append([0])
        groups[-1].append(place)
    return groups


def _shown(cell: str, column: Column) -> str:
    """Return a cell as a terminal shows it: an interval without its comma."""
    return cell.replace(", ", " ") if column.numeric else cell


def _fitted(widths: list[int], columns: Sequence[Column], most: int) -> list[int]:
    """Return the widths with the widest texts shortened until a line fits, or no text can give any more."""
    fitted = list(widths)
    texts = [place for place, column in enumerate(columns) if not column.numeric]
    over = sum(fitted) + len(GAP) * (len(fitted) - 1) - most
    while over > 0 and texts:
        widest = max(texts, key=lambda place: fitted[place])
        if fitted[widest] <= _LEAST:
            break
        fitted[widest] -= 1
        over -= 1
    return fitted
