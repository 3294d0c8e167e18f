"""The resolution of a golden set: the smallest gain it can show and the smallest loss it can exclude."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats
from evalkit.comparison.intervals import plain
from evalkit.comparison.power import planning_sd, provable_margin, required_queries, smallest_detectable
from evalkit.comparison.querygroups import Clusters
from evalkit.comparison.sample import Sample
from evalkit.golden.goldenset import GoldenSet

TYPICAL_SD = 0.26


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What one set of queries can resolve.

    Attributes:
        segment: Where, None for the whole golden set.
        queries: How many of its queries have a relevant document.
        effective_queries: How many equally weighted, independent ones carry as much.
        sd: Standard deviation of the deltas that it was planned with, None where none is known.
        gain: The smallest true gain that would be shown, None where even a gain of 1 would not.
        loss: The smallest loss that would be excluded if there is none, None where not even a loss of 1.
    """

    segment: str | None
    queries: int
    effective_queries: float
    sd: float | None
    gain: float | None
    loss: float | None


def resolutions(
    golden: GoldenSet,
    *,
    sd: float = TYPICAL_SD,
    deltas: Floats | None = None,
    use_weights: bool = False,
    alpha: float = 0.05,
    power: float = 0.8,
) -> tuple[Resolution, ...]:
    """Return what a golden set can resolve, whole and by segment, before a candidate exists.

    Args:
        golden: Whose queries.
        sd: Assumed standard deviation of the deltas per query; 0.26 is typical of nDCG@10 between two models.
        deltas: (Q,) candidate minus baseline of two systems like those to be compared; their spread, in the
            whole set and in each segment, then takes the place of `sd`.
        use_weights: Whether queries count by their traffic.
        alpha: Two-sided level of the guarded interval.
        power: Chance of showing what is there, in (0, 1).

    Returns:
        The whole set first; segments without a counted query are left out. A spread that was seen on fewer
        than 100 effective queries is planned with its upper 80 % bound; where fewer than two leave none,
        `sd`, `gain` and `loss` are None.
    """
    sample = Sample.of(golden, golden.counted, use_weights=use_weights)
    seen = np.zeros(len(golden.queries)) if deltas is None else deltas
    rows = []
    for segment, members in sample.members.items():
        if not members.any():
            continue
        clusters = sample.clusters(seen, segment)
        planned = sd if deltas is None else planning_sd(_spread(clusters), clusters.effective)
        gain, loss = resolvable(planned, clusters.effective, alpha=alpha, power=power)
        row = Resolution(
            segment=segment,
            queries=int(members.sum()),
            effective_queries=clusters.effective,
            sd=planned,
            gain=gain,
            loss=loss,
        )
        rows.append(row)
    return tuple(rows)


def resolvable(
    sd: float | None, effective: float, *, alpha: float, power: float
) -> tuple[float | None, float | None]:
    """Return the smallest gain that so many effective queries show, and the smallest loss that they exclude.

    Returns:
        None for what lies beyond 1, and twice None where no standard deviation is known.
    """
    if sd is None:
        return None, None
    gain = smallest_detectable(sd, effective, alpha=alpha, power=power)
    loss = provable_margin(sd, effective, alpha=alpha, power=power)
    return (gain if gain <= 1 else None), (loss if loss <= 1 else None)


def queries_needed(
    sd: float,
    effects: tuple[float, ...] = (0.01, 0.02, 0.03, 0.05),
    *,
    alpha: float = 0.05,
    power: float = 0.8,
) -> Mapping[float, tuple[int, int]]:
    """Return for each effect how many effective queries show such a gain, and how many exclude such a loss.

    Args:
        sd: Standard deviation of the deltas per query.
        effects: The gains and losses to plan for, in (0, 1].
        alpha: Two-sided level of the guarded interval.
        power: Chance of showing what is there, in (0, 1).
    """
    return {
        effect: (
            required_queries(sd, threshold=0.0, effect=effect, alpha=alpha, power=power),
            required_queries(sd, threshold=-effect, effect=0.0, alpha=alpha, power=power),
        )
        for effect in effects
    }


def _spread(clusters: Clusters) -> float | None:
    """Return the standard deviation of the deltas per effective query; None for a single cluster."""
    student = plain(clusters)
    return None if student is None else student.error * math.sqrt(clusters.effective)
