"""The figures: numbers rounded once, as people read them; an absent number is a dash."""

from __future__ import annotations

import math
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

ABSENT = "–"
MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
_SMALLEST_P = 0.001
_COARSE_P = 0.1
_HUNDRED, _KILO, _MEGA = 100, 1000, 1_000_000
_ENOUGH = 1e9  # evidence: more than that convinces nobody else
_MOST_DIGITS = 9
_NOTHING = 5e-7  # less than this is what floating-point sums leave, and shown as 0
_FINEST_DIGITS = 6
_MANY = 10
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


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
    digits = _enough((delta,), (0.0,), digits)
    if before is not None and after is not None and delta is not None:
        more = range(digits, _MOST_DIGITS)
        digits = next((enough for enough in more if _agree(before, after, delta, enough)), digits)
    return number(before, digits), number(after, digits), signed(delta, digits)


class ShownEffect(NamedTuple):
    """A difference with the ends of its interval as they are shown, all with the same digits."""

    delta: str
    low: str
    high: str

    @property
    def interval(self) -> str:
        """Both ends in brackets; a dash where one is unknown."""
        return ABSENT if ABSENT in (self.low, self.high) else f"[{self.low}, {self.high}]"


def effect(
    delta: float | None,
    low: float | None,
    high: float | None,
    *,
    limit: float | None = None,
    digits: int = 3,
) -> ShownEffect:
    """Return a difference and its interval with as many digits as it takes to tell what it shows.

    Nothing that differs from 0 is shown as 0, and nothing that differs from the limit as the limit: a gain
    is not "shown" with an interval from 0.000 on, and 0.020 is not "more than the 0.02 accepted".

    Args:
        delta: The difference.
        low: Lower end of its interval.
        high: Upper end.
        limit: What it is held against, of either sign; None for nothing but 0.
        digits: The fewest digits.
    """
    digits = _enough((delta, low, high), (0.0, *(() if limit is None else (limit, -limit))), digits)
    return ShownEffect(signed(delta, digits), signed(low, digits), signed(high, digits))


def told_effect(delta: float, low: float, high: float) -> str:
    """Return "+0.029 [+0.008, +0.050]"."""
    shown = effect(delta, low, high)
    return f"{shown.delta} {shown.interval}"


def comparison(
    before: float | None,
    after: float | None,
    delta: float | None,
    low: float | None,
    high: float | None,
) -> tuple[str, str, str, str]:
    """Return two means, their difference and its interval, none of which contradicts another."""
    digits = _enough((delta, low, high), (0.0,), 3)
    first, second, change_ = change(before, after, delta, digits)
    digits = max(digits, len(change_.rpartition(".")[2]) if delta is not None else 0)
    return first, second, change_, effect(delta, low, high, digits=digits).interval


def beside(value: float, limit: float, digits: int = 3) -> str:
    """Return a number with as many digits as it takes not to look like the limit that it misses."""
    return number(value, _enough((value,), (limit,), digits))


def _enough(values: tuple[float | None, ...], marks: tuple[float, ...], digits: int) -> int:
    """Return the fewest digits with which no value looks like a mark that it is not."""
    pairs = [
        (value, mark)
        for value in values
        if value is not None
        for mark in marks
        if abs(value - mark) >= _NOTHING
    ]
    return next(
        (
            enough
            for enough in range(digits, _FINEST_DIGITS)
            if all(_rounded(value, enough) != _rounded(mark, max(enough, 6)) for value, mark in pairs)
        ),
        max(digits, _FINEST_DIGITS) if pairs else digits,
    )


def _agree(before: float, after: float, delta: float, digits: int) -> bool:
    shown, unit = _rounded(delta, digits), Decimal(1).scaleb(-digits)
    off = abs(_rounded(after, digits) - _rounded(before, digits) - shown)
    return off == 0 or (off <= unit and abs(shown) >= _MANY * unit)


def setting(value: float | None) -> str:
    """Return a limit as it was set, "−0.04", without zeros that nobody wrote."""
    return ABSENT if value is None else f"{value:+g}".replace("-", MINUS) if value else "0"


def as_set(value: float) -> str:
    """Return a number as it was set, "0.02", without a sign where it has none."""
    return f"{value:g}".replace("-", MINUS)


def interval(low: float | None, high: float | None, *, digits: int = 3, between: str = ", ") -> str:
    """Return "[+0.008, +0.050]"."""
    if low is None or high is None:
        return ABSENT
    shown = effect(None, low, high, digits=digits)
    return f"[{shown.low}{between}{shown.high}]"


def p_value(value: float | None) -> str:
    """Return a p-value with as many digits as anyone reads: "0.41", "0.004", "< 0.001"."""
    if value is None:
        return ABSENT
    if value < _SMALLEST_P:
        return f"<{SPACE}0.001"
    return f"{value:.2f}" if value >= _COARSE_P else f"{value:.3f}"


def told_p(value: float, limit: float | None = None) -> str:
    """Return a p-value in a sentence: "p 0.41", "p < 0.001"; it never looks like the limit that it misses."""
    shown = p_value(value)
    if limit is not None and value != limit and shown == p_value(limit):
        shown = beside(value, limit)
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


def tight_percent(share: float | None) -> str:
    """Return a share as whole percent without spaces, for the columns of a terminal: "50%", "<1%"."""
    return percent(share).replace(SPACE, "")


def permille(share: float) -> str:
    """Return a small share to a tenth of a percent, "0.3 %"."""
    return f"{number(100 * share, 1)} %" if share >= 0.0005 or not share else "< 0.1 %"  # noqa: PLR2004 - half a tenth


def spread(value: float) -> str:
    """Return a number of any size with at most five significant digits, and no zeros behind: "2.3433"."""
    return f"{value:.5g}".replace("-", MINUS)


def e_value(value: float) -> str:
    """Return evidence as people read it, "0.75", "21.30", "790,000": beyond 1,000 its size alone matters."""
    if value < _KILO:
        return number(value, 2)
    return count(int(float(f"{value:.1e}"))) if value < _ENOUGH else f"over {count(int(_ENOUGH))}"


def count(value: float | None) -> str:
    """Return a whole number with thousands separated, "1,435"."""
    return ABSENT if value is None else f"{round(value):,}"


def rough(value: float) -> str:
    """Return a large number to three digits, "6,470,000,000": of what is reckoned no more are known."""
    return count(float(f"{value:.3g}")) if value >= _HUNDRED else significant(value)


def plain(text: str) -> str:
    """Return a text of figures with ordinary spaces, for terminals, files and sentences."""
    return text.replace(SPACE, " ")


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


def megabytes(size_bytes: float) -> str:
    """Return a size in megabytes, for columns in which every size has one unit: "1,024.0 MB"."""
    return f"{size_bytes / _MEGA:,.1f} MB"


def rate(per_second: float | None) -> str:
    """Return how many a second, to the digits that a measured speed has: "0.42", "14", "1,200"."""
    if per_second is None:
        return ABSENT
    return significant(per_second)


def day(iso: str) -> str:
    """Return a day as people write it, "31 January 2026", of its ISO form."""
    found = date.fromisoformat(iso)
    return f"{found.day}{SPACE}{_MONTHS[found.month - 1]}{SPACE}{found.year}"


def duration_ms(milliseconds: float | None) -> str:
    """Return a measured time, "0.046 ms", "12 ms"."""
    return ABSENT if milliseconds is None else f"{significant(milliseconds)}{SPACE}ms"


def duration(seconds: float) -> str:
    """Return a long time in the unit that suits it, "43 minutes", "19 hours", "12 days"."""
    units = (("minute", 60, 120), ("hour", 3_600, 48), ("day", 86_400, math.inf))
    unit, length = next((name, length) for name, length, most in units if seconds < length * most)
    return counted(max(1, round(seconds / length)), unit)


def span(low: str, high: str) -> str:
    """Return two ends as people read them, "2 to 3 hours"; one where both read the same."""
    return low if low == high else f"{low} to {high}"


def significant(value: float) -> str:
    """Return a number with two significant digits, in full where it is larger."""
    if value <= 0:
        return "0"
    rounded = round(value, 1 - math.floor(math.log10(value)))
    digits = 1 - math.floor(math.log10(rounded))  # 9.96 has become 10
    return f"{rounded:,.{max(0, digits)}f}"


def _rounded(value: float, digits: int) -> Decimal:
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    return rounded or abs(rounded)
