"""Golden sets and scores made from values: one relevant document for each query, nothing retrieved."""

from dataclasses import replace

import numpy as np

from evalkit.arrays import Bools, Floats
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores

NDCG, RECALL, HIT = Measure("nDCG", 10), Measure("Recall", 10), Measure("Hit", 10)


def golden_of(queries: int, segments: dict[str, Bools] | None = None) -> GoldenSet:
    """Return a golden set of so many queries."""
    ids = [f"q{number:05}" for number in range(queries)]
    golden = GoldenSet.of(
        "toy",
        queries=dict.fromkeys(ids, "how?"),
        corpus={"d": "so"},
        qrels={identity: {"d": 1} for identity in ids},
    )
    return replace(golden, segments=segments or {})


def scores_of(golden: GoldenSet, system: str, values: dict[Measure, Floats]) -> Scores:
    """Return the scores of a system whose values are given."""
    table = np.stack(list(values.values()))
    return Scores(system, tuple(values), table, golden.counted, golden.queries.ids)


def random_values(seed: int, queries: int, shift: float = 0.0) -> Floats:
    """Return (Q,) values between 0 and 1."""
    return np.clip(np.random.default_rng(seed).uniform(0.1, 0.9, queries) + shift, 0, 1)
