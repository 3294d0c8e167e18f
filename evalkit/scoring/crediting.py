"""Credit rules: measures as sums over relevant documents, which is what gives them a mixed curve."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.golden.gains import Gains as GradeGains
from evalkit.scoring.formulas import ratio
from evalkit.scoring.judged import JudgedRun, exponential_gains

__all__ = ["Counts", "CreditRule", "one", "relevant_alike"]

Gains = Callable[[Ints, Ints], Floats]


class Counts(enum.Enum):
    """Which relevant documents bring their query a credit."""

    EACH = "every one, by its rank alone"
    FIRST = "only the first one found"
    TIMES_FOUND = "every one, times how many have been found down to it"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRule:
    """A measure as Σ gain of the grade · worth of the rank ÷ divisor, over the relevant documents that count.

    Attributes:
        counts: Which documents bring a credit.
        worth: (K,) what the ranks 1 … K are worth.
        gains: Gains of grades ≥ 0, whatever their shape, given the highest grade of each one's query; 0 for
            grade 0.
        divisor: (Q,) what a query's sum is divided by, > 0, from its (Q, R) ideal grades and the cutoff.
        needs_cutoff: Whether the measure divides by the number of results where it has no cutoff.
        valued: The rule where the golden set says what grades are worth; None where that changes nothing.
    """

    counts: Counts
    worth: Callable[[Floats], Floats]
    gains: Gains
    divisor: Callable[[Ints, int | None], Floats]
    needs_cutoff: bool = False
    valued: Callable[[Gains], CreditRule] | None = None

    def worth_of(self, gains: GradeGains | None) -> CreditRule:
        """Return the rule where grades are worth this; None: each is worth itself."""
        return (
            self if gains is None or self.valued is None else self.valued(lambda grades, _: gains.of(grades))
        )

    def values(self, judged: JudgedRun, cutoff: int | None) -> Floats:
        """Return (Q,) the measure as this rule adds it up; what its formula gives, if both are right."""
        if judged.gains is not None and self.valued is not None:
            return self.worth_of(judged.gains).values(replace(judged, gains=None), cutoff)
        grades = np.maximum(judged.grades[:, :cutoff], 0)
        top = np.broadcast_to(judged.ideal.max(axis=1, initial=0)[:, None], grades.shape)
        found = np.cumsum(grades >= 1, axis=1)
        times = {
            Counts.EACH: np.ones_like(found),
            Counts.FIRST: found == 1,
            Counts.TIMES_FOUND: found,
        }[self.counts]
        worth = self.worth(np.arange(1, grades.shape[1] + 1, dtype=np.float64))
        credit = np.where(grades >= 1, self.gains(grades, top) * worth * times, 0.0)
        return ratio(np.asarray(credit.sum(axis=1)), self.divisor(judged.ideal, cutoff))

    def at_least(self, grade: int) -> CreditRule | None:
        """Return the rule where only this grade and above count; None where documents below would, too.

        A rule that asks how many relevant documents stand above counts those of every grade.
        """
        if self.counts is not Counts.EACH:
            return None
        return replace(
            self,
            gains=lambda grades, top: self.gains(np.where(grades < grade, 0, grades), top),
            divisor=lambda ideal, cutoff: self.divisor(np.where(ideal < grade, 0, ideal), cutoff),
        )


def linear(grades: Ints, top: Ints) -> Floats:
    """Return the grades themselves."""
    del top
    return grades.astype(np.float64)


def relevant_alike(grades: Ints, top: Ints) -> Floats:
    """Return 1 for every relevant document."""
    del top
    return (grades >= 1).astype(np.float64)


def discounted(ranks: Floats) -> Floats:
    """Return 1 ÷ log2(rank + 1)."""
    return np.asarray(1.0 / np.log2(ranks + 1))


def alike(ranks: Floats) -> Floats:
    """Return 1 for every rank."""
    return np.ones(ranks.shape)


def reciprocal(ranks: Floats) -> Floats:
    """Return 1 ÷ rank."""
    return np.asarray(1.0 / ranks)


def one(ideal: Ints, cutoff: int | None) -> Floats:
    """Return 1 for every query."""
    del cutoff
    return np.ones(len(ideal))


def all_relevant(ideal: Ints, cutoff: int | None) -> Floats:
    """Return how many relevant documents each query has."""
    del cutoff
    return np.maximum(_relevant(ideal), 1).astype(np.float64)


def at_most_cutoff(ideal: Ints, cutoff: int | None) -> Floats:
    """Return how many relevant documents each query has, or the cutoff where that is less."""
    return np.clip(_relevant(ideal), 1, cutoff).astype(np.float64)


def the_cutoff(ideal: Ints, cutoff: int | None) -> Floats:
    """Return the cutoff."""
    return np.full(len(ideal), float(cutoff or 1))


def best_gain(gains: Gains) -> Callable[[Ints, int | None], Floats]:
    """Return the divisor of a discounted sum: what the best order of a query's documents brings."""

    def divisor(ideal: Ints, cutoff: int | None) -> Floats:
        top = ideal.max(axis=1, initial=0)[:, None]
        best_first = gains(ideal[:, :cutoff], top)
        best = np.asarray((best_first / np.log2(np.arange(2, best_first.shape[1] + 2))).sum(axis=1))
        return np.where(best > 0, best, 1.0)

    return divisor


def _relevant(ideal: Ints) -> Ints:
    return np.asarray((ideal >= 1).sum(axis=1))


def discounted_gain(gains: Gains) -> CreditRule:
    """Return the rule of nDCG where grades gain this."""
    return CreditRule(
        counts=Counts.EACH, worth=discounted, gains=gains, divisor=best_gain(gains), valued=discounted_gain
    )


NDCG = discounted_gain(linear)
NDCG_EXPONENTIAL = CreditRule(
    counts=Counts.EACH, worth=discounted, gains=exponential_gains, divisor=best_gain(exponential_gains)
)
RECALL = CreditRule(counts=Counts.EACH, worth=alike, gains=relevant_alike, divisor=all_relevant)
RECALL_CAPPED = CreditRule(
    counts=Counts.EACH, worth=alike, gains=relevant_alike, divisor=at_most_cutoff, needs_cutoff=True
)
PRECISION = CreditRule(
    counts=Counts.EACH, worth=alike, gains=relevant_alike, divisor=the_cutoff, needs_cutoff=True
)
RECIPROCAL_RANK = CreditRule(counts=Counts.FIRST, worth=reciprocal, gains=relevant_alike, divisor=one)
AVERAGE_PRECISION = CreditRule(
    counts=Counts.TIMES_FOUND, worth=reciprocal, gains=relevant_alike, divisor=all_relevant
)
HIT = CreditRule(counts=Counts.FIRST, worth=alike, gains=relevant_alike, divisor=one)


def rank_biased(p: float) -> CreditRule:
    """Return the rule of rank-biased precision with persistence p."""
    return CreditRule(
        counts=Counts.EACH,
        worth=lambda ranks: np.asarray((1.0 - p) * p ** (ranks - 1)),
        gains=relevant_alike,
        divisor=one,
    )
