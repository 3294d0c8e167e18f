"""The verdict with its reason, and everything that led to it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from evalkit.decision.evidence import Evidence
from evalkit.ruling.rule import RuleResult


class Verdict(enum.StrEnum):
    """Whether a candidate may replace the baseline."""

    GO = "GO"
    NO_GO = "NO-GO"
    INCONCLUSIVE = "INCONCLUSIVE"


class Reason(enum.StrEnum):
    """Why, in one stable word; the rule that spoke first."""

    OK = "OK"
    CRITICAL = "CRITICAL"
    GUARDRAIL_HARM = "GUARDRAIL_HARM"
    NO_WORTHWHILE_GAIN = "NO_WORTHWHILE_GAIN"
    PRIMARY_HARM = "PRIMARY_HARM"
    SMALL_N = "SMALL_N"
    PRIMARY_UNRESOLVED = "PRIMARY_UNRESOLVED"
    GAIN_BELOW_MIN = "GAIN_BELOW_MIN"
    GUARDRAIL_UNPROVEN = "GUARDRAIL_UNPROVEN"
    UNJUDGED = "UNJUDGED"
    PROVENANCE = "PROVENANCE"
    COPIES = "COPIES"

    @property
    def verdict(self) -> Verdict:
        """What a rule says that gives this reason."""
        if self is Reason.OK:
            return Verdict.GO
        return Verdict.NO_GO if self in _SHOWN_TO_BE_WORSE else Verdict.INCONCLUSIVE


_SHOWN_TO_BE_WORSE = (
    Reason.CRITICAL,
    Reason.GUARDRAIL_HARM,
    Reason.NO_WORTHWHILE_GAIN,
    Reason.PRIMARY_HARM,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled(RuleResult[Verdict, Reason]):
    """What a rule of a comparison saw; rows 8, 8b and 8c do not speak but withhold what another has said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict on one candidate.

    Attributes:
        candidate: Name of the system that may replace the baseline.
        verdict: GO, NO-GO or INCONCLUSIVE.
        reason: Code of the rule that spoke.
        sentence: Why, in plain words with the numbers.
        queries_needed: How many queries the golden set should have in all for the question to be settled at
            the planned effect; None where more queries are not the cure.
        verdict_without_critical: What would hold without the rule on critical queries.
        reason_without_critical: The reason of that verdict.
        rules: Every rule's result, in the order in which they speak.
        reasons: What the verdict rests on, in the order in which it is read: the primary measure's outcome,
            then what else refuses or is open of guardrails, segments, critical queries and doubts.
        notes: What a reader should know beside the verdict.
        evidence: The numbers behind it.
    """

    candidate: str
    verdict: Verdict
    reason: Reason
    sentence: str
    queries_needed: int | None
    verdict_without_critical: Verdict
    reason_without_critical: Reason
    rules: tuple[Ruled, ...]
    reasons: tuple[Ruled, ...]
    notes: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The verdict over all candidates.

    Attributes:
        verdict: GO if any candidate is GO, NO-GO if all are NO-GO, else INCONCLUSIVE.
        recommended: Among the candidates that are GO, the one with the largest delta; None without any.
        decisions: One for each candidate, in the order given.
        notes: What a reader should know about choosing among several.
    """

    verdict: Verdict
    recommended: str | None
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...] = ()
