"""Query fields: the metadata that bear on scores, and what is left aside where they mean something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from evalkit.findings import Finding, Severity, place
from evalkit.golden.reading.records import Sheet, TextRecord
from evalkit.golden.reading.telling import count

ANSWER, NOTHING = "answer", "none"  # "answer": "none" says that a query's right answer is nothing
HEAVIEST = 1e18
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}|0,[0-9]+")  # 1,500 may be a thousand and a half
LEFT_ASIDE = {
    "weight": '"weight" is taken for a number above 0; these queries count as 1',
    "critical": '"critical" is taken for true or false; these queries are not critical',
    "segment": '"segment" is taken for a name or a list of names; these queries are in no segment',
}


def field_findings(queries: Sheet) -> list[Finding]:
    """Return findings on weights, critical marks and segments that are none.

    A field of another meaning does not stop a set: it is left aside, and that is a warning. A weight that is
    a number and not above 0 is a mistake in a weight, and an error.
    """
    weights = [record for record in queries.records if not is_weight(record.fields.get("weight", 1))]
    numbers = [record for record in weights if _is_number(record.fields.get("weight"))]
    others = [record for record in weights if not _is_number(record.fields.get("weight"))]
    critical = _without(queries, "critical", lambda value: isinstance(value, bool))
    segments = _without(queries, "segment", is_segment)
    bad, hint = f"{count(len(numbers), 'bad weight')}", '"weight" is a number above 0'
    findings = _told(queries, numbers, "weight", bad, hint, Severity.ERROR)
    for name, wrong in (("weight", others), ("critical", critical), ("segment", segments)):
        aside = f"{count(len(wrong), name)} left aside"
        findings += _told(queries, wrong, name, aside, LEFT_ASIDE[name], Severity.WARNING)
    return findings


def typed(name: str, value: object) -> object:
    """Return a cell of text as what the two fields that bear on scores must be, where it is that."""
    if name == "critical" and isinstance(value, str | int):
        return TRUTHS.get(str(value).strip().casefold(), value)
    if name == "weight" and isinstance(value, str):
        try:
            return float(value.replace(",", ".") if DECIMAL_COMMA.fullmatch(value.strip()) else value)
        except ValueError:
            return value
    return value


def is_nothing(answer: object) -> bool:
    """Return whether a query states that it has no answer; other answers say nothing here."""
    return isinstance(answer, str) and answer.strip().casefold() == NOTHING


def is_weight(value: object) -> bool:
    """Return whether a value is a traffic weight: a finite number above 0."""
    return isinstance(value, int | float) and _is_number(value) and 0 < value < HEAVIEST


def is_segment(value: object) -> bool:
    """Return whether a value names segments: a text, or a list of texts that say something."""
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(name, str) and name for name in value)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _without(queries: Sheet, name: str, is_sound: Callable[[object], bool]) -> list[TextRecord]:
    return [
        record for record in queries.records if name in record.fields and not is_sound(record.fields[name])
    ]


def _told(
    queries: Sheet, wrong: Sequence[TextRecord], name: str, problem: str, hint: str, severity: Severity
) -> list[Finding]:
    if not wrong:
        return []
    details = [f"{record.identity} {record.fields[name]!r}" for record in wrong]
    where = place(queries.path, [record.line for record in wrong if record.line], details)
    return [Finding("EK216", severity, problem, (where,), hint)]
