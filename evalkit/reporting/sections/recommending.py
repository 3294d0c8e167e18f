"""The recommending: which way through a mixed index is the one to take, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit import figures
from evalkit.reporting.sections.strategies import KEEPS_OLD, strategy_of
from evalkit.results.curves import LineSummary

_NOTHING = 0.0005  # what three digits cannot show


@dataclass(frozen=True, slots=True)
class Recommended:
    """The way to take, by its strategy ("" where none is safe), and the reason."""

    strategy: str
    reason: str

    @property
    def sentence(self) -> str:
        """What to do on the way, as a sentence."""
        if not self.strategy:
            return f"No way is recommended: {self.reason}."
        return f"Recommended is “{strategy_of(self.strategy).label}” ({self.strategy}): {self.reason}."


def recommend(lines: Sequence[LineSummary], margin: float) -> Recommended:
    """Return the way to take.

    Of those that are shown never to fall below the old index, and are no worse than it half way, the best one
    half way; equal ones by the fewest searches. Where there is none, the old index is kept whole.

    Args:
        lines: The lines of a curve in one measure.
        margin: The loss against the old index that is accepted.
    """
    proven = [
        line
        for line in lines
        if line.never_below and line.strategy != KEEPS_OLD and (line.half or 0.0) >= line.old
    ]
    below = f" by more than {figures.as_set(margin)}" if margin else ""
    if proven:
        best = max(proven, key=lambda line: (line.half or 0.0, -line.searches))
        worth = f"{best.measure} is {figures.number(best.half)} half way, {figures.number(best.old)} before"
        searches = "one search" if best.searches == 1 else f"{best.searches} searches"
        return Recommended(
            best.strategy,
            f"{worth}, at {searches} a query",
        )
    if any(line.strategy == KEEPS_OLD for line in lines):
        return Recommended(
            KEEPS_OLD,
            "nothing changes until the new one is complete, and both need room until then",
        )
    return Recommended("", f"none of these is shown never to fall below the old index{below}")


def falls(line: LineSummary, margin: float) -> bool:
    """Whether the mean of a strategy itself lies below the old index by more than what is accepted."""
    known = [value for value in (line.start, line.half, line.worst) if value is not None]
    return bool(known) and line.old - min(known) > max(margin, _NOTHING)
