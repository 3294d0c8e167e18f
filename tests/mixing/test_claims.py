"""What is said of the whole way: one answer, whatever shares are shown, and the right one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import World, world

from evalkit.arrays import Floats
from evalkit.comparison.intervals import guard, guarded_lows
from evalkit.comparison.sample import Sample
from evalkit.mixing import claims
from evalkit.mixing.controls import rotated
from evalkit.mixing.curve import MixCurve, mix
from evalkit.mixing.options import MixOptions
from evalkit.mixing.search import Course, even_odds, explore
from evalkit.mixing.strategies import DEFAULT_STRATEGIES

ALL = (*DEFAULT_STRATEGIES, "filter-old", "bridged", "cascade", "dual-rrf", "dual-rrf-share")
EXACT = ("new-query", "old-query", "filter-new", "filter-old", "dual-raw", "bridged", "stay-old")
SHOWN: dict[str, npt.ArrayLike] = {
    "3": 3,
    "5": 5,
    "21": 21,
    "101": 101,
    "unsorted": [0.9, 0.1, 0.5],
    "no ends": [0.3, 0.35, 0.77],
    "one": [0.123],
}
TOLD = (
    "start",
    "half",
    "end",
    "worst",
    "worst_share",
    "break_even",
    "blackout",
    "spread",
    "lowest",
    "never_below",
)


def lab(
    found: World, shares: npt.ArrayLike, order: str = "random", strategies: tuple[str, ...] = ALL
) -> MixCurve:
    said = MixOptions(realisations=2, margin=0.05)
    measures = ("nDCG@5", "Recall@3", "MRR@5", "MAP@5")
    return mix(
        found.golden,
        found.old,
        found.new,
        order=order,
        strategies=strategies,
        shares=shares,
        measures=measures,
        options=said,
    )


def claimed(curve: MixCurve) -> list[Mapping[str, object]]:
    return [{name: getattr(told, name) for name in TOLD} for told in curve.summaries()]


@pytest.mark.long
@pytest.mark.parametrize("order", ["random", "id", "hot", "cluster:4"])
def test_every_way_to_show_a_curve_tells_one_story(order: str) -> None:
    found = world(7, queries=8, documents=40)
    curves = {name: lab(found, shares, order) for name, shares in SHOWN.items()}

    first = curves["101"]
    for name, curve in curves.items():
        assert curve.sentence("nDCG@5") == first.sentence("nDCG@5"), name
        assert curve.valley("MRR@5") == pytest.approx(first.valley("MRR@5"), abs=1e-12), name
        for told, wanted in zip(claimed(curve), claimed(first), strict=True):
            assert told == pytest.approx(wanted, abs=1e-12, nan_ok=True), name


def test_a_loss_that_few_shares_step_over_is_found() -> None:
    """Merging raw scores of one model in two scales dips between the quarters; three shares show no dip."""
    found = world(3, queries=40, documents=200, dims=8)
    few, many = (lab(found, shares, strategies=("dual-raw",)) for shares in (2, 101))

    shown = few.line("dual-raw", "nDCG@5").means
    assert few.summary("dual-raw").worst < shown.min() - 0.01
    assert few.summary("dual-raw").never_below == many.summary("dual-raw").never_below


@pytest.mark.long
@settings(max_examples=4)
@given(
    seed=st.integers(0, 2**32 - 1), queries=st.sampled_from([1, 3, 12]), documents=st.sampled_from([12, 90])
)
def test_no_share_of_a_fine_grid_lies_below_the_worst_point(seed: int, queries: int, documents: int) -> None:
    found = world(seed, queries=queries, documents=documents)
    if not found.golden.counted.any():
        return

    curve = lab(found, 401, strategies=EXACT)

    for line in curve.lines:
        told = curve.summary(line.strategy, line.measure)
        assert told.worst <= line.means.min() + 1e-6
        assert told.worst >= line.means.min() - 1e-3
        # The interval of a handful of queries is many times as wide as a measure; its ends are, too.
        assert told.lowest <= line.lows.min() + 1e-4 * (1 + abs(told.lowest))
        assert told.start == pytest.approx(line.means[0], abs=1e-12)
        assert told.end == pytest.approx(line.means[-1], abs=1e-12)
        assert told.half == pytest.approx(line.means[200], abs=1e-12)


@pytest.mark.parametrize("order", ["id", "hot"])
def test_a_fixed_order_is_looked_at_after_every_document(order: str) -> None:
    found = world(11, queries=9, documents=37)

    every = lab(found, np.arange(38) / 37, order, EXACT)
    few = lab(found, 3, order, EXACT)

    for line, told in zip(every.lines, few.summaries(), strict=True):
        assert told.worst == pytest.approx(line.means[:-1].min(), abs=1e-12)
        assert told.lowest == pytest.approx(line.lows.min(), abs=1e-9)


def test_long_orders_are_looked_at_at_even_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "FEW_STEPS", 10)
    monkeypatch.setattr(claims, "MOST_RANKS", 10)
    found = world(11, queries=9, documents=37)

    assert claims.steps_of_order(37, 20).size == 11
    assert claimed(lab(found, 3, "id", EXACT)) == claimed(lab(found, 101, "id", EXACT))


def test_the_start_is_the_worst_point_of_a_strategy_that_starts_below_the_old_index() -> None:
    found = world(2, queries=20, documents=120, dims=12)
    told = mix(found.golden, found.old, rotated(found.old), shares=[0.5]).summary("new-query")

    assert told.worst == pytest.approx(told.start)
    assert told.worst_share == 0
    assert told.start < told.old


def test_break_even_lies_where_the_curve_comes_back() -> None:
    found = world(5, queries=30, documents=150)
    found = World(found.golden, found.new, found.old)
    curve = lab(found, 2, strategies=("filter-new", "stay-old"))
    told = curve.summary("filter-new")
    assert told.break_even is not None
    assert 0 < told.break_even < 1

    beside = [told.break_even - 1e-3, told.break_even + 1e-5]
    below, above = lab(found, beside, strategies=("filter-new",)).line("filter-new").means
    assert below < told.old - 1e-9 <= above


def valleys(shares: Floats) -> Floats:
    return np.stack([(shares - 0.31) ** 2, np.abs(shares - 0.62), shares * 0 + 0.5, 1 - shares])


def test_a_search_closes_in_on_valleys_and_crossings() -> None:
    grid = even_odds(1000)
    course = explore(valleys, Course(grid, valleys(grid)), np.array([0.04, -np.inf, -np.inf, 0.2]))

    assert course.lowest(0)[0] == pytest.approx(0, abs=1e-7)
    assert course.lowest(0)[1] == pytest.approx(0.31, abs=1e-3)
    assert course.lowest(1)[0] == pytest.approx(0, abs=1e-3)
    assert course.lowest(2) == (0.5, 0.0)
    assert course.lowest(3) == (0.0, 1.0)
    assert course.settled_from(0, 0.04) == pytest.approx(0.51, abs=1e-4)
    assert course.settled_from(3, 0.2) is None


def test_many_intervals_at_once_are_those_of_one_at_a_time() -> None:
    found = world(1, queries=15)
    sample = Sample.of(found.golden, found.golden.counted, use_weights=False)
    deltas = np.random.default_rng(0).uniform(-1, 1, size=(7, 15))

    clusters = [sample.clusters(delta, None) for delta in deltas]
    np.testing.assert_allclose(sample.guarded_lows(deltas, 0.05), [guard(c, 0.05).low for c in clusters])
    sums = np.stack([c.sums for c in clusters])
    np.testing.assert_allclose(guarded_lows(clusters[0], sums, 0.1), [guard(c, 0.1).low for c in clusters])
