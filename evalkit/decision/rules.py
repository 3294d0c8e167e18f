"""The rows of the decision table: each a function from a case to what it sees and would say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from evalkit import figures
from evalkit.decision.case import Case
from evalkit.decision.critical import answers_of
from evalkit.decision.doubtrules import order_of_copies, source_of_answers, unjudged_documents
from evalkit.decision.evidence import Component
from evalkit.decision.sizes import queries_for_guardrail, queries_for_size
from evalkit.decision.verdict import Reason, Ruled
from evalkit.decision.wording import counted, measured, more_queries, names, planned_change
from evalkit.figures import as_set, told_p
from evalkit.golden.checks.effective import ENOUGH_QUERIES, SEGMENT_QUERIES
from evalkit.ruling.rule import About, Unit

Row = Callable[[Case], Iterator[Ruled]]


def critical_queries(case: Case) -> Iterator[Ruled]:
    """Row 1: no more critical queries may lose their hit than the policy allows."""
    standing = [loss.query for loss in case.evidence.losses if loss.stands]
    allowed = case.policy.critical_losses_allowed
    lost = f"{counted(len(standing), 'critical query')} lost every {answers_of(case.policy)} from the top ten"
    result = Ruled(
        row="1",
        reason=Reason.OK,
        about=About.CRITICAL,
        unit=Unit.QUERIES,
        term="critical",
        name="critical queries",
        words=f"{lost}: {names(standing)}; {allowed} allowed." if standing else "No critical query is lost.",
        passed=len(standing) <= allowed,
        observed=float(len(standing)),
        limit=float(allowed),
    )
    yield _otherwise(Reason.CRITICAL, result)


def _seen(case: Case, component: Component, limit: float) -> str:
    """Return the numbers of a component in words, "" where nobody reads them."""
    return measured(component, case.policy, limit=limit) if case.worded else ""


def harm_to_guardrails(case: Case) -> Iterator[Ruled]:
    """Row 2: no guardrail may show harm beyond its limit."""
    for rail, p in zip(case.evidence.guardrails, case.p_harms, strict=True):
        harmed, seen = case.harms(rail, p), _seen(case, rail, rail.limit)
        if not rail.large_enough:
            words = (
                f"{seen}, worth {figures.count(rail.effective_queries)} independent ones: below "
                f"{SEGMENT_QUERIES} this describes and proves nothing."
            )
        elif harmed:
            words = f"{seen}: harm beyond the limit of {as_set(rail.limit)} ({told_p(p)})."
        else:
            # What cannot be excluded stands beside it, lest silence be read as safety.
            open_loss = (
                f"a loss of up to {figures.beside(-rail.low, rail.limit)} is not excluded"
                if rail.low < 0
                else "any loss is excluded"
            )
            words = f"{seen}: no harm beyond {as_set(rail.limit)} is shown; {open_loss}."
        passed = not harmed if rail.large_enough else None
        name = f"guardrail {rail.name}"
        result = Ruled(
            row="2",
            reason=Reason.OK,
            about=_about(rail),
            term="guardrail",
            name=name,
            words=words,
            seen=seen,
            passed=passed,
            limit=-rail.limit,
        )
        yield _otherwise(Reason.GUARDRAIL_HARM, _on(rail, result))


def worthwhile_gain(case: Case) -> Iterator[Ruled]:
    """Row 3i: under "improve", a gain that is worth it must still be possible."""
    if not case.policy.improving:
        return
    gain, futile = case.policy.min_gain, case.primary_refuses
    gap = "is out of reach" if futile else "is still possible"
    seen = _seen(case, case.primary, gain)
    words = f"{seen}: a gain of {as_set(gain)} or more {gap}."
    result = Ruled(
        row="3i",
        reason=Reason.OK,
        about=About.PRIMARY,
        term="delta",
        name="worthwhile gain",
        words=words,
        seen=seen,
        passed=not futile,
        limit=gain,
    )
    yield _otherwise(Reason.NO_WORTHWHILE_GAIN, _on(case.primary, result))


def harm_to_primary(case: Case) -> Iterator[Ruled]:
    """Row 3m: under "maintain", the primary measure may not show harm beyond the margin."""
    if case.policy.improving:
        return
    primary, margin = case.primary, case.policy.margin
    harmed = case.primary_refuses
    shown = f"shown ({told_p(primary.p_harm)})" if harmed else "not shown"
    seen = _seen(case, primary, margin)
    result = Ruled(
        row="3m",
        reason=Reason.OK,
        about=About.PRIMARY,
        term="margin",
        name="harm to the primary measure",
        words=f"{seen}: harm beyond the margin of {as_set(margin)} is {shown}.",
        seen=seen,
        passed=not harmed,
        limit=-margin,
    )
    yield _otherwise(Reason.PRIMARY_HARM, _on(primary, result))


def enough_queries(case: Case) -> Iterator[Ruled]:
    """Row 4: fewer than thirty effective queries prove nothing good."""
    effective = case.primary.effective_queries
    passed = not case.too_few
    least, planned = queries_for_size(case.primary, ENOUGH_QUERIES), case.planned_queries
    needed = max(least, planned or 0)
    worth = figures.beside(effective, ENOUGH_QUERIES, 1)
    size = (
        f"{counted(case.queries, 'query')} worth {worth} independent ones of equal weight; a verdict "
        f"for the candidate takes {ENOUGH_QUERIES}."
    )
    more = (
        f"Judge at least {counted(least - case.queries, 'more query')} ({figures.count(least)} in all); "
        f"whether they settle it at {planned_change(case.policy)} depends on how far queries differ."
        if planned is None
        else more_queries(needed, case.queries, case.policy)
    )
    open_size = not passed and not case.harm_is_shown
    result = Ruled(
        row="4",
        reason=Reason.OK,
        about=About.QUERIES,
        unit=Unit.WORTH,
        term="effective",
        name="effective queries",
        words=f"{size} {more}" if open_size else size,
        passed=passed,
        observed=effective,
        limit=float(ENOUGH_QUERIES),
        queries_needed=needed if open_size else None,
    )
    yield _otherwise(Reason.SMALL_N, result)


def primary_claim(case: Case) -> Iterator[Ruled]:
    """Row 5: the claim about the primary measure must be shown."""
    policy, passed = case.policy, case.p_primary <= case.policy.level
    claim = "a gain" if policy.improving else f"a loss of less than {as_set(policy.margin)}"
    shown = "is shown" if passed else "is not shown"
    numbers = _seen(case, case.primary, policy.threshold)
    seen = f"{numbers}: {claim} {shown} ({told_p(case.p_primary)})."
    needed = None if passed or case.harm_is_shown else case.planned_queries
    result = Ruled(
        row="5",
        reason=Reason.OK,
        about=About.PRIMARY,
        term="delta",
        name="gain" if policy.improving else "no loss beyond the margin",
        words=_with_cure(seen, needed, case, open_=not passed),
        seen=numbers,
        passed=passed,
        limit=policy.threshold,
        queries_needed=_beyond(needed, case.queries),
    )
    yield _otherwise(Reason.PRIMARY_UNRESOLVED, _on(case.primary, result))


def minimum_gain(case: Case) -> Iterator[Ruled]:
    """Row 6: under "improve", the gain seen must reach the smallest that is worth it."""
    if not case.policy.improving:
        return
    gain, passed = case.policy.min_gain, case.primary.delta >= case.policy.min_gain
    needed = None if passed or case.harm_is_shown else case.planned_queries
    numbers = _seen(case, case.primary, gain)
    seen = f"{numbers}; the smallest gain worth it is {as_set(gain)}."
    result = Ruled(
        row="6",
        reason=Reason.OK,
        about=About.PRIMARY,
        term="delta",
        name="size of the gain",
        words=_with_cure(seen, needed, case, open_=not passed),
        seen=numbers,
        passed=passed,
        limit=gain,
        queries_needed=_beyond(needed, case.queries),
    )
    yield _otherwise(Reason.GAIN_BELOW_MIN, _on(case.primary, result))


def proven_guardrails(case: Case) -> Iterator[Ruled]:
    """Row 7: each guardrail of kind `proven` must exclude a loss beyond its limit."""
    # Where the joint claim fails over several candidates, the guardrail that is least sure is to blame.
    worst = max((rail.p_non_inferior for rail in case.evidence.proven), default=0.0)
    for rail in case.evidence.proven:
        alone = rail.p_non_inferior <= case.policy.level
        blamed = case.p_primary <= case.policy.level < case.p_go and rail.p_non_inferior == worst
        passed = alone and not blamed
        settled = passed or case.harm_is_shown
        needed = None if settled else queries_for_guardrail(rail, case.policy, case.candidates)
        shown = "is excluded" if passed else "is not excluded"
        seen = _seen(case, rail, rail.limit)
        words = f"{seen}: a loss of {as_set(rail.limit)} {shown}."
        more = (
            "" if needed is None else f" It takes about {counted(needed, 'query')} there if nothing is lost."
        )
        result = Ruled(
            row="7",
            reason=Reason.OK,
            about=_about(rail),
            term="guardrail",
            name=f"proven guardrail {rail.name}",
            words=words + more,
            seen=seen,
            passed=passed,
            limit=-rail.limit,
            queries_needed=_beyond(_in_all(needed, rail, case), case.queries),
        )
        yield _otherwise(Reason.GUARDRAIL_UNPROVEN, _on(rail, result))


ROWS: tuple[Row, ...] = (
    critical_queries,
    harm_to_guardrails,
    worthwhile_gain,
    harm_to_primary,
    enough_queries,
    primary_claim,
    minimum_gain,
    proven_guardrails,
    unjudged_documents,
    source_of_answers,
    order_of_copies,
)


def _otherwise(reason: Reason, result: Ruled) -> Ruled:
    """Return the result; where it has not passed, with the reason and the verdict that go with that."""
    return replace(result, verdict=reason.verdict, reason=reason) if result.passed is False else result


def _with_cure(seen: str, needed: int | None, case: Case, *, open_: bool) -> str:
    """Return what is seen of an open question, and how many more queries settle it where that is their part.

    Where harm is shown, no number of queries settles it; where there are too few, row 4 counts them.
    """
    if not open_ or case.harm_is_shown or case.too_few:
        return seen
    return f"{seen} {more_queries(needed, case.queries, case.policy)}"


def _on(component: Component, result: Ruled) -> Ruled:
    """Return the result with the number and the interval that it reads."""
    return replace(
        result,
        observed=component.delta,
        low=component.low,
        high=component.high,
        measure=component.measure,
        segment=component.segment,
    )


def _about(rail: Component) -> About:
    return About.GUARDRAIL if rail.segment is None else About.SEGMENT


def _in_all(needed: int | None, rail: Component, case: Case) -> int | None:
    """Return the size of the whole set when a guardrail's segment grows to `needed` queries."""
    return None if needed is None else case.queries + needed - rail.queries


def _beyond(needed: int | None, have: int) -> int | None:
    """Return `needed` if that is more than there are."""
    return needed if needed is not None and needed > have else None
