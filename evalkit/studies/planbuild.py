"""The build of the new index: a few small graphs are built here, and what they took is extrapolated."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Vectors
from evalkit.embedding.cache import VectorCache
from evalkit.evaluation import Evaluation, Setting
from evalkit.indexing.faiss import graph_seconds, library
from evalkit.parsing import parse_json
from evalkit.planning.build import BuildTime, build_time
from evalkit.planning.inputs import Inputs
from evalkit.planning.storage import ENGINES, build_memory_bytes
from evalkit.planning.workload import StorePlan
from evalkit.streams import stream

SIZES = (1000, 2000, 4000)
LEAST_VECTORS = 50
SHORT_OF_MEMORY = 7.6  # times as long a build of pgvector took that did not fit its memory
_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What the graph of the new index takes, in one thread of this machine.

    Attributes:
        time: CPU seconds for all documents, both ends.
        sizes: Vectors of the small graphs that were built.
        seconds: CPU seconds of each.
        m: Links for each vector.
        effort: Candidates of an insertion, as the engine has it where nobody says.
        drawn: Whether vectors between those of two documents were made, since the corpus has too few.
        memory_bytes: What pgvector has to hold while it builds; None for other engines.
    """

    time: BuildTime
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    m: int
    effort: int
    drawn: bool
    memory_bytes: float | None

    @property
    def hours(self) -> tuple[float, float]:
        """Both ends, in hours."""
        return self.time.low / _SECONDS, self.time.high / _SECONDS


def build_of(
    new: Evaluation, setting: Setting, store: StorePlan, inputs: Inputs, *, seed: int
) -> Build | None:
    """Return what the graph of the new index takes; None for an index without one, or with too few vectors.

    Graphs are built by FAISS with the links and the effort of the engine: its own code may be faster or
    slower. What they took is noted in the cache, so that a plan measures once.
    """
    engine, embedded = ENGINES[store.engine], new.embedded
    if not engine.graph or embedded is None or len(embedded.corpus.vectors) < LEAST_VECTORS:
        return None
    m, vectors = int(inputs["m"]), embedded.corpus.vectors
    note = f"build:{embedded.fingerprint.stored.digest}:{len(vectors)}:{m}:{engine.effort}:{library()}"
    took = _recalled(setting.cache, note)
    if took is None:
        some = _enough(vectors, seed)
        took = tuple(graph_seconds(some[:size], m=m, effort=engine.effort) for size in SIZES)
        if setting.cache is not None:
            setting.cache.remember(note, json.dumps(took))
    memory = build_memory_bytes(inputs["documents"], store.new_dims) if store.engine == "pgvector" else None
    return Build(
        time=build_time(SIZES, took, max(inputs["documents"], 2.0)),
        sizes=SIZES,
        seconds=took,
        m=m,
        effort=engine.effort,
        drawn=len(vectors) < SIZES[-1],
        memory_bytes=memory,
    )


def _recalled(cache: VectorCache | None, note: str) -> tuple[float, ...] | None:
    noted = cache.recall(note) if cache is not None else None
    return tuple(float(second) for second in parse_json(noted)) if noted else None


def _enough(vectors: Vectors, seed: int) -> Vectors:
    """Return some vectors of the corpus, or where it has too few, vectors between those of two documents."""
    rng = stream(seed, "plan", "build")
    count, most = len(vectors), SIZES[-1]
    if count >= most:
        return np.asarray(vectors[np.sort(rng.permutation(count)[:most])])
    first, second = rng.integers(count, size=most), rng.integers(count, size=most)
    part = rng.uniform(0, 0.5, size=(most, 1))
    between = (1 - part) * vectors[first] + part * vectors[second]
    lengths = np.linalg.norm(between, axis=1, keepdims=True)
    return np.asarray(between / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)
