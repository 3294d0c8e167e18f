"""Which score a document has before and after it moves: the two columns of a strategy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, cast

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, Vectors
from evalkit.embedding.distance import lifted_documents, lifted_queries
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.rowfile import RowFile, on_disk
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.rivals import Thresholds
from evalkit.retrieval.candidates import BLOCK_BYTES, DECIMALS


class Monotone(Protocol):
    """A strictly increasing function of a similarity, and its inverse; −inf stays −inf."""

    def forward(self, similarities: Floats) -> Floats:
        """Return the function's values."""

    def inverse(self, values: Floats) -> Floats:
        """Return where the function takes these values."""


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """The inner products of (Q, E) query vectors with (D, E) document vectors; its identity is itself.

    Distances are inner products too, of vectors that `Sides` makes.
    """

    queries: Vectors
    corpus: Vectors

    @property
    def silent(self) -> Bools:
        """(Q,) queries whose vector is zero: they retrieve nothing."""
        return np.asarray(~self.queries.any(axis=1))

    def similarities(self, query_rows: Ints, doc_rows: Ints) -> Floats:
        """Return (n,) similarities of pairs as they decide an order: −inf for a silent query."""
        exact = rounded_products(self.queries, query_rows, self.corpus, doc_rows)
        asked, back = np.unique(query_rows, return_inverse=True)  # few of all queries, as a rule
        silent = np.asarray(~self.queries[asked].any(axis=1))
        return np.where(silent[back], -np.inf, exact)

    def of_query(self, query_row: int, doc_rows: Ints) -> Floats:
        """Return (n,) the same of one query, whose vector is brought to float64 once."""
        vector = self.queries[query_row : query_row + 1].astype(np.float64)
        if not vector.any():
            return np.full(doc_rows.size, -np.inf)
        documents = self.corpus[doc_rows].astype(np.float64)
        products = np.einsum("ne,ne->n", np.broadcast_to(vector, documents.shape), documents)
        return np.asarray(np.round(products, DECIMALS))


class Sides:
    """Makes products of the vectors of two models, by distance where the queries' model compares so.

    A column of an index has one metric, which is that of the model whose queries it is asked with.
    """

    def __init__(self) -> None:
        """Begin without any lifted documents."""
        self._lifted: dict[int, tuple[Vectors, Vectors]] = {}

    def product(self, queries: Vectors, corpus: Vectors, asking: Fingerprint) -> Product:
        """Return the product of queries with documents, as the model `asking` compares them."""
        if not asking.by_distance:
            return Product(queries, corpus)
        if id(corpus) not in self._lifted:  # kept with the documents, so that the number stays theirs
            self._lifted[id(corpus)] = corpus, _lifted(corpus)
        return Product(lifted_queries(queries), self._lifted[id(corpus)][1])


@dataclass(frozen=True, slots=True, eq=False)
class ScoreColumn:
    """The score that documents have in one state: a product, seen through a map where scales differ."""

    product: Product
    scale: Monotone | None = None

    def seen(self, similarities: Floats) -> Floats:
        """Return the scores of similarities."""
        return similarities if self.scale is None else self.scale.forward(similarities)

    def unseen(self, scores: Floats) -> Floats:
        """Return the similarities of scores."""
        return scores if self.scale is None else self.scale.inverse(scores)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Strategy:
    """How queries are answered meanwhile: a score for documents before and one for those after their move.

    Attributes:
        name: What users call it.
        old: The column of documents that have not moved, None where they are not searched.
        new: The column of documents that have moved, None where they are not searched.
    """

    name: str
    old: ScoreColumn | None
    new: ScoreColumn | None

    @property
    def columns(self) -> tuple[ScoreColumn | None, ScoreColumn | None]:
        """The columns of documents that have moved and of those that have not."""
        return self.new, self.old

    @property
    def still(self) -> bool:
        """Whether a move changes no score."""
        return self.old is self.new

    def thresholds(self, relevant: Relevant, removed: Ints) -> Thresholds:
        """Return the scores of the relevant documents themselves.

        Args:
            relevant: J relevant documents.
            removed: (Q,) row of the document that is taken out of each query's results, −1 for none.
        """
        gone = removed[relevant.query_rows] == relevant.doc_rows
        new, old = (_scores(column, relevant, gone) for column in self.columns)
        return Thresholds(old=old, new=new)


def rounded_products(queries: Vectors, query_rows: Ints, corpus: Vectors, doc_rows: Ints) -> Floats:
    """Return (n,) inner products of pairs, in float64 and rounded to nine decimals.

    However many pairs are asked for at once, each gets the same bits.
    """
    products = np.empty(query_rows.size)
    step = max(1, BLOCK_BYTES // (16 * max(1, corpus.shape[1])))
    for start in range(0, query_rows.size, step):  # blocks, so that the gathered vectors stay small
        block = slice(start, start + step)
        left = queries[query_rows[block]].astype(np.float64)
        right = corpus[doc_rows[block]].astype(np.float64)
        np.einsum("ne,ne->n", left, right, out=products[block])
    return np.round(products, DECIMALS)


def _lifted(corpus: Vectors) -> Vectors:
    if on_disk(corpus):
        return replace(cast("RowFile", corpus), lifted=True).as_array()
    return lifted_documents(corpus)


def _scores(column: ScoreColumn | None, relevant: Relevant, gone: Bools) -> Floats:
    if column is None:
        return np.full(len(relevant), -np.inf)
    found = column.seen(column.product.similarities(relevant.query_rows, relevant.doc_rows))
    return np.where(gone, -np.inf, found)
