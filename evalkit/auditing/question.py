"""The question of an audit, fixed before a store is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from evalkit.auditing.expectation import ClaimReading, Expectation
from evalkit.auditing.explaining import References
from evalkit.auditing.making import Ruler
from evalkit.auditing.sampling import CONFIDENCE, PROMISE, needed_sample
from evalkit.auditing.window import Window
from evalkit.embedding.encoding import Progress
from evalkit.errors import UsageError

__all__ = ["AuditQuestion"]

TENANTS = 20
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CurrentTexts:
    """The texts that vectors ought to be of, where the store is not to be believed.

    Attributes:
        source: What they were read from.
        bodies: Id → text.
        updated: Id → when it was last changed, as seconds since 1970; ids that do not say are absent.
    """

    source: str
    bodies: Mapping[str, str]
    updated: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AuditQuestion:
    """What is asked of a store.

    Attributes:
        expected: The model that is said to have made its vectors.
        old: The model that it moves away from, inside a window; None where there is none.
        window: When it may; None where it may not.
        suspects: Models that may have made foreign vectors, tried on those alone.
        sample: How many vectors are held against the model; None for as many as the promise takes, 0 for
            none.
        at_most: The share of foreign vectors that is to be met with certainty enough.
        ruler: When two vectors are the same.
        texts: The texts; None for those that the store holds.
        seed: By which records are drawn.
        today: Which day it is.
        tenants: How many tenants keep groups of their own.
        hashed: Whether tenants are named by digests.
        progress: Called while a model encodes.
        opener: Opens a model that records name, to try whether their vectors are of it; None in return where
            it is not here.
    """

    expected: Expectation
    old: Expectation | None = None
    window: Window | None = None
    suspects: tuple[Expectation, ...] = ()
    sample: int | None = None
    at_most: float = PROMISE
    ruler: Ruler = Ruler()  # noqa: RUF009 - frozen
    texts: CurrentTexts | None = None
    seed: int = 0
    today: date = date(1970, 1, 1)
    tenants: int = TENANTS
    hashed: bool = True
    progress: Progress | None = None
    opener: Callable[[str], Expectation | None] | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        needed_sample(self.at_most)
        if self.sample is not None and self.sample < 0:
            raise UsageError(
                f"--sample {self.sample} is no number of records", hint="299, or 0 for none", code="EK645"
            )

    @property
    def allowed(self) -> tuple[Expectation, ...]:
        """The models that may lie in the store today, the one that is expected in the end first."""
        if self.window is None or self.old is None or self.today > self.window.ends:
            return (self.expected,)
        return (self.expected, self.old) if self.today >= self.window.starts else (self.old,)

    @property
    def bench(self) -> References:
        """What vectors are held against."""
        others = tuple(m for m in (self.old, self.expected) if m is not None and m not in self.allowed)
        return References(
            expectations=self.allowed,
            suspects=(*others, *self.suspects),
            ruler=self.ruler,
            progress=self.progress,
        )

    def drawn(self, total: int) -> int:
        """Return how many of so many records are looked at."""
        if self.sample is not None:
            return min(self.sample, total)
        return needed_sample(self.at_most, total=total, confidence=CONFIDENCE) if total else 0

    def with_named(self, versions: Iterable[str]) -> AuditQuestion:
        """Return the question with the models that records name among the suspects, as far as they are here.

        Args:
            versions: What records state.
        """
        if self.opener is None:
            return self
        known = (*self.allowed, *self.suspects)
        strange = [v for v in versions if v and all(m.reads(v) == ClaimReading.OTHER for m in known)]
        opened = [self.opener(version) for version in strange[:_MOST_NAMED]]
        return replace(self, suspects=(*self.suspects, *(model for model in opened if model is not None)))
