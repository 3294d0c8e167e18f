"""P4 and P5: the mixed curve of 1,000 queries and 100,000 documents, beside rebuilding the index."""

from __future__ import annotations

import numpy as np
from clock import Clock, run
from sizes import scaled
from worlds import Vectors, embedded, golden_set, judged, queries_near, unit_vectors

QUERIES, DOCUMENTS, DEPTH = scaled(1_000), scaled(100_000), 10
SHARES, FEW_SHARES, REBUILT = 101, 11, 5
MEASURE = "nDCG@10"


def worlds() -> tuple[Vectors, Vectors, Vectors, Vectors]:
    """Return queries and corpus in the old space, then in the new one."""
    relevant = judged(QUERIES, DOCUMENTS)
    old, new = unit_vectors(DOCUMENTS, 1), unit_vectors(DOCUMENTS, 2)
    return queries_near(old, relevant, 3), old, queries_near(new, relevant, 4), new


def _mixed(clock: Clock, order: str, shares: int) -> None:
    from evalkit.mixing.curve import mix  # noqa: PLC0415 - loaded before the clock starts

    golden = golden_set(QUERIES, DOCUMENTS)
    old_queries, old, new_queries, new = worlds()
    before, after = embedded(old_queries, old, "old"), embedded(new_queries, new, "new")
    with clock:
        curve = mix(golden, before, after, order=order, shares=shares, measures=[MEASURE])
    clock.note(half=float(curve.line("new-query").means[shares // 2]))


def random_order(clock: Clock) -> None:
    """Expect every share of a random order, exactly."""
    _mixed(clock, "random", SHARES)


def fixed_order(clock: Clock) -> None:
    """Walk 101 shares of a fixed order."""
    _mixed(clock, "id", SHARES)


def few_steps(clock: Clock) -> None:
    """Walk 11 shares of the same order."""
    _mixed(clock, "id", FEW_SHARES)


def products(clock: Clock) -> None:
    """Multiply the new queries with both corpora, which any curve needs."""
    _, old, queries, new = worlds()
    with clock:
        queries @ old.T
        queries @ new.T


def rebuilds(clock: Clock) -> None:
    """Rebuild a flat index at five shares and search it; scaled to all 101 of them."""
    import faiss  # noqa: PLC0415 - loaded before the clock starts

    _, old, queries, new = worlds()
    moved_at = np.random.default_rng(5).random(DOCUMENTS)
    clock.scale(SHARES / REBUILT)
    with clock:
        for share in np.linspace(0, 1, REBUILT):
            index = faiss.IndexFlatIP(old.shape[1])
            index.add(np.where((moved_at < share)[:, None], new, old))
            index.search(queries, DEPTH)


if __name__ == "__main__":
    run(
        {
            "random_order": random_order,
            "fixed_order": fixed_order,
            "few_steps": few_steps,
            "products": products,
            "rebuilds": rebuilds,
        }
    )
