"""The numbers that formulas take: checked where they come in, by the name that people know them by."""

from __future__ import annotations

import math

from evalkit import figures
from evalkit.errors import InvalidValueError, UnknownNameError

CODE = "EK740"
LARGEST = 1e18  # of what anybody states; what is reckoned with it stays a number


def check_number(
    name: str, value: float, *, least: float = 0.0, most: float = math.inf, above: bool = False
) -> float:
    """Return a number that may enter a formula.

    Args:
        name: What it is called in plan.toml.
        value: The number.
        least: The smallest that there can be.
        most: The largest.
        above: Whether `least` itself is too small.

    Raises:
        InvalidValueError: It is no finite number, or lies outside.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise InvalidValueError(
            f"{name} is {value!r}, which is no number", hint=f"{name} = 1000, for example", code=CODE
        )
    if value < least or value > most or (above and value == least):
        bounds = f"above {figures.as_set(least)}" if above else f"{figures.as_set(least)} or more"
        upper = "" if math.isinf(most) else f", at most {figures.as_set(most)}"
        raise InvalidValueError(
            f"{name} cannot be {figures.as_set(value)}", hint=f"it is {bounds}{upper}", code=CODE
        )
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        return False


def check_whole(name: str, value: float, *, least: int = 1) -> int:
    """Return a whole number, also where it is written 1e6.

    Raises:
        InvalidValueError: It is none, or too small.
    """
    number = check_number(name, value, least=least)
    if number != int(number):
        raise InvalidValueError(
            f"{name} cannot be {figures.as_set(value)}", hint="it is a whole number", code=CODE
        )
    return int(number)


def check_name(kind: str, name: str, known: tuple[str, ...]) -> str:
    """Return a name that is among the known ones.

    Raises:
        UnknownNameError: It is not; the nearest is offered.
    """
    if name not in known:
        raise UnknownNameError.among(kind, str(name), known)
    return name
