"""Traces: the values of every measure along the shares, added up from credits of relevant documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats
from evalkit.mixing.credit import Credit, expected_together, squared
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.rivals import Standing
from evalkit.mixing.spread import spread_over_moves
from evalkit.scoring.crediting import Counts

FOUND = 10
RARELY = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """What every strategy is measured with.

    Attributes:
        relevant: J relevant documents.
        credits: How each of M measures credits them.
        weights: (Q,) how much each query counts, 0 where it has no relevant document.
        found: (J,) which of them the old index finds in its top ten.
        fields: Name of each further cohort → (J,) which relevant documents belong to it.
    """

    relevant: Relevant
    credits: tuple[Credit, ...]
    weights: Floats
    found: Bools
    fields: Mapping[str, Bools]

    @property
    def cohorts(self) -> tuple[str, ...]:
        """The C names of the cohorts."""
        return ("moved", "unmoved", *self.fields)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One strategy along S shares, for M measures and C cohorts.

    Attributes:
        values: (M, S, Q) value of each query, expected where moves are random.
        earned: (M, C, S) weighted credits of the relevant documents of each cohort.
        possible: (M, C, S) what they would be if all of them stood first.
        blackout: (S,) share of the relevant documents found by the old index that can no longer be found.
        spread: (M, S) standard deviation of the mean over random moves; NaN where moves are not random.
        errors: (M, S) standard error of a simulated mean, 0 where it is exact.
    """

    values: Floats
    earned: Floats
    possible: Floats
    blackout: Floats
    spread: Floats
    errors: Floats

    @property
    def cohorts(self) -> Floats:
        """(M, C, S) the value of each cohort: what it earned ÷ what was possible; NaN where it is empty."""
        return np.where(
            self.possible > 0, self.earned / np.where(self.possible > 0, self.possible, 1.0), np.nan
        )


def expected_trace(measurement: Measurement, moved: Standing, unmoved: Standing, shares: Floats) -> Trace:
    """Return the exact trace of documents that move independently, with probability share."""
    wanted = [*measurement.credits, *(squared(credit) for credit in measurement.credits), _reach(measurement)]
    here, there = (expected_together(wanted, state, shares) for state in (moved, unmoved))
    count = len(measurement.credits)
    chances = np.broadcast_to(shares, (len(measurement.relevant), shares.size))
    spread = [
        np.full(shares.size, np.nan)  # the squares of credits times the fellows found are not known
        if credit.counts is Counts.TIMES_FOUND
        else spread_over_moves(
            credit.counts,
            (here[row], here[count + row]),
            (there[row], there[count + row]),
            shares,
            measurement.relevant,
            measurement.weights,
        )
        for row, credit in enumerate(measurement.credits)
    ]
    credits_by_state = [(shares * here[row], (1 - shares) * there[row]) for row in range(count)]
    dark = blackout(measurement, here[-1], there[-1], chances)
    return added_up(measurement, credits_by_state, chances, blackout=dark, spread=spread)


def _reach(measurement: Measurement) -> Credit:
    """Return the credit that pays 1 for a place in the top ten, and is expected to pay its probability."""
    return Credit(np.ones(len(measurement.relevant)), np.ones(FOUND), Counts.EACH)


def expected_values(measurement: Measurement, moved: Standing, unmoved: Standing, shares: Floats) -> Floats:
    """Return the (M, S, Q) values of `expected_trace` alone, which cost a fraction of the whole trace."""
    here, there = (expected_together(measurement.credits, state, shares) for state in (moved, unmoved))
    values = [measurement.relevant.summed(credit) for credit in shares * here + (1 - shares) * there]
    return np.minimum(np.stack(values), 1.0)


def ranked_trace(measurement: Measurement, ranks: Floats, chances: Floats, *, random: bool) -> Trace:
    """Return the trace of ranks that are known.

    Args:
        measurement: What to measure with.
        ranks: (J, S) rank of each relevant document, inf where it is not retrieved.
        chances: (J, S) probability that it has moved, which its rank does not depend on; or 0 and 1.
        random: Whether moves are random (and yet leave these ranks alone).
    """
    by_measure = (credit.of_ranks(measurement.relevant, ranks) for credit in measurement.credits)
    credits_by_state = [(chances * credit, (1 - chances) * credit) for credit in by_measure]
    reach = (ranks <= FOUND).astype(np.float64)
    spread = np.full((len(measurement.credits), ranks.shape[1]), 0.0 if random else np.nan)
    dark = blackout(measurement, reach, reach, chances)
    return added_up(measurement, credits_by_state, chances, blackout=dark, spread=spread)


def added_up(
    measurement: Measurement,
    credits_by_state: Iterable[tuple[Floats, Floats]],
    chances: Floats,
    *,
    blackout: Floats,
    spread: Sequence[Floats] | Floats,
) -> Trace:
    """Return the trace of (J, S) credits earned while moved and while not, for each of M measures."""
    relevant = measurement.relevant
    weights = measurement.weights[relevant.query_rows, None]
    values, earned, possible = [], [], []
    for credit, (moved, unmoved) in zip(measurement.credits, credits_by_state, strict=True):
        values.append(relevant.summed(moved + unmoved))
        most = weights * credit.gain[:, None]
        everywhere = np.broadcast_to(most, chances.shape)
        members = [mask[:, None] for mask in measurement.fields.values()]
        gains = [moved, unmoved, *((moved + unmoved) * mask for mask in members)]
        earned.append([(weights * gain).sum(axis=0) for gain in gains])
        limits = [most * chances, most * (1 - chances), *(everywhere * mask for mask in members)]
        possible.append([limit.sum(axis=0) for limit in limits])
    made = np.minimum(np.stack(values), 1.0)
    errors = np.zeros(made.shape[:2])
    return Trace(made, np.array(earned), np.array(possible), blackout, np.array(spread), errors)


def blackout(measurement: Measurement, moved: Floats, unmoved: Floats, chances: Floats) -> Floats:
    """Return (S,) the share of relevant documents, of those found before, that can hardly be found.

    Args:
        measurement: Which documents the old index finds.
        moved: (J, S) probability of the top ten for a document that has moved.
        unmoved: (J, S) the same for one that has not.
        chances: (J, S) probability of having moved.

    Returns:
        NaN where the old index finds no relevant document.
    """
    if not measurement.found.any():
        return np.full(chances.shape[1], np.nan)
    dark = chances * (moved < RARELY) + (1 - chances) * (unmoved < RARELY)
    return np.asarray(dark[measurement.found].mean(axis=0))
