"""Lazy re-embedding: how much of the corpus and of the traffic is new after so many queries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from evalkit import figures
from evalkit.arrays import Floats, check_shape, check_unit_interval, read_only
from evalkit.errors import InvalidValueError
from evalkit.planning.numbers import check_number, check_whole

__all__ = ["Coverage", "coverage", "zipf_coverage"]

_EXACT, _BIN = 20_000, 1e-3
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How far a lazy migration has come.

    Attributes:
        corpus: C, expected share of the documents that have been re-embedded.
        traffic: T, expected share of the next query's results that have.
        k: How many documents a query touches.
    """

    corpus: float
    traffic: float
    k: int

    @property
    def reembeddings_per_query(self) -> float:
        """How many documents the next query re-embeds: k(1 − T)."""
        return self.k * (1 - self.traffic)


def coverage(exposures: npt.ArrayLike, queries: float, *, k: int, swept: float = 0.0) -> Coverage:
    """Return how far a lazy migration has come after so many independent queries of a log.

        C(Q) = 1 − (1/N) Σ (1−π_i)^Q        T(Q) = 1 − (1/k) Σ π_i (1−π_i)^Q

    Exact where what is shown does not depend on what has moved (cascade); under fusion replay instead.

    Args:
        exposures: (N,) π_i, the chance that a query touches document i: the weights of those that do, summed.
        queries: Q ≥ 0.
        k: How many documents a query touches; the exposures sum to at most that.
        swept: Share t/τ of a sweep in random order that ran beside it.

    Returns:
        Both shares. Places that queries leave empty, where exposures sum to less than k, count as covered.

    Raises:
        InvalidValueError: An exposure is no chance, there is no document, or they sum to more than k.

    Examples:
        >>> found = coverage([0.5, 0.8, 0.4, 0.2, 0.1, 0.0], 1, k=2)
        >>> round(found.corpus, 6), round(found.traffic, 6)
        (0.333333, 0.55)
    """
    chances = np.asarray(exposures, dtype=np.float64)
    check_shape("exposures", chances, (None,))
    check_unit_interval("exposures", chances)
    size, asked = check_whole("k", k), check_number("queries", queries)
    if not chances.size or chances.sum() > size * (1 + _SLACK):
        raise InvalidValueError(
            f"exposures of {chances.size} documents sum to {figures.as_set(chances.sum())}, and a "
            f"query touches k = {size}",
            hint="an exposure is the share of the queries that touch a document",
            code="EK745",
        )
    untouched = _power(1 - chances, asked)
    left = 1 - check_number("swept", swept, most=1.0)
    return Coverage(
        corpus=float(1 - left * untouched.mean()),
        traffic=float(1 - left * (chances * untouched).sum() / size),
        k=size,
    )


def zipf_coverage(documents: int, k: int, s: float, queries: float, *, swept: float = 0.0) -> Coverage:
    """Return how far a lazy migration has come where documents are shown by Zipf's law: p_i ∝ 1/i^s.

        C = 1 − (1/N) Σ (1−p_i)^(kQ)        T = 1 − Σ p_i (1−p_i)^(kQ)

    Args:
        documents: N ≥ 1.
        k: How many documents a query touches.
        s: The exponent, ≥ 0; 0 is even, 0.7 to 1 is usual.
        queries: Q ≥ 0.
        swept: Share of a sweep in random order that ran beside it.

    Examples:
        >>> found = zipf_coverage(1_000_000, 10, 1.0, 100_000)
        >>> round(found.corpus, 6), round(found.traffic, 6)
        (0.217043, 0.850077)
    """
    count, size = check_whole("documents", documents), check_whole("k", k)
    shape, asked = check_number("s", s), check_number("queries", queries)
    left = 1 - check_number("swept", swept, most=1.0)
    weights, times = _zipf(count, shape)
    chances = weights / float((weights * times).sum())
    rest = _power(1 - chances, size * asked) * times
    untouched, missed = float(rest.sum()), float((chances * rest).sum())
    return Coverage(corpus=1 - left * untouched / count, traffic=1 - left * missed, k=size)


def queries_until(documents: int, k: int, s: float, *, traffic: float) -> float:
    """Return after how many queries a share of the traffic is new, to a thousandth of their number.

    Args:
        documents: N ≥ 1.
        k: How many documents a query touches.
        s: Zipf's exponent.
        traffic: T in [0, 1), the share that is wanted.
    """
    if check_number("traffic", traffic, most=1.0) == 1:
        raise InvalidValueError("traffic cannot be 1", hint="it is reached in the limit only", code="EK745")
    return _until(documents, k, s, traffic)


@lru_cache(maxsize=16)
def _until(documents: int, k: int, s: float, traffic: float) -> float:
    low, high = 0.0, 1.0
    while zipf_coverage(documents, k, s, high).traffic < traffic:
        low, high = high, 4 * high
    while high - low > high / 1000:
        middle = (low + high) / 2
        reached = zipf_coverage(documents, k, s, middle).traffic >= traffic
        low, high = (low, middle) if reached else (middle, high)
    return high


def exposures_of(shown: npt.ArrayLike, weights: npt.ArrayLike, documents: int) -> Floats:
    """Return (N,) the exposure of each document: π_i = Σ over the queries that show i of their weights.

    Args:
        shown: (Q, k) document rows that each query shows, −1 for none.
        weights: (Q,) how often each is asked, in any unit.
        documents: N.

    Raises:
        InvalidValueError: The weights are none.
    """
    rows, weight = np.asarray(shown, dtype=np.int64), np.asarray(weights, dtype=np.float64)
    check_shape("weights", weight, (rows.shape[0],))
    if not np.isfinite(weight).all() or weight.min(initial=0.0) < 0 or weight.sum() <= 0:
        raise InvalidValueError(
            "weights are ≥ 0, and one is above", hint="how often a query is asked", code="EK745"
        )
    spread = np.broadcast_to((weight / weight.sum())[:, None], rows.shape)[rows >= 0]
    found = np.bincount(rows[rows >= 0], weights=spread, minlength=documents)
    return np.minimum(found, 1.0)


def _power(base: Floats, exponent: float) -> Floats:
    """Return base^exponent for bases in [0, 1], stable near 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.exp(exponent * np.log(base)) if exponent else np.ones_like(base)
    return np.asarray(np.where(base > 0, powers, float(exponent == 0)), dtype=np.float64)


@lru_cache(maxsize=16)  # a plan asks of one corpus some hundred times
def _zipf(documents: int, s: float) -> tuple[Floats, Floats]:
    """Return weights 1/i^s and how many documents have each.

    The first 20,000 ranks are exact; beyond, ranks within a thousandth of each other share the weight of
    their geometric middle, which errs by less than 1e-7 of it.
    """
    head = np.arange(1, min(documents, _EXACT) + 1, dtype=np.float64)
    if documents <= _EXACT:
        return read_only(head**-s), read_only(np.ones_like(head))
    bins = math.ceil(math.log((documents + 1) / (_EXACT + 1)) / _BIN) + 1
    edges = np.unique(np.rint(np.geomspace(_EXACT + 1, documents + 1, bins)))
    middles = np.sqrt((edges[:-1] - 0.5) * (edges[1:] - 0.5))
    ranks = np.concatenate([head, middles])
    times = np.concatenate([np.ones_like(head), np.diff(edges)])
    return read_only(ranks**-s), read_only(times)
