"""The plan: how many queries would settle an open question at the planned effect."""

from __future__ import annotations

import math

from evalkit.comparison.power import normal_quantile, planning_sd, required_queries
from evalkit.decision.evidence import Component
from evalkit.decision.policy import Policy


def queries_for_primary(primary: Component, policy: Policy, candidates: int = 1) -> int | None:
    """Return the size of golden set that settles the primary claim at the planned effect.

    Under "improve" the estimate must also come out above the smallest gain, which takes a planned effect
    beyond it: at equality the estimate falls short every other time. Among several candidates the plan is
    for the strictest level that Holm asks.

    Returns:
        Queries in all, None when no number would do or the spread is not known.
    """
    sd = planning_sd(primary.sd, primary.effective_queries)
    effect, threshold = policy.planned_effect, policy.threshold
    if sd is None or effect <= threshold:
        return None
    alpha = 2 * policy.level / candidates
    effective = required_queries(sd, threshold=threshold, effect=effect, alpha=alpha, power=policy.power)
    if policy.improving:
        spare = effect - policy.min_gain
        if spare <= 0:
            return None
        effective = max(effective, math.ceil((normal_quantile(policy.power) * sd / spare) ** 2))
    return _queries(effective, primary)


def queries_for_guardrail(rail: Component, policy: Policy, candidates: int = 1) -> int | None:
    """Return how many queries show that a guardrail's loss stays within its limit when there is none.

    Among several candidates the plan is for the strictest level that Holm asks, as for the primary claim.

    Returns:
        Queries in the guardrail's segment, None when no number would do or the spread is not known.
    """
    sd = planning_sd(rail.sd, rail.effective_queries)
    if sd is None or rail.limit <= 0:
        return None
    alpha = 2 * policy.level / candidates
    effective = required_queries(sd, threshold=-rail.limit, effect=0.0, alpha=alpha, power=policy.power)
    return _queries(effective, rail)


def queries_for_size(primary: Component, effective: int) -> int:
    """Return how many queries are needed for so many effective ones."""
    return _queries(effective, primary)


def _queries(effective: int, component: Component) -> int:
    """Return how many queries carry as much as so many effective ones, in a set of the same make-up."""
    return math.ceil(effective * component.queries / component.effective_queries - 1e-9)
