"""The terms: what a model's grades may cost, kept to by several threads at once."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

from evalkit.errors import UsageError
from evalkit.figures import as_set

MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is paid, and at most.

    Attributes:
        price: Of a million tokens that are sent; None: nobody said.
        price_out: Of a million tokens that are answered; None: as those that are sent.
        budget: What all grades of a list may cost, earlier ones included; None for no limit.
    """

    price: float | None = None
    price_out: float | None = None
    budget: float | None = None

    def __post_init__(self) -> None:
        """Check every sum."""
        for name in ("price", "price_out", "budget"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise UsageError(
                    f"--{name.replace('_', '-')} {as_set(value)} is not a sum of 0 or more",
                    hint="correct it",
                    code="EK672",
                )
        if self.price is None and (self.budget is not None or self.price_out is not None):
            raise UsageError(
                "a budget needs the price of a million tokens",
                hint="--budget 5 --price 0.15 --price-out 0.60",
                code="EK672",
            )

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """Return what tokens cost; None where no price was stated."""
        if self.price is None:
            return None
        out = self.price if self.price_out is None else self.price_out
        return (tokens_in * self.price + tokens_out * out) / MILLION


@dataclass(slots=True)
class Purse:
    """What has been spent, and what requests that are on their way may cost.

    Attributes:
        terms: What may be spent.
        tokens_in: Tokens sent so far.
        tokens_out: Tokens answered so far.
        is_empty: Whether a request was held back or failed, which ends the asking.
    """

    terms: Terms
    tokens_in: int = 0
    tokens_out: int = 0
    is_empty: bool = False
    _held_in: int = 0
    _held_out: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, tokens_in: int, tokens_out: int) -> bool:
        """Set aside what a request may cost; return whether the budget has it."""
        with self._lock:
            all_in = self.tokens_in + self._held_in + tokens_in
            cost = self.terms.cost(all_in, self.tokens_out + self._held_out + tokens_out)
            if self.terms.budget is not None and (cost or 0.0) > self.terms.budget:
                self.is_empty = True
            if self.is_empty:
                return False
            self._held_in += tokens_in
            self._held_out += tokens_out
            return True

    def spend(self, tokens_in: int, tokens_out: int, held: tuple[int, int] = (0, 0)) -> None:
        """Count what a request has cost, and give back what was set aside for it."""
        with self._lock:
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out
            self._held_in -= held[0]
            self._held_out -= held[1]

    @property
    def cost(self) -> float | None:
        """What was spent; None where no price was stated."""
        return self.terms.cost(self.tokens_in, self.tokens_out)
