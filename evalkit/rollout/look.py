"""A look: events are added, users are counted once their window is over, and the evidence goes on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.rollout.band import ArmTotals
from evalkit.rollout.blocks import pair
from evalkit.rollout.canary import Canary, CanaryQuestion, CanaryState, Crossing
from evalkit.rollout.events import Events
from evalkit.rollout.ledger import Closed, add_events, close_windows
from evalkit.rollout.noticed import findings_of
from evalkit.rollout.ramp import stages_of
from evalkit.rollout.sequential import ENOUGH, continued

__all__ = ["look"]

TRAIL = 200


def look(
    question: CanaryQuestion, state: CanaryState, batches: Sequence[Events], *, until: float | None = None
) -> Canary:
    """Add events and say what is known then.

    The same events give the same answer in one look or in many, in whatever order their files are, as long as
    each look gets all events up to its last one.

    Args:
        question: The same at every look; stages may be added.
        state: What the look before left; `CanaryState()` at the first.
        batches: New events.
        until: What time it is, in seconds; None for the time of the last event.
    """
    ledger, late = state.ledger, 0
    for events in batches:
        ledger, after = add_events(ledger, events)
        late += after
    times = [float(events.times.max()) for events in batches if len(events)]
    now = max([ledger.until, *times]) if until is None else until
    ledger, closed = close_windows(ledger, question.window_s, now)
    state = replace(
        state,
        ledger=ledger,
        events=state.events + sum(map(len, batches)),
        late=state.late + late,
        outside=state.outside + closed.outside,
        naive=state.naive or any(events.naive for events in batches),
        zoned=state.zoned or any(events.zoned for events in batches),
    )
    state = _counted(question, state, closed)
    canary = Canary(question, state, now)
    return replace(canary, findings=findings_of(canary))


def _counted(question: CanaryQuestion, state: CanaryState, closed: Closed) -> CanaryState:
    """Return the state after more users have been counted."""
    stages = stages_of(question.stages, closed.firsts)
    x, rows, waiting = pair(state.waiting, closed.canary, closed.values, stages, question.sizes)
    x = -x if question.lower_is_better else x
    ok_logs, ok = continued(state.ok, x, theta=question.theta)
    harm_logs, harm = continued(state.harm, -x, theta=-question.theta)
    users = state.canary.users + np.cumsum(closed.canary, dtype=np.int64)[rows]
    ends = closed.firsts[rows] + question.window_s
    mine = closed.canary
    return replace(
        state,
        waiting=waiting,
        ok=ok,
        harm=harm,
        canary=_added(state.canary, closed.values[mine]),
        control=_added(state.control, closed.values[~mine]),
        blocks=state.blocks + len(x),
        ok_at=state.ok_at or _crossing(ok_logs, users, ends),
        harm_at=state.harm_at or _crossing(harm_logs, users, ends),
        trail=_trail(state, ok_logs, harm_logs),
    )


def _added(arm: ArmTotals, values: Floats) -> ArmTotals:
    return ArmTotals(
        arm.users + len(values),
        float(np.cumsum([arm.first, *values])[-1]),
        float(np.cumsum([arm.second, *values**2])[-1]),
    )


def _crossing(logs: Floats, users: Ints, ends: Floats) -> Crossing | None:
    enough = np.flatnonzero(logs >= math.log(ENOUGH))
    return Crossing(int(users[enough[0]]), float(ends[enough[0]])) if len(enough) else None


def _trail(state: CanaryState, ok_logs: Floats, harm_logs: Floats) -> tuple[tuple[float, float, float], ...]:
    """Return the way of the evidence, thinned to some points; the last one is always kept."""
    blocks = state.blocks + 1 + np.arange(len(ok_logs))
    picked = np.linspace(0, len(blocks) - 1, min(len(blocks), TRAIL)).astype(np.int64)
    rows: list[int] = np.unique(picked).tolist()
    more = [(float(blocks[row]), float(ok_logs[row]), float(harm_logs[row])) for row in rows]
    points = [*state.trail, *more]
    step = max(1, math.ceil(len(points) / TRAIL))
    return tuple(points[::-1][::step][::-1])
