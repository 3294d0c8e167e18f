"""Calibration of the comparison stage: C1 to C10 of docs/statistics.md, each with a control."""

import math
from typing import Any

import numpy as np
from scipy import stats
from simulator import DESIGNS, EASY, KNOWN, SHIFTED, Design, Floats, shift_for, simulate, truth
from study import Row, rate, repetitions, seeds

from evalkit.comparison.intervals import Student, guard, guarded_interval, plain
from evalkit.comparison.power import required_queries
from evalkit.comparison.querygroups import cluster
from evalkit.comparison.signflip import sign_flip

LEVEL = 0.025
SHIFTED_FAR = Design("far", shift=0.5)


def differences(rng: np.random.Generator, design: Design, queries: int, measure: str = "ndcg") -> Floats:
    """Return (Q,) values of the candidate minus those of the baseline."""
    first, second = getattr(simulate(rng, design, queries), measure)
    return np.asarray(second - first)


def spread_of(deltas: Floats, **options: Any) -> Student:
    """Return the plain t statistics; an absent spread would be an error of the study."""
    spread = plain(cluster(deltas, **options))
    if spread is None:
        raise ValueError(deltas)
    return spread


def sign_flip_level(share: float) -> list[Row]:
    """C1: two-sided level of the sign-flip test on nDCG."""
    reps = repetitions(4_000, share)

    def rejected(design: Design, queries: int) -> float:
        return rate(
            sign_flip(differences(rng, design, queries), resamples=999, seed=seed).two_sided <= 0.05
            for seed, rng in seeds(queries, reps)
        )

    rows = [
        Row("C1", f"sign-flip, nDCG, n = {n}", rejected(KNOWN, n), 0.04, 0.06, reps) for n in (50, 200, 1000)
    ]
    control = Row(
        "C1", "a real gain of .03 is noticed, n = 200", rejected(SHIFTED, 200), 0.1, 1.0, reps, control=True
    )
    return [*rows, control]


def sign_flip_on_hits(share: float) -> list[Row]:
    """C2: the same on Hit@10, where few queries differ."""
    reps = repetitions(4_000, share)

    def rejected(design: Design, queries: int) -> float:
        return rate(
            sign_flip(differences(rng, design, queries, "hit"), resamples=999, seed=seed).two_sided <= 0.05
            for seed, rng in seeds(10_000 + queries, reps)
        )

    rows = [
        Row("C2", f"sign-flip, Hit, n = {n}", rejected(KNOWN, n), 0.0, 0.055, reps) for n in (50, 200, 1000)
    ]
    control = Row(
        "C2", "a real gain is noticed, n = 1000", rejected(SHIFTED_FAR, 1000), 0.2, 1.0, reps, control=True
    )
    return [*rows, control]


def superiority_under_skew(share: float) -> list[Row]:
    """C3: superiority where nine in ten queries gain a little, one loses a lot, and the mean is zero."""
    reps, rows, alone = repetitions(1_500, share), [], []
    for queries in (50, 100, 200, 500):
        both, flips = [], []
        for seed, rng in seeds(30_000 + queries, reps):
            lost = rng.random(queries) < 0.1
            deltas = np.where(lost, -0.9, 0.1) * rng.uniform(0.5, 1.0, queries)
            test = sign_flip(deltas, resamples=999, seed=seed)
            flips.append(test.greater <= LEVEL)
            both.append(max(test.greater, guarded_interval(deltas).p_above(0)) <= LEVEL)
        rows.append(Row("C3", f"superiority, skewed, n = {queries}", rate(both), 0.0, 0.03, reps))
        alone.append(rate(flips))
    return [
        *rows,
        Row("C3", "sign-flip without the guard, worst n", max(alone), 0.05, 1.0, reps, control=True),
    ]


def non_inferiority_under_rare_harm(share: float) -> list[Row]:
    """C4: non-inferiority at a true loss equal to the margin, where a few queries lose everything."""
    reps, few = repetitions(20_000, share), repetitions(6_000, share)
    worst, worst_plain = 0.0, 0.0
    for queries in (50, 100, 200, 500):
        for harm in (0.02, 0.04, 0.05, 0.08):
            # Only the number lost matters, so each number is decided once and weighted by its chance.
            counts = np.random.default_rng([4, queries, round(harm * 100)]).binomial(queries, harm, reps)
            guarded, unguarded = _proven_by_losses(queries, harm)
            worst = max(worst, float(guarded[counts].mean()))
            worst_plain = max(worst_plain, float(unguarded[counts].mean()))
    partial = max(
        rate(
            guarded_interval(-rng.uniform(0.5, 1, n) * (rng.random(n) < 0.05)).p_above(-0.0375) <= LEVEL
            for _, rng in seeds(40_000 + n, few)
        )
        for n in (50, 100, 200, 500)
    )
    return [
        Row("C4", "non-inferior though 2-8 % of queries are lost, worst cell", worst, 0.0, 0.045, reps),
        Row("C4", "non-inferior though 5 % lose .5 to 1, worst n", partial, 0.0, 0.045, few),
        Row("C4", "plain t without the guard, worst cell", worst_plain, 0.1, 1.0, reps, control=True),
    ]


def _proven_by_losses(queries: int, harm: float) -> tuple[Floats, Floats]:
    """Return for each number of lost queries whether a loss of `harm` is excluded, with and without guard."""
    answers = []
    for lost in range(queries + 1):
        deltas = np.zeros(queries)
        deltas[:lost] = -1.0
        sums = cluster(deltas)
        answers.append([guard(sums, 0.05).p_above(-harm) <= LEVEL, spread_of(deltas).p_above(-harm) <= LEVEL])
    guarded, unguarded = np.array(answers, dtype=np.float64).T
    return guarded, unguarded


def non_inferiority_at_the_margin(share: float) -> list[Row]:
    """C5: non-inferiority of known-item systems whose true loss is the margin."""
    reps = repetitions(2_000, share)
    at_margin = Design("at the margin", shift=shift_for(-0.03))
    margin = -float(truth(at_margin).ndcg[0, 0])

    def proven(design: Design) -> float:
        return rate(
            guarded_interval(differences(rng, design, 400)).p_above(-margin) <= LEVEL
            for _, rng in seeds(5, reps)
        )

    return [
        Row("C5", "non-inferior at a true loss of .03, n = 400", proven(at_margin), 0.005, 0.03, reps),
        Row("C5", "no loss at all is proven to be less", proven(KNOWN), 0.3, 1.0, reps, control=True),
    ]


def coverage(share: float) -> list[Row]:
    """C6: coverage of the guarded interval in every design, measure and size."""
    reps = repetitions(3_000, share)
    covered: dict[tuple[str, str, int], list[bool]] = {}
    unguarded = []
    for design in DESIGNS:
        for queries in (30, 50, 100, 200, 500, 1000, 2000):
            for _, rng in seeds(60_000 + queries, reps):
                values = simulate(rng, design, queries)
                for measure, (first, second) in values._asdict().items():
                    sums, true = cluster(second - first), float(getattr(truth(design), measure)[0, 0])
                    interval = guard(sums, 0.05)
                    covered.setdefault((design.name, measure, queries), []).append(
                        interval.low <= true <= interval.high
                    )
                    if (design, measure, queries) == (SHIFTED_EASY, "hit", 50):
                        unguarded.append(_plainly_covered(second - first, true))
    cells = {key: rate(hits) for key, hits in covered.items()}
    lowest = min(cells, key=lambda key: cells[key])
    known = max(value for (name, _, n), value in cells.items() if (name, n) == ("known", 500))
    return [
        Row(
            "C6",
            f"guarded coverage, lowest cell ({', '.join(map(str, lowest))})",
            cells[lowest],
            0.945,
            1.0,
            reps,
        ),
        Row("C6", "guarded coverage, known, n = 500, highest measure", known, 0.945, 0.985, reps),
        Row("C6", "plain t, easy design, Hit, n = 50", rate(unguarded), 0.0, 0.9, reps, control=True),
    ]


SHIFTED_EASY = EASY


def _plainly_covered(deltas: Floats, true: float) -> bool:
    spread = spread_of(deltas)
    return spread.low(0.05) <= true <= spread.high(0.05)


def plain_coverage(share: float) -> list[Row]:
    """C7: coverage of the plain t interval where nothing is rare; it is shown for reference only."""
    reps = repetitions(4_000, share)
    true = float(truth(KNOWN).ndcg[0, 0])
    rows, unpaired = [], []
    for queries in (50, 200, 1000):
        hits = []
        for _, rng in seeds(70_000 + queries, reps):
            first, second = simulate(rng, KNOWN, queries).ndcg
            hits.append(_plainly_covered(second - first, true))
            error = math.sqrt((first.var(ddof=1) + second.var(ddof=1)) / queries)
            unpaired.append(bool(abs(np.mean(second - first) - true) <= 1.96 * error))
        rows.append(Row("C7", f"plain t coverage, known nDCG, n = {queries}", rate(hits), 0.94, 0.962, reps))
    return [
        *rows,
        Row("C7", "an interval that ignores the pairing", rate(unpaired), 0.975, 1.0, reps, control=True),
    ]


def power_as_planned(share: float) -> list[Row]:
    """C8: the power that comes out at the number of queries asked for."""
    reps, rows = repetitions(1_500, share), []
    sd = float(differences(np.random.default_rng(8), KNOWN, 400_000).std())

    def shown(queries: int, margin: float) -> float:
        return rate(
            guarded_interval(differences(rng, KNOWN, queries)).p_above(-margin) <= LEVEL
            for _, rng in seeds(80_000 + queries, reps)
        )

    for margin in (0.05, 0.03, 0.02):
        queries = required_queries(sd, threshold=-margin, effect=0.0)
        rows.append(
            Row(
                "C8",
                f"power at n = {queries} for a margin of {margin}",
                shown(queries, margin),
                0.76,
                0.84,
                reps,
            )
        )
    textbook = math.ceil(((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * sd / 0.05) ** 2)
    control = shown(textbook, 0.05)
    return [
        *rows,
        Row("C8", f"power at the textbook's n = {textbook} for .05", control, 0.0, 0.76, reps, control=True),
    ]


def clusters(share: float) -> list[Row]:
    """C9: forty clusters of five queries with an intraclass correlation of one half."""
    reps, groups = repetitions(1_000, share), np.repeat(np.arange(40), 5)
    robust, flips, naive = [], [], []
    for seed, rng in seeds(9, reps):
        noise = rng.normal(0, math.sqrt(0.5), 40)[groups] + rng.normal(0, math.sqrt(0.5), 200)
        deltas = (0.25 * noise).clip(-1, 1)
        spread, plain_spread = spread_of(deltas, groups=groups), spread_of(deltas)
        robust.append(2 * min(spread.p_above(0), spread.p_below(0)) <= 0.05)
        naive.append(2 * min(plain_spread.p_above(0), plain_spread.p_below(0)) <= 0.05)
        flips.append(sign_flip(deltas, groups=groups, resamples=999, seed=seed).two_sided <= 0.05)
    return [
        Row("C9", "robust t, 40 clusters of 5", rate(robust), 0.03, 0.065, reps),
        Row("C9", "sign-flip of clusters", rate(flips), 0.03, 0.065, reps),
        Row("C9", "t that takes paraphrases for independent", rate(naive), 0.15, 1.0, reps, control=True),
    ]


def weights(share: float) -> list[Row]:
    """C10: coverage under lognormal traffic weights."""
    reps, rows, wrong = repetitions(800, share), [], []
    true = float(truth(KNOWN).ndcg[0, 0])
    for queries in (100, 300, 1000):
        hits = []
        for _, rng in seeds(100_000 + queries, reps):
            deltas, traffic = differences(rng, KNOWN, queries), rng.lognormal(0, 1.2, queries)
            interval = guarded_interval(deltas, weights=traffic)
            hits.append(interval.low <= true <= interval.high)
            mean = np.average(deltas, weights=traffic)
            error = math.sqrt(np.average((deltas - mean) ** 2, weights=traffic) / queries)
            wrong.append(bool(abs(mean - true) <= 1.96 * error))
        rows.append(
            Row("C10", f"guarded coverage, traffic weights, n = {queries}", rate(hits), 0.94, 1.0, reps)
        )
    return [
        *rows,
        Row(
            "C10", "an interval that takes weights for frequencies", rate(wrong), 0.0, 0.9, reps, control=True
        ),
    ]
