"""Paths, ranges and the choice, from numbers by hand: no model and no corpus."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from questions_by_hand import inputs

from evalkit.errors import EvalkitError
from evalkit.planning.choice import choose
from evalkit.planning.inputs import GIVEN, Input, Inputs
from evalkit.planning.paths import Exposure, Path, Question, paths_of
from evalkit.planning.ranges import ranges_of
from evalkit.planning.storage import index_bytes
from evalkit.planning.ways import PATHS
from evalkit.planning.workload import StorePlan, draw_inputs, drawn_hours, schedule_of

EXPOSED = {  # harm and delay an hour, whether it never falls below, searches
    "new-query": (0.07, 0.21, False, 1),
    "old-query": (0.12, 0.31, False, 1),
    "stay-old": (0.0, 0.192, True, 1),
    "dual-calibrated": (0.0001, 0.15, False, 2),
    "bridged": (0.0, 0.09, True, 2),
    "cascade": (0.0, 0.06, True, 1),
}


def given_inputs(**values: float) -> Inputs:
    return inputs(**{"live_qps": 5, **values})


def question(**values: float) -> Question:
    exposures = {
        name: Exposure(
            strategy=name,
            order="random",
            harm=(0.5 * harm, harm, 2 * harm),
            delay=(0.9 * delay, delay, 1.1 * delay),
            never_below=safe,
            searches=searches,
            start=0.3,
            worst=0.3,
        )
        for name, (harm, delay, safe, searches) in EXPOSED.items()
    }
    store = StorePlan(engine="pgvector", kind="vector", old_dims=384, new_dims=768)
    return Question(inputs=given_inputs(**values), store=store, exposures=exposures)


def path(name: str, **values: float) -> Path:
    return next(found for found in paths_of(question(**values)) if found.name == name)


def test_there_are_six_paths() -> None:
    assert tuple(found.name for found in paths_of(question())) == PATHS
    assert len(PATHS) == 6


def test_a_rebuild_takes_what_the_formulas_say() -> None:
    found = path("rebuild")
    assert found.hours == pytest.approx(12.128975, abs=1e-6)
    assert found.cost == pytest.approx(10.0)
    assert found.peak_bytes == 1e6 * (index_bytes("pgvector", 384) + index_bytes("pgvector", 768))
    assert (found.harm, found.delay) == pytest.approx((0, 0.192 * found.hours))


def test_in_place_keeps_one_index_and_takes_the_side_that_harms_least() -> None:
    found = path("in-place")
    assert (found.served_by, found.searches) == ("dual-calibrated", 2)
    assert found.peak_bytes == 1e6 * index_bytes("pgvector", 768)


def test_a_dual_index_waits_for_its_canary_and_pays_for_both_writes() -> None:
    plain, written = path("dual-index"), path("dual-index", writes_per_s=2)
    assert plain.hours == pytest.approx(12.128975 + 24, abs=1e-6)
    assert written.hours == pytest.approx(13.289531 + 24, abs=1e-6)
    embedded = 1e6 + 7200 * (13.289531 + 72)
    assert written.cost == pytest.approx(embedded * 500 / 1e6 * 0.02, rel=1e-6)


def test_a_cascade_pays_for_every_query_of_the_window() -> None:
    found = path("cascade", live_qps=0.1)
    assert found.hours == 0
    assert found.cost == pytest.approx(0.1 * 3600 * 720 * 50 * 500 / 1e6 * 0.02)
    assert found.delay == pytest.approx(0.06 * 720)


def test_a_cascade_above_the_limit_is_not_possible() -> None:
    found = path("cascade", live_qps=5)
    assert not found.possible
    assert "above the limit" in found.note


def test_without_queries_nothing_is_embedded_on_demand() -> None:
    found = path("lazy", live_qps=0)
    assert not found.possible
    assert "live_qps" in found.note


def test_writes_that_are_never_caught_up_with_leave_no_path_that_ends() -> None:
    found = path("rebuild", writes_per_s=30)
    assert (found.possible, found.cost, found.harm) == (False, None, None)
    assert math.isinf(found.hours)


def test_vectors_that_cannot_share_a_column_leave_a_path_out() -> None:
    asked = question()
    few = {name: item for name, item in asked.exposures.items() if name == "stay-old"}
    found = {item.name: item for item in paths_of(replace(asked, exposures=few))}
    assert not found["in-place"].possible
    assert found["rebuild"].possible


def test_limits_below_live_traffic_are_named() -> None:
    with pytest.raises(EvalkitError, match="tpm"):
        paths_of(question(tpm=8000))


def test_a_corpus_at_rest_is_rebuilt_and_a_living_one_gets_dual_writes() -> None:
    assert choose(question()).name == "rebuild"
    assert choose(question(writes_per_s=1)).name == "dual-index"
    assert choose(question(updates_per_hour=0.01)).name == "dual-index"


def test_an_assumption_of_rest_is_not_rest() -> None:
    asked = question()
    known = {name: item for name, item in asked.inputs.by_name.items() if name != "writes_per_s"}
    assert choose(replace(asked, inputs=Inputs.of(known.values()))).name == "dual-index"


def test_what_would_change_the_choice_does_change_it() -> None:
    told = choose(question(live_qps=0.1)).changes
    assert any("can be stored" in change and "cascade" in change for change in told)
    assert any("change meanwhile: dual-index" in change for change in told)
    one = 1e6 * index_bytes("pgvector", 768) / 1e9
    assert choose(question(live_qps=0.1, storage_limit_gb=one)).name == "cascade"


def test_where_nothing_fits_nothing_is_recommended() -> None:
    found = choose(question(storage_limit_gb=0.001))
    assert found.name == ""
    assert "no path" in found.reason


def test_draws_agree_with_the_formula() -> None:
    for values in ({}, {"writes_per_s": 2}, {"latency_s": 900}, {"rpm": 500, "request_tokens": 600}):
        inputs = given_inputs(**values)
        hours = drawn_hours(draw_inputs(inputs, seed=1, draws=3))
        assert hours == pytest.approx([schedule_of(inputs).hours] * 3)
    assert np.isinf(drawn_hours(draw_inputs(given_inputs(writes_per_s=30), seed=1, draws=3))).all()


def test_the_median_of_the_draws_is_the_value() -> None:
    item = Input(name="tpm", value=1e6, low=2e5, high=9e6, kind=GIVEN, source="by hand")
    drawn = draw_inputs(Inputs.of([item]), seed=7)["tpm"]
    assert np.median(drawn) == pytest.approx(1e6, rel=0.05)
    assert 2e5 <= drawn.min() <= drawn.max() <= 9e6


def test_another_input_never_moves_a_draw() -> None:
    item = Input(name="tpm", value=1e6, low=2e5, high=9e6, kind=GIVEN, source="by hand")
    more = Input(name="price", value=1, low=0, high=2, kind=GIVEN, source="by hand")
    first, second = (draw_inputs(Inputs.of(told), seed=7)["tpm"] for told in ([item], [item, more]))
    assert np.array_equal(first, second)


def test_ranges_hold_the_value_and_are_the_same_again() -> None:
    asked = question()
    known = dict(asked.inputs.by_name)
    known["tpm"] = Input(name="tpm", value=1e6, low=5e5, high=2e6, kind=GIVEN, source="by hand")
    asked = replace(asked, inputs=Inputs(known))
    paths = paths_of(asked)
    first, again = (ranges_of(asked, paths, seed=3) for _ in range(2))
    assert first == again
    for found in paths:
        told = first[found.name]
        assert told.hours[0] <= found.hours * (1 + 1e-6)
        assert found.hours <= told.hours[2] * (1 + 1e-6)
        assert told.cost is not None
        assert told.cost[0] == pytest.approx(found.cost)
