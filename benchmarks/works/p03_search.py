"""P3: the exact 100 best of 100,000 documents × 384 dimensions for 1,000 queries."""

from __future__ import annotations

from clock import Clock, run
from sizes import scaled
from worlds import embedded, unit_vectors

QUERIES, DOCUMENTS, DEPTH = 1_000, scaled(100_000), 100


def evalkit(clock: Clock) -> None:
    """Search, similarities in float64 and ties settled by id included; the index exists."""
    from evalkit.indexing.faiss import build_index  # noqa: PLC0415 - loaded before the clock starts
    from evalkit.retrieval.run import retrieve  # noqa: PLC0415 - the same

    found = embedded(unit_vectors(QUERIES, 1), unit_vectors(DOCUMENTS, 2), "random")
    index = build_index(found.corpus)
    with clock:
        retrieve(found, index, depth=DEPTH)


def product(clock: Clock) -> None:
    """Multiply, and keep nothing."""
    queries, corpus = unit_vectors(QUERIES, 1), unit_vectors(DOCUMENTS, 2)
    with clock:
        queries @ corpus.T


def faiss(clock: Clock) -> None:
    """Search a flat FAISS index, ties and rounding left as they fall."""
    import faiss  # noqa: PLC0415 - loaded before the clock starts

    queries, corpus = unit_vectors(QUERIES, 1), unit_vectors(DOCUMENTS, 2)
    index = faiss.IndexFlatIP(corpus.shape[1])
    index.add(corpus)
    with clock:
        index.search(queries, DEPTH)


if __name__ == "__main__":
    run({"evalkit": evalkit, "product": product, "faiss": faiss})
