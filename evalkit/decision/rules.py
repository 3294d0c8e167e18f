"""The rules: a fixed list, each of which says go, no-go or not yet known; the first that speaks decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.decision import wording
from evalkit.decision.case import Case, cases
from evalkit.decision.evidence import Evidence
from evalkit.decision.policy import Policy
from evalkit.decision.rows import ROWS
from evalkit.decision.verdict import Conclusion, Decision, Reason, RuleResult, Verdict
from evalkit.errors import NothingToEvaluateError

_APPROVED = RuleResult(
    row="9",
    name="all rules",
    words="The measures speak for the candidate.",
    passed=True,
    verdict=Verdict.GO,
)
_ON_PRIMARY = ("3i", "3m")
_REFUSALS = {reason for reason in Reason if reason.verdict == Verdict.NO_GO}
WITHHELD = {Reason.UNJUDGED: {Reason.OK, *_REFUSALS}, Reason.PROVENANCE: _REFUSALS - {Reason.CRITICAL}}


def decide(evidence: Sequence[Evidence], policy: Policy) -> Conclusion:
    """Decide on every candidate, and on all of them together.

    Args:
        evidence: One for each candidate; more candidates make each claim harder to reach (Holm).
        policy: The question that was fixed before.

    Returns:
        The decisions in the order given, the verdict over all and the candidate to take.

    Raises:
        NothingToEvaluateError: There is no candidate.
    """
    if not evidence:
        raise NothingToEvaluateError("there is no candidate to decide on", hint="name at least one candidate")
    decisions = tuple(_decision(case) for case in cases(evidence, policy))
    winners = [decision for decision in decisions if decision.verdict == Verdict.GO]
    best = max(winners, key=lambda decision: decision.evidence.primary.delta, default=None)
    return Conclusion(
        verdict=_overall([decision.verdict for decision in decisions]),
        recommended=best.candidate if best else None,
        decisions=decisions,
        notes=wording.notes_on_choice(len(decisions)),
    )


def _overall(verdicts: Sequence[Verdict]) -> Verdict:
    if Verdict.GO in verdicts:
        return Verdict.GO
    return Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts else Verdict.NO_GO


def _decision(case: Case) -> Decision:
    results = tuple(result for row in ROWS for result in row(case))
    spoken = _speaker(results)
    without = _speaker([result for result in results if result.reason != Reason.CRITICAL])
    return Decision(
        candidate=case.evidence.candidate,
        verdict=spoken.reason.verdict,
        reason=spoken.reason,
        sentence=wording.sentence(spoken, case.evidence, case.policy),
        queries_needed=spoken.queries_needed,
        verdict_without_critical=without.reason.verdict,
        reason_without_critical=without.reason,
        rules=results,
        notes=wording.notes_on_candidate(case.evidence, case.policy, spoken),
        evidence=case.evidence,
    )


def refusals(results: Sequence[RuleResult]) -> tuple[RuleResult, ...]:
    """Return what a NO-GO rests on as it is read: what the primary measure says, then all that refuses.

    The question asked is answered first, whether or not the primary measure is what refuses; then come
    guardrails, segments and critical queries.
    """
    failing = [result for result in results if result.reason in _REFUSALS]
    primary = [result for result in failing if result.row in _ON_PRIMARY]
    outcome = primary or [result for result in results if result.row == "5"]
    others = sorted((result for result in failing if result not in primary), key=_read_after)
    return (*outcome, *others)


def _read_after(result: RuleResult) -> tuple[bool, bool]:
    """Return the place of a rule behind the primary measure: guardrails, their segments, critical queries."""
    return result.reason == Reason.CRITICAL, " in " in result.name


def _speaker(results: Sequence[RuleResult]) -> RuleResult:
    """Return the first result that speaks, or the doubt that withholds what it says.

    Neither a NO-GO nor a GO stands where labels of unjudged documents could turn it. A NO-GO does not stand
    where the known answers may come from the baseline; a GO then does, it was earned against the bias.
    """
    first = next((result for result in results if result.verdict is not None), _APPROVED)
    if first.reason in _REFUSALS:
        first = replace(first, words=" ".join(result.words for result in refusals(results)))
    for doubt in results:
        if doubt.passed is False and first.reason in WITHHELD.get(doubt.reason, ()):
            words = f"{first.words} But this is withheld: {doubt.words}"
            return replace(doubt, verdict=Verdict.INCONCLUSIVE, words=words)
    return first
