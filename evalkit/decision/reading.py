"""The order in which a decision is read: the primary measure, guardrails, segments, critical, doubts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from evalkit.ruling.rule import About

REFUSING = ("3i", "3m")
CLAIM = "5"
_HARM, _PROVEN = "2", "7"
_PLACES = {About.PRIMARY: 0, About.QUERIES: 0, About.GUARDRAIL: 1, About.SEGMENT: 2, About.CRITICAL: 3}
_DOUBT = 4


class Told(Protocol):
    """What a rule saw, as a decision or as a result holds it."""

    @property
    def row(self) -> str:
        """Its id."""

    @property
    def about(self) -> str:
        """What it is about, a value of `About`."""

    @property
    def passed(self) -> bool | None:
        """Whether it holds, None where it cannot tell."""

    @property
    def measure(self) -> object:
        """Which measure it looks at, None for none."""

    @property
    def segment(self) -> str | None:
        """Where, None for the whole golden set."""


_Told = TypeVar("_Told", bound=Told)


def reading_order(rule: Told) -> int:
    """Return the place of a rule among those that are read."""
    return _PLACES.get(About(rule.about), _DOUBT)


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
    harmed = {_place(rule) for rule in rules if rule.row == _HARM and rule.passed is False}
    failing = [
        rule
        for rule in rules
        if rule.passed is False
        and rule is not first
        and not (rule.about == About.PRIMARY and first is not None and first.passed is False)
        and not (rule.row == _PROVEN and _place(rule) in harmed)
    ]
    return (*(() if first is None else (first,)), *sorted(failing, key=reading_order))


def _place(rule: Told) -> tuple[str, str | None]:
    return str(rule.measure), rule.segment
