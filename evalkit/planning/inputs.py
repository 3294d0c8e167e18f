"""The inputs: every number a plan rests on, measured, given or assumed, with its range and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evalkit import figures
from evalkit.errors import InvalidValueError, UnknownNameError
from evalkit.planning.keys import KEYS
from evalkit.planning.numbers import LARGEST, check_number, check_whole

MEASURED, GIVEN, ASSUMED = "measured", "given", "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One number with where it comes from.

    Attributes:
        name: Its key.
        value: What is reckoned with.
        low: What it may be at the least (P0 of its range).
        high: What it may be at the most.
        kind: "measured", "given" or "assumed".
        source: Where it comes from.
        date: The day a price was read, ISO; "" for what is no price.
    """

    name: str
    value: float
    low: float
    high: float
    kind: str
    source: str
    date: str = ""

    def __post_init__(self) -> None:
        """Check that the number can be what it is called, and lies in its range."""
        key = KEYS.get(self.name)
        if key is None:
            raise UnknownNameError.among("key of a plan", self.name, KEYS)
        for number in (self.low, self.value, self.high):
            check_number(self.name, number, least=key.least, most=min(key.most, LARGEST))
            if key.whole:
                check_whole(self.name, number, least=0)
        if not self.low <= self.value <= self.high:
            raise InvalidValueError(
                f"{self.name} = {figures.as_set(self.value)} does not lie in its own range, "
                f"{figures.as_set(self.low)} to {figures.as_set(self.high)}",
                hint=f"{self.name} = {{ value = …, low = …, high = … }}, low ≤ value ≤ high",
                code="EK748",
            )

    @property
    def is_certain(self) -> bool:
        """Whether its range is a point."""
        return self.low == self.high

    @property
    def unit(self) -> str:
        """What it counts."""
        return KEYS[self.name].unit


@dataclass(frozen=True, slots=True)
class Inputs:
    """All numbers of a plan by name."""

    by_name: Mapping[str, Input]

    @classmethod
    def of(cls, told: Iterable[Input]) -> Inputs:
        """Return the inputs of a plan: what was told, the later the better, and assumptions for the rest."""
        known = {item.name: item for item in told}
        assumed = {
            name: Input(
                name=name,
                value=key.assumed[0],
                low=key.assumed[1],
                high=key.assumed[2],
                kind=ASSUMED,
                source=key.why,
            )
            for name, key in KEYS.items()
            if key.assumed is not None and name not in known
        }
        return cls({name: (known | assumed)[name] for name in KEYS if name in known or name in assumed})

    def __contains__(self, name: str) -> bool:
        """Whether anything is known of a name."""
        return name in self.by_name

    def __getitem__(self, name: str) -> float:
        """Return the value of a name.

        Raises:
            UnknownNameError: Nothing is known of it.
        """
        if name not in self.by_name:
            raise UnknownNameError.among("input of this plan", name, self.by_name)
        return self.by_name[name].value

    def get(self, name: str, default: float) -> float:
        """Return the value of a name, or what stands for it."""
        return self.by_name[name].value if name in self.by_name else default

    def with_given(self, values: Mapping[str, float]) -> Inputs:
        """Return the inputs with some numbers replaced or added, as a question of "what if" has them."""
        given = {
            name: Input(name=name, value=value, low=value, high=value, kind=GIVEN, source="what if")
            for name, value in values.items()
        }
        return Inputs({**self.by_name, **given})
