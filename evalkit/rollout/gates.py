"""The gate of a stage: whether a canary may take the next, larger share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit import figures
from evalkit.rollout.canary import ROLL_BACK, Canary
from evalkit.rollout.ramp import stages_of
from evalkit.rollout.sequential import ENOUGH


@dataclass(frozen=True, slots=True)
class RampStand:
    """Where a ramp stands.

    Attributes:
        stage: 1-based number of the stage in force.
        share: Its share.
        next_share: That of the stage after it, None on the last.
        opens: Whether the next one may be entered.
        lacking: What is missing for that, as parts of a sentence.
    """

    stage: int
    share: float
    next_share: float | None
    opens: bool
    lacking: tuple[str, ...] = ()


def gate_of(canary: Canary) -> RampStand:
    """Return where the ramp of a canary stands, and whether its next stage may be entered."""
    stages = canary.question.stages
    row = int(stages_of(stages, np.array([canary.until]))[0])
    following = stages[row + 1].share if row + 1 < len(stages) else None
    lacking = _lacking(canary, row, following)
    opens = following is not None and not lacking
    return RampStand(row + 1, stages[row].share, following, opens, lacking if following is not None else ())


def _lacking(canary: Canary, row: int, following: float | None) -> tuple[str, ...]:
    state, stage = canary.state, canary.question.stages[row]
    if canary.verdict == ROLL_BACK:
        return ("the canary is to be rolled back",)
    lacking = []
    if canary.sample_ratio >= ENOUGH:
        lacking.append("users are not divided as stated")
    began = stage.started
    if began is None or not np.isfinite(began):
        began = float(state.ledger.firsts.min(initial=np.inf))
    hours = max(0.0, canary.until - began) / 3600 if np.isfinite(began) and np.isfinite(canary.until) else 0.0
    if hours < stage.hours:
        lacking.append(f"{figures.as_set(_tenths(stage.hours - hours))} more hours")
    users = int(canary.by_stage[row, 0])
    if users < stage.users:
        lacking.append(f"{figures.count(stage.users - users)} more canary users")
    if following == 1 and state.ok.peak < ENOUGH:
        lacking.append(
            f"evidence of {figures.as_set(ENOUGH)} that the loss is smaller than the margin; it "
            f"is {figures.e_value(state.ok.peak)}"
        )
    return tuple(lacking)


def _tenths(hours: float) -> float:
    return float(np.round(hours, 1))
