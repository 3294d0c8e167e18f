"""Lexical search: documents by the words that they share with a query, weighed as BM25 does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
from scipy import sparse

from evalkit.arrays import Floats, Ints
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.candidates import DECIMALS, NOTHING
from evalkit.retrieval.run import Run

__all__ = ["lexical_run"]

NAME = "bm25"
SATURATION, LENGTHS = 1.2, 0.75  # k1 and b, as Lucene sets them
# Scripts that put no blanks between words count sign by sign.
WORD = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af]|[^\\W_]+")
QUERIES_AT_ONCE = 64


def lexical_run(golden: GoldenSet, depth: int) -> Run:
    """Return the `depth` documents that share most with each query, by BM25.

    A word t adds ln(1 + (D − n + ½) / (n + ½)) · f / (f + k1·(1 − b + b·|d| / mean)), where f counts t in
    the document d of |d| words, and n the documents that hold t. Where documents are searched by chunks, each
    stands where its best chunk does.

    Args:
        golden: Whose queries are asked, and what is searched.
        depth: How many documents are wanted, ≥ 1.

    Returns:
        A run; documents that share no word with a query are not in it, so that it may be short.

    Source: Robertson and Zaragoza, Foundations and Trends in Information Retrieval 3(4), 2009; the form that
    is never negative: Lucene's BM25Similarity.
    """
    asked, weights = _matrices(golden.queries.bodies, golden.searched.bodies)
    documents = np.arange(len(golden.corpus)) if golden.chunks is None else golden.chunks.documents
    rows = np.full((len(golden.queries), depth), NOTHING, dtype=np.int64)
    scores = np.full(rows.shape, -np.inf)
    for start in range(0, len(rows), QUERIES_AT_ONCE):  # so many rows of scores at once fit into memory
        block = sparse.csr_matrix(asked[start : start + QUERIES_AT_ONCE] @ weights)
        for query in range(block.shape[0]):  # each shares words with another number of documents
            part = slice(block.indptr[query], block.indptr[query + 1])
            best, found = _best(documents[block.indices[part]], block.data[part], depth)
            rows[start + query, : best.size], scores[start + query, : best.size] = best, found
    return Run.ranked(NAME, rows, scores, depth=depth)


def words(text: str) -> list[str]:
    """Return the words of a text, in small letters."""
    return WORD.findall(text.casefold())


def _matrices(queries: Iterable[str], bodies: Iterable[str]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Return (Q, V) how often each query says each word, and (V, C) what it is worth in each text.

    Words that no query says are counted for the lengths of texts alone.
    """
    said = [Counter(words(text)) for text in queries]
    numbers = {
        word: number for number, word in enumerate(dict.fromkeys(word for one in said for word in one))
    }
    asked = _counted(said, numbers)
    held = [words(body) for body in bodies]
    lengths = np.array([len(one) for one in held], dtype=np.float64)
    counts = _counted([Counter(word for word in one if word in numbers) for one in held], numbers).tocoo()
    holding = np.bincount(counts.col, minlength=len(numbers))
    worth = np.log1p((len(held) - holding + 0.5) / (holding + 0.5))
    long = 1 - LENGTHS + LENGTHS * lengths / (lengths.mean() or 1.0)
    values = worth[counts.col] * counts.data / (counts.data + SATURATION * long[counts.row])
    return asked, sparse.csr_matrix((values, (counts.col, counts.row)), shape=(len(numbers), len(held)))


def _counted(texts: list[Counter[str]], numbers: dict[str, int]) -> sparse.csr_matrix:
    """Return (n, V) how often each text holds each word."""
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    columns = np.fromiter((numbers[word] for text in texts for word in text), dtype=np.int64)
    times = np.fromiter((count for text in texts for count in text.values()), dtype=np.float64)
    rows = np.repeat(np.arange(len(texts)), sizes)
    return sparse.csr_matrix((times, (rows, columns)), shape=(len(texts), len(numbers)))


def _best(documents: Ints, scores: Floats, depth: int) -> tuple[Ints, Floats]:
    """Return the best `depth` documents, each once, ties by row descending as everywhere."""
    scores = np.round(scores, DECIMALS)
    order = np.lexsort((-documents, -scores))
    first = np.sort(np.unique(documents[order], return_index=True)[1])[:depth]
    return documents[order][first].astype(np.int64), scores[order][first]
