"""The sweep: one blockwise pass over two corpora that tells every relevant document who beats it.

No score matrix is ever whole in memory. A float32 kernel decides wherever it is safe to; documents within
1e-5·|q||d| of a threshold are looked at again in float64, rounded to nine decimals, as in retrieval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, Vectors
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.rivals import Thresholds
from evalkit.mixing.scores import Column, Product, Strategy, rounded_products
from evalkit.mixing.tally import MOVED, NEW, OLD, UNMOVED, Block, Late, Tally
from evalkit.retrieval.candidates import BLOCK_BYTES, KERNEL_ERROR

QUERY_BLOCK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """One strategy in one state: what rivals have to beat, and where those that do are added up."""

    strategy: Strategy
    bar: Floats
    tally: Tally

    @property
    def columns(self) -> list[tuple[int, Column]]:
        """The columns to look at; one where a move changes nothing."""
        new, old = self.strategy.columns
        if self.strategy.still:
            return [] if new is None else [(NEW, new)]
        return [(side, column) for side, column in ((NEW, new), (OLD, old)) if column is not None]


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """The products of a block of queries with a block of documents.

    Attributes:
        block: Which documents.
        first_query: Row of the first query.
        vectors: Document vectors by corpus (its `id`), float32.
        products: (queries, documents) float32 products, −inf where nothing is retrieved.
        errors: (queries,) how far each product may be off.
    """

    block: Block
    first_query: int
    vectors: Mapping[int, Vectors]
    products: Mapping[Product, Vectors]
    errors: Mapping[Product, Floats]


@dataclass(slots=True, eq=False)
class Undecided:
    """Documents near a threshold, gathered over a tile, one list for each watch and column."""

    rows: list[int] = field(default_factory=list)
    docs: list[Ints] = field(default_factory=list)
    other: list[Bools] = field(default_factory=list)


def sweep(
    strategies: Sequence[Strategy],
    own: Sequence[Thresholds],
    tallies: Sequence[tuple[Tally, Tally]],
    relevant: Relevant,
    *,
    removed: Ints,
    steps: Ints | None = None,
) -> None:
    """Add up, for every strategy and state, the documents that beat each relevant one.

    A relevant document whose own score in the other state beats the one in this state is counted as its
    own rival; the tallies take it out again.

    Args:
        strategies: T strategies.
        own: T scores of the relevant documents.
        tallies: T pairs of tallies, for documents that have moved and for those that have not; filled here.
        relevant: J relevant documents.
        removed: (Q,) row of the document that is taken out of each query's results, −1 for none.
        steps: (D,) the step at which each document moves, for tallies that count by step.
    """
    watches = [
        Watch(strategy, thresholds.of_state(moved=state == MOVED), tally)
        for strategy, thresholds, pair in zip(strategies, own, tallies, strict=True)
        for state, tally in ((MOVED, pair[MOVED]), (UNMOVED, pair[UNMOVED]))
        if state == MOVED or not strategy.still
    ]
    products = list(dict.fromkeys(column.product for watch in watches for _, column in watch.columns))
    for tile, rows in _tiles(products, relevant, removed, steps):
        for watch in watches:
            _look(watch, tile, rows, relevant)


def _tiles(
    products: Sequence[Product], relevant: Relevant, removed: Ints, steps: Ints | None
) -> Iterator[tuple[Tile, Ints]]:
    """Yield tiles and the relevant documents of their queries; tiles without any are left out.

    A tile is only good until the next one, which is written into the same memory.
    """
    if not products:
        return
    documents, height = products[0].corpus.shape[0], min(QUERY_BLOCK, max(1, relevant.queries))
    width = min(documents, max(1, BLOCK_BYTES // (4 * len(products) * height)))
    room = {product: np.empty((height, width), dtype=np.float32) for product in products}
    silent = {product: product.silent for product in products}
    lengths = {product: np.linalg.norm(product.queries.astype(np.float32), axis=1) for product in products}
    corpora = {id(product.corpus): product.corpus for product in products}
    for start in range(0, documents, width):
        block = Block.of(start, min(start + width, documents), steps)
        vectors = {key: _read(corpus, block.doc_rows) for key, corpus in corpora.items()}
        longest = {key: float(np.linalg.norm(read, axis=1).max()) for key, read in vectors.items()}
        for first in range(0, relevant.queries, height):
            few = slice(first, first + height)
            rows = np.flatnonzero((relevant.query_rows >= first) & (relevant.query_rows < few.stop))
            if not rows.size:
                continue
            made, errors = {}, {}
            for product in products:
                key, queries = id(product.corpus), product.queries[few].astype(np.float32)
                made[product] = room[product][: queries.shape[0], : block.doc_rows.size]
                np.matmul(queries, vectors[key].T, out=made[product])
                made[product][silent[product][few]] = -np.inf
                _take_out(made[product], removed[few], block)
                errors[product] = KERNEL_ERROR * longest[key] * lengths[product][few]
            yield Tile(block, first, vectors, made, errors), rows


def _read(corpus: Vectors, doc_rows: Ints) -> Vectors:
    """Return the vectors of a block; they are read as they lie, and laid out by step in memory."""
    start, stop = int(doc_rows.min()), int(doc_rows.max()) + 1
    vectors = np.ascontiguousarray(corpus[start:stop], dtype=np.float32)
    return vectors if doc_rows[0] == start and np.all(np.diff(doc_rows) == 1) else vectors[doc_rows - start]


def _take_out(products: Vectors, removed: Ints, block: Block) -> None:
    """Set the products of each query with the document taken out of its results to −inf."""
    queries, places = np.nonzero(removed[:, None] == block.doc_rows) if np.any(removed >= 0) else ((), ())
    products[queries, places] = -np.inf


def _look(watch: Watch, tile: Tile, rows: Ints, relevant: Relevant) -> None:
    """Count the documents of one tile that beat the relevant documents `rows`."""
    rows = rows[watch.bar[rows] > -np.inf]
    queries = relevant.query_rows[rows] - tile.first_query
    sides = []
    for side, column in watch.columns:
        bar, error = column.unseen(watch.bar[rows]), tile.errors[column.product][queries]
        bounds = (bar - error).tolist(), (bar + error).tolist()
        sides.append((side, tile.products[column.product], *bounds, Undecided()))
    # A loop over relevant documents: each compares its thresholds with one row of products, which stays in
    # the processor's cache; gathering those rows first would move far more memory than it saves.
    for place, (row, query) in enumerate(zip(rows.tolist(), queries.tolist(), strict=True)):
        sure: list[Bools | None] = [None, None]
        near: dict[int, Ints] = {}
        for side, products, lows, highs, _ in sides:
            line = products[query]
            above = line > highs[place]
            sure[side] = above
            near[side] = ((line >= lows[place]) ^ above).nonzero()[0]
        watch.tally.add(row, tile.block, sure[NEW], sure[OLD])
        for side, *_, undecided in sides:
            close = near[side]
            if close.size:
                other = sure[1 - side]
                undecided.rows.append(row)
                undecided.docs.append(close)
                undecided.other.append(np.zeros(close.size, dtype=bool) if other is None else other[close])
    _settle(watch, tile, relevant, {side: undecided for side, *_, undecided in sides})


def _settle(watch: Watch, tile: Tile, relevant: Relevant, undecided: Mapping[int, Undecided]) -> None:
    """Decide the documents near a threshold in float64 and tell the tally which of them beat."""
    found = {}
    for side, column in watch.columns:
        rows, places, other = _flat(undecided[side])
        docs = tile.block.doc_rows[places]
        vectors = tile.vectors[id(column.product.corpus)]
        # The two states and the documents of one query ask for the same products again and again.
        pairs, back = np.unique(relevant.query_rows[rows] * vectors.shape[0] + places, return_inverse=True)
        asked = np.divmod(pairs, vectors.shape[0])
        similarities = rounded_products(column.product.queries, asked[0], vectors, asked[1])
        scores, bar = column.seen(similarities)[back], watch.bar[rows]
        beats = (scores > bar) | ((scores == bar) & (docs > relevant.doc_rows[rows]))
        found[side] = Late(rows[beats], docs[beats], side, other[beats].astype(np.int64))
    if len(found) > 1:
        _meet(found[NEW], found[OLD], len(relevant))
    for late in found.values():
        watch.tally.correct(late)


def _flat(undecided: Undecided) -> tuple[Ints, Ints, Bools]:
    if not undecided.rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    counts = [docs.size for docs in undecided.docs]
    rows = np.repeat(np.array(undecided.rows, dtype=np.int64), counts)
    return rows, np.concatenate(undecided.docs), np.concatenate(undecided.other)


def _meet(new: Late, old: Late, relevant: int) -> None:
    """Note, once, the documents of which both scores were undecided and both beat."""
    here, there = (late.doc_rows * relevant + late.rows for late in (new, old))
    _, places, _ = np.intersect1d(here, there, assume_unique=True, return_indices=True)
    new.other[places] += 1
