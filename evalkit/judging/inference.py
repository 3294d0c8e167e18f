"""Inference with a model as judge: a small human sample corrects what a model said of everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats
from evalkit.errors import InvalidValueError

__all__ = ["Interval", "PredictedMean", "ppi", "predicted_mean"]

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and where it lies with 95 % confidence.

    Attributes:
        estimate: The mean.
        low: The lower end.
        high: The upper end.
        lam: λ, how much the model was trusted: 0 not at all, 1 as much as its own grades say.
    """

    estimate: float
    low: float
    high: float
    lam: float


def ppi(
    human: npt.ArrayLike, model_on_human: npt.ArrayLike, model: npt.ArrayLike, *, lam: float | None = None
) -> Interval:
    """Return the mean of what people would say of everything, from a few of them and a model.

    θ = λ · mean(g) + mean(y − λ f) with variance λ² var(g)/N + var(y − λ f)/n.

    Args:
        human: (n,) y, what people say of a random sample, n ≥ 2: deltas of queries, say.
        model_on_human: (n,) f, what the model says of the same sample.
        model: (N,) g, what the model says of all others, N ≥ 2.
        lam: λ. None: the one of least variance, cov(y, f) / ((1 + n/N) var(f)), estimated from the sample;
            the interval then takes variances with n − 1 in the denominator and t with n − 1 degrees of
            freedom. A stated λ gives the large-sample interval of the paper and of its package: variances
            with n, and the normal quantile.

    Returns:
        The mean and its 95 % interval. A model that says the same of everything is not used (λ = 0).

    Raises:
        InvalidValueError: A sample has fewer than two values, values that are not finite, or f another
            length than y.

    Source: Angelopoulos, Bates, Fannjiang, Jordan and Zrnic, Prediction-powered inference, Science 382, 2023;
    λ: Angelopoulos, Duchi and Zrnic, PPI++, arXiv:2311.01453, 2023.
    """
    y, f, g = _samples(human, model_on_human, model)
    found = _mean(
        y, f, g, _least_variance(y, f, g.size) if lam is None else float(lam), estimated=lam is None
    )
    half = _quantile(y.size - 1 if lam is None else None) * found.error
    return Interval(found.mean, found.mean - half, found.mean + half, found.lam)


@dataclass(frozen=True, slots=True)
class PredictedMean:
    """A mean with its standard error, as `ppi` finds them.

    Attributes:
        mean: θ.
        error: Its standard error.
        df: Degrees of freedom.
        lam: λ.
    """

    mean: float
    error: float
    df: float
    lam: float


def predicted_mean(
    human: npt.ArrayLike, model_on_human: npt.ArrayLike, model: npt.ArrayLike, *, extreme: float | None = None
) -> PredictedMean:
    """Return θ and its standard error with λ of least variance.

    Args:
        human: (n,) what people say of a random sample.
        model_on_human: (n,) what the model says of it.
        model: (N,) what the model says of all others.
        extreme: What one query more would have said on which the model says what it says on average, as in a
            guarded interval; None for none. λ stays as it is without that query.

    Raises:
        InvalidValueError: As for `ppi`.
    """
    y, f, g = _samples(human, model_on_human, model)
    lam = _least_variance(y, f, g.size)
    if extreme is None:
        return _mean(y, f, g, lam, estimated=True)
    return _mean(np.append(y, extreme), np.append(f, f.mean()), g, lam, estimated=True)


def _mean(y: Floats, f: Floats, g: Floats, lam: float, *, estimated: bool) -> PredictedMean:
    rest = y - lam * f
    lost = 1 if estimated else 0
    variance = lam**2 * g.var(ddof=lost) / g.size + rest.var(ddof=lost) / y.size
    return PredictedMean(
        lam * float(g.mean()) + float(rest.mean()), float(np.sqrt(variance)), y.size - 1, lam
    )


def _samples(
    human: npt.ArrayLike, model_on_human: npt.ArrayLike, model: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    y, f, g = (
        _values(name, given)
        for name, given in (("human", human), ("model_on_human", model_on_human), ("model", model))
    )
    if y.size != f.size:
        raise InvalidValueError(
            f"{y.size} values by people and {f.size} by the model of the same sample", code="EK576"
        )
    return y, f, g


def _least_variance(y: Floats, f: Floats, others: int) -> float:
    spread = float(f.var(ddof=1))
    if spread == 0:
        return 0.0
    return float(np.cov(y, f, ddof=1)[0, 1]) / ((1 + y.size / others) * spread)


def _quantile(freedom: int | None) -> float:
    from scipy import stats  # noqa: PLC0415 - it takes longer to load than all else here

    upper = (1 + LEVEL) / 2
    return float(stats.norm.ppf(upper) if freedom is None else stats.t.ppf(upper, freedom))


def _values(name: str, given: npt.ArrayLike) -> Floats:
    values = np.asarray(given, dtype=np.float64)
    if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all():  # noqa: PLR2004 - a variance
        raise InvalidValueError(f"{name}: two finite values or more are needed, in one row", code="EK576")
    return values
