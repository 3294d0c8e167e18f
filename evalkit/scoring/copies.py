"""Copies: identical documents that are judged differently, and how much of a score their order decides."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evalkit import figures
from evalkit.arrays import Bools, Floats
from evalkit.findings import Finding, Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.identical import exchangeable_copies
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure

BELOW = 50  # ranks after the cutoff in which copies are looked for
MATTERS = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """What a measure is in the worst and in the best order of identical documents.

    Attributes:
        measure: Which one.
        worst: (Q,) its values where of identical documents those judged least stand first.
        best: (Q,) its values where those judged most do.
        open_to_order: (Q,) for which queries such documents stand within the cutoff.
    """

    measure: Measure
    worst: Floats
    best: Floats
    open_to_order: Bools

    def mean(self, counted: Bools) -> float:
        """Return the mean difference of the two over counted queries."""
        return float((self.best - self.worst)[counted].mean()) if counted.any() else 0.0


def spread_by_copies(retrieved: Retrieved, golden: GoldenSet, measure: Measure) -> Spread | None:
    """Return how much the order of identical documents decides, None where there are none of several grades.

    Documents are identical when their texts are, and change places when their scores for a query are equal
    within 1e-5: the order of copies that a system tells apart is its own.

    Args:
        retrieved: What a system retrieved, judged.
        golden: Queries, corpus and judgements; an unjudged copy counts as not relevant, as it does in scores.
        measure: One with a cutoff.
    """
    judged, cutoff = retrieved.judged, measure.cutoff or retrieved.rows.shape[1]
    worst, best = judged.grades.copy(), judged.grades.copy()
    open_to_order = np.zeros(len(worst), dtype=bool)
    for query, ranks in exchangeable_copies(retrieved.run, golden, cutoff + BELOW):
        grades = np.sort(judged.grades[query, ranks])
        if ranks[0] < cutoff and max(grades[-1], 0) > max(grades[0], 0):
            worst[query, ranks], best[query, ranks] = grades, grades[::-1]
            open_to_order[query] = True
    if not open_to_order.any():
        return None
    low, high = (measure.values(replace(judged, grades=grades)) for grades in (worst, best))
    return Spread(measure, low, high, open_to_order)


def copy_findings(retrieved: Retrieved, golden: GoldenSet, measure: Measure) -> tuple[Finding, ...]:
    """Return a finding where the order of identical documents that are judged differently decides a score."""
    spread = spread_by_copies(retrieved, golden, measure)
    counted = golden.counted
    if spread is None or not (spread.open_to_order & counted).any():
        return ()
    number, decides = int((spread.open_to_order & counted).sum()), spread.mean(counted)
    verb = "has" if number == 1 else "have"
    worst_mean, best_mean = (float(side[counted].mean()) for side in (spread.worst, spread.best))
    worst, best, between = figures.change(worst_mean, best_mean, decides)
    problem = (
        f"{retrieved.run.system}: {number} of {int(counted.sum())} queries {verb} identical documents judged "
        f"differently in the first {measure.cutoff}; their order decides {between.removeprefix('+')} of "
        f"{measure} ({worst} to {best})"
    )
    hint = "judge every copy alike, or keep one of each: such a difference says nothing of a model"
    severity = Severity.WARNING if decides >= MATTERS else Severity.NOTICE
    return (Finding("EK416", severity, problem, hint=hint),)
