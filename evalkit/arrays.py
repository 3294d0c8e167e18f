"""Array aliases and the checks that frozen types make on their arrays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from operator import lt
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from evalkit.errors import InvalidValueError

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_Kind = TypeVar("_Kind", bound=np.generic)


def read_only(array: npt.NDArray[_Kind]) -> npt.NDArray[_Kind]:
    """Return a view of `array` that cannot be written through; the array itself is left as it is."""
    view = array.view()
    view.flags.writeable = False
    return view


def row_counts(mask: Bools) -> Ints:
    """Return (n,) how many values of each row of an (n, m) mask are true."""
    return np.asarray(mask.sum(axis=1), dtype=np.int64)


def increasing(ids: Sequence[str]) -> bool:
    """Return whether each id is larger than the one before, and so none stands twice; needs no memory."""
    return all(map(lt, ids, islice(ids, 1, None)))


def check_shape(name: str, array: Array, shape: tuple[int | None, ...]) -> None:
    """Raise unless `array` has `shape`, in which None stands for any length.

    Raises:
        InvalidValueError: The number of axes or a length differs.
    """
    fits = len(array.shape) == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise InvalidValueError(f"{name} has shape {array.shape}, not ({wanted})", code="EK501")


def check_finite(name: str, array: Array) -> None:
    """Raise unless every value of `array` is finite.

    Raises:
        InvalidValueError: A value is NaN or infinite; its position is named.
    """
    if np.isfinite(array).all():
        return
    bad = np.flatnonzero(~np.isfinite(array))
    first = tuple(int(axis) for axis in np.unravel_index(bad[0], array.shape))
    raise InvalidValueError(
        f"{name} holds {bad.size} values that are not finite, the first at {first}",
        hint="a NaN is never averaged in as zero; find where it was made",
        code="EK502",
    )


def check_unit_interval(name: str, array: Floats) -> None:
    """Raise unless every value of `array` is finite and lies in [0, 1].

    Raises:
        InvalidValueError: A value is outside or not finite.
    """
    check_finite(name, array)
    low, high = array.min(initial=0.0), array.max(initial=1.0)
    if low < 0 or high > 1:
        raise InvalidValueError(f"{name} must lie in [0, 1], but spans {low} to {high}", code="EK503")
