"""The words of a decision: numbers and sentences for an engineer, written in one place."""

from __future__ import annotations

from evalkit import figures
from evalkit.decision.bound import ASSUMED
from evalkit.decision.evidence import Component, Evidence
from evalkit.decision.policy import Policy
from evalkit.decision.verdict import Reason, Ruled, Verdict

MANY_CANDIDATES = 4
_NAMES_SHOWN = 3
AT_CHANCE = (
    "{} finds no more than a random order would: its input is broken, and nothing is said of the model. "
)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, "1 query", "1,435 queries"."""
    return figures.plain(figures.counted(number, noun))


def percent(share: float) -> str:
    """Return a share as whole percent, "95 %"."""
    return figures.plain(figures.percent(share))


def names(items: list[str]) -> str:
    """Return the first few of `items` with a count of the rest."""
    rest = len(items) - _NAMES_SHOWN
    shown = ", ".join(items[:_NAMES_SHOWN])
    return f"{shown} and {rest} more" if rest > 0 else shown


def measured(component: Component, policy: Policy, *, limit: float = 0.0) -> str:
    """Return "nDCG@10 changes by +0.031 (95 % interval +0.008 to +0.052) on 300 queries".

    Args:
        component: The numbers.
        policy: The question.
        limit: What they are held against in the same sentence, of either sign.
    """
    shown = figures.effect(component.delta, component.low, component.high, limit=limit)
    coverage = f"{figures.as_set(100 * (1 - 2 * policy.level))} %"
    span = f"{coverage} interval {shown.low} to {shown.high}"
    seen = f"{component.name} changes by {shown.delta} ({span}) on {counted(component.queries, 'query')}"
    if not component.by_model:
        return seen
    return f"{seen} that people judged and {counted(component.by_model, 'query')} that a model did"


def planned_change(policy: Policy) -> str:
    """Return the true effect that queries are planned for."""
    return (
        f"a true change of {figures.setting(policy.planned_effect)}" if policy.improving else "no true change"
    )


def more_queries(needed: int | None, have: int, policy: Policy) -> str:
    """Return what to do about a question that is open: how many more queries, or why no number helps."""
    effect = planned_change(policy)
    if needed is None:
        return "How many queries would settle it cannot be told from these."
    if needed <= have:
        return (
            f"The set already has the {counted(needed, 'query')} planned for {effect}: this is either bad "
            "luck or a change less favourable than planned, and more queries are not the cure."
        )
    more, all_ = counted(needed - have, "more query"), figures.count(needed)
    return f"About {more} ({all_} in all) would settle it, given {effect}."


def sentence(spoken: Ruled, evidence: Evidence, policy: Policy) -> str:
    """Return the reason of a decision in plain words."""
    if spoken.reason == Reason.OK:
        return _approval(evidence, policy)
    broken = AT_CHANCE.format(evidence.candidate) if evidence.at_chance else ""
    return f"{broken}{evidence.candidate} against {evidence.baseline}: {spoken.words}"


def _approval(evidence: Evidence, policy: Policy) -> str:
    margin = figures.as_set(policy.margin)
    claim = (
        f"{evidence.candidate} is better than {evidence.baseline}"
        if policy.improving
        else f"{evidence.candidate} is no worse than {evidence.baseline} by more than {margin}"
    )
    seen = measured(evidence.primary, policy, limit=policy.threshold)
    return f"{claim}: {seen}, and nothing that is watched stands in the way."


def notes_on_candidate(evidence: Evidence, policy: Policy, spoken: Ruled) -> tuple[str, ...]:
    """Return what a reader should know beside the verdict on one candidate."""
    notes = []
    primary = evidence.primary
    if spoken.reason == Reason.OK and not policy.improving and primary.p_harm <= policy.level:
        notes.append(
            f"{evidence.candidate} is measurably worse ({figures.told_p(primary.p_harm)}), within the margin "
            f"of {figures.as_set(policy.margin)} that was set."
        )
    if spoken.reason == Reason.PRIMARY_HARM and primary.high >= 0:
        notes.append("Harm is shown by the exact test alone; the guarded interval still reaches 0.")
    notes += [
        f"The loss of query {loss.query} was waived: {loss.waiver}" for loss in evidence.losses if loss.waiver
    ]
    unconfirmed = [loss.query for loss in evidence.losses if not loss.confirmed]
    if unconfirmed:
        notes.append(
            f"Exact search keeps the hit that the index loses on {names(unconfirmed)}: look at the index, "
            "not at the model."
        )
    known = evidence.sensitivity
    settled = spoken.reason.verdict != Verdict.INCONCLUSIVE
    if settled and known is not None and not known.rate_known and known.tipping is not None:
        notes.append(
            f"The {spoken.reason.verdict} rests on an assumption, since no grades 0 say how often unjudged "
            f"documents are relevant: {ASSUMED}. At a rate of {percent(known.tipping)} it would turn."
        )
    return tuple(notes)


def notes_on_choice(candidates: int) -> tuple[str, ...]:
    """Return what a reader should know about choosing among several candidates."""
    if candidates < 2:  # noqa: PLR2004 - a choice is among two or more
        return ()
    notes = [
        f"The estimate of the best of {candidates} candidates is optimistic: it was picked for being high."
    ]
    if candidates >= MANY_CANDIDATES:
        notes.append("With so many candidates, check the chosen one on a fresh sample of queries.")
    return tuple(notes)
