"""The line: one strategy and one measure along the shares, beside the old index it is measured from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from evalkit.arrays import Floats, check_shape, read_only
from evalkit.mixing.claims import Claims
from evalkit.scoring.measure import Measure


@dataclass(frozen=True, slots=True)
class Holding:
    """What a cohort holds half way: which share of all first ten results, and which share of the corpus.

    `first` is None where nothing is found at all. Far below `corpus`, the cohort has become invisible.
    """

    first: float | None
    corpus: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Line:
    """The curve of one strategy in one measure.

    Attributes:
        strategy: How queries are answered meanwhile.
        measure: What is measured.
        values: (S, Q) value of each query; expected values where moves are random.
        means: (S,) their mean over the counted queries.
        old_mean: The mean of the old index alone.
        lows: (S,) lower end of the guarded interval of the difference to the old index. Not clipped.
        highs: (S,) its upper end.
        cohorts: "moved", "unmoved" and further cohorts → (S,) the credits of their relevant documents ÷
            the most these could have earned; NaN where the cohort is empty.
        blackout: (S,) share of the relevant documents in the old index's top ten that can no longer be
            found; NaN where the old index finds none.
        spread: (S,) standard deviation of the mean over random moves; NaN under a fixed order.
        errors: (S,) standard error of a simulated mean; 0: it is exact.
        searches: How many searches each query costs.
        held: Each cohort → what it holds of the first results half way; empty where nobody asked, or where
            the strategy merges by rank.
        claims: What holds whatever shares are shown; None for a line that is known at its shares alone.
    """

    strategy: str
    measure: Measure
    values: Floats
    means: Floats
    old_mean: float
    lows: Floats
    highs: Floats
    cohorts: Mapping[str, Floats]
    blackout: Floats
    spread: Floats
    errors: Floats
    searches: int
    held: Mapping[str, Holding] = field(default_factory=dict)
    claims: Claims | None = None

    def __post_init__(self) -> None:
        """Check that all arrays run along the same shares."""
        check_shape("values", self.values, (self.means.size, None))
        for name in ("means", "lows", "highs", "blackout", "spread", "errors"):
            check_shape(name, getattr(self, name), (self.means.size,))
            object.__setattr__(self, name, read_only(getattr(self, name)))
        object.__setattr__(self, "values", read_only(self.values))

    @property
    def exact(self) -> bool:
        """Whether the values are expectations or facts, not estimates of a simulation."""
        return not self.errors.any()

    @property
    def band(self) -> tuple[Floats, Floats]:
        """(S,) and (S,) the interval in units of the measure: the old mean plus that of the difference."""
        return np.clip(self.old_mean + self.lows, 0, 1), np.clip(self.old_mean + self.highs, 0, 1)
