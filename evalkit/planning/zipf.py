"""Zipf's exponent of a log: fitted on its earlier half, held against what its later half shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Ints, check_shape
from evalkit.errors import InvalidValueError
from evalkit.planning.lazy import zipf_coverage

MOST = 3.0  # what the key `zipf` of a plan can be
LEAST_QUERIES = 20
TOLERATED = 0.02  # of the traffic, that the law may be off
_HALVINGS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipfFit:
    """How unevenly a log shows documents, and how well that foretold what came later.

    Attributes:
        s: The exponent at which as many documents are touched as the earlier half touched.
        low: The least exponent of both halves and, where the law is off, of the later half's traffic.
        high: The largest of them.
        queries: Queries in the earlier half.
        later: Queries in the later half.
        predicted: Share of the later half's results that had been touched before, by the fitted law.
        observed: The same as counted.
    """

    s: float
    low: float
    high: float
    queries: int
    later: int
    predicted: float
    observed: float

    @property
    def error(self) -> float:
        """Predicted less observed share of the traffic."""
        return self.predicted - self.observed


def fit_zipf(shown: Ints, documents: int) -> ZipfFit:
    """Return Zipf's exponent of a log.

    The exponent is that at which the law touches as many documents in so many results as the earlier half of
    the log did; sorting documents by how often they were shown, and fitting a line, would take chance for
    popularity. The later half is not looked at for it: what the law foretells of its results stands beside
    what was counted.

    Args:
        shown: (R, k) document rows that each query of the log shows, in the order of the log; −1 for none.
        documents: D, how many there are.

    Returns:
        The exponent, between 0 (even) and 3.

    Raises:
        InvalidValueError: There are fewer than 20 queries, or one half shows nothing.
    """
    check_shape("shown", shown, (None, None))
    if len(shown) < LEAST_QUERIES:
        raise InvalidValueError(
            f"a log of {len(shown)} queries tells no exponent",
            hint=f"{LEAST_QUERIES} at the least; hundreds tell something",
            code="EK760",
        )
    first, last = shown[: len(shown) // 2], shown[len(shown) // 2 :]
    seen, after = first[first >= 0], last[last >= 0]
    if not seen.size or not after.size:
        raise InvalidValueError(
            "one half of the log shows no document",
            hint="does the old index answer these queries?",
            code="EK760",
        )
    touched = np.zeros(documents, dtype=np.bool_)
    touched[seen] = True
    observed = float(touched[after].mean())
    s = _solved(lambda at: _corpus(documents, at, seen.size), len(np.unique(seen)) / documents)
    predicted = _traffic(documents, s, seen.size)
    others = [_solved(lambda at: _corpus(documents, at, after.size), len(np.unique(after)) / documents)]
    if abs(predicted - observed) > TOLERATED:
        others.append(_solved(lambda at: -_traffic(documents, at, seen.size), -observed))
    return ZipfFit(
        s=s,
        low=min(s, *others),
        high=max(s, *others),
        queries=len(first),
        later=len(last),
        predicted=predicted,
        observed=observed,
    )


def _corpus(documents: int, s: float, results: int) -> float:
    return zipf_coverage(documents, 1, s, results).corpus


def _traffic(documents: int, s: float, results: int) -> float:
    return zipf_coverage(documents, 1, s, results).traffic


def _solved(falling: Callable[[float], float], wanted: float) -> float:
    """Return the exponent in [0, 3] at which a falling function has a value; an end where it has not."""
    low, high = 0.0, MOST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > wanted else (low, middle)
    return (low + high) / 2
