"""The sweep: one blockwise pass over two corpora that tells every relevant document who beats it.

No score matrix is ever whole in memory. A float32 kernel decides wherever it is safe to; documents within
1e-5·|q||d| of a threshold are looked at again in float64, rounded to nine decimals, as in retrieval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, Vectors
from evalkit.mixing.columns import Product, ScoreColumn, Strategy, rounded_products
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.rivals import Thresholds
from evalkit.mixing.tally import NEW, OLD, Block, Correction, CountTally, Found, Steps, StepTally, Tally
from evalkit.mixing.tile import Shortlist, Tile, TileSide, floors
from evalkit.retrieval.candidates import BLOCK_BYTES, KERNEL_ERROR

QUERY_BLOCK = 256
FIRST_BLOCK = 1024


@dataclass(frozen=True, slots=True, eq=False)
class SweepEntry:
    """One strategy before the sweep.

    Attributes:
        strategy: Which scores documents have.
        own: The scores of the relevant documents themselves.
    """

    strategy: Strategy
    own: Thresholds

    def tally(self, relevant: Relevant, steps: Steps | None) -> Tally:
        """Return a tally of nothing yet: by step only where there are steps and a move changes something."""
        if steps is None or self.strategy.still:
            return CountTally.empty(relevant)
        return StepTally.empty(relevant, steps)


@dataclass(frozen=True, slots=True, eq=False)
class Swept:
    """One strategy after the sweep, or after a part of it.

    Attributes:
        entry: The strategy, and the scores of the relevant documents.
        moved: Who beats them once they have moved.
        unmoved: Who does before.
    """

    entry: SweepEntry
    moved: Tally
    unmoved: Tally

    def __add__(self, other: Swept) -> Swept:
        """Return what two parts that do not overlap have counted."""
        return Swept(self.entry, self.moved + other.moved, self.unmoved + other.unmoved)


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of the products: rows `queries` of the golden set with rows `documents` of the corpus."""

    queries: range
    documents: range


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """One strategy in one state: what rivals have to beat, and where those that do are added up."""

    strategy: Strategy
    bar: Floats
    tally: Tally

    @property
    def columns(self) -> list[tuple[int, ScoreColumn]]:
        """The columns to look at; one where a move changes nothing."""
        new, old = self.strategy.columns
        if self.strategy.still:
            return [] if new is None else [(NEW, new)]
        return [(side, column) for side, column in ((NEW, new), (OLD, old)) if column is not None]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """How one state looks at a tile.

    Attributes:
        state: The state.
        rows: (n,) the relevant documents at hand.
        queries: (n,) their queries, by row of the tile.
        sides: Its columns on this tile.
        high: (n,) whether all their thresholds stand so high that few documents reach them.
    """

    state: State
    rows: Ints
    queries: Ints
    sides: dict[int, TileSide]
    high: Bools


def sweep(
    entries: Sequence[SweepEntry],
    relevant: Relevant,
    *,
    removed: Ints,
    steps: Steps | None = None,
    enough: int | None = None,
    part: Part | None = None,
) -> tuple[Swept, ...]:
    """Return, for every strategy and state, how many documents beat each relevant one.

    Parts that do not overlap add up: counts of all relevant documents that fewer than `enough` others beat
    are the same to the bit however queries and documents are shared out, and the others stay at `enough`
    or above.

    A relevant document whose own score in the other state beats the one in this state is counted as its
    own rival; the tallies take it out again.

    Args:
        entries: The strategies.
        relevant: J relevant documents.
        removed: (Q,) row of the document that is taken out of each query's results, −1 for none.
        steps: When documents move, for tallies that count by step.
        enough: Ranks beyond this one are of no account: a document with so many above it, whatever has
            moved, is not looked at any further, and its tally stops short. None: count all.
        part: Which queries and documents to look at, None for all.
    """
    swept = tuple(
        Swept(entry, entry.tally(relevant, steps), entry.tally(relevant, steps)) for entry in entries
    )
    states = [
        State(entry.strategy, entry.own.of_state(moved=moved), tally)
        for entry, found in zip(entries, swept, strict=True)
        for moved, tally in ((True, found.moved), (False, found.unmoved))
        if moved or not entry.strategy.still
    ]
    products = list(dict.fromkeys(column.product for state in states for _, column in state.columns))
    if products:
        whole = Part(range(relevant.queries), range(products[0].corpus.shape[0]))
        for tile, rows in _tiles(products, relevant, removed, steps, part or whole):
            wanted = [rows if enough is None else rows[s.tally.certain[rows] < enough] for s in states]
            views = _views(states, tile, relevant, wanted)
            short = _shortlists(views, tile)
            for view in views:
                _look(view, tile, short, relevant)
    return swept


def _tiles(
    products: Sequence[Product], relevant: Relevant, removed: Ints, steps: Steps | None, part: Part
) -> Iterator[tuple[Tile, Ints]]:
    """Yield tiles and the relevant documents of their queries; tiles without any are left out.

    A tile is only good until the next one, which is written into the same memory.
    """
    documents, height = len(part.documents), min(QUERY_BLOCK, max(1, len(part.queries)))
    width = max(1, min(documents, BLOCK_BYTES // (4 * len(products) * height)))
    room = {product: np.empty((height, width), dtype=np.float32) for product in products}
    silent = {product: product.silent for product in products}
    lengths = {product: np.linalg.norm(product.queries.astype(np.float32), axis=1) for product in products}
    corpora = {id(product.corpus): product.corpus for product in products}
    # The first block is small: it already shows most of what can never be found.
    edges = [0, *range(min(FIRST_BLOCK, width), documents, width), documents] if documents else []
    for start, stop in pairwise(part.documents.start + edge for edge in edges):
        block = Block.of(start, stop, steps)
        vectors = {key: _read(corpus, block.doc_rows) for key, corpus in corpora.items()}
        longest = {key: float(np.linalg.norm(read, axis=1).max()) for key, read in vectors.items()}
        for first in range(part.queries.start, part.queries.stop, height):
            few = slice(first, min(first + height, part.queries.stop))
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


def _views(states: Sequence[State], tile: Tile, relevant: Relevant, asked: Sequence[Ints]) -> list[View]:
    """Return how each state looks at a tile, its relevant documents with all thresholds high set apart."""
    floor = {product: floors(lines) for product, lines in tile.products.items()}
    views = []
    for state, wanted in zip(states, asked, strict=True):
        rows = wanted[state.bar[wanted] > -np.inf]
        queries = relevant.query_rows[rows] - tile.first_query
        sides, high = {}, np.ones(rows.size, dtype=bool)
        for which, column in state.columns:
            bar, error = column.unseen(state.bar[rows]), tile.errors[column.product][queries]
            lows, highs = (bar - error).astype(np.float32), (bar + error).astype(np.float32)
            sides[which] = TileSide(column, tile.products[column.product], lows, highs)
            high &= lows >= floor[column.product][queries]
        views.append(View(state, rows, queries, sides, high))
    return views


def _shortlists(views: Sequence[View], tile: Tile) -> dict[Product, Shortlist]:
    """Return, for each product, what reaches the least threshold of those that stand high, of any state."""
    bounds = {product: np.full(len(lines), np.inf, np.float32) for product, lines in tile.products.items()}
    for view in views:
        for side in view.sides.values():
            least = bounds[side.column.product]
            np.minimum.at(least, view.queries[view.high], side.lows[view.high])
    return {product: Shortlist.of(tile.products[product], least) for product, least in bounds.items()}


def _look(view: View, tile: Tile, short: Mapping[Product, Shortlist], relevant: Relevant) -> None:
    """Count the documents of one tile that beat the relevant documents of a view."""
    places = np.flatnonzero(view.high)
    if places.size:
        _look_at_few(view, tile, short, places)
    tally, new, old = view.state.tally, view.sides.get(NEW), view.sides.get(OLD)
    # A loop over relevant documents that many may beat: each compares its thresholds with one row of
    # products, which stays in the processor's cache; gathering those rows first would move far more memory.
    for place in np.flatnonzero(~view.high).tolist():
        query = int(view.queries[place])
        tally.add(
            int(view.rows[place]),
            tile.block,
            None if new is None else new.beating(place, query),
            None if old is None else old.beating(place, query),
        )
    _settle(view.state, tile, (view.rows, view.queries), relevant, view.sides)


def _look_at_few(view: View, tile: Tile, short: Mapping[Product, Shortlist], places: Ints) -> None:
    """Count the same for relevant documents that few may beat, all at once."""
    found = {
        which: side.found(short[side.column.product], places, view.queries[places])
        for which, side in view.sides.items()
    }
    both = np.zeros(0, dtype=np.int64)
    if len(found) > 1:
        new, old = found[NEW], view.sides[OLD]
        twice = old.lines[view.queries[new.rows], new.places] > old.highs[new.rows]
        both = view.rows[new.rows[twice]]
    for which, few in found.items():
        view.state.tally.add_found(which, Found(view.rows[few.rows], few.places), tile.block)
    view.state.tally.add_both(both)


def _settle(
    state: State, tile: Tile, asked: tuple[Ints, Ints], relevant: Relevant, sides: Mapping[int, TileSide]
) -> None:
    """Decide the documents near a threshold in float64 and tell the tally which of them beat."""
    found = {}
    for which, side in sides.items():
        if not side.near:
            continue
        places, near = np.concatenate(side.places), np.concatenate(side.near)
        rows, queries = asked[0][places], asked[1][places]
        docs = tile.block.doc_rows[near]
        scores, bar = _second_look(side, tile, queries, near), state.bar[rows]
        beats = (scores > bar) | ((scores == bar) & (docs > relevant.doc_rows[rows]))
        twin = sides.get(1 - which)
        surely = (
            np.zeros(near.size, dtype=bool)
            if twin is None
            else twin.lines[queries, near] > twin.highs[places]
        )
        found[which] = Correction(rows[beats], docs[beats], which, surely[beats].astype(np.int64))
    if len(found) > 1:
        found[NEW] = _met(found[NEW], found[OLD], len(relevant))
    for correction in found.values():
        state.tally.correct(correction)


def _second_look(side: TileSide, tile: Tile, queries: Ints, near: Ints) -> Floats:
    """Return (n,) scores of pairs, exact to nine decimals."""
    product = side.column.product
    vectors = tile.vectors[id(product.corpus)]
    # The documents of one query ask for the same products again and again.
    pairs, back = np.unique(queries * vectors.shape[0] + near, return_inverse=True)
    few, places = np.divmod(pairs, vectors.shape[0])
    return side.column.seen(rounded_products(product.queries, tile.first_query + few, vectors, places))[back]


def _met(new: Correction, old: Correction, relevant: int) -> Correction:
    """Return the documents of one column with those noted that are among the other's, so that both beat."""
    here, there = (correction.doc_rows * relevant + correction.rows for correction in (new, old))
    return replace(new, other=new.other + np.isin(here, there))
