"""Occupancy: which share of the first results moved documents hold, against their share of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats, Ints
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.errors import UsageError
from evalkit.indexing.faiss import build_index
from evalkit.mixing.binomial import expected_worth
from evalkit.mixing.columns import Product, ScoreColumn, Strategy
from evalkit.mixing.rivals import Rivals
from evalkit.mixing.strategies import BY_RANK, Setup, check_names, make_strategies, possible
from evalkit.retrieval.candidates import MOST, NOTHING
from evalkit.retrieval.run import retrieve
from evalkit.scaling.executor import Executor

SLACK = 50
LISTED_PER_PLACE = 4
AT_ONCE = 100

Search = Callable[[Product, int], Ints]


def occupancy(strategy: str, setup: Setup, *, shares: npt.ArrayLike, cutoff: int = 10) -> Floats:
    """Return the share of the first `cutoff` results that documents that have moved are expected to hold.

    Where it lies far from the share of the corpus, one half of the index is invisible. No judgement is
    needed. Each document that stands high in either column is asked how many others beat it, as in
    `mixing.expected`; those that stand lower than four times the places to be filled, at the least share,
    are left out.

    Args:
        strategy: A strategy that merges by score.
        setup: The two sets.
        shares: (S,) probabilities of having moved, in [0, 1].
        cutoff: How many results are looked at, ≥ 1.

    Returns:
        (S,) shares; NaN where nothing is retrieved at all.

    Raises:
        UsageError: The strategy merges by rank.
    """
    (name,) = check_names([strategy])
    if name in BY_RANK:
        raise UsageError(f"{name} merges by rank: half of the top from each side, whatever the shares are")
    possible([name], setup)
    (made,), _ = make_strategies([name], setup)
    fractions = np.atleast_1d(np.asarray(shares, dtype=np.float64))
    held = np.zeros((2, fractions.size))
    for places in occupied(made, fractions, cutoff=cutoff):
        held += [chances.sum(axis=0) for chances in places.chances]
    total = held.sum(axis=0)
    return np.where(total > 0, held[0] / np.where(total > 0, total, 1.0), np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """How likely the documents that stand high for some queries are to stand among the first.

    Attributes:
        doc_rows: (n,) and (m,) rows of documents, once moved and before, those of query after query.
        chances: (n, S) and (m, S) probabilities of being in that state and among the first results.
    """

    doc_rows: tuple[Ints, Ints]
    chances: tuple[Floats, Floats]


def occupied(
    strategy: Strategy,
    shares: Floats,
    *,
    cutoff: int,
    removed: Ints | None = None,
    search: Search | None = None,
) -> Iterator[Places]:
    """Yield, some queries at a time, who is expected among their first `cutoff` results under random moves.

    Args:
        strategy: A strategy that merges by score.
        shares: (S,) probabilities of having moved.
        cutoff: How many results are looked at, ≥ 1.
        removed: (Q,) row of the document that is taken out of each query's results, −1 for none.
        search: What gives the (Q, depth) documents with the largest products, where several strategies
            share their searches; None: `highest`.
    """
    worth = np.ones((1, cutoff))
    one_by_one = _rivals(strategy, _depth(shares, cutoff), removed, search or highest)
    while some := list(islice(one_by_one, AT_ONCE)):
        doc_rows, rivals = zip(*some, strict=True)
        found = [np.concatenate(rows) for rows in zip(*doc_rows, strict=True)]
        states = [Rivals.joined(own) for own in zip(*rivals, strict=True)]
        moved, unmoved = (expected_worth(state, shares, worth)[0] for state in states)
        yield Places((found[0], found[1]), (shares * moved, (1.0 - shares) * unmoved))


def _rivals(
    strategy: Strategy, depth: int, removed: Ints | None, search: Search
) -> Iterator[tuple[tuple[Ints, Ints], tuple[Rivals, Rivals]]]:
    """Yield, for each query, the documents that stand high and who beats them: once moved, and before."""
    columns = {id(column): column for column in strategy.columns if column is not None}.values()
    lists = [search(column.product, depth) for column in columns]
    # A loop over queries: each has candidates of its own, some in one list and some in both.
    for query in range(len(lists[0])):
        rows = np.unique(np.concatenate([listed[query] for listed in lists]))
        rows = rows[(rows != NOTHING) & (rows != (NOTHING if removed is None else removed[query]))]
        scores = [_scores(column, query, rows) for column in strategy.columns[: 1 if strategy.still else 2]]
        scores = scores * 2 if strategy.still else scores
        keys = _keys(np.stack([*scores, np.minimum(*scores)]), rows)
        new, old, both = (np.sort(row) for row in keys)
        states = []
        for state in range(2):
            bar, elsewhere = keys[state], keys[1 - state]
            counts = [bar.size - np.searchsorted(side, bar, side="right") for side in (new, old, both)]
            counts[1 - state] -= elsewhere > bar  # no document is its own rival
            states.append(Rivals.counted(*counts).take(np.isfinite(scores[state])))
        found = (rows[np.isfinite(scores[0])], rows[np.isfinite(scores[1])])
        yield found, (states[0], states[1])


def _keys(scores: Floats, rows: Ints) -> Ints:
    """Return whole numbers that stand in the order of scores, equal ones in the order of rows."""
    _, ranks = np.unique(scores, return_inverse=True)
    most = int(rows.max(initial=0)) + 1
    return np.asarray(ranks.reshape(scores.shape) * most + rows)


def _scores(column: ScoreColumn | None, query: int, rows: Ints) -> Floats:
    if column is None:
        return np.full(rows.size, -np.inf)
    return column.seen(column.product.of_query(query, rows))


def highest(product: Product, depth: int, executor: Executor | None = None) -> Ints:
    """Return (Q, depth) the documents with the largest products, −1 in the tail."""
    stamp = Fingerprint(provider="mix", model="column", dims=product.corpus.shape[1], normalize=False)
    found = EmbeddedSet(
        queries=Embeddings(fingerprint=stamp, role=Role.query, vectors=product.queries),
        corpus=Embeddings(fingerprint=stamp, role=Role.document, vectors=product.corpus),
    )
    count = min(depth, product.corpus.shape[0])
    return retrieve(found, build_index(found.corpus), depth=count, executor=executor).rows


def _depth(shares: Floats, cutoff: int) -> int:
    inside = shares[(shares > 0) & (shares < 1)]
    least = float(np.minimum(inside, 1 - inside).min(initial=0.5))
    return min(MOST, int(np.ceil(LISTED_PER_PLACE * cutoff / least)) + SLACK)
