"""The expectation: which model is said to have made the vectors, and by which names records may call it."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from evalkit.embedding.encoder import Encoder, Fingerprint, VectorSource

__all__ = ["Expectation"]

_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{6,64})")
# "v3", "2026-11", "index 7": a label that names no model, whatever it means to those who wrote it.
_LABEL = re.compile(r"(?:v|ver|version|rev|release|gen|index|embeddings?|model)?[ ._-]?\d[\d ._:T-]*")


class ClaimReading(enum.StrEnum):
    """How what a record states reads beside what is expected."""

    NOTHING = "nothing"
    EXPECTED = "expected"
    LABEL = "label"  # names no model at all
    OTHER = "other"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Expectation:
    """A model that vectors are expected to be of.

    Attributes:
        name: As the user named it.
        encoder: What makes its vectors; None where it cannot be asked.
        fingerprint: Its space; None where nothing states it.
        claims: What records state that are of it, beside its own names; as the user said.
    """

    name: str
    encoder: Encoder | VectorSource | None = None
    fingerprint: Fingerprint | None = None
    claims: tuple[str, ...] = ()
    _names: frozenset[str] = field(init=False, repr=False, default=frozenset())

    def __post_init__(self) -> None:
        """Gather the names."""
        names = [self.name, *self.claims]
        if self.fingerprint is not None:
            model = self.fingerprint.model
            spec = f"{self.fingerprint.provider}/{model}"
            revision = self.fingerprint.revision
            names += [spec, model, model.rpartition("/")[2], f"{spec}@{revision}", f"{model}@{revision}"]
            names += [f"{self.fingerprint.provider}/{model.rpartition('/')[2]}"]
        object.__setattr__(self, "_names", frozenset(map(_folded, names)))

    def reads(self, claim: str) -> ClaimReading:
        """Return how the version that a record states reads: as this model, a mere label, or another model.

        Examples:
            >>> model = Expectation(name="st/all-MiniLM-L6-v2")
            >>> [str(model.reads(claim)) for claim in ("", "st/all-minilm-l6-v2", "v3", "e5-base")]
            ['nothing', 'expected', 'label', 'other']
        """
        folded = _folded(claim)
        if not folded:
            return ClaimReading.NOTHING
        if folded in self._names or self._is_digest(folded):
            return ClaimReading.EXPECTED
        return ClaimReading.LABEL if not self.claims and _LABEL.fullmatch(folded) else ClaimReading.OTHER

    def _is_digest(self, claim: str) -> bool:
        stated = _HEX.fullmatch(claim)
        if stated is None or self.fingerprint is None:
            return False
        return any(digest.startswith(stated[1]) for digest in digests_of(self.fingerprint))


def digests_of(fingerprint: Fingerprint) -> tuple[str, ...]:
    """Return the digests of a space, as it is compared and as its vectors are stored."""
    return fingerprint.digest, fingerprint.stored.digest


def expected_by(claim: str, expectations: Sequence[Expectation]) -> int | None:
    """Return which of several expected models a record names, None for none of them."""
    reads = (
        number for number, model in enumerate(expectations) if model.reads(claim) == ClaimReading.EXPECTED
    )
    return next(reads, None)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
