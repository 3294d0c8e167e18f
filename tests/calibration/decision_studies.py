"""Calibration of the decision stage: C11, C12 and the operating characteristics of C15."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from simulator import KNOWN, Floats, shift_for, simulate
from study import Row, rate, repetitions, seeds

from evalkit.comparison.effect import effects
from evalkit.comparison.multiplicity import holm
from evalkit.comparison.querygroups import Clusters
from evalkit.comparison.signflip import sign_flip
from evalkit.decision.decide import decide
from evalkit.decision.evidence import Component, Evidence, Place
from evalkit.decision.policy import Kind, Objective, Policy
from evalkit.decision.verdict import Conclusion, Verdict
from evalkit.scoring.measure import Measure

NDCG = Measure("nDCG", 10)
SEGMENTS = 4


def conclude(values: Floats, policy: Policy, *, seed: int, segments: int = SEGMENTS) -> Conclusion:
    """Return the verdict on systems whose (S, Q) values are given, the first of them the baseline."""
    queries = values.shape[1]
    members = np.arange(queries) % max(segments, 1)
    masks = [np.ones(queries), *((members == number).astype(np.float64) for number in range(segments))]
    columns = [
        Clusters.total(after - values[0], mask, np.arange(queries), queries)
        for after in values[1:]
        for mask in masks
    ]
    found = iter(effects(columns, policy, seed=seed))
    evidence = []
    for number in range(1, len(values)):
        primary, *rails = (
            Component.of(place, next(found), queries=int(mask.sum()))
            for place, mask in zip(_places(policy, segments), masks, strict=True)
        )
        evidence.append(
            Evidence(baseline="old", candidate=f"new{number}", primary=primary, guardrails=tuple(rails))
        )
    return decide(evidence, policy)


def _places(policy: Policy, segments: int) -> list[Place]:
    rails = [Place(NDCG, f"s{n}", Kind.NO_HARM, policy.segment_margin) for n in range(segments)]
    return [Place(NDCG, None, None, policy.margin), *rails]


def several_candidates(share: float) -> list[Row]:
    """C11: three candidates, none of them better than the baseline.

    The guard makes false GOs rarer still, so what Holm does is shown on the sign-flip test alone.
    """
    reps = repetitions(1_500, share)
    policy = Policy(resamples=999, guardrails=())
    called, adjusted, raw = [], [], []
    for seed, rng in seeds(11, reps):
        values = simulate(rng, KNOWN, 400, (0.0,) * 4).ndcg
        called.append(conclude(values, policy, seed=seed, segments=0).verdict == Verdict.GO)
        p_values = [sign_flip(after - values[0], resamples=999, seed=seed).greater for after in values[1:]]
        adjusted.append(bool(holm(p_values).min() <= policy.level))
        raw.append(min(p_values) <= policy.level)
    return [
        Row("C11", "any of 3 equal candidates is a GO", rate(called), 0.0, 0.035, reps),
        Row("C11", "any is superior by the sign-flip test and Holm", rate(adjusted), 0.0, 0.035, reps),
        Row("C11", "the same without Holm", rate(raw), 0.045, 1.0, reps, control=True),
    ]


def several_guardrails(share: float) -> list[Row]:
    """C12: five guardrails, no harm in any of them; the limit is 0 so that the p-value alone decides."""
    reps = repetitions(1_500, share)
    policy = Policy(resamples=999, margin=0.0, objective=Objective.MAINTAIN)
    shared, raw = [], []
    for seed, rng in seeds(12, reps):
        (decision,) = conclude(simulate(rng, KNOWN, 500).ndcg, policy, seed=seed, segments=5).decisions
        shared.append(any(result.row == "2" and result.passed is False for result in decision.rules))
        raw.append(any(rail.p_harm <= policy.level for rail in decision.evidence.guardrails))
    return [
        Row("C12", "any of 5 guardrails raises a false alarm", rate(shared), 0.0, 0.035, reps),
        Row("C12", "the same without Holm", rate(raw), 0.06, 1.0, reps, control=True),
    ]


IMPROVE = Policy(resamples=1_999, min_gain=0.01)
TIGHT = replace(IMPROVE, objective=Objective.MAINTAIN)
WIDE = replace(TIGHT, margin=0.03)
OPERATING: Sequence[tuple[str, Policy, tuple[float, ...], tuple[tuple[float, float], ...]]] = (
    ("improve, equal", IMPROVE, (0.0,), ((0.02, 0.06), (0.02, 0.18))),
    ("improve, +.06", IMPROVE, (0.06,), ((0.98, 0.0), (1.0, 0.0))),
    ("improve, 3 candidates, one +.03", IMPROVE, (0.0, 0.0, 0.03), ((0.23, 0.0), (0.86, 0.0))),
    ("maintain .02, equal", TIGHT, (0.0,), ((0.19, 0.05), (0.62, 0.03))),
    ("maintain .03, equal", WIDE, (0.0,), ((0.36, 0.03), (0.94, 0.01))),
    ("maintain .02, -.03", TIGHT, (-0.03,), ((0.01, 0.54), (0.0, 0.89))),
    ("maintain .02, -.06", TIGHT, (-0.06,), ((0.0, 0.96), (0.0, 1.0))),
)


def operating_characteristics(share: float) -> list[Row]:
    """C15: how often each truth is told GO and NO-GO, with four segments as guardrails."""
    reps, rows = repetitions(400, share), []
    for truth, policy, deltas, expected in OPERATING:
        for queries, known in zip((300, 1000), expected, strict=True):
            verdicts = [found.verdict for found in _conclusions(deltas, queries, policy, reps)]
            for verdict, target in zip((Verdict.GO, Verdict.NO_GO), known, strict=True):
                value = rate(found == verdict for found in verdicts)
                what = f"{truth}, n = {queries}: {verdict}"
                low, high = max(0.0, target - 0.06), min(1.0, target + 0.06)
                rows.append(Row("C15", what, value, low, high, reps))
    return [*rows, *_thresholds_alone(reps)]


def _thresholds_alone(reps: int) -> list[Row]:
    """Return how often equal systems pass or fail where the estimate is held against the limit untested."""
    gain = [item.decisions[0].evidence.primary.delta for item in _conclusions((0.0,), 300, IMPROVE, reps)]
    loss = [item.decisions[0].evidence.primary.delta for item in _conclusions((0.0,), 100, TIGHT, reps)]
    passed = rate(delta >= IMPROVE.min_gain for delta in gain)
    failed = rate(delta <= -TIGHT.margin for delta in loss)
    return [
        Row(
            "C15",
            "improve, equal, n = 300: gain by the estimate alone",
            passed,
            0.08,
            1.0,
            reps,
            control=True,
        ),
        Row("C15", "maintain .02, equal, n = 100: loss likewise", failed, 0.11, 1.0, reps, control=True),
    ]


def _conclusions(deltas: Sequence[float], queries: int, policy: Policy, reps: int) -> Iterator[Conclusion]:
    """Return the verdicts on simulated candidates whose true gains are `deltas`."""
    shifts = (0.0, *(shift_for(delta) if delta else 0.0 for delta in deltas))
    for seed, rng in seeds(150_000 + queries, reps):
        yield conclude(simulate(rng, KNOWN, queries, shifts).ndcg, policy, seed=seed)
