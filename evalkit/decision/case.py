"""The case of one candidate: its evidence with the p-values that depend on what else is tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.comparison.multiplicity import holm
from evalkit.decision.evidence import Component, Evidence
from evalkit.decision.policy import Policy
from evalkit.decision.sizes import queries_for_primary
from evalkit.golden.checks.effective import ENOUGH_QUERIES


@dataclass(frozen=True, slots=True)
class Case:
    """The evidence on one candidate, with the p-values that depend on what else is tested.

    Attributes:
        evidence: The numbers.
        policy: The question.
        p_primary: p-value of the primary claim, by Holm over the candidates.
        p_go: The largest of the primary's and the proven guardrails' p-values, by Holm over the candidates.
        p_harms: One for each guardrail: p-value of harm, by Holm over this candidate's guardrails.
        candidates: How many candidates are decided on together.
        worded: Whether the numbers are told; not where a verdict is one of a thousand imagined ones.
    """

    evidence: Evidence
    policy: Policy
    p_primary: float
    p_go: float
    p_harms: tuple[float, ...]
    candidates: int = 1
    worded: bool = True

    @property
    def primary(self) -> Component:
        """The primary measure on the whole set."""
        return self.evidence.primary

    @property
    def queries(self) -> int:
        """How many queries the golden set has."""
        return self.primary.queries

    @property
    def planned_queries(self) -> int | None:
        """How many queries settle the primary claim at the planned effect, None where none would."""
        return queries_for_primary(self.primary, self.policy, self.candidates)

    @property
    def primary_refuses(self) -> bool:
        """Whether the primary measure itself says NO-GO: a gain out of reach, or harm beyond the margin."""
        if self.policy.improving:
            return self.primary.high < self.policy.min_gain
        return self.primary.p_harm <= self.policy.level and self.primary.delta <= -self.policy.margin

    @property
    def harm_is_shown(self) -> bool:
        """Whether the primary measure, a guardrail or lost queries say NO-GO: more queries are no cure."""
        lost = sum(loss.stands for loss in self.evidence.losses)
        vetoed = lost > self.policy.critical_losses_allowed
        rails = zip(self.evidence.guardrails, self.p_harms, strict=True)
        return self.primary_refuses or vetoed or any(self.harms(rail, p) for rail, p in rails)

    @property
    def too_few(self) -> bool:
        """Whether there are too few effective queries to prove anything good."""
        return self.primary.effective_queries < ENOUGH_QUERIES

    def harms(self, rail: Component, p: float) -> bool:
        """Return whether harm beyond its limit is shown for a guardrail whose adjusted p-value is `p`."""
        return rail.large_enough and p <= self.policy.level and rail.delta <= -rail.limit


def cases(evidence: Sequence[Evidence], policy: Policy, *, worded: bool = True) -> tuple[Case, ...]:
    """Return a case for each candidate, its p-values adjusted for being one of several."""
    primary = [_p_claim(item.primary, policy) for item in evidence]
    go = [
        max([p, *(rail.p_non_inferior for rail in item.proven)])
        for p, item in zip(primary, evidence, strict=True)
    ]
    return tuple(
        Case(item, policy, float(p_primary), float(p_go), _harm_p_values(item), len(evidence), worded)
        for item, p_primary, p_go in zip(evidence, holm(primary), holm(go), strict=True)
    )


def _p_claim(primary: Component, policy: Policy) -> float:
    return primary.p_superior if policy.improving else primary.p_non_inferior


def _harm_p_values(evidence: Evidence) -> tuple[float, ...]:
    """Return Holm's p-values of harm; segments that are too small neither raise nor share an alarm."""
    tested = [index for index, rail in enumerate(evidence.guardrails) if rail.large_enough]
    adjusted = holm([evidence.guardrails[index].p_harm for index in tested])
    p_values = dict(zip(tested, adjusted.tolist(), strict=True))
    return tuple(p_values.get(index, 1.0) for index in range(len(evidence.guardrails)))
