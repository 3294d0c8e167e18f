"""Adjusted p-values for many tests at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats, check_shape, check_unit_interval


def holm(p_values: npt.ArrayLike) -> Floats:
    """Return p-values that keep the chance of any false claim below the level they are compared with.

    Args:
        p_values: (N,) in [0, 1].

    Returns:
        (N,) adjusted values in the order given, never smaller than the raw ones; empty for none.

    Raises:
        InvalidValueError: A value is not in [0, 1].

    Source: Holm, Scandinavian Journal of Statistics 6, 1979.

    Examples:
        >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
        [0.03, 0.06, 0.06]
    """
    values = _checked(p_values)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * np.arange(len(values), 0, -1)
    return _in_order_given(np.maximum.accumulate(scaled), order)


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Return p-values that keep the expected share of false claims below the level they are compared with.

    Args:
        p_values: (N,) in [0, 1].

    Returns:
        (N,) adjusted values in the order given, never smaller than the raw ones; empty for none.

    Raises:
        InvalidValueError: A value is not in [0, 1].

    Source: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57, 1995.

    Examples:
        >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
        [0.03, 0.04, 0.04]
    """
    values = _checked(p_values)
    order = np.argsort(values, kind="stable")
    count = len(values)
    # n / rank is at least 1 even when rounded, so an adjusted value never falls below its own
    scaled = values[order] * (count / np.arange(1, count + 1))
    return _in_order_given(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _checked(p_values: npt.ArrayLike) -> Floats:
    values = np.asarray(p_values, dtype=np.float64)
    check_shape("p_values", values, (None,))
    check_unit_interval("p_values", values)
    return values


def _in_order_given(adjusted: Floats, order: npt.NDArray[np.intp]) -> Floats:
    placed = np.empty_like(adjusted)
    placed[order] = np.minimum(adjusted, 1.0)
    return placed
