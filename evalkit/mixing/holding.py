"""The holding: which share of the first results each cohort of documents holds, half way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.mixing.columns import Product, Strategy
from evalkit.mixing.line import Holding
from evalkit.mixing.occupancy import Search, highest, occupied
from evalkit.mixing.orders import Order
from evalkit.retrieval.candidates import NOTHING
from evalkit.retrieval.run import Run

HALF = 0.5
FIRST = 10


def held_half_way(
    strategy: Strategy, order: Order, fields: Mapping[str, Bools], *, removed: Ints, search: Search = highest
) -> dict[str, Holding]:
    """Return the share of all first ten results that each cohort holds when half of the corpus has moved.

    Held against the cohort's share of the corpus it tells whether some documents have become invisible. No
    judgement is needed.

    Args:
        strategy: A strategy that merges by score.
        order: Which documents move first; under the random order the shares are expectations.
        fields: Name of each further cohort → (D,) which documents belong to it.
        removed: (Q,) row of the document that is taken out of each query's results, −1 for none.
        search: What gives the documents with the largest products, where strategies share their searches.

    Returns:
        "moved", "unmoved" and each further cohort → its shares in [0, 1].
    """
    if order.positions is None:
        moved, unmoved = _expected(strategy, removed, search)
    else:
        moved, unmoved = _counted(strategy, np.asarray(order.positions <= HALF), removed)
    total = float(moved.sum() + unmoved.sum())
    gone = HALF if order.positions is None else float((order.positions <= HALF).mean())
    held = {"moved": (moved.sum(), gone), "unmoved": (unmoved.sum(), 1.0 - gone)}
    held |= {name: ((moved + unmoved)[members].sum(), members.mean()) for name, members in fields.items()}
    return {
        name: Holding(float(places) / total if total else None, float(corpus))
        for name, (places, corpus) in held.items()
    }


def _expected(strategy: Strategy, removed: Ints, search: Search) -> tuple[Floats, Floats]:
    """Return (D,) how many first results each document is expected to be, once moved and before."""
    held = np.zeros((2, _documents(strategy)))
    for places in occupied(strategy, np.array([HALF]), cutoff=FIRST, removed=removed, search=search):
        for state in range(2):
            np.add.at(held[state], places.doc_rows[state], places.chances[state][:, 0])
    return held[0], held[1]


def _counted(strategy: Strategy, moved: Bools, removed: Ints) -> tuple[Floats, Floats]:
    """Return the same for one set of moved documents, whose two halves are searched."""
    found = []
    for column, members in zip(strategy.columns, (moved, ~moved), strict=True):
        rows = np.flatnonzero(members)
        if column is None or not rows.size:
            continue
        half = Product(column.product.queries, column.product.corpus[rows])
        listed = highest(half, FIRST + 1)  # one more, for the document that may be taken out
        doc_rows = np.where(listed == NOTHING, NOTHING, rows[listed])
        queries = np.repeat(np.arange(len(listed)), listed.shape[1])
        scores = column.seen(column.product.similarities(queries, np.maximum(doc_rows, 0).ravel()))
        kept = (doc_rows != NOTHING) & (doc_rows != removed[:, None])
        found.append((np.where(kept, doc_rows, NOTHING), scores.reshape(doc_rows.shape)))
    documents = _documents(strategy)
    if not found:
        return np.zeros(documents), np.zeros(documents)
    rows, scores = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
    first = Run.ranked(strategy.name, rows, scores, depth=FIRST).rows
    counts = np.bincount(first[first >= 0], minlength=documents).astype(np.float64)
    return counts * moved, counts * ~moved


def _documents(strategy: Strategy) -> int:
    return next(int(column.product.corpus.shape[0]) for column in strategy.columns if column is not None)
