"""The comparison: one row of the table that sets two systems side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.comparison.effect import Effect, Status
from evalkit.golden.checks.effective import SEGMENT_QUERIES
from evalkit.scoring.measure import Measure

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    "baseline",
    "candidate",
    "queries",
    "effective_queries",
    "baseline_mean",
    "candidate_mean",
    "delta",
    "low",
    "high",
    "p_greater",
    "p_less",
    "p_two_sided",
    "p_adjusted",
    "wins",
    "ties",
    "losses",
    "nonzero",
    "share_better",
    "relative_change",
    "sd",
    "d_z",
    "detectable",
    "provable",
    "exact",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one measure says about a candidate and the baseline on one set of queries.

    Attributes:
        measure: What is compared.
        segment: The segment it is compared in, None for the whole golden set.
        baseline: Name of the system in production.
        candidate: Name of the system that may replace it.
        queries: How many queries are compared; wins, ties and losses count these.
        wins: Queries on which the candidate is better by more than 1e-9.
        ties: Queries without a difference.
        losses: Queries on which the candidate is worse by more than 1e-9.
        baseline_mean: Mean of the baseline, by weight where the policy uses weights.
        candidate_mean: Mean of the candidate, likewise.
        effect: The guarded interval and the sign-flip test of the difference.
        limit: The loss that is accepted here.
        sd: Standard deviation of the deltas per effective query; None for a single cluster.
        ci_t: The plain t interval, for reference only; None for a single cluster.
        detectable: Smallest gain that this many queries show with the power planned; None if none can be.
        provable: Smallest loss that they exclude when there is none; None if none can be.
        p_adjusted: Two-sided p after Benjamini and Hochberg over the whole table: exploratory, and the
            only number here that other measures and segments have an influence on.
        status: What it shows on its own.
        by_model: How many further queries a model alone has judged, whose grades people's correct (ppi); 0
            for none. Wins, ties and losses count people's queries.
    """

    measure: Measure
    segment: str | None
    baseline: str
    candidate: str
    queries: int
    wins: int
    ties: int
    losses: int
    baseline_mean: float
    candidate_mean: float
    effect: Effect
    limit: float
    sd: float | None
    ci_t: tuple[float, float] | None
    detectable: float | None
    provable: float | None
    p_adjusted: float
    status: Status
    by_model: int = 0

    @property
    def delta(self) -> float:
        """Mean of candidate minus baseline."""
        return self.effect.interval.estimate

    @property
    def low(self) -> float:
        """Lower end of the guarded interval, at least -1."""
        return max(-1.0, self.effect.interval.low)

    @property
    def high(self) -> float:
        """Upper end of the guarded interval, at most 1."""
        return min(1.0, self.effect.interval.high)

    @property
    def effective_queries(self) -> float:
        """How many equally weighted, independent queries carry as much."""
        return self.effect.interval.effective

    @property
    def p_greater(self) -> float:
        """Sign-flip p-value of "better"."""
        return self.effect.test.greater

    @property
    def p_less(self) -> float:
        """Sign-flip p-value of "worse"."""
        return self.effect.test.less

    @property
    def p_two_sided(self) -> float:
        """Sign-flip p-value of "different"."""
        return self.effect.test.two_sided

    @property
    def exact(self) -> bool:
        """Whether the sign-flip p-values are exact."""
        return self.effect.test.exact

    @property
    def nonzero(self) -> int:
        """How many queries tell the systems apart."""
        return self.wins + self.losses

    @property
    def share_better(self) -> float:
        """Share of queries won, ties counted half: the probability of superiority."""
        return (self.wins + self.ties / 2) / self.queries

    @property
    def relative_change(self) -> float | None:
        """Delta as a share of the baseline's mean, None where that is 0. Margins are absolute, never this."""
        return self.delta / self.baseline_mean if self.baseline_mean else None

    @property
    def d_z(self) -> float | None:
        """Delta in standard deviations; None where there is no spread."""
        return self.delta / self.sd if self.sd else None

    @property
    def descriptive(self) -> bool:
        """Whether the segment is too small to conclude anything from."""
        return self.segment is not None and self.effective_queries < SEGMENT_QUERIES

    def to_frame(self) -> pd.DataFrame:
        """Return the comparison as a table of one row."""
        return to_frame([self])


def to_frame(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return comparisons as a table, one row each; what is absent is missing, never a number."""
    import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

    table = {
        "measure": [str(row.measure) for row in comparisons],
        "segment": [row.segment for row in comparisons],
        **{name: [getattr(row, name) for row in comparisons] for name in _COLUMNS},
        "status": [str(row.status) for row in comparisons],
    }
    return pd.DataFrame(table)
