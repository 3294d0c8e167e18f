"""P7: 100,000 texts from a warm cache, beside reading their vectors with `np.load`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from clock import Clock, run
from sizes import scaled

if TYPE_CHECKING:
    from evalkit.golden.goldenset import GoldenSet

DOCUMENTS, WORDS, DIMS = scaled(100_000), 60, 384
SCRATCH = Path(os.environ.get("EVALKIT_BENCH_SCRATCH", ".")) / "p07"


def _golden() -> GoldenSet:
    from evalkit.golden.goldenset import GoldenSet  # noqa: PLC0415 - only evalkit's side needs it

    rng = np.random.default_rng(1)
    words = np.array([f"word{number:04}" for number in range(5_000)])
    bodies = [" ".join(line) for line in words[rng.integers(0, words.size, (DOCUMENTS, WORDS))]]
    corpus = {f"d{row:07}": body for row, body in enumerate(bodies)}
    queries = {f"q{row:04}": body for row, body in enumerate(bodies[:100])}
    return GoldenSet.of("bench", queries=queries, corpus=corpus, qrels={})


def _embed(golden: GoldenSet) -> int:
    from evalkit.embedding.cache import VectorCache  # noqa: PLC0415 - loaded before the clock starts
    from evalkit.embedding.embeddedset import embed  # noqa: PLC0415 - the same
    from evalkit.embedding.modelspec import ModelSpec, open_encoder  # noqa: PLC0415 - the same

    encoder = open_encoder(ModelSpec.parse(f"hash/{DIMS}"), golden, {})
    found = embed(golden, encoder, cache=VectorCache(SCRATCH / "cache"))
    np.save(SCRATCH / "vectors.npy", found.corpus.vectors)
    return found.encoded


def prepare(clock: Clock) -> None:
    """Fill the cache."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with clock:
        _embed(_golden())


def evalkit(clock: Clock) -> None:
    """Embed what the cache holds: digests, checksums and vector lint included."""
    from evalkit.embedding.cache import VectorCache  # noqa: PLC0415 - loaded before the clock starts
    from evalkit.embedding.embeddedset import embed  # noqa: PLC0415 - the same
    from evalkit.embedding.modelspec import ModelSpec, open_encoder  # noqa: PLC0415 - the same

    golden = _golden()
    encoder = open_encoder(ModelSpec.parse(f"hash/{DIMS}"), golden, {})
    with clock:
        found = embed(golden, encoder, cache=VectorCache(SCRATCH / "cache"))
    clock.note(encoded=found.encoded)


def load(clock: Clock) -> None:
    """Read the vectors."""
    with clock:
        np.load(SCRATCH / "vectors.npy")


if __name__ == "__main__":
    run({"prepare": prepare, "evalkit": evalkit, "load": load})
