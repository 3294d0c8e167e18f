"""Numbers of a plan and steps of a runbook: refused by name, assumed with a reason, typed as they stand."""

from __future__ import annotations

import math
import shlex
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from questions_by_hand import BRIDGE, CASCADE, DUAL, IN_PLACE, LAZY, PATHS, REBUILD, given, inputs

from evalkit.errors import EvalkitError, InvalidValueError, UnknownNameError
from evalkit.planning import inputs as module
from evalkit.planning.inputs import ASSUMED, GIVEN, Input, Inputs
from evalkit.planning.keys import KEYS
from evalkit.planning.numbers import check_name, check_number, check_whole
from evalkit.planning.planfile import given_number
from evalkit.planning.runbook import before_launch, preconditions, steps_of
from evalkit.planning.steps import Scope, Step
from evalkit.planning.workload import draw_inputs

SCOPE = Scope(
    golden="our set",
    old="st/old",
    new="st/new; rm",
    engine="qdrant",
    backfill_hours=12.5,
    canary_hours=24.0,
    rollback_hours=72.0,
    sweep_hours=99.0,
)


@pytest.mark.parametrize(
    ("value", "bounds", "hint"),
    [
        (-0.1, {}, "0 or more"),
        (0.0, {"above": True}, "above 0"),
        (1.5, {"most": 1.0}, "0 or more, at most 1"),
        (0.5, {"least": 1.0}, "1 or more"),
        (2.0, {"least": 2.0, "above": True, "most": 9.0}, "above 2, at most 9"),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_what_can(
    value: float, bounds: dict[str, Any], hint: str
) -> None:
    with pytest.raises(InvalidValueError, match="tpm cannot be") as told:
        check_number("tpm", value, **bounds)
    assert told.value.hint == f"it is {hint}"


@pytest.mark.parametrize("value", [True, "3", None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValueError, match="is no number"):
        check_number("tpm", value)


@drawn(st.floats(0, 1e12))
def test_a_number_at_its_bounds_is_taken_and_given_back(value: float) -> None:
    assert check_number("x", value, least=value, most=value) == value
    assert check_number("x", value, most=value) == value


@pytest.mark.parametrize(("value", "whole"), [(1e6, 1_000_000), (3, 3), (1.0, 1)])
def test_a_whole_number_may_be_written_with_an_exponent(value: float, whole: int) -> None:
    found = check_whole("documents", value)
    assert found == whole
    assert isinstance(found, int)


@pytest.mark.parametrize(("value", "words"), [(1.5, "whole number"), (0, "1 or more"), (-1, "1 or more")])
def test_a_count_is_whole_and_at_least_one(value: float, words: str) -> None:
    with pytest.raises(InvalidValueError) as told:
        check_whole("documents", value)
    assert words in told.value.hint


def test_a_name_is_among_those_that_are_known() -> None:
    assert check_name("engine", "qdrant", ("qdrant", "faiss")) == "qdrant"
    with pytest.raises(UnknownNameError, match="no engine is called 'qdrnt'") as told:
        check_name("engine", "qdrnt", ("qdrant", "faiss"))
    assert "did you mean qdrant" in told.value.hint


@pytest.mark.parametrize("name", KEYS)
def test_every_key_has_a_unit_and_what_is_assumed_of_it_lies_in_its_range_with_a_reason(name: str) -> None:
    key = KEYS[name]
    assert key.table
    assert key.unit
    assert key.meaning
    assert key.least <= key.most
    if key.assumed is not None:
        value, low, high = key.assumed
        assert key.least <= low <= value <= high <= key.most
        assert key.why
        assert not key.dated  # a price is never assumed


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("tpm", (5.0, 6.0, 7.0)),
        ("tpm", (5.0, 1.0, 4.0)),
        ("headroom", (0.5, 0.4, 1.5)),
        ("documents", (2.0, 1.5, 3.0)),
        ("tokens_per_character", (0.25, 0.0, 1.0)),
    ],
)
def test_a_range_holds_its_value_and_its_ends_can_be_too(name: str, ends: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValueError, match=name):
        given(name, *ends)


def test_a_key_that_no_plan_has_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="key of a plan"):
        given("tmp", 3.0)


def test_a_number_is_certain_where_its_range_is_a_point() -> None:
    assert given("tpm", 5.0).is_certain
    assert not given("tpm", 5.0, 4.0, 5.0).is_certain
    assert given("tpm", 5.0).unit == KEYS["tpm"].unit


def test_what_nobody_told_is_assumed_and_what_was_told_last_holds() -> None:
    told = Inputs.of([given("tpm", 5.0), given("tpm", 7.0)])
    assert told["tpm"] == 7.0
    assert told.by_name["tpm"].kind == GIVEN
    assert told.by_name["rpm"].kind == ASSUMED
    assert told.by_name["rpm"].source == KEYS["rpm"].why
    assert list(told.by_name) == [name for name in KEYS if name in told.by_name]


def test_what_is_neither_told_nor_assumed_is_not_there() -> None:
    told = Inputs.of([])
    assert "price" not in told
    assert told.get("price", 9.0) == 9.0
    assert told.get("rpm", 9.0) == KEYS["rpm"].assumed[0]  # type: ignore[index] # it has one
    with pytest.raises(UnknownNameError, match="input of this plan"):
        told["price"]


def test_a_what_if_replaces_and_adds_and_leaves_what_it_was_asked_of() -> None:
    before = inputs()
    after = before.with_given({"tpm": 9.0, "storage_limit_gb": 2.0})
    assert (after["tpm"], after["storage_limit_gb"]) == (9.0, 2.0)
    assert before["tpm"] == 1e6
    assert "storage_limit_gb" not in before
    assert (after.by_name["tpm"].source, after.by_name["tpm"].is_certain) == ("what if", True)


def test_a_number_from_an_option_says_where_it_came_from_and_a_price_when_it_was_read() -> None:
    number = given_number("price", 0.02, "--price", date="2026-11-01")
    assert (number.kind, number.source, number.date) == (GIVEN, "--price", "2026-11-01")
    assert (number.low, number.high) == (0.02, 0.02)
    assert given_number("tpm", 5.0, "--tpm").date == ""
    with pytest.raises(InvalidValueError, match="no day"):
        given_number("price", 0.02, "--price", date="yesterday")


@pytest.mark.parametrize(("low", "high"), [(1.0, 1000.0), (99.0, 100.5), (100.0, 500.0), (1.0, 100.0)])
def test_draws_lie_in_their_range_half_of_them_on_either_side_of_the_value(low: float, high: float) -> None:
    values = draw_inputs(Inputs({"tpm": given("tpm", 100.0, low, high)}), seed=3, draws=4000)["tpm"]
    assert low <= values.min() <= values.max() <= high
    assert (values <= 100).mean() == pytest.approx(1.0 if high == 100 else 0.5, abs=0.03)
    for share, wanted in ((25, (low + 100) / 2), (75, (high + 100) / 2)):
        assert np.percentile(values, share) == pytest.approx(wanted, abs=0.03 * (high - low))


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    known = Inputs({"tpm": given("tpm", 5.0, 1.0, 9.0)})
    one, two, other = (draw_inputs(known, seed=seed, draws=50)["tpm"] for seed in (1, 1, 2))
    assert one.tolist() == two.tolist() != other.tolist()


def commands(steps: tuple[Step, ...]) -> list[list[str]]:
    """Return the checks that are commands, as a shell takes them."""
    return [shlex.split(step.check) for step in steps if step.check.startswith("evalkit")]


@pytest.mark.parametrize("path", PATHS)
def test_every_check_is_a_command_on_this_golden_set_or_a_statement(path: str) -> None:
    steps = (*preconditions(SCOPE), *steps_of(path, SCOPE))
    for step in steps:
        assert not step.check or step.check.startswith("evalkit ") or step.check.endswith(";")
    about = ("golden", "compare", "gate", "mix", "diff", "run")
    for typed in commands(steps):
        assert "our set" in typed or typed[1] not in about
        models = [
            typed[place + 1] for place, word in enumerate(typed) if word in ("--model", "--new", "--old")
        ]
        assert set(models) <= {"st/old", "st/new; rm"}


def test_the_new_model_is_decided_on_before_the_first_step_and_what_runs_now_is_stored() -> None:
    typed = {words[1]: words for words in commands(preconditions(SCOPE))}
    assert typed["golden"] == ["evalkit", "golden", "check", "our set"]
    assert typed["compare"][2] == "our set"
    assert typed["compare"][typed["compare"].index("--candidate") + 1] == "st/new; rm"
    assert typed["gate"] == ["evalkit", "gate", "our set", "--model", "st/old", "--update"]


@pytest.mark.parametrize(
    ("path", "hours"),
    [
        (REBUILD, [12.5, 72.0]),
        (DUAL, [12.5, 24.0, 72.0]),
        (IN_PLACE, [12.5]),
        (BRIDGE, [12.5]),
        (CASCADE, [24.0]),
        (LAZY, [24.0, 99.0, 72.0]),
    ],
)
def test_steps_that_take_time_take_that_of_the_plan(path: str, hours: list[float]) -> None:
    assert [step.hours for step in steps_of(path, SCOPE) if step.hours is not None] == hours


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_done_behind_the_point_of_no_return_but_counting_and_guarding(path: str) -> None:
    steps = steps_of(path, SCOPE)
    final = next((place for place, step in enumerate(steps) if step.final), len(steps))
    assert all("SELECT" in step.check or "gate" in step.check for step in steps[final + 1 :])


@pytest.mark.parametrize("path", [REBUILD, DUAL, LAZY])
def test_the_old_index_is_dropped_last_after_it_was_kept_and_after_the_swap(path: str) -> None:
    titles = [step.title for step in steps_of(path, SCOPE)]
    assert titles[-3:] == ["Swap", "Keep the old index current", "Drop the old index"]


@pytest.mark.parametrize("path", [REBUILD, DUAL])
def test_documents_are_counted_after_they_were_embedded_and_before_the_swap(path: str) -> None:
    steps = steps_of(path, SCOPE)
    titles = [step.title for step in steps]
    counted = next(step for step in steps if step.expected == "one row: st/new; rm")
    assert titles.index("Backfill") < titles.index(counted.title) < titles.index("Swap")
    assert any("qdrant" in step.action for step in steps)


def test_a_dual_index_writes_to_both_before_it_is_filled() -> None:
    titles = [step.title for step in steps_of(DUAL, SCOPE)]
    assert titles.index("Turn on dual writes") < titles.index("Backfill") < titles.index("Canary")


def test_a_launch_is_prepared_with_commands_on_the_model_that_is_launched() -> None:
    typed = commands(before_launch("st/a model"))
    assert all(words[words.index("--model") + 1] == "st/a model" for words in typed if "--model" in words)
    gates = [words for words in typed if words[1] == "gate"]
    assert [("--update" in words) for words in gates] == [True, False]


def test_an_input_is_named_in_every_error_about_it() -> None:
    with pytest.raises(EvalkitError, match="headroom"):
        Input(name="headroom", value=2.0, low=2.0, high=2.0, kind=module.GIVEN, source="x")
