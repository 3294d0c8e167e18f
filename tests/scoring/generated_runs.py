"""Generated golden sets and runs, full of ties, holes and graded judgements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run

Qrels = dict[str, dict[str, int]]
Results = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Case:
    """One golden set with one run, and the same as the dictionaries that other tools take."""

    golden: GoldenSet
    run: Run
    qrels: Qrels
    results: Results


def generated(seed: int, queries: int) -> Case:
    """Return a case whose scores are few small numbers, so that most results tie.

    Scores are multiples of 1/4: other tools keep 4-byte floats. Some queries retrieve nothing and some
    have no relevant document.
    """
    rng = np.random.default_rng(seed)
    documents = int(rng.integers(3, 60))
    names = [f"d{number:03}" for number in rng.permutation(1000)[:documents]]
    levels = int(rng.integers(1, 6))
    qrels: Qrels = {}
    results: Results = {}
    for number in range(queries):
        query = f"q{number:04}"
        judged = rng.permutation(documents)[: int(rng.integers(1, documents + 1))]
        qrels[query] = {names[row]: int(rng.integers(0, 4)) for row in judged}
        found = rng.permutation(documents)[: int(rng.integers(0, documents + 1))]
        results[query] = {names[row]: float(rng.integers(0, levels + 1)) / 4 - 0.5 for row in found}
    golden = GoldenSet.of(
        f"generated {seed}",
        queries=dict.fromkeys(qrels, "text"),
        corpus=dict.fromkeys(names, "text"),
        qrels=qrels,
    )
    return Case(golden, as_run(golden, results), qrels, results)


def as_run(golden: GoldenSet, results: Results) -> Run:
    """Return results by id as a run of `golden`."""
    return Run.of("generated", results, golden)
