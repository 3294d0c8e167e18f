"""The canary: users as units, windows, blocks, and looks that never recount."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import START, Row, visits

from evalkit.errors import InvalidValueError
from evalkit.rollout.blocks import Waiting, block_of, pair
from evalkit.rollout.canary import Canary, CanaryQuestion, CanaryState
from evalkit.rollout.events import Events
from evalkit.rollout.gates import gate_of
from evalkit.rollout.ledger import Ledger, add_events, close_windows
from evalkit.rollout.look import look
from evalkit.rollout.ramp import Stage, one_stage
from evalkit.rollout.sequential import e_process, sample_ratio_e_value

HOUR = 3600.0


def events_of(rows: list[Row]) -> Events:
    return Events(
        [user for _, user, _, _ in rows],
        np.array([arm == "canary" for arm, *_ in rows], dtype=bool),
        np.array([metric for *_, metric, _ in rows]),
        np.array([time for *_, time in rows]),
    )


def asked(**changed: object) -> CanaryQuestion:
    return CanaryQuestion(**{"margin": 0.02, "stages": one_stage(0.05), "window_s": HOUR, **changed})  # type: ignore[arg-type]


def once(rows: list[Row], **changed: object) -> Canary:
    return look(asked(**changed), CanaryState(), [events_of(rows)])


def told(canary: Canary) -> tuple[object, ...]:
    """Return everything that a look says, but the points of the trail."""
    state = canary.state
    return (
        canary.verdict, canary.users, canary.sample_ratio, state.ok, state.harm, state.blocks, state.canary,
        state.control, state.ok_at, state.harm_at, state.waiting,
    )  # fmt: skip


@given(
    cuts=st.lists(st.integers(0, 900), max_size=4),
    delta=st.sampled_from([0.0, -0.3]),
    each=st.integers(1, 3),
    share=st.sampled_from([0.05, 0.3, 0.5, 0.8]),
)
@settings(max_examples=25, deadline=None)
def test_many_looks_say_what_one_look_says(cuts: list[int], delta: float, each: int, share: float) -> None:
    rows = sorted(visits(300, delta=delta, each=each, share=share, gap_s=61), key=lambda row: row[3])
    asking = asked(stages=one_stage(share))
    state, last = CanaryState(), None
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(rows)], strict=True):
        last = look(asking, state, [events_of(rows[begin:end])])
        state = last.state
    assert last is not None
    assert told(last) == told(look(asking, CanaryState(), [events_of(rows)]))


@given(order=st.randoms(use_true_random=False), files=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_the_order_of_events_and_files_changes_nothing(order: object, files: int) -> None:
    rows = visits(200, each=3, gap_s=61)
    shuffled = list(rows)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    parts = [events_of(shuffled[part::files]) for part in range(files)]
    assert told(look(asked(), CanaryState(), parts)) == told(once(rows))


def test_a_user_counts_once_by_the_mean_over_the_window() -> None:
    rows: list[Row] = [
        ("canary", "a", 1.0, START), ("canary", "a", 0.0, START + 10), ("canary", "a", 1.0, START + 20),
        ("canary", "a", 0.0, START + HOUR),  # after the window
        ("control", "b", 1.0, START + 5), ("control", "late", 1.0, START + 2 * HOUR),
    ]  # fmt: skip
    found = once(rows)
    assert found.state.canary.users == 1
    assert found.state.canary.mean == pytest.approx(2 / 3)
    assert found.state.control.users == 1
    assert found.state.outside == 1
    assert found.users == {"canary": 1, "control": 2, "both": 0}


def test_users_in_both_arms_are_told_and_dropped() -> None:
    rows = [*visits(100), ("canary", "turncoat", 1.0, START + 9), ("control", "turncoat", 0.0, START + 9000)]
    found = once(rows)
    assert found.users["both"] == 1
    assert told(found)[3:] == told(once([*visits(100), ("control", "other", 0.0, START + 9000)]))[3:]
    assert [finding.code for finding in found.findings] == ["EK464"]


def test_a_user_who_was_counted_stays_counted() -> None:
    first = once(visits(2_000))
    again = look(asked(), first.state, [events_of([("control", "u3", 1.0, START + 90_000)])])
    assert again.state.late == 1
    assert again.state.control.users + again.state.canary.users == 2_000
    assert [finding.code for finding in again.findings] == ["EK468"]


def test_the_same_look_again_changes_nothing() -> None:
    first = once(visits(2_000))
    assert told(look(asked(), first.state, [])) == told(first)


def test_the_evidence_is_the_e_process_of_the_blocks() -> None:
    rows = visits(2_000, delta=-0.1, share=0.5, gap_s=10)
    found = once(rows, stages=one_stage(0.5))
    canary = np.array([arm == "canary" for arm, *_ in rows])
    values = np.array([metric for *_, metric, _ in rows])
    closed = np.array([time for *_, time in rows]) + HOUR <= START + 10 * 1999
    stages = np.zeros(closed.sum(), np.int64)
    x, _, _ = pair(Waiting(), canary[closed], values[closed], stages, ((1, 1),))
    assert found.state.harm.value == pytest.approx(float(e_process(-x, theta=0.02)[-1]))
    assert found.state.ok.value == pytest.approx(float(e_process(x, theta=-0.02)[-1]))
    assert found.sample_ratio == sample_ratio_e_value([canary.sum(), (~canary).sum()], [0.5, 0.5])


@given(
    canary=st.lists(st.booleans(), max_size=120),
    share=st.sampled_from([0.05, 0.2, 0.3, 0.5, 0.75]),
    seed=st.integers(0, 99),
)
def test_every_block_holds_a_whole_number_of_users_and_values_never_choose(
    canary: list[bool], share: float, seed: int
) -> None:
    arms, zeros, size = np.array(canary, dtype=bool), np.zeros(len(canary), np.int64), block_of(share)
    values = np.random.default_rng(seed).random(len(canary))
    x, rows, left = pair(Waiting(), arms, values, zeros, (size,))
    _, same, _ = pair(Waiting(), arms, 1 - values, zeros, (size,))
    assert np.array_equal(rows, same)
    assert (np.abs(x) <= 1).all()
    assert arms.sum() == len(x) * size[0] + len(left.canary)
    assert (~arms).sum() == len(x) * size[1] + len(left.control)


def test_a_block_takes_the_users_who_came_last() -> None:
    arms = np.array([False, False, False, True])
    x, rows, left = pair(Waiting(), arms, np.array([0.0, 0.5, 1.0, 1.0]), np.zeros(4, np.int64), ((1, 2),))
    assert (x.tolist(), rows.tolist(), left.control) == ([0.25], [3], (0.0,))


@pytest.mark.parametrize(("share", "size"), [(0.01, (1, 99)), (0.25, (1, 3)), (0.1, (1, 9)), (0.9, (9, 1))])
def test_a_block_is_made_by_the_share(share: float, size: tuple[int, int]) -> None:
    assert block_of(share) == size


def test_a_crash_is_rolled_back_and_an_equal_system_passes() -> None:
    crash, equal = (
        once(visits(8_000, delta=-0.25)),
        once(visits(9_000, share=0.5, seed=4), stages=one_stage(0.5)),
    )
    assert crash.verdict == "ROLL BACK"
    assert crash.state.harm_at is not None
    assert crash.state.harm_at.users < 100
    assert once(visits(40_000, share=0.5, delta=0.02, gap_s=1), stages=one_stage(0.5)).verdict == "OK"
    assert equal.verdict in {"GO ON", "OK"}


def test_where_less_is_better_the_sides_change() -> None:
    rows = visits(8_000, delta=0.3)
    assert once(rows).verdict == "OK"
    assert once(rows, lower_is_better=True).verdict == "ROLL BACK"


def test_nothing_is_ok_where_users_are_divided_wrongly() -> None:
    rows = visits(8_000, delta=0.3, share=0.08)
    found = once(rows)
    assert found.state.ok.peak >= 20
    assert (found.verdict, [finding.code for finding in found.findings]) == ("GO ON", ["EK465"])
    assert "stated 0.05" in found.findings[0].places[0]


def test_a_wrong_division_does_not_hold_up_a_rollback() -> None:
    assert once(visits(8_000, delta=-0.25, share=0.08)).verdict == "ROLL BACK"


def test_an_empty_window_and_a_missing_arm_are_findings_with_counts() -> None:
    short = once(visits(50, gap_s=1))
    assert [(finding.code, "50 users wait" in finding.problem) for finding in short.findings] == [
        ("EK466", True)
    ]
    alone = once([row for row in visits(3_000) if row[0] == "control"])
    assert {"EK466", "EK465"} == {finding.code for finding in alone.findings}
    assert once([]).verdict == "GO ON"


def test_a_stage_of_the_ramp_is_a_gate() -> None:
    start = float(START)
    stages = (Stage(0.05, -np.inf, hours=1, users=20), Stage(0.5, None), Stage(1.0, None))
    found = once(visits(2_000), stages=stages)
    assert (gate_of(found).stage, gate_of(found).next_share, gate_of(found).opens) == (1, 0.5, True)
    strict = (Stage(0.05, -np.inf, hours=100, users=5_000), *stages[1:])
    assert [part.split(" more ")[1] for part in gate_of(once(visits(2_000), stages=strict)).lacking] == [
        "hours", "canary users",
    ]  # fmt: skip
    late = [(arm, f"x{user}", metric, time + 10_000) for arm, user, metric, time in visits(2_000, share=0.5)]
    second = (Stage(0.05, start), Stage(0.5, start + 9_990, hours=0, users=0), Stage(1.0, None))
    both = once([*visits(2_000), *late], stages=second)
    assert both.sample_ratio < 20
    assert gate_of(both).stage == 2
    assert "evidence" in gate_of(both).lacking[0]
    assert both.by_stage[1].sum() == 2_000


def test_evidence_goes_on_through_the_stages() -> None:
    start = float(START)
    late = [
        (arm, f"x{user}", metric, time + 8_000)
        for arm, user, metric, time in visits(3_000, share=0.5, seed=2)
    ]
    stages = (Stage(0.05, start), Stage(0.5, start + 8_000))
    found = once([*visits(2_000), *late], stages=stages)
    assert found.state.blocks > once(visits(2_000)).state.blocks + 500


def test_open_windows_keep_their_events_and_closed_ones_none() -> None:
    ledger, _ = add_events(Ledger(), events_of(visits(10, each=2, gap_s=600)))
    left, closed = close_windows(ledger, HOUR, START + 2 * HOUR)
    assert len(closed.values) == 7
    assert len(left.open_times) == 6


@pytest.mark.parametrize(
    "changed", [{"margin": 1.0}, {"margin": -0.1}, {"window_s": 0.0}, {"low": 1.0}, {"margin": float("nan")}]
)
def test_a_question_that_makes_no_sense_is_refused(changed: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError, match="EK554"):
        asked(**changed)


def test_a_metric_of_another_range_is_scaled_and_told_in_its_own_unit() -> None:
    rows = visits(8_000, delta=-0.25)
    unit, stars = once(rows), once(rows, margin=0.1, low=0.0, high=5.0)
    assert stars.state.harm == unit.state.harm
    assert stars.mean(stars.state.control) == pytest.approx(5 * (unit.mean(unit.state.control) or 0))
