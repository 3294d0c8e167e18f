"""Cluster sums: what every test and interval of this stage is computed from."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Bools, Floats, Ints, check_finite, check_shape, read_only
from evalkit.errors import InvalidValueError, NothingToEvaluateError
from evalkit.golden.checks.effective import effective_number


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Weights W_g (G,) and weighted sums S_g (G,) of the deltas of G clusters of queries.

    A cluster is a set of queries that succeed or fail together, such as paraphrases of one question;
    unless told otherwise each query is its own. A cluster of weight zero holds no query of the segment
    at hand; it is kept so that all segments share one numbering, and it counts for nothing.
    """

    weights: Floats
    sums: Floats

    def __post_init__(self) -> None:
        check_shape("weights", self.weights, (None,))
        check_shape("sums", self.sums, self.weights.shape)
        if not self.weights.sum() > 0:
            raise NothingToEvaluateError(
                "no query is left to compare", hint="check the segment, or judge more queries"
            )

    @classmethod
    def total(cls, deltas: Floats, weights: Floats, groups: Ints, count: int) -> Clusters:
        """Return the sums over the `count` clusters that `groups` (Q,) numbers from 0."""
        return cls(
            weights=_add_up(weights, groups, count),
            sums=_add_up(weights * deltas, groups, count),
        )

    @property
    def present(self) -> Bools:
        """(G,) which clusters hold a query of the segment at hand."""
        return self.weights > 0

    @property
    def effective(self) -> float:
        """How many equally weighted, independent queries carry as much: W² / ΣW_g², at least 1."""
        return effective_number(self.weights)

    @property
    def estimate(self) -> float:
        """The weighted mean delta, ΣS_g / W."""
        return float(self.sums.sum() / self.weights.sum())


def cluster(
    deltas: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    groups: Iterable[Hashable] | None = None,
) -> Clusters:
    """Add up deltas by cluster, after checking them.

    Args:
        deltas: (Q,) candidate minus baseline, each in [-1, 1].
        weights: (Q,) how much each query counts, finite and not negative; all 1 when left out.
        groups: (Q,) hashable labels, equal for queries of one cluster; each query its own when left out.

    Returns:
        The clusters in the order in which their labels first occur.

    Raises:
        NothingToEvaluateError: There is no query.
        InvalidValueError: A value is not finite or out of range, the lengths differ, or all weights are 0.
    """
    values = _checked_deltas(deltas)
    weight = np.ones_like(values) if weights is None else _checked_weights(weights, len(values))
    numbers = np.arange(len(values)) if groups is None else number_groups(groups)
    check_shape("groups", numbers, values.shape)
    return Clusters.total(values, weight, numbers, int(numbers.max()) + 1)


def number_groups(groups: Iterable[Hashable]) -> Ints:
    """Return (Q,) cluster numbers from 0, in the order in which the labels first occur."""
    labels = groups.tolist() if isinstance(groups, np.ndarray) else groups
    numbers: dict[Hashable, int] = {}
    # A loop over queries, because labels may be anything hashable, which numpy cannot sort.
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.int64)


def _add_up(values: Floats, groups: Ints, count: int) -> Floats:
    sums: Floats = np.bincount(groups, weights=values, minlength=count).astype(np.float64)
    return read_only(sums)


def _checked_deltas(deltas: npt.ArrayLike) -> Floats:
    values = np.asarray(deltas, dtype=np.float64)
    check_shape("deltas", values, (None,))
    if not values.size:
        raise NothingToEvaluateError(
            "there is no query to compare", hint="give at least one query with a relevant document"
        )
    check_finite("deltas", values)
    if np.max(np.abs(values)) > 1:
        raise InvalidValueError(
            f"deltas must lie in [-1, 1], but span {values.min()} to {values.max()}",
            hint="a delta is the difference of two values in [0, 1]",
            code="EK540",
        )
    return values


def _checked_weights(weights: npt.ArrayLike, queries: int) -> Floats:
    weight = np.asarray(weights, dtype=np.float64)
    check_shape("weights", weight, (queries,))
    check_finite("weights", weight)
    if weight.min() < 0:
        raise InvalidValueError(
            f"weights must not be negative, but the smallest is {weight.min()}",
            hint="a weight says how often a query is asked",
            code="EK541",
        )
    if not weight.sum() > 0:
        raise InvalidValueError(
            "all weights are 0", hint="give at least one query a positive weight", code="EK542"
        )
    return weight
