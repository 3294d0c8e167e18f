"""Runbooks: every path has steps with a check and a way back, and says where there is none any more."""

from __future__ import annotations

import shlex

import pytest

from evalkit.planning.runbook import before_launch, preconditions, steps_of
from evalkit.planning.steps import Scope
from evalkit.planning.ways import CASCADE, PATHS

SCOPE = Scope(
    golden="my set",
    old="lsa/384",
    new="st/some; model",
    engine="pgvector",
    backfill_hours=12.0,
    canary_hours=24.0,
    rollback_hours=72.0,
)


@pytest.mark.parametrize("path", PATHS)
def test_every_step_says_what_to_do_what_to_see_and_when_to_go_back(path: str) -> None:
    steps = steps_of(path, SCOPE)
    assert steps
    for step in (*preconditions(SCOPE), *steps):
        assert step.title
        assert step.action
        assert step.expected
    assert all(step.back for step in steps)


@pytest.mark.parametrize("path", [path for path in PATHS if path != CASCADE])
def test_the_point_of_no_return_is_marked_once(path: str) -> None:
    assert [step.final for step in steps_of(path, SCOPE)].count(True) == 1


def test_a_cascade_can_be_turned_off_at_any_time() -> None:
    assert not any(step.final for step in steps_of(CASCADE, SCOPE))


def test_names_are_quoted_as_a_shell_takes_them() -> None:
    commands = [step.check for step in preconditions(SCOPE) if step.check]
    assert shlex.split(commands[1])[2:6] == ["my set", "--baseline", "lsa/384", "--candidate"]
    assert "'st/some; model'" in commands[1]


def test_before_launch_decides_five_things() -> None:
    titles = " ".join(step.title for step in before_launch("st/all-MiniLM-L6-v2"))
    for word in ("record", "alias", "two indexes", "golden set", "every night"):
        assert word in titles
