"""Streamed stores: what a store that counts and draws nothing by itself is asked by streaming its claims."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evalkit.auditing.stores.counting import counted, drawn
from evalkit.auditing.stores.store import Description, Group, Records, Stratum


@dataclass(frozen=True, slots=True, eq=False)
class StreamedStore(ABC):
    """A store that can be streamed; one that counts or draws by itself does so in place of these methods.

    Attributes:
        description: What it is.
    """

    description: Description

    def describe(self) -> Description:
        """Return what it is."""
        return self.description

    def census(self) -> tuple[Group, ...]:
        """Return how many records say what of themselves."""
        return counted(self.claims())

    def sample(self, sizes: Mapping[Stratum | None, int], seed: int) -> dict[Stratum | None, tuple[str, ...]]:
        """Return ids drawn evenly within each stratum."""
        return drawn(self.claims(), sizes, seed)

    def claims(self) -> Iterator[Records]:
        """Give all records without vectors and texts, in batches."""
        return self.stream(vectors=False, texts=False)

    @abstractmethod
    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches; see `Store`."""
