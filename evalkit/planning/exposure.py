"""Exposure: what a curve of the lab costs on the way, in quality-hours: harm and delay."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats, check_finite, check_shape
from evalkit.errors import InvalidValueError
from evalkit.planning.numbers import check_number

__all__ = ["delay", "harm"]


def harm(shares: npt.ArrayLike, values: npt.ArrayLike, old: float, *, hours: float = 1.0) -> float:
    """Return how far search lies below the old index, over the whole way: H = τ ∫ (M_old − M(f))₊ df.

    The positive part stands inside the integral, so that late gains do not hide early harm. The curve is
    taken as straight between its shares, and the integral is exact for that.

    Args:
        shares: (S,) increasing, from 0 to 1.
        values: (S,) the measure at each share.
        old: The measure of the old index.
        hours: τ, how long the migration takes at an even pace.

    Returns:
        Quality-hours, ≥ 0.

    Raises:
        InvalidValueError: The shares are no way from 0 to 1, or a number is not finite.

    Examples:
        >>> round(harm([0, 0.5, 1], [0.2, 0.6, 0.6], 0.4, hours=10), 6)
        0.25
    """
    moved, curve = _checked(shares, values)
    below = check_number("old", old, least=-np.inf) - curve
    return check_number("hours", hours) * float(_positive_area(moved, below).sum())


def delay(shares: npt.ArrayLike, values: npt.ArrayLike, new: float, *, hours: float = 1.0) -> float:
    """Return how much of the new model's gain is not there on the way: D = τ ∫ (M_new − M(f)) df.

    Args:
        shares: (S,) increasing, from 0 to 1.
        values: (S,) the measure at each share.
        new: The measure of the new index.
        hours: τ, how long the migration takes at an even pace.

    Returns:
        Quality-hours; negative where search on the way is better than the new index.

    Raises:
        InvalidValueError: The shares are no way from 0 to 1, or a number is not finite.

    Examples:
        >>> round(delay([0, 1], [0.4, 0.4], 0.5, hours=10), 6)
        1.0
    """
    moved, curve = _checked(shares, values)
    missing = check_number("new", new, least=-np.inf) - curve
    area = np.diff(moved) * (missing[1:] + missing[:-1]) / 2
    return check_number("hours", hours) * float(area.sum())


def _positive_area(moved: Floats, below: Floats) -> Floats:
    """Return the area of each piece above 0, where a straight line crosses it cut there."""
    first, second, width = below[:-1], below[1:], np.diff(moved)
    whole = width * (first + second) / 2
    crossing = first * second < 0
    # The triangle on the positive side: its height squared over the fall of the line.
    fall = np.where(crossing, np.abs(first - second), 1.0)
    triangle = width * np.maximum(first, second) ** 2 / (2 * fall)
    return np.asarray(np.where(crossing, triangle, np.maximum(whole, 0.0)), dtype=np.float64)


def _checked(shares: npt.ArrayLike, values: npt.ArrayLike) -> tuple[Floats, Floats]:
    moved = np.asarray(shares, dtype=np.float64)
    curve = np.asarray(values, dtype=np.float64)
    check_shape("shares", moved, (None,))
    check_shape("values", curve, (moved.size,))
    check_finite("shares", moved)
    check_finite("values", curve)
    if moved.size < 2 or np.any(np.diff(moved) <= 0) or moved[0] != 0 or moved[-1] != 1:  # noqa: PLR2004 - both ends
        raise InvalidValueError(
            "shares must increase from 0 to 1: harm and delay are of the whole way",
            hint="evalkit mix … --shares 21",
            code="EK744",
        )
    return moved, curve
