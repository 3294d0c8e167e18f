"""Calibration of the rollout stage: C13 and C16 of docs/statistics.md, each with its controls."""

import math
from collections.abc import Iterator

import numpy as np
from simulator import Floats
from study import Row, rate, repetitions

from evalkit.rollout.band import half_width
from evalkit.rollout.canary import CanaryQuestion, CanaryState
from evalkit.rollout.delays import delays
from evalkit.rollout.events import Events
from evalkit.rollout.look import look
from evalkit.rollout.ramp import one_stage
from evalkit.rollout.sequential import ENOUGH, e_process

MARGIN, SHARE, OTHERS = 0.02, 0.05, 19
BLOCKS = 3_000
PEEKED_FROM = 25
KNOWN_MEDIANS = {0.0: 4_006, -0.04: 4_475, -0.10: 180, -0.25: 31}  # users, of an earlier simulation


def arms(rng: np.random.Generator, p: Floats) -> tuple[Floats, Floats]:
    """Return (n,) canary users and (n,) means of the control users beside them; the truth is the margin."""
    canary = (rng.random(len(p)) < p - MARGIN).astype(float)
    return canary, rng.binomial(OTHERS, p) / OTHERS


def steady(p: float) -> Floats:
    """Return a mean that stays."""
    return np.full(BLOCKS, p)


def drifting() -> Floats:
    """Return a mean that goes up and down between .1 and .5, as by day and night, for both arms alike."""
    return 0.3 + 0.2 * np.sin(np.arange(BLOCKS) / 80)


def blocks(study: int, p: Floats, runs: int) -> Iterator[Floats]:
    """Yield (n,) differences of one canary after the other."""
    for run in range(runs):
        canary, control = arms(np.random.default_rng([study, run]), p)
        yield canary - control


def alarm(x: Floats, side: int) -> bool:
    """Return whether evidence was ever enough: on side 1 for a smaller loss, on side −1 for a larger one."""
    return bool((e_process(side * x, theta=-side * MARGIN) >= ENOUGH).any())


def false_alarms(share: float) -> list[Row]:
    """C13: alarms while always peeking, where the truth is the margin itself; and what fails without care."""
    runs, rows = repetitions(2_000, share), []
    for study, (name, p) in enumerate(
        {"p = .3": steady(0.3), "p = .1": steady(0.1), "p from .1 to .5": drifting()}.items(), 1_300
    ):
        for side, word in ((1, "OK"), (-1, "ROLL BACK")):
            found = rate(alarm(x, side) for x in blocks(study, p, runs))
            rows.append(Row("C13", f"e-process ever says {word}, {name}", found, 0.0, 0.05, runs))
    few = repetitions(500, share)
    rows += [
        Row("C13", "a t-test that is peeked at after every user", peeked(few), 0.3, 1.0, few, control=True),
        Row(
            "C13",
            "an asymptotic sequence without its guard, p = .05",
            unguarded(few),
            0.1,
            1.0,
            few,
            control=True,
        ),
    ]
    for each, least in ((5, 0.15), (20, 0.4)):
        found = rate(alarm(bursts(np.random.default_rng([1_350, each, run]), each), 1) for run in range(few))
        rows.append(
            Row("C13", f"events as units, {each} of a user in a burst", found, least, 1.0, few, control=True)
        )
    return rows


def bursts(rng: np.random.Generator, each: int) -> Floats:
    """Return differences of events where a user's events come together and are all alike."""
    users = BLOCKS // each
    canary = (rng.random(users) < 0.3 - MARGIN).astype(float)
    beside = max(1, round(OTHERS / each))
    return np.repeat(canary - rng.binomial(beside, 0.3, users) / beside, each)


def peeked(runs: int) -> float:
    """Return how often |z| exceeds 1.96 at any of the looks."""
    return rate(bool((np.abs(standardised(run, 0.3)) > 1.96).any()) for run in range(runs))


def standardised(run: int, p: float) -> Floats:
    """Return the z value of canary minus control plus the margin after each canary user."""
    delta, se = differences(run, p)
    return (delta + MARGIN)[PEEKED_FROM:] / np.maximum(se, 1e-12)[PEEKED_FROM:]


def unguarded(runs: int) -> float:
    """Return how often a sequence without added users, looked at from 25 users on, excludes the truth."""
    times = np.arange(1, BLOCKS + 1) * (OTHERS + 1)
    widths = np.array([half_width(1.0, float(t), t_star=BLOCKS * (OTHERS + 1)) for t in times])
    found = []
    for run in range(runs):
        delta, se = differences(run, 0.05)
        outside = np.abs(delta + MARGIN) > widths * se
        found.append(bool(outside[PEEKED_FROM:].any()))
    return rate(found)


def differences(run: int, p: float) -> tuple[Floats, Floats]:
    """Return canary minus control and its standard error after each canary user."""
    canary, control = arms(np.random.default_rng([1_340, run]), steady(p))
    n = np.arange(1, BLOCKS + 1)
    mine, theirs = np.cumsum(canary) / n, np.cumsum(control) / n
    return mine - theirs, np.sqrt(mine * (1 - mine) / n + theirs * (1 - theirs) / (OTHERS * n))


def day(seed: int, delta: float, users: int) -> Events:
    """Return one day of users, one event each."""
    rng = np.random.default_rng([1_600, seed])
    canary = rng.random(users) < SHARE
    values = (rng.random(users) < np.where(canary, 0.3 + delta, 0.3)).astype(float)
    return Events(
        [str(user) for user in range(users)], canary, values, np.sort(rng.uniform(0, 86_400, users))
    )


def decisions(share: float) -> list[Row]:
    """C16: a crash is rolled back within the first day of 4,000 users; delays are those of the plan."""
    runs, question = (
        repetitions(1_000, share),
        CanaryQuestion(margin=MARGIN, stages=one_stage(SHARE), window_s=3_600.0),
    )
    verdicts = [look(question, CanaryState(), [day(run, -0.25, 4_000)]).verdict for run in range(runs)]
    crashed = rate(verdict == "ROLL BACK" for verdict in verdicts)
    rows = [Row("C16", "a crash of .25 is rolled back on the first day", crashed, 0.99, 1.0, runs)]
    few = repetitions(400, share)
    for found in delays(0.3, list(KNOWN_MEDIANS), margin=MARGIN, share=SHARE, runs=few):
        ratio = (found.users or math.inf) / KNOWN_MEDIANS[found.delta]
        rows.append(Row("C16", f"median users at {found.delta:+g}, of those known", ratio, 0.8, 1.2, few))
        wrong = found.rolled_back if found.delta > -MARGIN else found.passed
        rows.append(Row("C16", f"the wrong verdict at {found.delta:+g}", wrong, 0.0, 0.05, few))
    equal = repetitions(200, share)
    calm = [look(question, CanaryState(), [day(run, 0.0, 4_000)]).verdict for run in range(equal)]
    backs = rate(verdict == "ROLL BACK" for verdict in calm)
    return [*rows, Row("C16", "an equal system is rolled back on the first day", backs, 0.0, 0.05, equal)]
