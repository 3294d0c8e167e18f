"""The drawing: what was followed along the shares, made into lines and the claims about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats
from evalkit.comparison.intervals import guard
from evalkit.comparison.sample import Sample
from evalkit.mixing.claims import Claims, Way, break_even
from evalkit.mixing.line import Line
from evalkit.mixing.search import Course, even_odds
from evalkit.mixing.strategies import SEARCHES
from evalkit.mixing.traces import Trace
from evalkit.scoring.measure import Measure


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Followed:
    """One strategy followed along the way.

    Attributes:
        trace: Everything about it, at (S,) shares.
        shares: These shares; those that are shown and one half are among them.
        claimed: Those of the shares that claims are made on, 0 and 1 among them.
        values: Gives (M, S, Q) values at any other shares; None where only those of the trace are known.
    """

    trace: Trace
    shares: Floats
    claimed: Floats
    values: Callable[[Floats], Floats] | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Drawing:
    """What all strategies of a survey share when their lines are drawn.

    Attributes:
        shown: (S,) shares that are shown.
        measures: M measures.
        before: (M, Q) values of the old index.
        weights: (Q,) weights of the queries, which add up to 1.
        sample: Which queries count and which belong together.
        alpha: One minus the coverage of the intervals.
        cohorts: C names of the cohorts.
        documents: D.
        stepwise: Whether documents move one by one in a fixed order.
    """

    shown: Floats
    measures: tuple[Measure, ...]
    before: Floats
    weights: Floats
    sample: Sample
    alpha: float
    cohorts: tuple[str, ...]
    documents: int
    stepwise: bool

    def way(self, followed: Followed) -> Way:
        """Return a strategy over the whole way."""
        places = np.searchsorted(followed.shares, followed.claimed)
        if followed.values is None:
            known = Course(followed.claimed, self._rows(followed.trace.values[:, places]))
            return Way(rows=known.at, known=known, smooth=False, stepwise=self.stepwise)
        values = followed.values
        grid = even_odds(self.documents)
        known = Course(grid, self._rows(values(grid)))
        return Way(
            rows=lambda shares: self._rows(values(shares)), known=known, smooth=True, stepwise=self.stepwise
        )

    def lines(self, name: str, followed: Followed, way: Way) -> list[Line]:
        """Return the line of a strategy in each measure."""
        trace, places = followed.trace, np.searchsorted(followed.shares, self.shown)
        course = way.explored(self.before @ self.weights)
        lines = []
        for row, measure in enumerate(self.measures):
            values, before = trace.values[row, places], self.before[row]
            bands = [guard(self.sample.clusters(value - before, None), self.alpha) for value in values]
            lines.append(
                Line(
                    strategy=name,
                    measure=measure,
                    values=values,
                    means=values @ self.weights,
                    old_mean=float(before @ self.weights),
                    lows=np.array([band.low for band in bands]),
                    highs=np.array([band.high for band in bands]),
                    cohorts=dict(zip(self.cohorts, trace.cohorts[row][:, places], strict=True)),
                    blackout=trace.blackout[places],
                    spread=trace.spread[row, places],
                    errors=trace.errors[row, places],
                    searches=SEARCHES[name],
                    claims=self._claims(row, followed, way, course),
                )
            )
        return lines

    def _claims(self, row: int, followed: Followed, way: Way, course: Course) -> Claims:
        trace, half = followed.trace, int(np.searchsorted(followed.shares, 0.5))
        worst, lowest = way.worst(course, row), course.lowest(way.measures + row)
        old_mean = float(self.before[row] @ self.weights)
        return Claims(
            start=float(course.rows[row, 0]),
            half=float(trace.values[row, half] @ self.weights),
            end=float(course.rows[row, -1]),
            worst=worst[0],
            worst_share=worst[1],
            break_even=break_even(course, row, old_mean, self.documents),
            lowest=lowest[0],
            lowest_share=lowest[1],
            blackout=float(trace.blackout[half]),
            spread=float(trace.spread[row, half]),
            error=float(trace.errors[row, half]),
            cohorts=dict(zip(self.cohorts, trace.cohorts[row][:, half].tolist(), strict=True)),
            evaluated=course.shares.size,
        )

    def _rows(self, values: Floats) -> Floats:
        """Return (2M, S) means and lower ends of the interval of the difference to the old index."""
        deltas = values - self.before[:, None, :]
        lows = [self.sample.guarded_lows(found, self.alpha) for found in deltas]
        return np.concatenate([values @ self.weights, np.stack(lows)])
