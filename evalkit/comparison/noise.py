"""The noise floor: how much a mean moves between repetitions of one and the same system."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalkit.arrays import check_shape, check_unit_interval
from evalkit.errors import InvalidValueError

_TOLERANCE_ERRORS = 3


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """Variance within queries, the standard error it gives a difference of means, and the drop to ignore."""

    variance: float
    error: float
    tolerance: float

    @classmethod
    def of(cls, variance: float, *, queries: int, tolerance: float = 0.01) -> NoiseFloor:
        """Return the noise that a variance within queries makes in a difference of two means.

        Args:
            variance: Mean over queries of the variance between repetitions, 0 or more.
            queries: How many queries the two means have.
            tolerance: The drop that the user is willing to ignore.
        """
        error = math.sqrt(2 * variance / queries)
        return cls(variance, error, max(tolerance, _TOLERANCE_ERRORS * error))


def noise_floor(values: npt.ArrayLike, *, queries: int, tolerance: float = 0.01) -> NoiseFloor:
    """Measure the noise of a system from repetitions.

    Args:
        values: (Q, R) values in [0, 1] of R >= 2 repetitions of the same commit, best five or more.
        queries: How many queries the two means that are going to be compared have.
        tolerance: The drop that the user is willing to ignore.

    Returns:
        The noise; its tolerance is the larger of the user's and three standard errors.

    Raises:
        InvalidValueError: A value is out of range, or there are fewer than two repetitions.
    """
    matrix = np.asarray(values, dtype=np.float64)
    check_shape("values", matrix, (None, None))
    check_unit_interval("values", matrix)
    if matrix.shape[1] < 2 or not len(matrix):  # noqa: PLR2004 - a variance needs two
        raise InvalidValueError(
            f"noise cannot be measured from values of shape {matrix.shape}",
            hint="repeat the same evaluation at least twice, best five times",
            code="EK549",
        )
    variance = float(matrix.var(axis=1, ddof=1).mean())
    return NoiseFloor.of(variance, queries=queries, tolerance=tolerance)
