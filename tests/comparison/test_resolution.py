"""The resolution of a golden set: the planning of the comparison stage, asked before there is a candidate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evalkit.comparison.power import planning_sd, provable_margin, smallest_detectable
from evalkit.comparison.resolution import queries_needed, resolutions, resolvable
from evalkit.golden.goldenset import GoldenSet


def golden(count: int) -> GoldenSet:
    names = [f"q{n:04}" for n in range(count)]
    base = GoldenSet.of(
        "set", queries=dict.fromkeys(names, "x"), corpus={"d": "y"}, qrels={name: {"d": 1} for name in names}
    )
    tenth = np.arange(count) % 10 == 0
    return replace(base, segments={"none": np.zeros(count, dtype=bool), "tenth": tenth})


def test_what_is_assumed_is_what_the_power_functions_say() -> None:
    whole, tenth = resolutions(golden(300), sd=0.2)

    assert (whole.segment, whole.queries, whole.effective_queries, whole.sd) == (None, 300, 300, 0.2)
    assert whole.gain == smallest_detectable(0.2, 300)
    assert whole.loss == provable_margin(0.2, 300)
    assert (tenth.segment, tenth.queries) == ("tenth", 30)
    assert tenth.gain == smallest_detectable(0.2, 30)


def test_the_typical_spread_gives_the_published_numbers() -> None:
    assert resolutions(golden(300))[0].gain == pytest.approx(0.046336246, abs=1e-6)
    assert queries_needed(0.26) == {
        0.01: (5517, 5515),
        0.02: (1437, 1435),
        0.03: (667, 664),
        0.05: (262, 260),
    }


def test_level_and_power_are_those_that_are_asked_for() -> None:
    whole, _ = resolutions(golden(300), sd=0.2, alpha=0.1, power=0.95)

    assert whole.gain == smallest_detectable(0.2, 300, alpha=0.1, power=0.95)
    assert whole.loss == provable_margin(0.2, 300, alpha=0.1, power=0.95)


def test_groups_leave_fewer_effective_queries_and_resolve_less() -> None:
    paired = replace(golden(300), groups=np.arange(300) // 2)

    assert resolutions(paired)[0].effective_queries == 150
    assert resolutions(paired)[0].gain == smallest_detectable(0.26, 150)


def test_weights_count_only_when_asked_for() -> None:
    heavy = replace(golden(300), weights=np.where(np.arange(300) == 0, 300.0, 1.0))

    assert resolutions(heavy)[0].effective_queries == 300
    assert resolutions(heavy, use_weights=True)[0].effective_queries < 5


def test_seen_deltas_give_each_segment_its_own_spread() -> None:
    deltas = np.random.default_rng(5).uniform(-0.5, 0.5, 300)

    whole, tenth = resolutions(golden(300), deltas=deltas)

    assert whole.sd == pytest.approx(deltas.std(ddof=1))
    assert tenth.sd == pytest.approx(planning_sd(deltas[::10].std(ddof=1), 30))
    assert tenth.loss == provable_margin(tenth.sd or 0, 30)


def test_one_query_has_no_spread_and_resolves_nothing() -> None:
    (only, _) = resolutions(golden(1), deltas=np.array([0.5]))

    assert (only.sd, only.gain, only.loss) == (None, None, None)


def test_what_lies_beyond_one_is_nothing() -> None:
    assert resolvable(0.5, 2.0, alpha=0.05, power=0.8) == (None, None)
