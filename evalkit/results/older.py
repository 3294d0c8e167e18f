"""Results of earlier versions: what they left unsaid of a rule is filled in from its id."""

from __future__ import annotations

from typing import NamedTuple

from evalkit.results.parts import RulePart
from evalkit.results.result import Result
from evalkit.ruling.rule import About, Unit


class _Kind(NamedTuple):
    about: About
    term: str = ""
    unit: Unit = Unit.VALUE


_KINDS = {
    "1": _Kind(About.CRITICAL, "critical", Unit.QUERIES),
    "2": _Kind(About.GUARDRAIL, "guardrail"),
    "3i": _Kind(About.PRIMARY, "delta"),
    "3m": _Kind(About.PRIMARY, "margin"),
    "4": _Kind(About.QUERIES, "effective", Unit.WORTH),
    "5": _Kind(About.PRIMARY, "delta"),
    "6": _Kind(About.PRIMARY, "delta"),
    "7": _Kind(About.GUARDRAIL, "guardrail"),
    "8": _Kind(About.UNJUDGED, "unjudged", Unit.SHARE),
    "8b": _Kind(About.SOURCE, "judging"),
    "8c": _Kind(About.COPIES, "ties"),
}


def completed(result: Result) -> Result:
    """Return a result with what rules are about, whichever version wrote it."""
    if all(rule.about or rule.row not in _KINDS for rule in result.rules):
        return result
    return result.with_values(rules=tuple(map(_completed, result.rules)))


def _completed(rule: RulePart) -> RulePart:
    if rule.about or rule.row not in _KINDS:
        return rule
    about, term, unit = _KINDS[rule.row]
    measure, _, segment = rule.name.removeprefix("proven ").removeprefix("guardrail ").partition(" in ")
    if about is not About.GUARDRAIL:
        return rule.with_values(about=str(about), term=term, unit=str(unit))
    about = About.SEGMENT if segment else About.GUARDRAIL
    return rule.with_values(
        about=str(about), term=term, unit=str(unit), measure=measure, segment=segment or None
    )
