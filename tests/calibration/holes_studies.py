"""Calibration of what is said of unjudged documents where no miss was written down: C17."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from unittest import mock

import numpy as np
from pooled_worlds import Judged, World, judged_world
from study import Row, rate, repetitions, seeds

from evalkit.decision import bound
from evalkit.decision.decide import decide
from evalkit.decision.policy import Objective, Policy
from evalkit.decision.verdict import Verdict

MAINTAIN = Policy(objective=Objective.MAINTAIN, guardrails=(), resamples=999)
IMPROVE = Policy(guardrails=(), resamples=999)
NEAR = World("of one family", relevant=15)
APART = World("hardly overlapping", relevant=60, shared=-0.5, mean=-3.0, spread=2.5)
FEW = World("few answers, other ones", relevant=3, shared=-0.9, mean=-0.5, spread=2.5)
STRANGE = World("hardly anything known", relevant=120, shared=-0.9, mean=-4.0, spread=2.5)
FULL = 20
QUICK = 0.2
Verdicts = Callable[[Judged, int], Verdict]


@dataclass(frozen=True)
class Cell:
    """One world with what is counted in it."""

    world: World
    counted: Verdict
    low: float
    high: float
    policy: Policy = MAINTAIN
    queries: int = 100
    daily: bool = False


def _shifted(world: World, shift: float) -> World:
    return World(world.name, world.relevant, world.shared, shift, mean=world.mean, spread=world.spread)


GOOD = (0.0, 0.05)
CELLS: Sequence[tuple[str, Cell]] = (
    ("equal, of one family", Cell(NEAR, Verdict.NO_GO, *GOOD)),
    ("equal, hardly overlapping", Cell(APART, Verdict.NO_GO, *GOOD, daily=True)),
    ("equal, few answers, other ones", Cell(FEW, Verdict.NO_GO, *GOOD)),
    ("better, of one family", Cell(_shifted(NEAR, 0.3), Verdict.NO_GO, *GOOD)),
    ("better, hardly overlapping", Cell(_shifted(APART, 0.3), Verdict.NO_GO, *GOOD, IMPROVE)),
    ("worse, of one family", Cell(_shifted(NEAR, -0.3), Verdict.GO, *GOOD)),
    ("worse, hardly overlapping", Cell(_shifted(APART, -0.5), Verdict.GO, *GOOD)),
    ("random, 100 queries", Cell(World("r", random=True), Verdict.NO_GO, 0.95, 1.0, daily=True)),
    (
        "random, 3 answers, 300 queries",
        Cell(World("r", 3, random=True), Verdict.NO_GO, 0.95, 1.0, IMPROVE, 300),
    ),
)


def unjudged_documents(share: float) -> list[Row]:
    """C17: pools of the baseline without grades 0; how often a verdict is wrong, and harm is shown.

    Three controls: unjudged documents that count as not relevant, that may all be relevant, and one in ten
    of what a candidate finds being known instead of one in fifty.
    """
    rows = []
    for what, cell in CELLS:
        if share >= QUICK or cell.daily:
            rows.append(_row(f"{what}: {cell.counted}", cell, share, _examined(cell.policy)))
    apart, chance = (
        Cell(APART, Verdict.NO_GO, 0.5, 1.0),
        Cell(World("r", random=True), Verdict.NO_GO, 0.0, 0.05),
    )
    rows += [
        _row(
            "equal, hardly overlapping, unjudged is not relevant: NO-GO", apart, share, _closed, control=True
        ),
        _row("random, all that is unjudged may be relevant: NO-GO", chance, share, _with(1e9), control=True),
    ]
    if share >= QUICK:
        rows.append(
            _row("equal, hardly overlapping, one in ten: NO-GO", apart, share, _with(9), control=True)
        )
        strange = Cell(STRANGE, Verdict.NO_GO, 0.5, 1.0)
        rows.append(
            _row(
                "equal, less than one in fifty known: NO-GO",
                strange,
                share,
                _examined(MAINTAIN),
                control=True,
            )
        )
    return rows


def _row(what: str, cell: Cell, share: float, verdict: Verdicts, *, control: bool = False) -> Row:
    reps = repetitions(FULL, share)
    judged = ((judged_world(rng, cell.world, cell.queries), seed) for seed, rng in seeds(16, reps))
    value = rate(verdict(world, seed) == cell.counted for world, seed in judged)
    return Row("C17", what, value, cell.low, cell.high, reps, control=control)


def _examined(policy: Policy) -> Verdicts:
    return lambda judged, seed: judged.verdict(policy, seed)


def _closed(judged: Judged, seed: int) -> Verdict:
    """Return the verdict where what nobody judged is not relevant."""
    return decide([judged.evidence(MAINTAIN, seed)], MAINTAIN).verdict


def _with(unknown_per_known: float) -> Verdicts:
    def verdict(judged: Judged, seed: int) -> Verdict:
        with mock.patch.object(bound, "UNKNOWN_PER_KNOWN", unknown_per_known):
            return judged.verdict(MAINTAIN, seed)

    return verdict


def describe(worlds: Sequence[World] = (NEAR, APART, FEW, STRANGE), queries: int = 300) -> list[str]:
    """Return what each world is like, for docs/statistics.md."""
    found = []
    for world in worlds:
        judged = judged_world(np.random.default_rng(16), world, queries)
        found.append(
            f"{world.name}: first ten shared {judged.overlap:.2f}, of the relevant ones that the candidate "
            f"shows known {judged.known:.3f}, true difference {judged.truth:+.3f}"
        )
    return found
