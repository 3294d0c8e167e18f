"""Small golden sets and a counting encoder for the tests of embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from evalkit.arrays import Vectors
from evalkit.embedding.adapters.hashing import HashingEncoder
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.golden.goldenset import GoldenSet


def golden_set(queries: int = 3, documents: int = 5) -> GoldenSet:
    """Return a set whose first query and first document are the same text."""
    return GoldenSet.of(
        "set",
        queries={f"q{n}": "shared words" if n == 0 else f"question {n}" for n in range(queries)},
        corpus={f"d{n}": "shared words" if n == 0 else f"document {n}" for n in range(documents)},
        qrels={"q0": {"d0": 1}},
    )


@dataclass(frozen=True)
class Counting:
    """The hashing encoder, which notes each text that it is asked to encode."""

    fingerprint: Fingerprint = field(
        default_factory=lambda: Fingerprint(provider="hash", model="16", dims=16)
    )
    seen: list[tuple[Role, str]] = field(default_factory=list)

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Encode and note."""
        self.seen.extend((role, text) for text in texts)
        return HashingEncoder(self.fingerprint).encode(texts, role)
