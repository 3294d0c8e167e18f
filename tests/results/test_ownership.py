"""Ownership: what makes two results one experiment, and what may therefore be replaced."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_gates import gate_outcome
from small_studies import AFTER, BEFORE, RR, golden, outcome

from evalkit.decision.policy import Policy
from evalkit.evaluation import System
from evalkit.results.compare import describe_question, result_of
from evalkit.results.gate import result_of_gate
from evalkit.results.gatefailure import result_of_failure
from evalkit.results.ownership import WRITTEN, asked_of, identity, is_own
from evalkit.results.result import Result


def compared(**changes: Any) -> Result:
    return result_of(outcome(**changes), {})


def gated() -> Result:
    return result_of_gate(gate_outcome(), {}, reproduce="")


def failure(model: str = "prod", golden_name: str = "small") -> Result:
    return result_of_failure([], golden=golden_name, model=model, provenance={}, reproduce="")


def lie(folder: Path, result: Result, name: str = "result.json") -> Path:
    """Write a result into a folder and return the folder."""
    (folder / name).write_text(result.text(), encoding="utf-8")
    return folder


def test_what_was_found_and_when_is_no_part_of_the_question() -> None:
    first, second = outcome(), outcome(BEFORE)
    assert identity(result_of(first, {})) == identity(
        result_of(second, {"command": "other", "created": "later"})
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"policy": Policy(primary=RR, guardrails=(), min_gain=0.01)},
        {"policy": Policy(primary=RR, guardrails=(), alpha=0.1)},
        {"seed": 7},
        {"depth": 50},
        {"ties": "expected"},
        {"on": replace(golden(), segments={})},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_anything_that_was_asked_otherwise_is_another_experiment(changes: dict[str, Any]) -> None:
    assert identity(compared(**changes)) != identity(compared())


def test_other_systems_are_another_experiment() -> None:
    one, two = compared(), result_of(outcome(AFTER, BEFORE), {})
    assert identity(one) != identity(two)
    name, part = next(iter(one.systems.items()))
    for changed in ({"spec": "run/else.trec"}, {"index": "HNSW32"}):
        other = one.with_values(systems={**one.systems, name: part.with_values(**changed)})
        assert identity(other) != identity(one)
    renamed = one.with_values(systems={"x": part, "new": one.systems["new"]})
    assert identity(renamed) != identity(one)


def test_the_identity_is_known_before_anything_is_done() -> None:
    made = outcome()
    asked = asked_of(golden(), made.experiment.systems, describe_question(made.experiment))
    assert identity(asked) == identity(result_of(made, {}))


def test_a_model_is_asked_with_its_index_and_a_run_without() -> None:
    systems = [System.parse("hash/8", factory="HNSW16"), System.parse("run/a.trec", factory="HNSW16")]
    asked = asked_of(golden(), systems, {}).systems
    assert [part.index for part in asked.values()] == ["HNSW16", None]
    assert [part.spec for part in asked.values()] == ["hash/8", "run/a.trec"]


def test_a_gate_stays_the_same_question_while_corpus_and_policy_change() -> None:
    one = gated()
    other = one.with_values(
        golden=one.golden.with_values(digest="other", documents=99),
        question=one.question.with_values(tolerance=0.5),
    )
    assert identity(other) == identity(one)
    assert identity(one.with_values(golden=one.golden.with_values(name="else"))) != identity(one)
    assert identity(one.with_values(systems={"else": one.systems["prod"]})) != identity(one)


def test_the_order_of_a_gates_systems_is_of_no_account() -> None:
    one = gated()
    turned = one.with_values(systems=dict(reversed(one.systems.items())))
    assert identity(turned) == identity(one)


def test_a_gate_and_a_comparison_of_the_same_systems_are_two_questions() -> None:
    one = gated()
    assert identity(one.with_values(gate=Result.found().gate)) != identity(one)


def test_an_empty_folder_is_everybodys(tmp_path: Path) -> None:
    assert is_own(tmp_path, compared())
    (tmp_path / "notes.txt").write_text("mine")
    assert is_own(tmp_path, compared())


@pytest.mark.parametrize("name", [name for name in WRITTEN if not name.endswith(".json")])
def test_what_a_report_consists_of_is_never_taken_without_its_result(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("of somebody")
    assert not is_own(tmp_path, compared())


@pytest.mark.parametrize("name", ["result.json", "plan.json"])
def test_the_same_question_owns_the_folder_and_another_does_not(name: str, tmp_path: Path) -> None:
    lie(tmp_path, compared(), name)
    assert is_own(tmp_path, result_of(outcome(BEFORE), {}))
    assert not is_own(tmp_path, compared(seed=9))


@pytest.mark.parametrize("damage", ["", "[]", '{"schema": 1}', '{"schema": 9}'])
def test_what_cannot_be_read_is_nobodys(damage: str, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(damage)
    assert not is_own(tmp_path, compared())


@pytest.mark.parametrize(
    ("lying", "coming", "own"),
    [
        (gated(), failure(), True),
        (failure(), gated(), True),
        (failure(), failure(), True),
        (failure(golden_name="unknown"), gated(), True),
        (failure("other"), gated(), False),
        (gated(), failure("other"), False),
        (failure("other"), failure(), False),
        (failure(""), failure(""), False),
        (compared(), failure("old"), False),
        (failure("old"), compared(), False),
    ],
)
def test_a_gate_that_could_not_be_asked_goes_by_the_name_of_its_system(
    lying: Result,
    coming: Result,
    own: bool,  # noqa: FBT001 - drawn
    tmp_path: Path,
) -> None:
    assert is_own(lie(tmp_path, lying), coming) is own


def test_keys_of_a_later_version_change_no_owner(tmp_path: Path) -> None:
    written = {**compared().to_json(), "of_later": 1}
    (tmp_path / "result.json").write_text(json.dumps(written))
    assert is_own(tmp_path, compared())
