"""Small golden sets with two models' vectors, and the plain way to rank a half-moved index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Bools, Floats, Ints
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.faiss import build_index
from evalkit.retrieval.run import Run, retrieve
from evalkit.scoring.scores import score

NOWHERE = -np.inf
Reals = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class World:
    """A golden set and its vectors in two models."""

    golden: GoldenSet
    old: EmbeddedSet
    new: EmbeddedSet

    @property
    def documents(self) -> int:
        """D."""
        return len(self.golden.corpus)


def world(seed: int, *, queries: int = 6, documents: int = 40, dims: int = 6, ties: bool = False) -> World:
    """Return a world in which both models put relevant documents near their queries, each in its way."""
    rng = np.random.default_rng(seed)
    meanings = rng.normal(size=(documents, dims))
    if ties:  # few distinct vectors, zeros among them
        meanings = rng.integers(-1, 2, size=(documents, dims)).astype(float)
    grades = rng.integers(0, 3, size=(queries, 3))
    answers = np.array([rng.choice(documents, size=3, replace=False) for _ in range(queries)])
    wishes = meanings[answers[:, 0]] + 0.7 * meanings[answers[:, 1]]
    wishes = np.round(wishes) if ties else wishes + 0.4 * rng.normal(size=wishes.shape)
    turn = rng.integers(-1, 2, size=(dims, dims)) if ties else rng.normal(size=(dims, dims))
    return World(
        golden_of(answers, grades, documents),
        embedded(wishes, meanings, model="old"),
        embedded(wishes @ turn, meanings @ turn, model="new"),
    )


def golden_of(answers: Ints, grades: Ints, documents: int) -> GoldenSet:
    """Return a golden set in which query i judges documents `answers[i]`."""
    return GoldenSet.of(
        "world",
        queries={f"q{row:03d}": f"question {row}" for row in range(len(answers))},
        corpus={f"d{row:04d}": f"document {row}" for row in range(documents)},
        qrels={
            f"q{row:03d}": {f"d{doc:04d}": int(grade) for doc, grade in zip(docs, given, strict=True)}
            for row, (docs, given) in enumerate(zip(answers, grades, strict=True))
        },
    )


def embedded(queries: Reals, corpus: Reals, *, model: str = "by-hand", unit: bool = False) -> EmbeddedSet:
    """Return both arrays as one embedded set."""
    stamp = Fingerprint(provider="test", model=model, dims=corpus.shape[1], normalize=unit)
    return EmbeddedSet(
        queries=Embeddings(fingerprint=stamp, role=Role.query, vectors=queries.astype(np.float32)),
        corpus=Embeddings(fingerprint=stamp, role=Role.document, vectors=corpus.astype(np.float32)),
    )


def similarities(queries: EmbeddedSet, documents: EmbeddedSet) -> Floats:
    """Return (Q, D) similarities as they decide an order."""
    products = queries.queries.vectors.astype(np.float64) @ documents.corpus.vectors.astype(np.float64).T
    heard = np.asarray(queries.queries.vectors.any(axis=1))
    return np.where(heard[:, None], np.round(products, 9), NOWHERE)


def columns(strategy: str, old: EmbeddedSet, new: EmbeddedSet) -> tuple[Floats, Floats]:
    """Return the whole score matrices of a strategy, before and after each document moves."""
    nothing = np.full((len(old.queries.vectors), len(old.corpus.vectors)), NOWHERE)
    return {
        "new-query": (similarities(new, old), similarities(new, new)),
        "old-query": (similarities(old, old), similarities(old, new)),
        "filter-new": (nothing, similarities(new, new)),
        "filter-old": (similarities(old, old), nothing),
        "dual-raw": (similarities(old, old), similarities(new, new)),
        "stay-old": (similarities(old, old), similarities(old, old)),
    }[strategy]


def searched(before: Floats, after: Floats, moved: Bools) -> Run:
    """Return the whole ranking of an index of which the documents `moved` have their new scores."""
    scores = np.where(moved, after, before)
    rows = np.where(scores > NOWHERE, np.arange(scores.shape[1]), -1)
    return Run.ranked("searched", rows, scores)


def rebuilt(world: World, queries: EmbeddedSet, moved: Bools, depth: int) -> Run:
    """Return the run of one index that was really built from old and new vectors and searched."""
    mixture = np.where(moved[:, None], world.new.corpus.vectors, world.old.corpus.vectors)
    found = embedded(queries.queries.vectors, mixture)
    return retrieve(found, build_index(found.corpus), depth=depth)


def values_of(world: World, run: Run, *measures: str) -> Floats:
    """Return (M, Q) the measures of each query."""
    found: Floats = score(run, world.golden, measures).values
    return found


def simulated_means(world: World, strategy: str, share: float, measures: Sequence[str], runs: int) -> Floats:
    """Return (runs, M) means over the counted queries of indexes whose documents moved at random."""
    before, after = columns(strategy, world.old, world.new)
    rng = np.random.default_rng(runs)
    moves = [rng.random(world.documents) < share for _ in range(runs)]
    counted = world.golden.counted
    rows = [values_of(world, searched(before, after, moved), *measures)[:, counted] for moved in moves]
    return np.asarray([values.mean(axis=1) for values in rows])
