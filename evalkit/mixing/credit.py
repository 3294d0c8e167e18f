"""Credit: what each relevant document adds to its query's measure, by its rank and those of its fellows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats
from evalkit.errors import UsageError
from evalkit.mixing.binomial import expected_worth, none_above
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.rivals import Rivals, Standing
from evalkit.scoring.crediting import Counts, CreditRule
from evalkit.scoring.definition import DEFINITIONS
from evalkit.scoring.measure import Measure


@dataclass(frozen=True, slots=True, eq=False)
class Credit:
    """A measure as a sum over relevant documents: Σ gain · worth of the rank, of those that count.

    Attributes:
        gain: (J,) the factor of each relevant document.
        worth: (K,) what ranks 1 … K are worth; later ranks are worth nothing.
        counts: Which documents bring it.
    """

    gain: Floats
    worth: Floats
    counts: Counts

    @classmethod
    def of(cls, measure: Measure, relevant: Relevant, documents: int) -> Credit:
        """Return how a measure credits the relevant documents of a corpus of `documents` documents.

        Raises:
            UsageError: The measure is not a sum over relevant documents, or it divides by the number of
                results and has no cutoff.
        """
        rule = rule_of(measure).worth_of(relevant.gains)
        ranks = np.arange(1, min(measure.cutoff or documents, documents) + 1, dtype=np.float64)
        top = relevant.ideal.max(axis=1, initial=0)
        gains = rule.gains(relevant.grades, top[relevant.query_rows])
        divisor = rule.divisor(relevant.ideal, measure.cutoff)
        return cls(gains / divisor[relevant.query_rows], rule.worth(ranks), rule.counts)

    def expected(self, standing: Standing, shares: Floats) -> Floats:
        """Return (J, S) the expected credits of documents in one state, all others moving with P = share."""
        return np.asarray(expected_together([self], standing, shares)[0])

    def of_ranks(self, relevant: Relevant, ranks: Floats) -> Floats:
        """Return (J, S) the credits of relevant documents that stand at (J, S) ranks, inf if nowhere."""
        place = np.minimum(ranks, self.worth.size + 1).astype(np.int64)
        credit: Floats = self.gain[:, None] * np.append(self.worth, 0.0)[place - 1]
        if self.counts is Counts.EACH:
            return credit
        above = np.zeros(ranks.shape, dtype=np.int64)
        for first, second in relevant.fellows():
            above[second] += ranks[first] < ranks[second]
            above[first] += ranks[second] < ranks[first]
        return credit * (above == 0) if self.counts is Counts.FIRST else credit * (1 + above)


def expected_together(by_measure: Sequence[Credit], standing: Standing, shares: Floats) -> Floats:
    """Return (M, J, S) the expected credits of documents in one state by M measures.

    Measures that look at as many ranks and count alike share the probabilities of those ranks.
    """
    alike: dict[tuple[Counts, int], list[int]] = {}
    for number, credit in enumerate(by_measure):
        alike.setdefault((credit.counts, credit.worth.size), []).append(number)
    expected = np.empty((len(by_measure), standing.reachable.size, shares.size))
    for (counts, _), numbers in alike.items():
        gain, worth = (
            np.stack([getattr(by_measure[n], name) for n in numbers]) for name in ("gain", "worth")
        )
        expected[numbers] = _expected(counts, standing, shares, gain, worth)
    return expected


def squared(credit: Credit) -> Credit:
    """Return the credit that pays the square of another, unless that depends on the fellows found."""
    return Credit(credit.gain**2, credit.worth**2, credit.counts)


def _expected(counts: Counts, standing: Standing, shares: Floats, gain: Floats, worth: Floats) -> Floats:
    """Return (W, J, S) expected credits for (W, J) factors and (W, K) worths of ranks."""
    rows = np.flatnonzero(standing.reachable & (standing.rivals.always < worth.shape[1]))
    rivals, fellows = standing.rivals.take(rows), standing.fellows.take(rows)
    credit = np.zeros((*gain.shape, shares.size))
    credit[:, rows] = gain[:, rows, None] * _EXPECTED[counts](rivals, fellows, shares, worth)
    return credit


def _each(rivals: Rivals, fellows: Rivals, shares: Floats, worth: Floats) -> Floats:
    del fellows
    return expected_worth(rivals, shares, worth)


def _first(rivals: Rivals, fellows: Rivals, shares: Floats, worth: Floats) -> Floats:
    """Return the expectation over ranks with no fellow above: documents move independently of each other."""
    return none_above(fellows, shares) * expected_worth(rivals.without(fellows), shares, worth)


def _times_found(rivals: Rivals, fellows: Rivals, shares: Floats, worth: Floats) -> Floats:
    """Return Σ P(x fellows above) · (1 + x) · the expected worth with x certain places taken."""
    strangers = rivals.without(fellows)
    most = (fellows.always + fellows.if_moved + fellows.if_unmoved).max(initial=0)
    expected = np.zeros((len(worth), rivals.always.size, shares.size))
    for above in range(min(int(most) + 1, worth.shape[1])):
        exactly = np.zeros((1, above + 1))
        exactly[0, above] = 1.0
        chance = expected_worth(fellows, shares, exactly)
        expected += chance * (1 + above) * expected_worth(strangers, shares, worth[:, above:])
    return expected


_EXPECTED: dict[Counts, Callable[[Rivals, Rivals, Floats, Floats], Floats]] = {
    Counts.EACH: _each,
    Counts.FIRST: _first,
    Counts.TIMES_FOUND: _times_found,
}


def has_curve(measure: Measure) -> bool:
    """Return whether a measure is a sum over relevant documents, whatever the number of results."""
    rule = measure.definition.credit
    return rule is not None and not (rule.needs_cutoff and measure.cutoff is None)


def rule_of(measure: Measure) -> CreditRule:
    """Return how a measure credits relevant documents.

    Raises:
        UsageError: It is not a sum over relevant documents, or it divides by the number of results and has
            no cutoff.
    """
    rule = measure.definition.credit
    if rule is None:
        names = [known.name for known in DEFINITIONS.values() if known.credit]
        raise UsageError(
            f"{measure} is not known as a sum over relevant documents, and has no mixed curve",
            hint=f"{', '.join(names)} have one; a measure of your own needs a definition with a credit rule",
            code="EK181",
        )
    if rule.needs_cutoff and measure.cutoff is None:
        raise UsageError(
            f"{measure} divides by the number of results, which a mixed index does not fix",
            hint=f"give it a cutoff, such as {measure}@10",
            code="EK182",
        )
    return rule
