"""The blocks: each canary user is held against the control users nearest in time, as they come."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.errors import InvalidValueError

WAITING = 200  # blocks' worth of users that wait for partners; older ones are given up


def block_of(share: float) -> tuple[int, int]:
    """Return how many canary and control users make one block, in the proportion of the share.

    Args:
        share: The canary's share of the users, in (0, 1).

    Returns:
        (1, c) with c = (1 − share) / share rounded down; from a share of one half on, (c', 1).

    Raises:
        InvalidValueError: The share lies outside (0, 1).

    Examples:
        >>> block_of(0.05), block_of(0.5), block_of(0.3), block_of(0.75)
        ((1, 19), (1, 1), (1, 2), (3, 1))
    """
    if not 0 < share < 1:
        raise InvalidValueError(
            f"share = {share} does not lie between 0 and 1", hint="five per cent is 0.05", code="EK553"
        )
    rest = 1 - share
    if share <= rest:
        return 1, math.floor(rest / share + 1e-9)
    return math.floor(share / rest + 1e-9), 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """Values of users who have no partners yet, in the order of their coming, and their stage."""

    canary: tuple[float, ...] = ()
    control: tuple[float, ...] = ()
    stage: int = 0


def pair(
    waiting: Waiting, canary: Bools, values: Floats, stages: Ints, sizes: tuple[tuple[int, int], ...]
) -> tuple[Floats, Ints, Waiting]:
    """Return mean canary minus mean control for each block, as its last user comes.

    A block takes the latest users that wait, so that both sides are of about one time; which users it takes
    depends on arms and times alone, never on values.

    Args:
        waiting: Who waits from before.
        canary: (n,) whether a user is of the canary arm, in order.
        values: (n,) the users' values in [0, 1].
        stages: (n,) the stage of the ramp in which each came; users of two stages are never paired.
        sizes: For each stage how many canary and control users make a block.

    Returns:
        (b,) differences in [−1, 1]; (b,) the row of the user who completed each; who waits now.
    """
    stage = waiting.stage
    mine, theirs = _queues(waiting.canary, waiting.control, sizes[stage])
    differences: list[float] = []
    rows: list[int] = []
    # A loop over users: whom a block takes depends on whom the blocks before it took.
    for row, (is_canary, value, now) in enumerate(
        zip(canary.tolist(), values.tolist(), stages.tolist(), strict=True)
    ):
        if now != stage:
            if now < stage:
                continue
            stage = now
            mine, theirs = _queues((), (), sizes[stage])
        (mine if is_canary else theirs).append(value)
        wanted, others = sizes[stage]
        if len(mine) >= wanted and len(theirs) >= others:
            first = math.fsum(mine.pop() for _ in range(wanted)) / wanted
            second = math.fsum(theirs.pop() for _ in range(others)) / others
            differences.append(first - second)
            rows.append(row)
    left = Waiting(tuple(mine), tuple(theirs), stage)
    return np.array(differences, dtype=np.float64), np.array(rows, dtype=np.int64), left


def _queues(
    canary: tuple[float, ...], control: tuple[float, ...], size: tuple[int, int]
) -> tuple[deque[float], deque[float]]:
    return deque(canary, maxlen=WAITING * size[0]), deque(control, maxlen=WAITING * size[1])
