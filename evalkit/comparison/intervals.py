"""The guarded interval of a mean delta, with the plain Student t interval that it extends."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats
from evalkit.comparison.querygroups import Clusters, cluster
from evalkit.errors import InvalidValueError

__all__ = ["guarded_interval"]

_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class Student:
    """A mean with a standard error that has `df` degrees of freedom."""

    mean: float
    error: float
    df: float

    def low(self, alpha: float) -> float:
        """Return the lower end of the two-sided 1 - alpha interval."""
        return self.mean - student_quantile(1 - alpha / 2, self.df) * self.error

    def high(self, alpha: float) -> float:
        """Return the upper end of the two-sided 1 - alpha interval."""
        return self.mean + student_quantile(1 - alpha / 2, self.df) * self.error

    def p_above(self, threshold: float) -> float:
        """Return the one-sided p-value for "the mean lies above `threshold`"."""
        return _upper_tail(self.mean - threshold, self)

    def p_below(self, threshold: float) -> float:
        """Return the one-sided p-value for "the mean lies below `threshold`"."""
        return _upper_tail(threshold - self.mean, self)


@dataclass(frozen=True, slots=True)
class GuardedInterval:
    """An interval for the mean delta that adds the worst possible query on the side that matters.

    `lower` is the data with one more average query that lost everything, `upper` with one that won
    everything. `low` and `high` are not clipped: with very few queries they lie outside [-1, 1].
    """

    estimate: float
    effective: float
    alpha: float
    lower: Student
    upper: Student

    @property
    def low(self) -> float:
        """The lower end of the 1 - alpha interval."""
        return self.lower.low(self.alpha)

    @property
    def high(self) -> float:
        """The upper end of the 1 - alpha interval."""
        return self.upper.high(self.alpha)

    def p_above(self, threshold: float) -> float:
        """Return the one-sided p-value for "the true mean delta lies above `threshold`"."""
        return self.lower.p_above(threshold)

    def p_below(self, threshold: float) -> float:
        """Return the one-sided p-value for "the true mean delta lies below `threshold`"."""
        return self.upper.p_below(threshold)


def guarded_interval(
    deltas: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    groups: Iterable[Hashable] | None = None,
    alpha: float = 0.05,
) -> GuardedInterval:
    """Return the guarded t interval of the mean delta.

    Args:
        deltas: (Q,) candidate minus baseline, each in [-1, 1].
        weights: (Q,) how much each query counts; all 1 when left out.
        groups: (Q,) labels, equal for queries of one cluster; each query its own when left out.
        alpha: One minus the coverage, in (0, 1).

    Returns:
        The interval. It is finite for a single query (one degree of freedom: nothing can be concluded)
        and has width where all deltas are equal.

    Raises:
        NothingToEvaluateError: There is no query.
        InvalidValueError: A value is out of range or not finite, or lengths differ.

    Source: docs/statistics.md; kin to Agresti and Min 2005 and to Phan, Thomas, Learned-Miller 2021.

    Examples:
        >>> interval = guarded_interval([0.1] * 100)
        >>> round(interval.low, 3), round(interval.estimate, 3), round(interval.high, 3)
        (0.068, 0.1, 0.127)
    """
    check_alpha(alpha)
    return guard(cluster(deltas, weights=weights, groups=groups), alpha)


def guard(clusters: Clusters, alpha: float) -> GuardedInterval:
    """Return the guarded interval of cluster sums."""
    return GuardedInterval(
        estimate=clusters.estimate,
        effective=clusters.effective,
        alpha=alpha,
        lower=_guarded(clusters, -1.0),
        upper=_guarded(clusters, +1.0),
    )


def guarded_lows(clusters: Clusters, sums: Floats, alpha: float) -> Floats:
    """Return (S,) the lower ends of the guarded intervals of (S, G) cluster sums, the weights being the same.

    Each is that of `guard`; many at once cost hardly more than one.
    """
    present = clusters.present
    weights = np.append(clusters.weights[present], clusters.weights.sum() / clusters.effective)
    total, count = weights.sum(), weights.size
    extended = np.concatenate([sums[:, present], np.full((len(sums), 1), -weights[-1])], axis=1)
    means = extended.sum(axis=1) / total
    residuals = (extended - means[:, None] * weights) / total
    errors = np.sqrt(count / (count - 1) * (residuals**2).sum(axis=1))
    return np.asarray(means - student_quantile(1 - alpha / 2, clusters.effective) * errors)


def plain(clusters: Clusters) -> Student | None:
    """Return the plain t statistics of cluster sums, robust to weights and clusters.

    Equal deltas give an error of 0, and so an interval without width: it must never decide anything.

    Returns:
        The statistics, or None for a single cluster, which has no spread.
    """
    present = clusters.present
    if np.count_nonzero(present) < 2:  # noqa: PLR2004 - a spread needs two
        return None
    mean, error = _mean_and_error(clusters.weights[present], clusters.sums[present])
    return Student(mean, error, df=max(clusters.effective - 1, _NO_SPREAD))


def student_quantile(probability: float, df: float) -> float:
    """Return the quantile of Student's t."""
    from scipy.special import stdtrit  # noqa: PLC0415 - scipy takes longer to import than a report to print

    return float(stdtrit(df, probability))


def check_alpha(alpha: float) -> None:
    """Raise unless `alpha` is a probability strictly between 0 and 1.

    Raises:
        InvalidValueError: It is not.
    """
    if not 0 < alpha < 1:
        raise InvalidValueError(
            f"alpha must lie strictly between 0 and 1, not {alpha}", hint="0.05 is usual", code="EK544"
        )


def _guarded(clusters: Clusters, extreme: float) -> Student:
    """Return the statistics of the clusters and one pseudo-cluster of average weight at `extreme`."""
    present = clusters.present
    weights = clusters.weights[present]
    extra = weights.sum() / clusters.effective
    mean, error = _mean_and_error(
        np.append(weights, extra), np.append(clusters.sums[present], extreme * extra)
    )
    # W'^2 / sum W'^2 - 1 of the extended weights is the effective size of the given ones, exactly.
    return Student(mean, error, df=clusters.effective)


def _mean_and_error(weights: npt.NDArray[np.float64], sums: npt.NDArray[np.float64]) -> tuple[float, float]:
    total = weights.sum()
    mean = sums.sum() / total
    residuals = (sums - mean * weights) / total
    count = len(weights)
    return float(mean), math.sqrt(count / (count - 1) * float(residuals @ residuals))


def _upper_tail(distance: float, student: Student) -> float:
    """Return P(t >= distance / error); without any spread, 0 beyond the threshold and 1 up to it."""
    from scipy.special import stdtr  # noqa: PLC0415 - scipy takes longer to import than a report to print

    if student.error <= _NO_SPREAD:
        return 0.0 if distance > _NO_SPREAD else 1.0
    return float(stdtr(student.df, -distance / student.error))
