"""Telling: what all checks of a golden set say in the same way, from records and counts to findings."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.findings import Finding, Severity, place
from evalkit.golden.reading.records import Judgement, Sheet, TextRecord


def told(  # noqa: PLR0913 - the fields of a finding, and where its records stand
    code: str,
    severity: Severity,
    problem: str,
    sheet: Sheet,
    rows: Sequence[TextRecord | Judgement],
    *,
    hint: str,
    details: Sequence[object] | None = None,
) -> list[Finding]:
    """Return one finding on `rows` of a sheet, or none when there are no such rows.

    Args:
        code: Its stable code.
        severity: How much it matters.
        problem: One sentence with the number of rows.
        sheet: The file that the rows stand in.
        rows: Records or judgements, in the order in which they are to be shown.
        hint: What to do next.
        details: What to show for each row; the ids of the records when left out.
    """
    if not rows:
        return []
    if details is None:
        details = [
            row.identity if isinstance(row, TextRecord) else f"{row.query} {row.document}" for row in rows
        ]
    lines = [row.line for row in rows if row.line]
    return [Finding(code, severity, problem, (place(sheet.path, lines, details),), hint)]


def count(number: int, one: str, many: str = "") -> str:
    """Return "1 query" or "2 queries"; the plural is `one` with an s when left out."""
    return f"{number} {one if number == 1 else many or one + 's'}"
