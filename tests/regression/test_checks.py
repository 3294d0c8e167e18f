"""The checks: significance and size for a failure, size alone for a warning, a census of critical queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.comparison.noise import NoiseFloor
from evalkit.comparison.paired import compare
from evalkit.comparison.table import Comparison
from evalkit.decision.evidence import CriticalLoss
from evalkit.decision.policy import Guardrail, Policy
from evalkit.golden.goldenset import GoldenSet
from evalkit.regression.checks import (
    Check,
    GateReason,
    examine,
    gate_policy,
    missed_below,
    tolerance,
    verdict_of,
)
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores

PRIMARY, RECALL = Measure("nDCG", 10), Measure("Recall", 10)
POLICY = gate_policy(Policy(resamples=1_999))
ALONE = replace(POLICY, guardrails=())


def golden_of(queries: int, segments: Mapping[str, slice] | None = None) -> GoldenSet:
    ids = [f"q{n:04}" for n in range(queries)]
    golden = GoldenSet.of(
        "made", queries=dict.fromkeys(ids, "x"), corpus={"d": "y"}, qrels={query: {"d": 1} for query in ids}
    )
    masks = {name: np.zeros(queries, dtype=bool) for name in segments or {}}
    for name, part in (segments or {}).items():
        masks[name][part] = True
    return replace(golden, segments=masks)


def compared(
    deltas: npt.ArrayLike,
    recall: npt.ArrayLike = 0.0,
    *,
    policy: Policy = ALONE,
    golden: GoldenSet | None = None,
) -> tuple[Comparison, ...]:
    """Compare a system with one that differs by these deltas in the primary measure and in recall."""
    moved = np.stack(np.broadcast_arrays(np.asarray(deltas, float), np.asarray(recall, float)))
    golden = golden or golden_of(moved.shape[1])
    sides = [
        Scores(name, (PRIMARY, RECALL), values, golden.counted, golden.queries.ids)
        for name, values in (("then", 0.5 - moved / 2), ("now", 0.5 + moved / 2))
    ]
    return compare(sides[0], sides[1], golden, policy=policy, seed=1)


def examined(
    rows: Sequence[Comparison],
    *,
    policy: Policy = ALONE,
    losses: Sequence[CriticalLoss] = (),
    ignored: float = 0.01,
) -> tuple[Check, ...]:
    return examine(rows, losses, policy, lambda row: tolerance(row, {PRIMARY: 0.0, RECALL: 0.0}, ignored))


def changed(queries: int, count: int, delta: float) -> npt.NDArray[np.float64]:
    deltas = np.zeros(queries)
    deltas[:count] = delta
    return deltas


@pytest.mark.parametrize(
    ("count", "delta", "verdict", "reason"),
    [
        (0, 0.0, "PASS", None),
        (6, -0.5, "WARN", GateReason.DROP_UNCERTAIN),  # p = 1/64 is not significant at .01
        (7, -0.5, "FAIL", GateReason.PRIMARY_DROP),  # p = 1/128 is
        (7, -0.4, "PASS", None),  # significant, but 0.0093 of 300 queries is within the tolerance
        (7, 0.5, "PASS", None),
        (150, -0.02, "FAIL", GateReason.PRIMARY_DROP),  # exactly the tolerance counts
        (150, -0.019, "PASS", None),
    ],
)
def test_a_drop_fails_where_it_is_significant_and_larger_than_is_ignored(
    count: int, delta: float, verdict: str, reason: GateReason | None
) -> None:
    checks = examined(compared(changed(300, count, delta)))

    assert verdict_of(checks) == verdict
    assert [check.reason for check in checks if check.verdict] == ([reason] if reason else [])


def test_a_drop_of_a_twentieth_fails_whatever_its_p_value() -> None:
    checks = examined(compared(changed(100, 10, -0.5) * np.array([1, -0.0] * 50)), ignored=0.5)

    assert verdict_of(checks) == "PASS"
    large = examined(compared(changed(40, 4, -0.5)), ignored=0.5)
    assert [check.reason for check in large if check.verdict] == [GateReason.LARGE_DROP]
    assert verdict_of(examined(compared(changed(40, 4, -0.49)), ignored=0.5)) == "PASS"


@given(
    deltas=st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=30),
    more=st.floats(0, 1),
)
def test_a_wider_tolerance_never_worsens_the_verdict(deltas: list[float], more: float) -> None:
    order = ["PASS", "WARN", "FAIL"]
    rows = compared(deltas)

    strict, mild = (verdict_of(examined(rows, ignored=ignored)) for ignored in (0.01, 0.01 + more))

    assert order.index(mild) <= order.index(strict)


@given(deltas=st.lists(st.floats(0, 0.5), min_size=1, max_size=30))
def test_what_is_nowhere_worse_passes(deltas: list[float]) -> None:
    assert verdict_of(examined(compared(deltas))) == "PASS"


def test_a_guardrail_fails_like_the_primary_measure() -> None:
    policy = replace(POLICY, guardrails=(Guardrail(RECALL),))
    rows = compared(np.zeros(300), changed(300, 7, -0.5), policy=policy)

    checks = examined(rows, policy=policy)

    (failed,) = [check for check in checks if check.verdict]
    assert (failed.name, failed.reason, failed.p) == ("Recall@10", GateReason.GUARDRAIL_DROP, 1 / 128)


def test_guardrails_share_the_level_by_holm() -> None:
    golden = golden_of(300, {"a": slice(0, 100), "b": slice(100, 200), "c": slice(200, 300)})
    policy = replace(POLICY, guardrails=(Guardrail(segment="*"),))
    rows = compared(changed(300, 7, -0.5) + 0.1 * (np.arange(300) >= 100), policy=policy, golden=golden)

    checks = examined(rows, policy=policy)

    (segment,) = [check for check in checks if check.name == "nDCG@10 in a"]
    assert segment.p == pytest.approx(3 / 128)
    assert verdict_of(checks) == "PASS"
    alone = replace(POLICY, guardrails=(Guardrail(segment="a"),))
    assert verdict_of(examined(rows, policy=alone)) == "FAIL"


def test_a_lost_critical_query_fails_unless_it_is_waived() -> None:
    rows, lost = compared(np.full(50, 0.4)), CriticalLoss(query="q1")

    assert verdict_of(examined(rows, losses=[lost])) == "FAIL"
    assert verdict_of(examined(rows, losses=[replace(lost, waiver="retired")])) == "PASS"


def test_noise_raises_what_is_ignored() -> None:
    (row, *_) = compared(changed(300, 7, -0.5))
    noisy = {PRIMARY: 0.0122525}

    assert tolerance(row, {PRIMARY: 0.0}, 0.01) == 0.01
    assert tolerance(row, noisy, 0.01) == pytest.approx(0.027113649699, abs=1e-12)  # known answer P17
    assert tolerance(row, noisy, 0.05) == 0.05
    assert verdict_of(examine([row], [], ALONE, lambda row: tolerance(row, noisy, 0.01))) == "PASS"


def test_the_floor_of_a_variance_is_that_of_its_repetitions() -> None:
    floor = NoiseFloor.of(0.0122525, queries=300)

    assert floor.error == pytest.approx(0.009037883233, abs=1e-12)


def test_more_queries_miss_less_and_nothing_is_promised_from_no_difference() -> None:
    few, many = (compared(changed(n, n // 10, -0.3))[0] for n in (100, 1_000))
    still = compared(np.zeros(300))[0]

    assert missed_below(many, 0.01, 0.8) < missed_below(few, 0.01, 0.8)
    assert missed_below(still, 0.01, 0.8) == pytest.approx(0.0521, abs=0.0005)
    assert missed_below(still, 0.3, 0.8) <= 0.05 + 0.02  # a drop of 0.05 fails whatever is ignored
