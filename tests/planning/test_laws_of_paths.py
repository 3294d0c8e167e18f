"""Laws of paths: what more documents, prices, replicas and limits do to every path, and to the choice."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from questions_by_hand import (
    BRIDGE,
    CAN_BE_UNDONE,
    CASCADE,
    DUAL,
    EVERY,
    IN_PLACE,
    LAZY,
    PATHS,
    REBUILD,
    exposure,
    inputs,
    paths,
    question,
)

from evalkit.planning.choice import choose
from evalkit.planning.paths import Path, paths_of
from evalkit.planning.ranges import ranges_of
from evalkit.planning.workload import GIGA, embedding_cost, percentiles, schedule_of, storage_cost

BACKFILLED = (REBUILD, DUAL, IN_PLACE, BRIDGE)


@pytest.mark.parametrize("name", PATHS)
def test_twice_the_price_is_twice_the_cost_where_storage_costs_nothing(name: str) -> None:
    once, twice = paths()[name].cost, paths(price=0.04)[name].cost
    assert once is not None
    assert once > 0
    assert twice == pytest.approx(2 * once)


@pytest.mark.parametrize("name", PATHS)
def test_a_discount_is_taken_from_every_token(name: str) -> None:
    full, half = paths()[name].cost, paths(batch_discount=0.5)[name].cost
    assert full is not None
    assert half == pytest.approx(full / 2)


@pytest.mark.parametrize("name", PATHS)
def test_without_a_price_nothing_is_said_of_cost(name: str) -> None:
    asked = question()
    known = {key: item for key, item in asked.inputs.by_name.items() if key != "price"}
    bare = replace(asked, inputs=type(asked.inputs)(known))
    found = {path.name: path for path in paths_of(bare)}[name]
    assert found.cost is None
    assert found.tokens == paths()[name].tokens


@settings(max_examples=6)
@given(more=st.floats(1, 30).map(lambda times: float(round(1e6 * times))), qps=st.sampled_from([0.05, 0.5]))
def test_more_documents_never_take_less_of_anything(more: float, qps: float) -> None:
    before, after = paths(live_qps=qps), paths(live_qps=qps, documents=more)
    for name in PATHS:
        for what in ("hours", "tokens", "peak_bytes", "cost"):
            assert getattr(after[name], what) >= getattr(before[name], what) * (1 - 2e-3), (name, what)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("replicas", [1, 2])
def test_replicas_multiply_what_is_stored_and_embed_nothing(name: str, replicas: int) -> None:
    one, many = paths()[name], paths(replicas=replicas)[name]
    assert many.peak_bytes == pytest.approx((1 + replicas) * one.peak_bytes)
    assert many.tokens == one.tokens


def test_two_indexes_take_what_both_take_and_one_the_larger_of_them() -> None:
    found = paths(bytes_per_vector=1000.0)
    both, one = 2e9, 1e9
    assert {name: found[name].peak_bytes for name in PATHS} == {
        REBUILD: both,
        DUAL: both,
        LAZY: both,
        IN_PLACE: one,
        BRIDGE: one,
        CASCADE: one,
    }


def test_keeping_bytes_costs_by_their_number_and_the_time() -> None:
    """Two indexes of 1 GB each for 73 hours at 10 a GB and month of 730 hours: 2."""
    known = inputs(storage_price=10.0)
    assert storage_cost(known, 2 * GIGA, 73) == pytest.approx(2.0)
    assert storage_cost(inputs(), 2 * GIGA, 73) == 0
    free, paid = (
        paths(bytes_per_vector=1000.0)[REBUILD],
        paths(bytes_per_vector=1000.0, storage_price=10.0)[REBUILD],
    )
    assert free.cost is not None
    assert paid.cost == pytest.approx(free.cost + 2 * 10 * free.hours / 730)


def test_tokens_cost_what_a_million_of_them_costs() -> None:
    assert embedding_cost(inputs(price=3.0), 1000) == pytest.approx(1000 * 500 / 1e6 * 3)
    assert embedding_cost(inputs(price=3.0, batch_discount=0.25), 1000) == pytest.approx(1.5 * 0.75)


@pytest.mark.parametrize("name", PATHS)
def test_harm_and_delay_are_those_of_an_hour_times_the_hours_in_which_people_see_them(name: str) -> None:
    found = paths()[name]
    assert found.exposure is not None
    for what in ("harm", "delay"):
        low, middle, high = found.scaled(what)
        assert middle == getattr(found, what)
        assert (low, middle, high) == pytest.approx(
            tuple(each * found.exposed_hours for each in getattr(found.exposure, what))
        )


def test_nobody_knows_what_a_path_without_a_curve_or_an_end_does() -> None:
    found = paths()[IN_PLACE]
    assert replace(found, exposure=None).scaled("harm") == (None, None, None)
    assert replace(found, exposed_hours=math.inf).harm is None


def test_of_the_strategies_of_a_path_the_one_is_taken_that_harms_least_then_delays_least() -> None:
    asked = question(
        {
            "new-query": (0.1, 0.0, False, 1),
            "old-query": (0.05, 0.3, False, 1),
            "dual-raw": (0.05, 0.2, False, 2),
            "dual-rrf": (0.05, 0.2, False, 1),
        }
    )
    best = asked.best(("new-query", "old-query", "dual-raw", "dual-rrf"))
    assert best is not None
    assert best.strategy == "dual-rrf"
    assert asked.best(("cascade",)) is None


@pytest.mark.parametrize("name", BACKFILLED)
def test_a_backfill_takes_as_long_as_its_schedule_and_a_dual_index_its_canary_more(name: str) -> None:
    hours = schedule_of(inputs()).hours + (24 if name == DUAL else 0)
    assert paths()[name].hours == pytest.approx(hours)


def test_a_model_of_ones_own_knows_no_requests_and_its_speed_is_its_limit() -> None:
    own = question(tokens_per_s=1e6 / 60, rpm=1.0, latency_s=1e6)
    assert schedule_of(own.inputs).hours == pytest.approx(schedule_of(inputs()).hours)
    assert schedule_of(own.inputs).binding == "tokens"


def test_what_is_written_meanwhile_is_embedded_too() -> None:
    still, written = paths()[IN_PLACE], paths(writes_per_s=1.0)[IN_PLACE]
    assert written.tokens == pytest.approx((1e6 + 3600 * written.hours) * 500)
    assert written.hours > still.hours


def test_a_rebuild_says_what_is_stale_at_the_swap_where_documents_change() -> None:
    assert "serves until the swap" in paths()[REBUILD].note
    assert "% of it is stale" in paths(updates_per_hour=0.01)[REBUILD].note
    assert "what changes meanwhile is missed" in paths(writes_per_s=1.0)[REBUILD].note


def acceptable(path: Path, limit: float) -> bool:
    """Return whether a path may be chosen at all, as the choice states it of a corpus at rest."""
    return (
        path.possible
        and path.exposure is not None
        and path.exposure.never_below
        and path.name in CAN_BE_UNDONE
        and path.peak_bytes <= limit
    )


@settings(max_examples=12)
@given(
    safe=st.lists(st.booleans(), min_size=4, max_size=4),
    limit=st.sampled_from([1.0, 3.0, 5.0, 8.0, 1000.0]),
    qps=st.sampled_from([0.0, 0.001, 0.05, 0.5]),
)
def test_the_cheapest_of_the_paths_that_may_be_chosen_is_chosen(
    safe: list[bool], limit: float, qps: float
) -> None:
    exposed = {
        name: (harm, delay, never, searches)
        for (name, (harm, delay, _, searches)), never in zip(EVERY.items(), safe, strict=True)
    }
    asked = question(exposed, storage_limit_gb=limit, live_qps=qps)
    allowed = [path for path in paths_of(asked) if acceptable(path, limit * GIGA)]
    found = choose(asked)
    if not allowed:
        assert found.name == ""
        return
    costs = {path.name: round(path.cost or 0.0, 2) for path in allowed}
    assert costs[found.name] == min(costs.values())
    assert found.name in found.reason
    assert all(f": {found.name}" not in change for change in found.changes)


def test_of_paths_that_cost_the_same_the_one_that_embeds_nothing_inside_requests_is_chosen() -> None:
    assert choose(question(price=0.0)).name == REBUILD


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "costs least"),
        ({"writes_per_s": 1.0}, "A rebuild without dual writes would miss what changes meanwhile."),
    ],
)
def test_the_reason_says_what_decided(values: dict[str, float], told: str) -> None:
    assert told in choose(question(**values)).reason


def test_certain_numbers_have_no_range() -> None:
    asked = question()
    found = paths_of(asked)
    told = ranges_of(asked, found, seed=1)
    for path in found:
        if path.name in (CASCADE, LAZY, DUAL):
            continue  # what is assumed of traffic and canary is not certain
        assert told[path.name].hours == pytest.approx((path.hours,) * 3)
        assert told[path.name].cost == pytest.approx((path.cost,) * 3)


def test_ranges_are_in_order_and_hold_what_the_lab_says() -> None:
    asked = question()
    found = paths_of(asked)
    told = ranges_of(asked, found, seed=1)
    assert told[CASCADE].hours == (0.0, 0.0, 0.0)
    for path in found:
        ranges = told[path.name]
        for ends in (ranges.hours, ranges.cost, ranges.harm, ranges.delay):
            assert ends is not None
            assert ends[0] <= ends[1] <= ends[2]
    rebuilt = told[REBUILD].delay
    assert rebuilt is not None
    assert rebuilt[0] < (paths()[REBUILD].delay or 0) < rebuilt[2]
    assert told[REBUILD].harm == (0.0, 0.0, 0.0)


def test_a_path_without_a_curve_has_no_range_of_harm() -> None:
    asked = question({"stay-old": EVERY["stay-old"]})
    told = ranges_of(asked, paths_of(asked), seed=1)
    assert (told[IN_PLACE].harm, told[IN_PLACE].delay) == (None, None)


def test_percentiles_take_values_that_are_there_infinite_ones_too() -> None:
    assert percentiles(np.arange(101.0)) == (10.0, 50.0, 90.0)
    assert percentiles(np.array([1.0] * 8 + [math.inf] * 2)) == (1.0, 1.0, math.inf)


def test_an_exposure_by_hand_has_its_ends_around_it() -> None:
    made = exposure("x", 0.2, 0.4, never_below=True, searches=1)
    assert made.harm[0] < made.harm[1] < made.harm[2]
