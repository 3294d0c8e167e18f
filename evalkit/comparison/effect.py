"""The effect: one guarded interval and one sign-flip test of the same cluster sums."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evalkit.comparison.intervals import GuardedInterval, guard
from evalkit.comparison.querygroups import Clusters
from evalkit.comparison.signflip import EXACT_UP_TO, SignFlip, default_resamples, sign_flip_columns

HOLM_STEPS = 8


class Terms(Protocol):
    """What a comparison needs to know of the policy it is made for."""

    @property
    def level(self) -> float:
        """One-sided significance level of every claim."""

    @property
    def power(self) -> float:
        """Chance of showing an effect that is there, for planning."""

    @property
    def margin(self) -> float:
        """Loss that one accepts on the whole set."""

    @property
    def segment_margin(self) -> float:
        """Loss that one accepts in a segment."""

    @property
    def worthwhile(self) -> float | None:
        """Gain below which a change is not worth making, None where no gain is asked for."""

    @property
    def resamples(self) -> int | None:
        """Random sign patterns, None for the number that suits the size of the set."""

    @property
    def use_weights(self) -> bool:
        """Whether queries count by their traffic."""


class Status(enum.StrEnum):
    """What a comparison shows on its own, before any rule reads it."""

    SUPERIOR = "superior"
    HARM = "harm"
    EQUIVALENT = "equivalent"
    NON_INFERIOR = "non-inferior"
    FUTILE = "futile"
    UNRESOLVED = "unresolved"
    DESCRIPTIVE = "descriptive"


@dataclass(frozen=True, slots=True)
class Effect:
    """How far a candidate is from the baseline in one measure on one set of queries, and how surely."""

    interval: GuardedInterval
    test: SignFlip

    @property
    def p_superior(self) -> float:
        """The p-value of "better": both the sign-flip test and the guarded interval must agree."""
        return max(self.test.greater, self.interval.p_above(0.0))

    @property
    def p_harm(self) -> float:
        """The p-value of "worse": the sign-flip test alone, since harm needs no guard against silence."""
        return self.test.less

    def p_non_inferior(self, margin: float) -> float:
        """Return the p-value of "no worse than `margin`"."""
        return self.interval.p_above(-margin)

    def p_equivalent(self, margin: float) -> float:
        """Return the p-value of "within `margin` either way" (two one-sided tests)."""
        return max(self.interval.p_above(-margin), self.interval.p_below(margin))

    def status(self, *, margin: float, worthwhile: float | None, level: float) -> Status:
        """Return the strongest thing the effect shows.

        Args:
            margin: The loss that is accepted.
            worthwhile: The gain below which a change is not worth making; None where none is asked for.
            level: One-sided significance level.
        """
        if self.p_superior <= level:
            return Status.SUPERIOR
        if self.p_harm <= level and self.interval.estimate <= -margin:
            return Status.HARM
        if self.p_equivalent(margin) <= 2 * level:
            return Status.EQUIVALENT
        if self.p_non_inferior(margin) <= level:
            return Status.NON_INFERIOR
        if worthwhile is not None and self.interval.high < worthwhile:
            return Status.FUTILE
        return Status.UNRESOLVED


def effects(
    columns: Sequence[Clusters], terms: Terms, *, seed: int, exact_up_to: int = EXACT_UP_TO
) -> tuple[Effect, ...]:
    """Return the effect of each column of cluster sums; all share the same random signs.

    Args:
        columns: Cluster sums over the same numbering of clusters.
        terms: Level and number of random sign patterns.
        seed: What the random signs are addressed by.
        exact_up_to: Columns with at most so many non-zero sums are enumerated.
    """
    if not columns:
        return ()
    sums = np.stack([column.sums for column in columns], axis=1)
    # Holm asks level / j of the j-th largest p-value; the steps are fixed here, not taken from the number of
    # columns, so that one more column never lengthens the sampling of another.
    levels = [terms.level / step for step in range(1, HOLM_STEPS + 1)]
    tests = sign_flip_columns(
        sums,
        resamples=terms.resamples or default_resamples(len(sums)),
        seed=seed,
        levels=levels,
        exact_up_to=exact_up_to,
    )
    alpha = 2 * terms.level
    return tuple(Effect(guard(column, alpha), test) for column, test in zip(columns, tests, strict=True))
