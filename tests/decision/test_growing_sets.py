"""Growing sets: the first 29, 30 and all queries of one set, where the count alone decides nothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from decision_cases import case, ranks
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.decision.policy import Guardrail, Objective, Policy
from evalkit.decision.verdict import Decision, Verdict
from evalkit.scoring.measure import Measure

NO_GO, INCONCLUSIVE, GO = Verdict.NO_GO, Verdict.INCONCLUSIVE, Verdict.GO
BARE = Policy(guardrails=())
Ints = npt.NDArray[np.int64]


def walk(before: Ints, after: Ints, policy: Policy, **masks: Any) -> list[Decision]:
    """Return the decisions on the first 29, 30 and all queries."""
    return [
        case(before[:n], after[:n], **{name: mask[:n] for name, mask in masks.items()}).decide(policy)
        for n in (29, 30, len(before))
    ]


def verdicts(decisions: list[Decision]) -> list[Verdict]:
    return [decision.verdict for decision in decisions]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize("worst", [3, 5, 9], ids=["better", "equal", "worse"])
def test_no_set_walks_from_open_by_a_no_go_to_a_go(worst: int, objective: Objective, seed: int) -> None:
    before, after = ranks(120, seed=seed), ranks(120, seed=seed + 100, worst=worst)
    policy = Policy(objective=objective, margin=0.05)

    walked = verdicts(walk(before, after, policy))

    assert walked != [INCONCLUSIVE, NO_GO, GO]
    assert walked[0] != GO
    assert {walked[0], walked[1]} != {NO_GO, GO}


@pytest.mark.parametrize(
    "policy",
    [
        BARE,
        replace(BARE, objective=Objective.MAINTAIN),
        replace(BARE, guardrails=(Guardrail(Measure("MRR", 10)),)),
    ],
    ids=["no worthwhile gain", "harm to the primary measure", "harm to a guardrail"],
)
def test_harm_that_is_shown_needs_no_thirtieth_query(policy: Policy) -> None:
    """The first thirty queries lose, the others gain more: no rule waits for a count to say NO-GO."""
    early = np.arange(600) < 30

    walked = walk(np.full(600, 2), np.where(early, 9, 1), policy)

    assert verdicts(walked) == [NO_GO, NO_GO, GO]
    assert walked[0].reason == walked[1].reason


def test_a_critical_loss_needs_no_thirtieth_query() -> None:
    before, after, critical = np.full(200, 3), np.full(200, 1), np.arange(200) == 5
    after[5] = 0

    walked = walk(before, after, BARE, critical=critical)

    assert verdicts(walked) == [NO_GO] * 3
    assert [decision.verdict_without_critical for decision in walked] == [INCONCLUSIVE, GO, GO]


def test_a_clear_gain_is_a_go_from_the_thirtieth_query_on() -> None:
    walked = walk(np.full(200, 3), np.full(200, 1), BARE)

    assert verdicts(walked) == [INCONCLUSIVE, GO, GO]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 11), min_size=29, max_size=29), st.integers(0, 11))
def test_a_thirtieth_query_on_which_both_agree_makes_no_harm(after: list[int], both: int) -> None:
    """A tie leaves the sign-flip p-value as it is and the estimate smaller, so harm cannot appear."""
    before = np.append(np.full(29, 2), both)
    maintain = Policy(objective=Objective.MAINTAIN)

    at_29, at_30, _ = verdicts(walk(before, np.append(after, both), maintain))

    assert at_29 == NO_GO or at_30 != NO_GO
