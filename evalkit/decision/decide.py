"""The rules: a fixed list, each of which says go, no-go or not yet known; the first that speaks decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.decision import wording
from evalkit.decision.case import Case, cases
from evalkit.decision.evidence import Evidence
from evalkit.decision.policy import Policy
from evalkit.decision.reading import as_read
from evalkit.decision.rules import ROWS
from evalkit.decision.verdict import Conclusion, Decision, Reason, Ruled, Verdict
from evalkit.errors import NothingToEvaluateError
from evalkit.ruling.engine import doubts, speaking
from evalkit.ruling.rule import About

_APPROVED = Ruled(
    row="9",
    name="all rules",
    about=About.PRIMARY,
    reason=Reason.OK,
    words="The measures speak for the candidate.",
    passed=True,
    verdict=Verdict.GO,
)
_REFUSALS = {reason for reason in Reason if reason.verdict == Verdict.NO_GO}
WITHHELD = {
    Reason.UNJUDGED: {Reason.OK, *_REFUSALS},
    Reason.PROVENANCE: _REFUSALS - {Reason.CRITICAL},
    Reason.COPIES: {Reason.OK, *_REFUSALS},
}


def decide(evidence: Sequence[Evidence], policy: Policy, *, worded: bool = True) -> Conclusion:
    """Decide on every candidate, and on all of them together.

    Args:
        evidence: One for each candidate; more candidates make each claim harder to reach (Holm).
        policy: The question that was fixed before.
        worded: Whether the rules say their numbers in words; not where only the verdict is read.

    Returns:
        The decisions in the order given, the verdict over all and the candidate to take.

    Raises:
        NothingToEvaluateError: There is no candidate.
    """
    if not evidence:
        raise NothingToEvaluateError("there is no candidate to decide on", hint="name at least one candidate")
    decisions = tuple(_decision(case) for case in cases(evidence, policy, worded=worded))
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
        reasons=reasons(results, spoken.reason.verdict),
        notes=wording.notes_on_candidate(case.evidence, case.policy, spoken),
        evidence=case.evidence,
    )


def reasons(results: Sequence[Ruled], verdict: Verdict) -> tuple[Ruled, ...]:
    """Return what a verdict rests on as it is read, the primary measure's outcome first.

    A GO rests on that alone, a NO-GO on all that refuses, an open question on all that fails.
    """
    first, *others = as_read(results)
    if verdict == Verdict.GO:
        return (first,)
    refusing = [result for result in others if result.reason in _REFUSALS]
    return (first, *(refusing if verdict == Verdict.NO_GO else others))


def _speaker(results: Sequence[Ruled]) -> Ruled:
    """Return the first result that speaks, or the doubt that withholds what it says.

    Neither a NO-GO nor a GO stands where labels of unjudged documents could turn it. A NO-GO does not stand
    where the known answers may come from the baseline; a GO then does, it was earned against the bias.
    Neither stands where the order of identical documents that are judged differently makes it.
    """
    first = speaking(results) or _APPROVED
    doubtful = doubts(results, first.reason, WITHHELD)
    if doubtful:
        said = _words(reasons(results, Verdict.NO_GO))
        held = f"{said} But this is withheld: {_words(doubtful)}"
        return replace(doubtful[0], verdict=Verdict.INCONCLUSIVE, words=held)
    if first.reason == Reason.OK:
        return first
    return replace(first, words=_words(reasons(results, first.reason.verdict)))


def _words(results: Sequence[Ruled]) -> str:
    return " ".join(result.words for result in results)
