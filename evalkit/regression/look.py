"""The look: a system's values beside those of its baseline, and what the checks say."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evalkit.comparison.paired import TIE, compare
from evalkit.comparison.table import Comparison
from evalkit.decision.critical import critical, hit_of
from evalkit.decision.evidence import CriticalLoss
from evalkit.decision.policy import Policy
from evalkit.evaluation import Evaluation
from evalkit.golden.goldenset import GoldenSet
from evalkit.regression.baseline import Baseline
from evalkit.regression.checks import Check, GateVerdict, examine, failing_sites, verdict_of
from evalkit.regression.gate import Gate
from evalkit.scoring.scores import Scores


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Look:
    """One look at a system: its values beside the baseline's, and what the checks say.

    Attributes:
        evaluation: What it retrieved and how that scores.
        comparisons: Every measure, on the whole golden set and in each segment, now minus then.
        losses: Critical queries that lost their hit.
        checks: What each check saw.
        unchanged: Whether no value of any query differs by more than 1e-9.
    """

    evaluation: Evaluation
    comparisons: tuple[Comparison, ...]
    losses: tuple[CriticalLoss, ...]
    checks: tuple[Check, ...]
    unchanged: bool

    @property
    def verdict(self) -> GateVerdict:
        """The gravest verdict of the checks."""
        return verdict_of(self.checks)

    def primary(self, policy: Policy) -> Comparison:
        """Return the comparison of the primary measure on the whole golden set."""
        rows = (row for row in self.comparisons if row.segment is None)
        return next(row for row in rows if row.measure == policy.primary)


def take_look(gate: Gate, baseline: Baseline, evaluation: Evaluation) -> Look:
    """Return what the checks say about one evaluation of the system."""
    golden, policy = gate.golden, gate.policy
    before, now = baseline.scores(golden), evaluation.scores
    comparisons = compare(before, now, golden, policy=policy, seed=gate.seed)
    losses = lost_queries(golden, policy, before, now)
    return Look(
        evaluation=evaluation,
        comparisons=comparisons,
        losses=losses,
        checks=examine(comparisons, losses, policy, lambda row: gate.tolerance_of(row, baseline)),
        unchanged=bool(np.abs(now.values - before.values).max(initial=0.0) <= TIE),
    )


def lost_queries(golden: GoldenSet, policy: Policy, before: Scores, now: Scores) -> tuple[CriticalLoss, ...]:
    """Return the critical queries that had their hit in every repetition and have it no more."""
    hit = hit_of(policy)
    found = before.row(hit) >= 1 - TIE  # what comes and goes was never sure
    lost = critical(golden, policy) & found & (now.row(hit) == 0)
    ids = [golden.queries.ids[row] for row in np.flatnonzero(lost)]
    return tuple(CriticalLoss(query=query, waiver=policy.waivers.get(query, "")) for query in ids)


def standing(look: Look, first: Look) -> tuple[Check, ...]:
    """Return the checks of the second look; a failure that the first did not see is an accident too."""
    repeated = failing_sites(first.checks) & failing_sites(look.checks)
    return tuple(
        check
        if check.verdict is not GateVerdict.FAIL or repeated & set(check.sites)
        else replace(
            check, verdict=None, passed=True, words=f"{check.words}; the first look did not see that"
        )
        for check in look.checks
    )
