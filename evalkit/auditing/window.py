"""The window of a migration: two models may lie in an index, one growing after a schedule, no third one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from evalkit import figures
from evalkit.auditing.census import Census
from evalkit.auditing.expectation import ClaimReading, Expectation
from evalkit.errors import UsageError

SLACK = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When and how an index moves from one model to the expected one.

    Attributes:
        old: The model that it moves away from.
        starts: The first day on which both may lie in it.
        ends: The last one.
        start_share: Share of the expected model on the first day.
        end_share: Share of it on the last day.
        slack: How far it may be behind the straight line between them.
    """

    old: str
    starts: date
    ends: date
    start_share: float = 0.0
    end_share: float = 1.0
    slack: float = SLACK

    def __post_init__(self) -> None:
        """Check the order of days and shares."""
        shares = self.start_share, self.end_share, self.slack
        if self.ends <= self.starts or not all(0 <= share <= 1 for share in shares):
            raise UsageError(
                f"a window from {self.starts} to {self.ends}, shares {self.start_share} to {self.end_share}, "
                f"slack {self.slack} is none",
                hint="it ends after it starts; shares and slack lie between 0 and 1",
                code="EK643",
            )
        if self.end_share < self.start_share:
            raise UsageError(
                f"a window's share falls from {self.start_share} to {self.end_share}",
                hint="old is what the index moves away from; exchange the models",
                code="EK643",
            )

    def is_open(self, today: date) -> bool:
        """Return whether both models may lie in the index."""
        return self.starts <= today <= self.ends

    def planned(self, today: date) -> float:
        """Return which share of the expected model is planned, on a straight line from day to day."""
        passed = (today - self.starts).days / (self.ends - self.starts).days
        return self.start_share + min(1.0, max(0.0, passed)) * (self.end_share - self.start_share)

    def objections(
        self, census: Census, models: Sequence[Expectation], today: date, before: float | None
    ) -> Iterator[str]:
        """Give what is wrong with the course of a migration, in sentences.

        Args:
            census: What records state.
            models: The expected model and the old one.
            today: Which day it is.
            before: The share of the expected model when it was last counted, None where nobody did.
        """
        new, old = models
        share = share_of(census, new)
        planned = self.planned(today)
        if before is not None and share < before - 1e-9:
            yield (
                f"{new.name} has fallen to {figures.permille(share)} of the records, "
                f"from {figures.permille(before)} when last counted"
            )
        if share < planned - self.slack:
            yield (
                f"{new.name} is behind its schedule: {figures.permille(share)} of the records, "
                f"{figures.permille(planned)} planned for {today.isoformat()}"
            )
        month = self.starts.strftime("%Y-%m")
        late = sum(
            census.written_after(version, month)
            for version in census.versions
            if old.reads(version) == ClaimReading.EXPECTED
        )
        if late:
            yield f"{figures.counted(late, 'record')} of {old.name} were written after the move began"


def share_of(census: Census, model: Expectation) -> float:
    """Return which share of the records states a model."""
    return sum(census.share(v) for v in census.versions if model.reads(v) == ClaimReading.EXPECTED)
