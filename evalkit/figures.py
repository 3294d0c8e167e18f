"""The figures: numbers rounded once, as people read them; an absent number is a dash."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

ABSENT = "–"
MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
_SMALLEST_P = 0.001
_COARSE_P = 0.1
_KILO = 1000
_MOST_DIGITS = 9
_MANY = 10


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with a fixed number of decimals, "0.612"; a rounded zero has no sign."""
    if value is None:
        return ABSENT
    rounded = _rounded(value, digits)
    return f"{rounded:,}".replace("-", MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    """Return a difference with its sign, "+0.029"; a rounded zero has none."""
    if value is None:
        return ABSENT
    rounded = _rounded(value, digits)
    return f"{rounded:+,}".replace("-", MINUS) if rounded else f"{rounded:,}"


def change(
    before: float | None, after: float | None, delta: float | None, digits: int = 3
) -> tuple[str, str, str]:
    """Return two means and their difference, with as many digits as it takes for them not to contradict.

    "0.968", "0.967" and "0.000" contradict each other; "0.9675", "0.9674" and "−0.0001" do not. One unit in
    the last place, which is what rounding three numbers does, may pass where the difference has ten or more.
    """
    if before is not None and after is not None and delta is not None:
        more = range(digits, _MOST_DIGITS)
        digits = next((enough for enough in more if _agree(before, after, delta, enough)), digits)
    return number(before, digits), number(after, digits), signed(delta, digits)


def _agree(before: float, after: float, delta: float, digits: int) -> bool:
    shown, unit = _rounded(delta, digits), Decimal(1).scaleb(-digits)
    off = abs(_rounded(after, digits) - _rounded(before, digits) - shown)
    return off == 0 or (off <= unit and abs(shown) >= _MANY * unit)


def setting(value: float | None) -> str:
    """Return a limit as it was set, "−0.04", without zeros that nobody wrote."""
    return ABSENT if value is None else f"{value:+g}".replace("-", MINUS) if value else "0"


def interval(low: float | None, high: float | None, *, digits: int = 3, between: str = ", ") -> str:
    """Return "[+0.008, +0.050]"."""
    if low is None or high is None:
        return ABSENT
    return f"[{signed(low, digits)}{between}{signed(high, digits)}]"


def p_value(value: float | None) -> str:
    """Return a p-value with as many digits as anyone reads: "0.41", "0.004", "< 0.001"."""
    if value is None:
        return ABSENT
    if value < _SMALLEST_P:
        return f"<{SPACE}0.001"
    return f"{value:.2f}" if value >= _COARSE_P else f"{value:.3f}"


def told_p(value: float) -> str:
    """Return a p-value in a sentence: "p 0.41", "p < 0.001"."""
    shown = p_value(value)
    return f"p {shown}".replace(SPACE, " ")


def percent(share: float | None) -> str:
    """Return a share as whole percent; only nothing is 0 % and only everything is 100 %."""
    if share is None:
        return ABSENT
    if 0 < share < 0.01:  # noqa: PLR2004 - one percent
        return f"<{SPACE}1{SPACE}%"
    if 0.99 < share < 1:  # noqa: PLR2004 - ninety-nine percent
        return f">{SPACE}99{SPACE}%"
    return f"{100 * share:.0f}{SPACE}%"


def count(value: float | None) -> str:
    """Return a whole number with thousands separated, "1,435"."""
    return ABSENT if value is None else f"{round(value):,}"


def counted(value: int, noun: str) -> str:
    """Return a number with its noun, "1 query", "1,435 queries"."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun != "day" else f"{noun}s"
    return f"{count(value)}{SPACE}{noun if value == 1 else plural}"


def size(size_bytes: float | None) -> str:
    """Return a number of bytes in the decimal unit that suits it, "6.7 MB"."""
    if size_bytes is None:
        return ABSENT
    value = float(size_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < _KILO:
            return f"{value:.0f}{SPACE}{unit}" if unit == "bytes" else f"{value:.1f}{SPACE}{unit}"
        value /= _KILO
    return f"{value:.1f}{SPACE}TB"


def rate(per_second: float | None) -> str:
    """Return how many a second, to the digits that a measured speed has: "0.42", "14", "1,200"."""
    if per_second is None:
        return ABSENT
    return _significant(per_second)


def duration_ms(milliseconds: float | None) -> str:
    """Return a measured time, "0.046 ms", "12 ms"."""
    return ABSENT if milliseconds is None else f"{_significant(milliseconds)}{SPACE}ms"


def duration(seconds: float) -> str:
    """Return a long time in the unit that suits it, "43 minutes", "19 hours", "12 days"."""
    units = (("minute", 60, 120), ("hour", 3_600, 48), ("day", 86_400, math.inf))
    unit, length = next((name, length) for name, length, most in units if seconds < length * most)
    return counted(max(1, round(seconds / length)), unit)


def _significant(value: float) -> str:
    """Return a number with two significant digits, in full where it is larger."""
    if value <= 0:
        return "0"
    digits = 1 - math.floor(math.log10(value))
    return f"{round(value, digits):,.{max(0, digits)}f}"


def _rounded(value: float, digits: int) -> Decimal:
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    return rounded or abs(rounded)
