"""The tile: the products of some queries with some documents, and the few that come near any threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, Vectors
from evalkit.mixing.columns import Product, ScoreColumn
from evalkit.mixing.tally import Block, Found

FEW = 1 / 32  # so many documents may come near a threshold for a shortlist to be worth its making
SAMPLED = 256


@dataclass(frozen=True, slots=True, eq=False)
class Shortlist:
    """The products of a tile that reach a bound, query by query.

    Attributes:
        places: (n,) where in the tile their documents stand.
        values: (n,) the products.
        starts: (queries,) where the entries of each query begin.
        counts: (queries,) how many each has.
    """

    places: Ints
    values: Vectors
    starts: Ints
    counts: Ints

    @classmethod
    def of(cls, products: Vectors, bounds: Vectors) -> Shortlist:
        """Return the products that reach the (queries,) bounds."""
        flat = np.flatnonzero(products >= bounds[:, None])
        queries, places = np.divmod(flat, products.shape[1])
        counts = np.bincount(queries, minlength=products.shape[0])
        return cls(places, products[queries, places], np.cumsum(counts) - counts, counts)

    def entries(self, queries: Ints) -> tuple[Ints, Ints]:
        """Return, for every entry of every one of (n,) queries, whose it is and where it stands."""
        counts = self.counts[queries]
        whose = np.repeat(np.arange(queries.size), counts)
        within = np.arange(whose.size) - np.repeat(np.cumsum(counts) - counts, counts)
        return whose, self.starts[queries][whose] + within


def floors(products: Vectors) -> Vectors:
    """Return (queries,) products above which about one document in 32 stands, by a look at some."""
    some = products[:, :: max(1, products.shape[1] // SAMPLED)]
    place = int(some.shape[1] * (1 - FEW))
    return np.asarray(np.partition(some, place, axis=1)[:, place])


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


@dataclass(frozen=True, slots=True, eq=False)
class TileSide:
    """One column of a state on one tile, and the documents too near to a threshold to be sure of.

    Attributes:
        column: The column.
        lines: (queries, documents) its products.
        lows: (n,) similarities below which no document beats the relevant ones at hand. In float32, like
            the products, or numpy would compare in float64, at half the speed.
        highs: (n,) similarities above which every document does.
        places: For each document near a threshold, whose of the relevant ones at hand; in parts.
        near: Where in the tile it stands.
    """

    column: ScoreColumn
    lines: Vectors
    lows: Vectors
    highs: Vectors
    places: list[Ints] = field(default_factory=list)
    near: list[Ints] = field(default_factory=list)

    def beating(self, place: int, query: int) -> Bools:
        """Return (documents,) which surely beat a relevant document, and note those near its threshold."""
        line = self.lines[query]
        above: Bools = line > self.highs[place]
        near = ((line >= self.lows[place]) ^ above).nonzero()[0]
        if near.size:
            self.places.append(np.full(near.size, place))
            self.near.append(near)
        return above

    def found(self, few: Shortlist, places: Ints, queries: Ints) -> Found:
        """Return which documents of a shortlist surely beat some relevant ones, and note those near.

        Args:
            few: Of this column's products, down to the least of these thresholds.
            places: (n,) which of the relevant documents at hand.
            queries: (n,) their queries, by row of the tile.
        """
        entries, where = few.entries(queries)
        whose, values, docs = places[entries], few.values[where], few.places[where]
        above = values > self.highs[whose]
        near = (values >= self.lows[whose]) ^ above
        if near.any():
            self.places.append(whose[near])
            self.near.append(docs[near])
        return Found(whose[above], docs[above])
