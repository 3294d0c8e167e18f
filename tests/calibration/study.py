"""What a calibration study hands back: measured rates beside the band they must lie in."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

PROPERTY = "calibration"


@dataclass(frozen=True)
class Row:
    """One measured number; a `control` has a safeguard switched off and shows that the study would notice."""

    study: str
    what: str
    value: float
    low: float
    high: float
    repetitions: int
    control: bool = False

    def holds(self, errors: float = 0.0) -> bool:
        """Return whether the value lies in its band, widened by so many binomial standard errors."""
        spread = errors * math.sqrt(max(self.value * (1 - self.value), 0.0) / self.repetitions)
        return self.low - spread <= self.value <= self.high + spread

    def __str__(self) -> str:
        band = f"{self.low:.3f} to {self.high:.3f}"
        kind = "control" if self.control else "promise"
        mark = "" if self.holds() else "   OUT"
        return f"{self.study:<4} {kind}  {self.what:<62} {self.value:7.4f}   {band}{mark}"


Study = Callable[[float], list[Row]]


def repetitions(full: int, share: float) -> int:
    """Return how often to repeat when `share` of the full study is asked for."""
    return max(1, round(full * share))


def rate(hits: Iterable[bool]) -> float:
    """Return the share that is true."""
    return float(np.mean(list(hits)))


def seeds(study: int, repetitions: int) -> Iterable[tuple[int, np.random.Generator]]:
    """Return a seed and a generator for each repetition; each repetition has random signs of its own."""
    return ((number, np.random.default_rng([study, number])) for number in range(repetitions))
