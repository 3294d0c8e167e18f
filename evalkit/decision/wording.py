"""The words of a decision: numbers and sentences for an engineer, written in one place."""

from __future__ import annotations

from evalkit.decision.evidence import Component, Evidence
from evalkit.decision.policy import Policy
from evalkit.decision.verdict import Reason, RuleResult

MANY_CANDIDATES = 4
_NAMES_SHOWN = 3
AT_CHANCE = (
    "{} finds no more than a random order would: its input is broken, and nothing is said of the model. "
)


def signed(value: float) -> str:
    """Return a difference with its sign and four decimals."""
    return f"{value:+.4f}".replace("-", "\N{MINUS SIGN}")


def p_value(value: float) -> str:
    """Return a p-value, with as many digits as anyone reads."""
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.4f}"  # noqa: PLR2004 - the last digit shown


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, "1 query", "1,435 queries"."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"


def names(items: list[str]) -> str:
    """Return the first few of `items` with a count of the rest."""
    rest = len(items) - _NAMES_SHOWN
    shown = ", ".join(items[:_NAMES_SHOWN])
    return f"{shown} and {rest} more" if rest > 0 else shown


def measured(component: Component, policy: Policy) -> str:
    """Return "nDCG@10 changes by +0.0310 (95 % interval +0.0080 to +0.0520) on 300 queries"."""
    coverage = f"{100 * (1 - 2 * policy.level):g} %"
    span = f"{coverage} interval {signed(component.low)} to {signed(component.high)}"
    return (
        f"{component.name} changes by {signed(component.delta)} ({span}) on "
        f"{counted(component.queries, 'query')}"
    )


def planned_change(policy: Policy) -> str:
    """Return the true effect that queries are planned for."""
    return f"a true change of {signed(policy.planned_effect)}" if policy.improving else "no true change"


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
    return (
        f"About {counted(needed - have, 'more query')} ({needed:,} in all) would settle it, given {effect}."
    )


def sentence(spoken: RuleResult, evidence: Evidence, policy: Policy) -> str:
    """Return the reason of a decision in plain words."""
    if spoken.reason == Reason.OK:
        return _approval(evidence, policy)
    broken = AT_CHANCE.format(evidence.candidate) if evidence.at_chance else ""
    return f"{broken}{evidence.candidate} against {evidence.baseline}: {spoken.words}"


def _approval(evidence: Evidence, policy: Policy) -> str:
    claim = (
        f"{evidence.candidate} is better than {evidence.baseline}"
        if policy.improving
        else f"{evidence.candidate} is no worse than {evidence.baseline} by more than {policy.margin:g}"
    )
    return f"{claim}: {measured(evidence.primary, policy)}, and nothing that is watched stands in the way."


def notes_on_candidate(evidence: Evidence, policy: Policy, spoken: RuleResult) -> tuple[str, ...]:
    """Return what a reader should know beside the verdict on one candidate."""
    notes = []
    primary = evidence.primary
    if spoken.reason == Reason.OK and not policy.improving and primary.p_harm <= policy.level:
        notes.append(
            f"{evidence.candidate} is measurably worse ({p_value(primary.p_harm)}), within the margin of "
            f"{policy.margin:g} that was set."
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
