"""The canary: what it was asked, what it remembers, and what it says."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from evalkit import figures
from evalkit.arrays import Ints
from evalkit.errors import InvalidValueError
from evalkit.findings import Finding
from evalkit.rollout.band import ArmTotals, guarded_sequence
from evalkit.rollout.blocks import Waiting, block_of
from evalkit.rollout.ledger import BOTH, CANARY_BIT, CONTROL_BIT, Ledger
from evalkit.rollout.ramp import Stage, stages_of
from evalkit.rollout.sequential import ENOUGH, Bet, planned_total, sample_ratio_e_value

__all__ = ["CanaryQuestion", "CanaryState"]

OK, ROLL_BACK, GO_ON = "OK", "ROLL BACK", "GO ON"
EXIT_CODES = {OK: 0, ROLL_BACK: 1, GO_ON: 3}
ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryQuestion:
    """May the canary go on? Fixed before anything is seen.

    Attributes:
        margin: The loss that is accepted, in the unit of the metric.
        stages: The shares that were stated, one after the other.
        window_s: For how many seconds a user is looked at.
        low: The metric's least value.
        high: Its greatest.
        lower_is_better: Whether a greater metric is a loss.
        unit: "user", or "event".
    """

    margin: float
    stages: tuple[Stage, ...]
    window_s: float
    low: float = 0.0
    high: float = 1.0
    lower_is_better: bool = False
    unit: str = "user"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InvalidValueError(
                f"a metric cannot lie between {figures.as_set(self.low)} and {figures.as_set(self.high)}",
                hint="--range LOW,HIGH",
                code="EK554",
            )
        if not 0 <= self.margin < self.high - self.low:
            raise InvalidValueError(
                f"margin = {figures.as_set(self.margin)} is no loss of a metric from "
                f"{figures.as_set(self.low)} to {figures.as_set(self.high)}",
                hint="the loss that is accepted, absolute: --margin 0.02",
                code="EK554",
            )
        if not (math.isfinite(self.window_s) and self.window_s > 0):
            raise InvalidValueError(
                f"a window of {figures.as_set(self.window_s)} s holds no event",
                hint="--window 1h",
                code="EK554",
            )

    @property
    def scale(self) -> float:
        """What one unit of the scaled metric is in the metric's own."""
        return self.high - self.low

    @property
    def theta(self) -> float:
        """The scaled difference that is still accepted, −margin."""
        return -self.margin / self.scale

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """For each stage how many users of each arm make one block; at a share of 1 there is no block."""
        return tuple(block_of(stage.share) if stage.share < 1 else (1, 1) for stage in self.stages)


@dataclass(frozen=True, slots=True)
class Crossing:
    """When evidence was first enough: after how many counted canary users, and who came when."""

    users: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CanaryState:
    """Everything that is remembered from one look to the next.

    Attributes:
        ledger: Who was seen.
        waiting: Who waits for partners.
        ok: The bet that the loss is smaller than the margin.
        harm: The bet that it is larger.
        canary: Totals of the counted canary users, scaled.
        control: The same of the control users.
        blocks: How many blocks there were.
        ok_at: When the first bet had won, None for not yet.
        harm_at: When the second had.
        trail: (points, 3) blocks, ln E of both bets: the way that the evidence took.
        events: How many events were read.
        late: Of these, how many were of users who had been counted.
        outside: Of these, how many came after their user's window.
        naive: Whether some times stated no zone.
        zoned: Whether some did.
    """

    ledger: Ledger = field(default_factory=Ledger)
    waiting: Waiting = field(default_factory=Waiting)
    ok: Bet = field(default_factory=Bet)
    harm: Bet = field(default_factory=Bet)
    canary: ArmTotals = field(default_factory=ArmTotals)
    control: ArmTotals = field(default_factory=ArmTotals)
    blocks: int = 0
    ok_at: Crossing | None = None
    harm_at: Crossing | None = None
    trail: tuple[tuple[float, float, float], ...] = ()
    events: int = 0
    late: int = 0
    outside: int = 0
    naive: bool = False
    zoned: bool = False


@dataclass(frozen=True, slots=True)
class Canary:
    """What is known at one look.

    Attributes:
        question: What was asked.
        state: Everything that was seen.
        until: Up to when windows have been closed.
        findings: What was noticed.
    """

    question: CanaryQuestion
    state: CanaryState
    until: float
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> str:
        """OK, ROLL BACK or GO ON; harm speaks first, and nothing is OK where users are divided wrongly."""
        if self.state.harm.peak >= ENOUGH:
            return ROLL_BACK
        return OK if self.state.ok.peak >= ENOUGH and self.sample_ratio < ENOUGH else GO_ON

    @property
    def users(self) -> dict[str, int]:
        """How many users were seen in each arm, and in both."""
        arms = self.state.ledger.arms
        bits = {"canary": CANARY_BIT, "control": CONTROL_BIT, "both": BOTH}
        return {name: int((arms == bit).sum()) for name, bit in bits.items()}

    @property
    def by_stage(self) -> Ints:
        """(stages, 2) canary and control users who came in each stage."""
        ledger, stages = self.state.ledger, self.question.stages
        seen = np.isfinite(ledger.firsts)
        where = stages_of(stages, ledger.firsts[seen])
        arms = ledger.arms[seen]
        counts = [np.bincount(where[arms == bit], minlength=len(stages)) for bit in (CANARY_BIT, CONTROL_BIT)]
        return np.stack(counts, axis=1)

    @property
    def sample_ratio(self) -> float:
        """The evidence that users are not divided as stated, over all stages."""
        found = 1.0
        for stage, (canary, control) in zip(self.question.stages, self.by_stage.tolist(), strict=True):
            if stage.share < 1:
                found *= sample_ratio_e_value([canary, control], [stage.share, 1 - stage.share])
        return min(found, math.exp(700))

    @property
    def band(self) -> tuple[float, float, float]:
        """Canary minus control and its confidence sequence, in the metric's unit; it decides nothing."""
        share = self.question.stages[0].share
        size = max(self.question.margin / self.question.scale, 0.005)
        t_star = planned_total(0.5, delta=size, share=min(share, 0.5))
        scale = self.question.scale
        delta, low, high = guarded_sequence(self.state.canary, self.state.control, t_star=t_star, alpha=ALPHA)
        return scale * delta, scale * low, scale * high

    def mean(self, arm: ArmTotals) -> float | None:
        """Return the mean of an arm in the unit of the metric."""
        return None if arm.mean is None else self.question.low + self.question.scale * arm.mean
