"""What one rule saw and would say: its numbers with their unit, and what it is about, as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Generic, TypeVar

from evalkit.scoring.measure import Measure

VerdictT = TypeVar("VerdictT", bound=enum.StrEnum)
ReasonT = TypeVar("ReasonT", bound=enum.StrEnum)


class Unit(enum.StrEnum):
    """What a rule counts or measures."""

    VALUE = "value"  # of a measure
    QUERIES = "queries"
    WORTH = "independent queries"  # how many queries of equal weight, each by itself, would carry as much
    SHARE = "share"
    TEXTS = "texts"


class About(enum.StrEnum):
    """What a rule is about; in the order in which a decision is read."""

    PRIMARY = "primary"
    QUERIES = "queries"
    GUARDRAIL = "guardrail"
    SEGMENT = "segment"
    CRITICAL = "critical"
    UNJUDGED = "unjudged"
    SOURCE = "source"
    COPIES = "copies"
    VECTORS = "vectors"


@dataclass(frozen=True, slots=True)
class Site:
    """What would have to be seen again for a failure to stand: a critical query, or a measure where it is."""

    query: str | None = None
    measure: Measure | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult(Generic[VerdictT, ReasonT]):
    """What one rule saw, and what it would say if no rule before it spoke.

    Attributes:
        row: Its id, "1" to "8c" in the table of docs/statistics.md; of a gate, its reason.
        name: What it looks at, "guardrail Recall@10".
        about: The same as one of a few words.
        words: What it saw, in a sentence.
        seen: How `words` begin where they tell its number and interval first, "" where they do not.
        passed: True, False, or None when the rule cannot tell or does not apply.
        observed: The number it reads, None when there is none.
        low: Lower end of that number's interval.
        high: Upper end of that number's interval.
        limit: What the number is held against.
        unit: What both are of.
        term: Entry of the glossary that explains it, "" for none.
        measure: The measure that it looks at, None for none.
        segment: The segment that it looks at, None for the whole golden set.
        p: One-sided p-value of "worse", after Holm for guardrails; None where none is asked for.
        sites: What would have to be seen again: each lost query, or the measure with its segment.
        verdict: What it says, None when it lets the next rule speak.
        reason: The reason that goes with that verdict.
        queries_needed: Size of golden set that would settle it at the planned effect, where that is known.
    """

    row: str
    name: str
    about: About
    words: str
    passed: bool | None
    reason: ReasonT
    verdict: VerdictT | None = None
    observed: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    unit: Unit = Unit.VALUE
    term: str = ""
    measure: Measure | None = None
    segment: str | None = None
    seen: str = ""
    p: float | None = None
    sites: tuple[Site, ...] = ()
    queries_needed: int | None = None
