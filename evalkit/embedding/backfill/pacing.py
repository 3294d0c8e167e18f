"""The pace: requests and tokens a minute, with some headroom, and what is paid for them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from evalkit import figures
from evalkit.errors import UsageError

HEADROOM = 0.9
BYTES_A_TOKEN = 3  # fewer than any language needs on average, so that the estimate is too high
_MILLION = 1_000_000


def tokens_of(text: str) -> int:
    """Return how many tokens a text has at most, as a rule: one for every three bytes."""
    return max(1, math.ceil(len(text.encode("utf-8", "surrogatepass")) / BYTES_A_TOKEN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What must not be passed.

    Attributes:
        rpm: Requests a minute; None for no limit.
        tpm: Tokens a minute; None for no limit.
        headroom: Which part of both is used.
        budget: What the whole folder may cost; None for no limit.
        price: Of a million tokens, in the budget's currency.
    """

    rpm: float | None = None
    tpm: float | None = None
    headroom: float = HEADROOM
    budget: float | None = None
    price: float | None = None

    def __post_init__(self) -> None:
        stated = {"--rpm": self.rpm, "--tpm": self.tpm, "--price": self.price, "--headroom": self.headroom}
        for name, value in stated.items():
            if value is not None and not (math.isfinite(value) and value > 0):
                raise UsageError(
                    f"{name} {figures.as_set(value)} is not above 0", hint="correct it", code="EK727"
                )
        if self.headroom > 1:
            raise UsageError(
                f"--headroom {figures.as_set(self.headroom)} is more than all",
                hint="0.9, or up to 1",
                code="EK727",
            )
        if self.budget is not None and not self.budget >= 0:
            raise UsageError(
                f"--budget {figures.as_set(self.budget)} is not a sum of 0 or more",
                hint="correct it",
                code="EK727",
            )
        if self.budget is not None and self.price is None:
            raise UsageError(
                "a budget needs the price of a million tokens",
                hint="--budget 5 --price 0.02",
                code="EK727",
            )

    @property
    def most_tokens(self) -> float:
        """How many tokens one request may have."""
        return self.tpm * self.headroom if self.tpm is not None else math.inf

    def cost(self, tokens: int) -> float | None:
        """Return what tokens cost; None where no price was stated."""
        return None if self.price is None else tokens * self.price / _MILLION

    def allows(self, tokens: int) -> bool:
        """Return whether so many tokens altogether stay within the budget."""
        return self.budget is None or (self.cost(tokens) or 0.0) <= self.budget


@dataclass(slots=True)
class Pace:
    """Keeps requests so far apart that neither requests nor tokens pass their limit."""

    limits: Limits
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = field(default=-math.inf, init=False)

    def wait(self, tokens: int) -> None:
        """Return when a request of so many tokens may begin."""
        begun = max(self.now(), self._next)
        if begun > self.now():
            self.sleep(begun - self.now())
        limits, gap = self.limits, 0.0
        if limits.rpm is not None:
            gap = 60 / (limits.rpm * limits.headroom)
        if limits.tpm is not None:
            gap = max(gap, 60 * tokens / (limits.tpm * limits.headroom))
        self._next = begun + gap
