"""The delays: how many users it takes until a canary is decided, simulated before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.defaults import SEED
from evalkit.rollout.blocks import block_of
from evalkit.rollout.sequential import ENOUGH, stakes
from evalkit.streams import stream

RUNS = 200
MOST = 60_000  # blocks
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Delay:
    """How long a true difference takes to be decided.

    Attributes:
        delta: The true difference, canary − control.
        users: Median number of canary users until one side has enough evidence, None beyond the horizon.
        late: The number that nine in ten stay below, None beyond the horizon.
        rolled_back: How often "roll back" came first.
        passed: How often "OK" did.
    """

    delta: float
    users: int | None
    late: int | None
    rolled_back: float
    passed: float


def planned_deltas(p: float, margin: float) -> tuple[float, ...]:
    """Return the differences worth planning for: none, twice the margin, five times it, and a crash."""
    wanted = (0.0, -2 * margin, -5 * margin, -0.25)
    return tuple(dict.fromkeys(delta for delta in sorted(wanted, reverse=True) if 0 <= p + delta <= 1))


def delays(
    p: float,
    deltas: Sequence[float],
    *,
    margin: float,
    share: float,
    runs: int = RUNS,
    seed: int = SEED,
) -> tuple[Delay, ...]:
    """Return for each true difference how many canary users it takes, for a metric that is 0 or 1.

    Args:
        p: The metric's mean in the control arm, in (0, 1).
        deltas: True differences.
        margin: The loss that is accepted.
        share: The canary's share.
        runs: How many canaries are simulated for each.
        seed: What random numbers are addressed by.
    """
    return tuple(_delay(p, delta, margin, share, runs, seed) for delta in deltas)


def _delay(p: float, delta: float, margin: float, share: float, runs: int, seed: int) -> Delay:
    mine, theirs = block_of(share)
    rng = stream(seed, "canary plan", *(format(value, "g") for value in (p, delta, margin, share)))
    bets = [_Bets(runs, -margin, 1.0), _Bets(runs, margin, -1.0)]
    for begin in range(0, MOST, _CHUNK):
        going = np.flatnonzero(np.isinf(np.minimum(bets[0].at, bets[1].at)))
        if not len(going):
            break
        size = len(going), _CHUNK
        x = rng.binomial(mine, p + delta, size) / mine - rng.binomial(theirs, p, size) / theirs
        for bet in bets:
            bet.go_on(going, x, begin)
    first = np.minimum(bets[0].at, bets[1].at) * mine
    middle, late = (_whole(float(np.quantile(first, q, method="higher"))) for q in (0.5, 0.9))
    back, passed = (bets[1].at < bets[0].at).mean(), (bets[0].at < bets[1].at).mean()
    return Delay(delta, middle, late, float(back), float(passed))


class _Bets:
    """One side's bets in many simulated canaries at once."""

    def __init__(self, runs: int, theta: float, sign: float) -> None:
        self.theta, self.sign = theta, sign
        self.sums = np.zeros((3, runs, 1))
        self.at: Floats = np.full(runs, np.inf)

    def go_on(self, going: Ints, x: Floats, begin: int) -> None:
        """Let the runs that are not decided go on for some blocks."""
        away = self.sign * x - self.theta
        first, second, log_e = self.sums[:, going]
        firsts = np.concatenate((first, first + np.cumsum(away, axis=1)), axis=1)
        seconds = np.concatenate((second, second + np.cumsum(away**2, axis=1)), axis=1)
        bets = stakes(firsts[:, :-1], seconds[:, :-1], self.theta)
        logs = log_e + np.cumsum(np.log1p(bets * away), axis=1)
        self.sums[:, going] = firsts[:, -1:], seconds[:, -1:], logs[:, -1:]
        over = logs >= np.log(ENOUGH)
        self.at[going] = np.where(over.any(axis=1), begin + 1 + over.argmax(axis=1), np.inf)


def _whole(value: float) -> int | None:
    return int(value) if np.isfinite(value) else None
