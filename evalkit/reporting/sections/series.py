"""The series: one curve of the lab in its first measure, by share, strategy and cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from evalkit.reporting.curves import Curve
from evalkit.reporting.sections.strategies import CARELESS, KEEPS_OLD, strategy_of
from evalkit.results.curves import CurveSummary, LineSummary, MixRow
from evalkit.results.result import Result

_MOST_SHARES = 41
_HALF, _NEARLY = 0.5, 0.05


@dataclass(frozen=True, slots=True)
class Series:
    """One curve in its first measure: its lines, its shares and its rows by strategy and cohort."""

    measure: str
    lines: list[LineSummary]
    shares: tuple[float, ...]
    rows: dict[tuple[str, str | None], list[MixRow]]

    @classmethod
    def of(cls, result: Result, curve: CurveSummary) -> Series:
        """Return the rows that belong to `curve`, thinned to as many shares as a page has room for."""
        measure = curve.lines[0].measure
        key = (curve.old, curve.new, curve.order, measure)
        own = [row for row in result.mix if (row.old, row.new, row.order, row.measure) == key]
        shares = _thinned(sorted({row.share for row in own}))
        rows: dict[tuple[str, str | None], list[MixRow]] = {}
        for row in own:
            if row.share in shares:
                rows.setdefault((row.strategy, row.cohort), []).append(row)
        lines = [line for line in curve.lines if line.measure == measure]
        return cls(measure, lines, shares, rows)

    @property
    def names(self) -> list[str]:
        """The strategies, as they were asked for."""
        return [line.strategy for line in self.lines]

    def values(self, strategy: str, cohort: str | None = None) -> tuple[float | None, ...]:
        """Return the (S,) values of a strategy, those of the mean over queries when no cohort is named."""
        return tuple(row.value for row in self.rows[strategy, cohort])

    def cohorts(self, strategy: str) -> list[str]:
        """Return the names of a strategy's cohorts."""
        return [cohort for name, cohort in self.rows if name == strategy and cohort is not None]

    def half_way(self, strategy: str) -> dict[str, float | None]:
        """Return what each cohort gets when half has moved; results of earlier versions know only shares."""
        line = next(line for line in self.lines if line.strategy == strategy)
        if line.cohorts:
            return dict(line.cohorts)
        if min(abs(share - _HALF) for share in self.shares) > _NEARLY:
            return {}
        return {name: _at_half(self.shares, self.values(strategy, name)) for name in self.cohorts(strategy)}

    def curve(self, strategy: str, *, banded: bool = False) -> Curve:
        """Return the mean of a strategy as it is drawn."""
        known, rows = strategy_of(strategy), self.rows[strategy, None]
        banded = banded and all(row.low is not None and row.high is not None for row in rows)
        return Curve(
            label=known.label,
            look=known.look,
            values=self.values(strategy),
            lows=tuple(row.low or 0.0 for row in rows) if banded else (),
            highs=tuple(row.high or 0.0 for row in rows) if banded else (),
        )

    def means(self) -> list[Curve]:
        """Return every strategy's mean, the highest first, and the old index among them.

        Lines that end together have their names in the order in which the lines lie before.
        """
        old = self.lines[0].old
        drawn = [line.strategy for line in self.lines if line.strategy != KEEPS_OLD]
        drawn.sort(key=lambda name: -fmean(value or 0.0 for value in self.values(name)))
        flat = Curve(label="the old index", look="ink dashed", values=(old,) * len(self.shares))
        return [self.curve(name, banded=name == CARELESS) for name in drawn] + [flat]


def _at_half(shares: Sequence[float], values: Sequence[float | None]) -> float | None:
    known = [
        (abs(share - _HALF), value) for share, value in zip(shares, values, strict=True) if value is not None
    ]
    return min(known)[1] if known else None


def _thinned(shares: Sequence[float]) -> tuple[float, ...]:
    """Return at most so many of the shares as fit, evenly picked, both ends among them."""
    if len(shares) <= _MOST_SHARES:
        return tuple(shares)
    last = len(shares) - 1
    return tuple(shares[round(index * last / (_MOST_SHARES - 1))] for index in range(_MOST_SHARES))
