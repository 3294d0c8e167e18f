"""The summary: the few numbers of a line that a decision needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit.arrays import Floats
from evalkit.mixing.line import Holding, Line
from evalkit.scoring.measure import Measure

HALF = 0.5
SAME = 1e-9
KEEPS_OLD = "stay-old"


@dataclass(frozen=True, slots=True, kw_only=True)
class MixSummary:
    """One strategy and measure in numbers; None stands for what there is not.

    Attributes:
        strategy: How queries are answered meanwhile.
        measure: What is measured.
        old: Mean of the old index.
        start: Mean at the smallest share.
        half: Mean when half has moved.
        end: Mean at the largest share.
        worst: Smallest mean strictly between nothing and everything moved.
        worst_share: The share where it is reached first.
        break_even: Least share from which on the mean stays at or above the old index.
        blackout: Share of the relevant documents found before that cannot be found when half has moved.
        spread: Standard deviation of the mean over random moves when half has moved.
        error: Standard error of the simulated mean when half has moved; 0 where it is exact.
        lowest: Smallest lower end of the guarded interval of the difference to the old index.
        never_below: Whether that stays above −margin at every share.
        searches: Searches for each query.
        held: Each cohort → what it holds of the first results half way; empty where nobody asked.
    """

    strategy: str
    measure: Measure
    old: float
    start: float
    half: float
    end: float
    worst: float | None
    worst_share: float | None
    break_even: float | None
    blackout: float | None
    spread: float | None
    error: float
    lowest: float
    never_below: bool
    searches: int
    held: Mapping[str, Holding] = field(default_factory=dict)

    @property
    def opening(self) -> str:
        """What happens on the way, in half a sentence."""
        start = f"{self.strategy}: {self.start:.2f} when nothing has moved yet, {self.half:.2f} half way"
        if self.worst is None or self.worst_share is None:
            return start
        return f"{start}, at worst {self.worst:.2f} with {self.worst_share:.0%} moved"


def summarise(line: Line, shares: Floats, *, margin: float) -> MixSummary:
    """Return the summary of a line.

    Args:
        line: The line.
        shares: (S,) its shares, increasing.
        margin: The loss against the old index that is accepted, ≥ 0.
    """
    inside = np.flatnonzero((shares > 0) & (shares < 1))
    worst = int(inside[_first_least(line.means[inside])]) if inside.size else None
    lowest = float(line.lows.min())
    return MixSummary(
        strategy=line.strategy,
        measure=line.measure,
        old=line.old_mean,
        start=float(line.means[0]),
        half=at_half(shares, line.means) or 0.0,
        end=float(line.means[-1]),
        worst=None if worst is None else float(line.means[worst]),
        worst_share=None if worst is None else float(shares[worst]),
        break_even=break_even(shares, line.means, line.old_mean),
        blackout=at_half(shares, line.blackout),
        spread=at_half(shares, line.spread),
        error=at_half(shares, line.errors) or 0.0,
        lowest=lowest,
        # The old index is itself at every share; the guard would doubt even that on few queries.
        never_below=line.strategy == KEEPS_OLD or lowest > -margin,
        searches=line.searches,
        held=line.held,
    )


def never_below(summaries: Sequence[MixSummary]) -> str:
    """Return which strategies never fall below the old index, in half a sentence."""
    safe = [told.strategy for told in summaries if told.never_below]
    if not safe:
        return "no strategy is shown never to fall below the old index"
    listed = " and ".join(filter(None, [", ".join(safe[:-1]), safe[-1]]))
    return f"{listed} never {'falls' if len(safe) == 1 else 'fall'} below the old index"


def break_even(shares: Floats, means: Floats, old: float) -> float | None:
    """Return the least share from which on the mean stays at or above the old index, None if none does."""
    below = np.flatnonzero(means < old - SAME)
    first = int(below[-1]) + 1 if below.size else 0
    return float(shares[first]) if first < shares.size else None


def valley(shares: Floats, first: Floats, second: Floats) -> tuple[float, float]:
    """Return the worst of the better of two strategies, and the share where it is reached first."""
    better = np.maximum(first, second)
    worst = _first_least(better)
    return float(better[worst]), float(shares[worst])


def _first_least(values: Floats) -> int:
    """Return where the least value stands first; the last bits of a flat line do not count."""
    return int((values <= values.min() + SAME).argmax())


def at_half(shares: Floats, values: Floats) -> float | None:
    """Return the value when half has moved, between its neighbours where no share is one half."""
    value = float(np.interp(HALF, shares, values))
    return None if math.isnan(value) else value
