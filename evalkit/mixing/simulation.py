"""Simulation: strategies that merge by rank, over seeded random moves, with a standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Bools, Floats
from evalkit.mixing.traces import FOUND, Measurement, Trace, blackout, ranked_trace
from evalkit.streams import stream

Ranks = Callable[[Bools, float], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Random migrations to simulate.

    Attributes:
        documents: D.
        realisations: How many, ≥ 2.
        seed: What they are addressed by; realisation i moves the same documents for every strategy.
    """

    documents: int
    realisations: int
    seed: int

    def __iter__(self) -> Iterator[Floats]:
        """Yield (D,) the share at which each document moves, independently and uniformly."""
        for number in range(self.realisations):
            yield stream(self.seed, "moves", str(number)).random(self.documents)


def simulated_trace(measurement: Measurement, ranks: Ranks, shares: Floats, moves: Moves) -> Trace:
    """Return the mean trace over random moves.

    Args:
        measurement: What to measure with.
        ranks: Gives (J,) ranks for (D,) moved documents at a share.
        shares: (S,) shares.
        moves: The migrations.
    """
    doc_rows = measurement.relevant.doc_rows
    traces, times, reached = (
        [],
        np.zeros((2, doc_rows.size, shares.size)),
        np.zeros((2, doc_rows.size, shares.size)),
    )
    for turns in moves:
        gone = turns[:, None] < shares
        stood = np.stack([ranks(gone[:, step], share) for step, share in enumerate(shares.tolist())], axis=1)
        state = gone[doc_rows]
        traces.append(ranked_trace(measurement, stood, state.astype(np.float64), random=False))
        for number, mask in enumerate((state, ~state)):
            times[number] += mask
            reached[number] += mask & (stood <= FOUND)
    reach = np.where(times > 0, reached / np.maximum(times, 1), 1.0)
    chances = np.broadcast_to(shares, reach[0].shape)
    dark = blackout(measurement, reach[0], reach[1], chances)
    return _mean(traces, measurement.weights, dark)


def _mean(traces: list[Trace], weights: Floats, dark: Floats) -> Trace:
    means = np.stack([trace.values @ weights / weights.sum() for trace in traces])
    spread = means.std(axis=0, ddof=1)
    return replace(
        traces[0],
        values=np.mean([trace.values for trace in traces], axis=0),
        earned=np.mean([trace.earned for trace in traces], axis=0),
        possible=np.mean([trace.possible for trace in traces], axis=0),
        blackout=dark,
        spread=spread,
        errors=spread / np.sqrt(len(traces)),
    )
