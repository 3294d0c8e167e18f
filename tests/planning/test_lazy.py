"""Lazy re-embedding: known answers, every sequence of queries counted, and migrations that starve."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InvalidValueError, UsageError
from evalkit.mixing.starving import check_starvation
from evalkit.planning.lazy import (
    coverage,
    exposures_of,
    queries_until,
    zipf_coverage,
)

SETS = ((0, 1), (1, 2), (2, 3), (0, 3), (1, 4))
WEIGHTS = (0.4, 0.3, 0.1, 0.1, 0.1)
EXPOSURES = (0.5, 0.8, 0.4, 0.2, 0.1, 0.0)
ZIPF = {
    (0.7, 1e4): (0.077748, 0.317075, 6.829248),
    (0.7, 1e5): (0.461128, 0.715747, 2.842529),
    (0.7, 1e6): (0.986608, 0.995081, 0.049193),
    (1.0, 1e4): (0.037488, 0.694358, 3.056421),
    (1.0, 1e5): (0.217043, 0.850077, 1.499228),
    (1.0, 1e6): (0.763098, 0.973773, 0.262275),
    (1.0, 1e7): (0.999890, 0.999991, 8.5e-05),
}


@pytest.mark.parametrize(("asked", "known"), ZIPF.items(), ids=map(str, ZIPF))
def test_coverage_under_zipf_is_known(asked: tuple[float, float], known: tuple[float, float, float]) -> None:
    found = zipf_coverage(1_000_000, 10, *asked)
    assert (found.corpus, found.traffic, found.reembeddings_per_query) == pytest.approx(known, abs=1e-6)


def test_a_sweep_beside_it_takes_its_share() -> None:
    found = zipf_coverage(1_000_000, 10, 1.0, 500_000, swept=0.5)
    assert (found.corpus, found.traffic) == pytest.approx((0.785607, 0.972226), abs=1e-6)


def test_exposures_are_the_weights_of_the_queries_that_show_a_document() -> None:
    assert exposures_of(SETS, WEIGHTS, 6) == pytest.approx(EXPOSURES)


@pytest.mark.parametrize(("queries", "known"), [(1, (1 / 3, 11 / 20)), (3, (341 / 600, 8347 / 10000))])
def test_coverage_of_a_log_is_known(queries: int, known: tuple[float, float]) -> None:
    found = coverage(EXPOSURES, queries, k=2)
    assert (found.corpus, found.traffic) == pytest.approx(known, abs=1e-12)


@pytest.mark.parametrize("queries", [0, 1, 2, 4])
def test_coverage_equals_the_sum_over_every_sequence_of_queries(queries: int) -> None:
    corpus = traffic = 0.0
    for asked in itertools.product(range(len(SETS)), repeat=queries):
        chance = float(np.prod([WEIGHTS[query] for query in asked]))
        touched = {document for query in asked for document in SETS[query]}
        corpus += chance * len(touched) / 6
        following = [len(touched & set(shown)) / 2 for shown in SETS]
        traffic += chance * float(np.dot(WEIGHTS, following))
    found = coverage(EXPOSURES, queries, k=2)
    assert (found.corpus, found.traffic) == pytest.approx((corpus, traffic), abs=1e-12)


@given(
    exposures=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    queries=st.floats(0, 1e5),
    more=st.floats(0, 1e5),
)
def test_coverage_grows_within_its_bounds(exposures: list[float], queries: float, more: float) -> None:
    k = max(1, int(np.ceil(sum(exposures))))
    before, after = coverage(exposures, queries, k=k), coverage(exposures, queries + more, k=k)
    assert -1e-12 <= before.corpus <= after.corpus + 1e-12 <= 1 + 1e-9
    assert -1e-9 <= before.traffic <= after.traffic + 1e-12 <= 1 + 1e-9


@given(documents=st.integers(1, 300), k=st.integers(1, 20), s=st.floats(0, 2), queries=st.floats(0, 1e4))
def test_what_is_asked_is_covered_before_what_is_there(
    documents: int, k: int, s: float, queries: float
) -> None:
    found = zipf_coverage(documents, k, s, queries)
    assert found.traffic >= found.corpus - 1e-9


def test_ranks_in_bins_give_what_every_rank_gives() -> None:
    ranks = np.arange(1, 3_000_001, dtype=np.float64) ** -0.9
    chances = ranks / ranks.sum()
    untouched = (1 - chances) ** 1e6
    found = zipf_coverage(3_000_000, 10, 0.9, 1e5)
    assert found.corpus == pytest.approx(1 - untouched.mean(), abs=1e-7)
    assert found.traffic == pytest.approx(1 - (chances * untouched).sum(), abs=1e-7)


def test_queries_until_a_share_of_the_traffic_is_new() -> None:
    needed = queries_until(10_000, 10, 0.8, traffic=0.95)
    assert zipf_coverage(10_000, 10, 0.8, needed).traffic == pytest.approx(0.95, abs=1e-3)
    with pytest.raises(InvalidValueError, match="traffic"):
        queries_until(10, 10, 0.8, traffic=1.0)


@pytest.mark.parametrize("strategy", ["filter-new", "new-query"])
def test_a_migration_that_starves_is_refused(strategy: str) -> None:
    with pytest.raises(UsageError, match="starves"):
        check_starvation([strategy])


@pytest.mark.parametrize("strategy", ["cascade", "dual-rrf", "stay-old", "old-query"])
def test_a_migration_that_gets_somewhere_is_not(strategy: str) -> None:
    check_starvation([strategy])


@pytest.mark.parametrize(
    ("exposures", "queries", "k"),
    [
        ([], 1, 1),
        ([1.2], 1, 2),
        ([-0.1], 1, 1),
        ([1, 1], 1, 1),
        ([0.5], -1, 1),
        ([0.5], 1, 0),
        ([float("nan")], 1, 1),
    ],
)
def test_what_is_no_log_is_refused(exposures: list[float], queries: float, k: int) -> None:
    with pytest.raises(InvalidValueError):
        coverage(exposures, queries, k=k)


def test_weights_are_counted_and_never_all_nothing() -> None:
    for weights in ([0, 0], [1, -1], [1, float("nan")]):
        with pytest.raises(InvalidValueError, match="weights"):
            exposures_of([[0], [1]], weights, 2)
    assert exposures_of([[0, -1], [1, 0]], [3, 1], 3) == pytest.approx([1, 0.25, 0])
