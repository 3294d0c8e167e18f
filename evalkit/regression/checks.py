"""The checks: what makes a gate fail or warn, each with the number it reads and what it says."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit import figures
from evalkit.comparison.multiplicity import holm
from evalkit.comparison.noise import NoiseFloor
from evalkit.comparison.power import normal_quantile, planning_sd, smallest_detectable
from evalkit.comparison.resolution import TYPICAL_SD
from evalkit.comparison.table import Comparison
from evalkit.decision.critical import answers_of
from evalkit.decision.evidence import CriticalLoss, places
from evalkit.decision.policy import Policy
from evalkit.figures import told_p
from evalkit.ruling.engine import speaking, withheld
from evalkit.ruling.rule import About, RuleResult, Site, Unit
from evalkit.scoring.measure import Measure

LEVEL = 0.01
LARGE_DROP = 0.05
ENOUGH_DIFFERENCES = 10
_ROUNDING = 1e-12


class GateVerdict(enum.StrEnum):
    """What the gate says."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    WARN = "WARN"
    FAIL = "FAIL"


class GateReason(enum.StrEnum):
    """Why, in one stable word."""

    OK = "OK"
    UNCHANGED = "UNCHANGED"
    CRITICAL = "CRITICAL"
    PRIMARY_DROP = "PRIMARY_DROP"
    LARGE_DROP = "LARGE_DROP"
    GUARDRAIL_DROP = "GUARDRAIL_DROP"
    DROP_UNCERTAIN = "DROP_UNCERTAIN"
    VECTORS_MOVED = "VECTORS_MOVED"
    UNJUDGED = "UNJUDGED"
    COPIES = "COPIES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(RuleResult[GateVerdict, GateReason]):
    """What one check of a gate saw; it says FAIL or WARN, nothing where it holds."""


def gate_policy(policy: Policy) -> Policy:
    """Return the policy at the gate's own level: one-sided .01, however often it is asked."""
    return replace(policy, alpha=2 * LEVEL, looks=1)


def examine(
    comparisons: Sequence[Comparison],
    losses: Sequence[CriticalLoss],
    policy: Policy,
    tolerance_of: Callable[[Comparison], float],
) -> tuple[Check, ...]:
    """Return every check of a system against its baseline.

    Args:
        comparisons: Every measure, on the whole golden set and in each segment.
        losses: Critical queries that lost their hit.
        policy: Says which measure is primary and what the guardrails are.
        tolerance_of: The drop in a comparison that is ignored: the user's, or three errors of the noise.

    Source: docs/how-to-gate.md, "What it decides".
    """
    table = {(row.measure, row.segment): row for row in comparisons}
    primary, *rails = (table[place.measure, place.segment] for place in places(policy, comparisons))
    adjusted = holm([row.p_less for row in rails]).tolist()
    ignored = tolerance_of(primary)
    failing = (_significant(primary, primary.p_less, ignored, GateReason.PRIMARY_DROP), _large(primary))
    return (
        _critical(losses, policy),
        *failing,
        *(
            _significant(row, p, tolerance_of(row), GateReason.GUARDRAIL_DROP)
            for row, p in zip(rails, adjusted, strict=True)
        ),
        *(() if any(check.verdict for check in failing) else (_uncertain(primary, ignored),)),
    )


def deciding(checks: Sequence[Check]) -> Check | None:
    """Return the check that decides: the first of the gravest verdict; None where all hold."""
    return speaking(checks, (GateVerdict.FAIL, GateVerdict.WARN))


def verdict_of(checks: Sequence[Check]) -> GateVerdict:
    """Return the gravest verdict of the checks."""
    found = deciding(checks)
    return GateVerdict.PASS if found is None or found.verdict is None else found.verdict


def warned(checks: Sequence[Check], reason: GateReason, because: str) -> tuple[Check, ...]:
    """Return the checks with every failure turned into a warning, for a reason that each then gives."""
    return withheld(checks, GateVerdict.FAIL, GateVerdict.WARN, reason, because)


def failing_sites(checks: Sequence[Check]) -> set[Site]:
    """Return what failed: each lost query, each measure with its segment."""
    return {site for check in checks if check.verdict is GateVerdict.FAIL for site in check.sites}


def tolerance(row: Comparison, variance: Mapping[Measure, float], least: float) -> float:
    """Return the drop that is ignored in a comparison: the user's, or three errors of the noise."""
    return NoiseFloor.of(variance[row.measure], queries=row.queries, tolerance=least).tolerance


def missed_below(row: Comparison, ignored: float, power: float) -> float:
    """Return the size below which a true drop in the primary measure would often be missed.

    The gate fails on a significant drop beyond the tolerance, and on any of 0.05; whichever is reached with
    smaller drops counts. Where fewer than ten queries differ, the spread that a regression would bring is
    not known, and that of two different models is assumed: 0.26 per query.

    Args:
        row: The primary measure on the whole golden set, compared at the gate's level.
        ignored: The drop that is ignored.
        power: The chance with which a drop of this size is noticed, in (0, 1).
    """
    queries = row.effective_queries
    known = planning_sd(row.sd, queries) if row.nonzero >= ENOUGH_DIFFERENCES else TYPICAL_SD
    sd = TYPICAL_SD if known is None else known
    spare = normal_quantile(power) * sd / math.sqrt(queries)
    shown = smallest_detectable(sd, queries, alpha=2 * LEVEL, power=power)
    return min(1.0, max(shown, ignored + spare), LARGE_DROP + spare)


def _critical(losses: Sequence[CriticalLoss], policy: Policy) -> Check:
    lost = [loss.query for loss in losses if not loss.waiver]
    waived = len(losses) - len(lost)
    noun = "query" if len(lost) == 1 else "queries"
    words = f"{len(lost)} critical {noun} lost every {answers_of(policy)} from the top ten"
    if waived:
        words += f", {waived} more by waiver"
    return Check(
        row=GateReason.CRITICAL,
        name="critical queries",
        about=About.CRITICAL,
        passed=not lost,
        reason=GateReason.CRITICAL,
        verdict=GateVerdict.FAIL if lost else None,
        words=words if losses else "no critical query lost its hit",
        observed=len(lost),
        limit=0,
        unit=Unit.QUERIES,
        sites=tuple(Site(query=query) for query in lost),
    )


def _drop(row: Comparison, limit: float) -> str:
    return figures.beside(-row.delta, limit)


def _change(row: Comparison, limit: float) -> str:
    return figures.effect(row.delta, None, None, limit=limit).delta


def _ignored(drop: float) -> str:
    """Return what is ignored, as it was set or as noise asks for it."""
    return figures.as_set(round(drop, 4))


def _significant(row: Comparison, p: float, ignored: float, reason: GateReason) -> Check:
    name = _name(row)
    failed = _fell_by(row, ignored) and p <= LEVEL + _ROUNDING
    chance = f"{told_p(p)}: more than chance, and than the {_ignored(ignored)} ignored"
    return Check(
        row=reason,
        name=name,
        about=_about(row, reason),
        passed=not failed,
        reason=reason,
        verdict=GateVerdict.FAIL if failed else None,
        words=f"{name} fell by {_drop(row, ignored)}, {chance}"
        if failed
        else f"{name} changed by {_change(row, ignored)}, {told_p(p)}: no drop is shown",
        observed=row.delta,
        limit=-ignored,
        p=p,
        measure=row.measure,
        segment=row.segment,
        sites=(Site(measure=row.measure, segment=row.segment),),
    )


def _large(row: Comparison) -> Check:
    name, failed = _name(row), _fell_by(row, LARGE_DROP)
    words = f"{name} fell by {_drop(row, LARGE_DROP)}: too much, whatever its p-value"
    return Check(
        row=GateReason.LARGE_DROP,
        name=f"{name}, large drop",
        about=About.PRIMARY,
        passed=not failed,
        reason=GateReason.LARGE_DROP,
        verdict=GateVerdict.FAIL if failed else None,
        words=words
        if failed
        else f"{name} changed by {_change(row, LARGE_DROP)}: less than a drop of {LARGE_DROP}",
        observed=row.delta,
        limit=-LARGE_DROP,
        measure=row.measure,
        segment=row.segment,
        sites=(Site(measure=row.measure, segment=row.segment),),
    )


def _uncertain(row: Comparison, ignored: float) -> Check:
    name, fell = _name(row), _fell_by(row, ignored)
    more = f"more than the {_ignored(ignored)} ignored, by accident perhaps"
    words = f"{name} fell by {_drop(row, ignored)}, {more}"
    return Check(
        row=GateReason.DROP_UNCERTAIN,
        name=f"{name}, drop",
        about=About.PRIMARY,
        passed=not fell,
        reason=GateReason.DROP_UNCERTAIN,
        verdict=GateVerdict.WARN if fell else None,
        words=words
        if fell
        else f"{name} changed by {_change(row, ignored)}: a drop of up to {_ignored(ignored)} is ignored",
        observed=row.delta,
        limit=-ignored,
        measure=row.measure,
        segment=row.segment,
        sites=(Site(measure=row.measure, segment=row.segment),),
    )


def _about(row: Comparison, reason: GateReason) -> About:
    if reason is GateReason.PRIMARY_DROP:
        return About.PRIMARY
    return About.GUARDRAIL if row.segment is None else About.SEGMENT


def _fell_by(row: Comparison, drop: float) -> bool:
    return row.delta <= -drop + _ROUNDING


def _name(row: Comparison) -> str:
    return str(row.measure) if row.segment is None else f"{row.measure} in {row.segment}"
