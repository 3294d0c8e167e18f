"""The summary: the few numbers of a line that a decision needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit import figures
from evalkit.arrays import Floats
from evalkit.mixing.claims import SAME, Claims
from evalkit.mixing.line import Holding, Line
from evalkit.mixing.search import Course
from evalkit.scoring.measure import Measure

HALF = 0.5
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
        worst: Smallest mean on the way, that of the start included.
        worst_share: The share where it is reached first.
        break_even: Least share from which on the mean stays at or above the old index.
        blackout: Share of the relevant documents found before that cannot be found when half has moved.
        spread: Standard deviation of the mean over random moves when half has moved.
        error: Standard error of the simulated mean when half has moved; 0 where it is exact.
        lowest: Smallest lower end of the guarded interval of the difference to the old index.
        lowest_share: The share where that is reached first.
        never_below: Whether `lowest` stays above −margin at every share.
        searches: Searches for each query.
        evaluated: At how many shares the line was looked at for these numbers.
        cohorts: Each cohort → its value when half has moved.
        held: Each cohort → what it holds of the first results half way; empty where nobody asked.
    """

    strategy: str
    measure: Measure
    old: float
    start: float
    half: float
    end: float
    worst: float
    worst_share: float
    break_even: float | None
    blackout: float | None
    spread: float | None
    error: float
    lowest: float
    lowest_share: float
    never_below: bool
    searches: int
    evaluated: int
    cohorts: Mapping[str, float | None] = field(default_factory=dict)
    held: Mapping[str, Holding] = field(default_factory=dict)

    @property
    def opening(self) -> str:
        """What happens on the way, in half a sentence."""
        start, half, worst = (figures.number(mean, 2) for mean in (self.start, self.half, self.worst))
        share = figures.tight_percent(self.worst_share)
        return (
            f"{self.strategy}: {start} when nothing has moved yet, {half} half way, "
            f"at worst {worst} with {share} moved"
        )


def summarise(line: Line, shares: Floats, *, margin: float) -> MixSummary:
    """Return the summary of a line.

    Args:
        line: The line.
        shares: (S,) the shares that are shown, increasing; they matter only where the line makes no claims.
        margin: The loss against the old index that is accepted, ≥ 0.
    """
    claims = line.claims or _claims_of_shown(line, shares)
    return MixSummary(
        strategy=line.strategy,
        measure=line.measure,
        old=line.old_mean,
        start=claims.start,
        half=claims.half,
        end=claims.end,
        worst=claims.worst,
        worst_share=claims.worst_share,
        break_even=claims.break_even,
        blackout=_known(claims.blackout),
        spread=_known(claims.spread),
        error=claims.error,
        lowest=claims.lowest,
        lowest_share=claims.lowest_share,
        # The old index is itself at every share; the guard would doubt even that on few queries.
        never_below=line.strategy == KEEPS_OLD or claims.lowest > -margin,
        searches=line.searches,
        evaluated=claims.evaluated,
        cohorts={name: _known(value) for name, value in claims.cohorts.items()},
        held=line.held,
    )


def _claims_of_shown(line: Line, shares: Floats) -> Claims:
    """Return what the shown shares of a line say, for lines of which no more is known."""
    course = Course(shares, np.stack([line.means, line.lows]))
    # The end is no part of the way; the start is where the strategy is worse than the old index there.
    inside = (shares < 1) & ((shares > 0) | (line.means < line.old_mean - SAME))
    way = Course(shares[inside], course.rows[:, inside]) if inside.any() else course
    worst, lowest = way.lowest(0), course.lowest(1)
    return Claims(
        start=float(line.means[0]),
        half=_at_half(shares, line.means),
        end=float(line.means[-1]),
        worst=worst[0],
        worst_share=worst[1],
        break_even=break_even(shares, line.means, line.old_mean),
        lowest=lowest[0],
        lowest_share=lowest[1],
        blackout=_at_half(shares, line.blackout),
        spread=_at_half(shares, line.spread),
        error=_at_half(shares, line.errors),
        cohorts={name: _at_half(shares, values) for name, values in line.cohorts.items()},
        evaluated=shares.size,
    )


def never_below(summaries: Sequence[MixSummary], margin: float) -> str:
    """Return which strategies never fall below the old index, in half a sentence.

    Args:
        summaries: One for each strategy.
        margin: The loss against the old index that is accepted, and said wherever it is needed.
    """
    within = f" by more than {figures.as_set(margin)}" if margin else ""
    safe = [told.strategy for told in summaries if told.never_below]
    if not safe:
        return f"no strategy is shown never to fall below the old index{within}"
    listed = " and ".join(filter(None, [", ".join(safe[:-1]), safe[-1]]))
    # The old index is itself: it needs no margin.
    said = "" if safe == [KEEPS_OLD] else within
    return f"{listed} never {'falls' if len(safe) == 1 else 'fall'} below the old index{said}"


def break_even(shares: Floats, means: Floats, old: float) -> float | None:
    """Return the least share from which on the mean stays at or above the old index, None if none does."""
    return Course(shares, means[None]).settled_from(0, old - SAME)


def valley(shares: Floats, first: Floats, second: Floats) -> tuple[float, float]:
    """Return the worst of the better of two strategies, and the share where it is reached first."""
    return Course(shares, np.maximum(first, second)[None]).lowest(0)


def _at_half(shares: Floats, values: Floats) -> float:
    """Return the value when half has moved, between its neighbours where no share is one half."""
    return float(np.interp(HALF, shares, values))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
