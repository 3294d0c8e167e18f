"""The costs: how fast a system embeds and answers on this machine, and how large its index is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Vectors
from evalkit.evaluation import Evaluation, Setting
from evalkit.experiment import Outcome
from evalkit.indexing.faiss import open_index
from evalkit.indexing.index import Index

SEARCHES = 200
LONGEST_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one system takes; measured, so that no two runs give the same.

    Attributes:
        encoded: How many texts this experiment encoded; the others came from the cache.
        documents_per_second: How many documents the model encodes a second; None where nobody knows.
        index_bytes: Size of the index, its vectors included.
        searches: How many queries were timed, one at a time.
        search_p50_ms: Milliseconds that half of them took at most.
        search_p95_ms: Milliseconds that nineteen of twenty took at most.
    """

    encoded: int
    documents_per_second: float | None
    index_bytes: int
    searches: int
    search_p50_ms: float
    search_p95_ms: float


def costs(outcome: Outcome) -> Mapping[str, Cost]:
    """Return what each system of an outcome takes, by name; run files and functions have no entry."""
    setting = outcome.experiment.setting
    found = {item.system.name: cost_of(item, setting) for item in outcome.evaluations}
    return {name: cost for name, cost in found.items() if cost is not None}


def cost_of(evaluation: Evaluation, setting: Setting) -> Cost | None:
    """Return what one system takes; None for one without vectors."""
    embedded = evaluation.embedded
    if embedded is None:
        return None
    index = open_index(embedded.corpus, evaluation.system.factory, setting.index_folder)
    depth = min(setting.depth, len(setting.golden.corpus))
    took_ms = 1000 * np.array(search_seconds(index, embedded.queries.vectors, depth=depth))
    return Cost(
        encoded=embedded.encoded,
        documents_per_second=embedded.documents_per_second,
        index_bytes=index.size_bytes,
        searches=took_ms.size,
        search_p50_ms=float(np.quantile(took_ms, 0.5)),
        search_p95_ms=float(np.quantile(took_ms, 0.95)),
    )


def search_seconds(index: Index, queries: Vectors, *, depth: int) -> list[float]:
    """Return how long single searches took, spread over the queries.

    Args:
        index: What is searched.
        queries: (Q, E) query vectors, Q ≥ 1.
        depth: How many documents each search asks for.

    Returns:
        Up to 200 times in seconds; fewer where they would take longer than two seconds in all.
    """
    rows = np.unique(np.linspace(0, len(queries) - 1, min(SEARCHES, len(queries))).astype(np.int64))
    index.search(queries[rows[:1]], depth)  # the first touches memory that the others find warm
    took: list[float] = []
    for row in rows:  # one at a time, as users ask
        started = time.perf_counter()
        index.search(queries[row : row + 1], depth)
        took.append(time.perf_counter() - started)
        if sum(took) > LONGEST_S:
            break
    return took
