"""The worklist: unjudged documents, those first whose labels weigh most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.decision.labels import Retrieved
from evalkit.decision.policy import Policy
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run

if TYPE_CHECKING:
    import pandas as pd

SNIPPET = 160


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One document to judge for one query.

    Attributes:
        query: Id of the query.
        document: Id of the document.
        weight: Weight of the query times the discount of the best rank at which any system shows it.
        text: The beginning of the document, on one line.
    """

    query: str
    document: str
    weight: float
    text: str


def worklist(runs: Sequence[Run], golden: GoldenSet, policy: Policy) -> tuple[WorkItem, ...]:
    """Return the unjudged documents among the first results of any system, the weightiest first.

    Args:
        runs: What the baseline and the candidates retrieved.
        golden: The golden set that they are judged by.
        policy: Its primary measure says how many ranks are looked at.

    Returns:
        One item for each (query, document) pair; equal weights stand by query, then by document id.
    """
    best: dict[tuple[int, int], int] = {}
    for run in runs:
        retrieved = Retrieved.of(run, golden)
        holes = retrieved.holes(policy.primary.cutoff) & golden.counted[:, None]
        # A loop over holes: a list that people are to work through is short.
        for query, rank in np.argwhere(holes).tolist():
            pair = query, int(retrieved.rows[query, rank])
            best[pair] = min(rank, best.get(pair, rank))
    items = [_item(query, document, rank, golden, policy) for (query, document), rank in best.items()]
    return tuple(sorted(items, key=lambda item: (-item.weight, item.query, item.document)))


def to_frame(items: Sequence[WorkItem]) -> pd.DataFrame:
    """Return the worklist as a table: query, document, weight, text and an empty grade to fill in."""
    import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

    rows = [(item.query, item.document, item.weight, item.text, "") for item in items]
    return pd.DataFrame(rows, columns=["query", "document", "weight", "text", "grade"])


def _item(query: int, document: int, rank: int, golden: GoldenSet, policy: Policy) -> WorkItem:
    weight = float(golden.weights[query]) if policy.use_weights else 1.0
    body = " ".join(golden.corpus.bodies[document].split())
    return WorkItem(
        query=golden.queries.ids[query],
        document=golden.corpus.ids[document],
        weight=weight / math.log2(rank + 2),
        text=body if len(body) <= SNIPPET else body[: SNIPPET - 1] + "…",
    )
