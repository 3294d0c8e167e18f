"""The order in which a decision is read: the primary measure, guardrails, segments, critical, doubts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

REFUSING = ("3i", "3m")
CLAIM = "5"
_ON_PRIMARY = {*REFUSING, CLAIM, "6"}
_ON_GUARDRAILS = {"2", "7"}
_PLACES = {"4": "queries", "1": "critical", "8": "unjudged", "8b": "source", "8c": "copies"}
_ORDER = {"primary": 0, "queries": 0, "guardrail": 1, "segment": 2, "critical": 3}
_DOUBT = 4


class Told(Protocol):
    """What a rule saw, as a decision or as a result holds it."""

    @property
    def row(self) -> str:
        """Its row in the table of docs/statistics.md."""

    @property
    def name(self) -> str:
        """What it looks at."""

    @property
    def passed(self) -> bool | None:
        """Whether it holds, None where it cannot tell."""


_Told = TypeVar("_Told", bound=Told)


def about(rule: Told) -> str:
    """Return what a rule is about: primary, queries, guardrail, segment, critical, or one of the doubts."""
    if rule.row in _ON_GUARDRAILS:
        return "segment" if " in " in rule.name else "guardrail"
    return "primary" if rule.row in _ON_PRIMARY else _PLACES.get(rule.row, "primary")


def reading_order(rule: Told) -> int:
    """Return the place of a rule among those that are read."""
    return _ORDER.get(about(rule), _DOUBT)


def outcome(rules: Sequence[_Told]) -> _Told | None:
    """Return what the primary measure says: its refusal, else whether its claim is shown."""
    refusing = (rule for rule in rules if rule.row in REFUSING and rule.passed is False)
    return next(refusing, None) or next((rule for rule in rules if rule.row == CLAIM), None)


def as_read(rules: Sequence[_Told]) -> tuple[_Told, ...]:
    """Return what a decision rests on: the primary measure's outcome, then every other rule that fails.

    The question asked is answered first, whether or not the primary measure is what refuses or is open. What
    another rule has said already is left out: a gain that is out of reach, or not shown, is not told to be
    small as well, and a guardrail that harm is shown for is not told to be unproven.
    """
    first = outcome(rules)
    harmed = {_place(rule) for rule in rules if rule.row == "2" and rule.passed is False}
    failing = [
        rule
        for rule in rules
        if rule.passed is False
        and rule is not first
        and not (rule.row in _ON_PRIMARY and first is not None and first.passed is False)
        and not (rule.row == "7" and _place(rule) in harmed)
    ]
    return (*(() if first is None else (first,)), *sorted(failing, key=reading_order))


def _place(rule: Told) -> str:
    return rule.name.removeprefix("proven ").removeprefix("guardrail ")
