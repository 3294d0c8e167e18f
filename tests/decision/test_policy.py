"""The policy and the census of critical queries: what they accept and what follows from them."""

import math
from typing import Any

import numpy as np
import pytest
from decision_cases import case

from evalkit.decision.critical import critical_losses
from evalkit.decision.policy import Guardrail, Kind, Objective, Policy
from evalkit.errors import UnknownNameError, UsageError
from evalkit.scoring.judged import judge
from evalkit.scoring.measure import Measure


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "win"},
        {"margin": -0.01},
        {"margin": 1.01},
        {"margin": math.nan},
        {"min_gain": 2.0},
        {"alpha": 0.0},
        {"alpha": 1.0},
        {"power": 1.0},
        {"looks": 0},
        {"resamples": 0},
        {"critical_losses_allowed": -1},
        {"waivers": {"q1": " "}},
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(settings: dict[str, Any]) -> None:
    (name,) = settings

    with pytest.raises(UsageError, match=name):
        Policy(**settings)


@pytest.mark.parametrize("settings", [{"kind": "gentle"}, {"limit": -0.1}, {"limit": 1.5}])
def test_a_guardrail_out_of_range_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Guardrail(**settings)


def test_without_a_word_the_question_is_whether_the_candidate_is_better() -> None:
    policy = Policy()

    assert (policy.objective, policy.min_gain, policy.margin) == (Objective.IMPROVE, 0.0, 0.02)
    assert [str(measure) for measure in policy.measures] == ["nDCG@10", "Recall@10"]
    assert (policy.level, policy.segment_margin, policy.planned_effect) == (0.025, 0.04, 0.02)


def test_maintaining_plans_for_no_change_against_the_margin() -> None:
    policy = Policy(objective="maintain", margin=0.03)  # type: ignore[arg-type]  # plain text is welcome

    assert (policy.threshold, policy.planned_effect, policy.worthwhile) == (-0.03, 0.0, None)


def test_waivers_cannot_be_changed_afterwards() -> None:
    waivers = {"q1": "gone"}
    policy = Policy(waivers=waivers)

    waivers["q2"] = "too"

    assert dict(policy.waivers) == {"q1": "gone"}


def lost(policy: Policy, **fields: Any) -> list[str]:
    """Return the critical queries lost: the second falls out of the top ten, the third was never there."""
    data = case(np.array([1, 10, 0, 11]), np.array([2, 11, 0, 0]), **fields)
    first, second = (judge(run, data.golden) for run in (data.baseline, *data.candidates))
    return [loss.query for loss in critical_losses(first, second, data.golden, policy) if loss.stands]


def test_a_critical_query_is_lost_when_its_last_relevant_document_leaves_the_top_ten() -> None:
    assert lost(Policy(), critical=np.ones(4, dtype=bool)) == ["q00001"]
    assert lost(Policy(), critical=np.array([True, False, True, True])) == []


def test_a_critical_guardrail_makes_a_segment_critical() -> None:
    segments = {"payments": np.array([False, True, False, False])}
    rails = (Guardrail(segment="payments", kind=Kind.CRITICAL),)

    assert lost(Policy(guardrails=rails), segments=segments) == ["q00001"]
    assert lost(Policy(guardrails=(Guardrail(kind=Kind.CRITICAL),))) == ["q00001"]
    assert Policy(guardrails=rails).measures == (Measure("nDCG", 10),)


def test_a_waived_loss_is_kept_with_its_reason() -> None:
    policy = Policy(waivers={"q00001": "page retired"})

    assert lost(policy, critical=np.ones(4, dtype=bool)) == []


def test_a_loss_that_exact_search_does_not_repeat_is_not_confirmed() -> None:
    data = case(np.array([1]), np.array([0]), np.array([1]), critical=np.array([True]))
    before, approximate, exact = (judge(run, data.golden) for run in (data.baseline, *data.candidates))

    (loss,) = critical_losses(before, approximate, data.golden, Policy(), exact=exact)

    assert not loss.confirmed
    assert not loss.stands


def test_names_that_nothing_bears_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="q9"):
        lost(Policy(waivers={"q9": "gone"}))
    with pytest.raises(UnknownNameError, match="nowhere"):
        lost(Policy(guardrails=(Guardrail(segment="nowhere", kind=Kind.CRITICAL),)))


def test_looks_without_end_leave_no_level_and_are_refused() -> None:
    """They overflowed in the planning of queries, after all the work."""
    assert Policy(looks=1000).level == 0.05 / 2 / 1000
    beyond: list[dict[str, Any]] = [{"looks": 10**18}, {"alpha": 1e-320}]
    for settings in beyond:
        with pytest.raises(UsageError, match="level of at least"):
            Policy(**settings)
