"""The numbers of a gate, for those who collect them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Self

from evalkit.results.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class GateNumbers:
    """The primary measure when the baseline was stored and now, and what else decided."""

    verdict: str | None
    measure: str
    baseline: float
    now: float
    delta: float
    p_less: float | None
    tolerance: float | None
    missed_below: float | None
    critical_lost: int
    drift: int

    @classmethod
    def of(cls, result: Result) -> Self:
        """Return the numbers of a gate's result."""
        primary, system = result.primary, result.decisions[0].candidate
        row = next(row for row in result.comparisons if row.segment is None and row.measure == primary)
        return cls(
            verdict=result.verdict,
            measure=primary,
            baseline=row.baseline_mean,
            now=row.candidate_mean,
            delta=row.delta,
            p_less=row.p_less,
            tolerance=result.gate.tolerance,
            missed_below=result.power[system].missed_below,
            critical_lost=sum(loss.stands for loss in result.critical),
            drift=len(result.gate.drift),
        )

    @property
    def named(self) -> dict[str, str | float | None]:
        """Name → value."""
        return dataclasses.asdict(self)
