"""The plan of a decision: how many queries would settle it, with weights, groups and several candidates."""

import math
from dataclasses import replace

import pytest
from scipy import stats

from evalkit.comparison.power import required_queries
from evalkit.decision.evidence import Component
from evalkit.decision.policy import Objective, Policy
from evalkit.decision.sizes import queries_for_guardrail, queries_for_primary, queries_for_size
from evalkit.scoring.measure import Measure

PRIMARY = Component(
    measure=Measure("nDCG", 10),
    limit=0.02,
    delta=0.0,
    low=-0.1,
    high=0.1,
    p_superior=0.5,
    p_non_inferior=0.5,
    p_harm=0.5,
    queries=300,
    effective_queries=300.0,
    sd=0.26,
)
MAINTAIN = Policy(objective=Objective.MAINTAIN)


def test_maintaining_needs_what_the_margin_needs() -> None:
    assert queries_for_primary(PRIMARY, MAINTAIN) == 1435


def test_improving_needs_what_a_gain_of_two_hundredths_needs() -> None:
    assert queries_for_primary(PRIMARY, Policy()) == required_queries(0.26, threshold=0.0, effect=0.02)


def test_a_large_smallest_gain_needs_an_estimate_that_surely_exceeds_it() -> None:
    """To show .12 above 0 takes few queries; to come out above .10 takes more."""
    policy = Policy(min_gain=0.1)

    assert required_queries(0.26, threshold=0.0, effect=0.12) < 100
    assert queries_for_primary(PRIMARY, policy) == math.ceil((stats.norm.ppf(0.8) * 0.26 / 0.02) ** 2)


def test_queries_that_carry_half_as_much_are_needed_twice() -> None:
    halved = replace(PRIMARY, effective_queries=150.0)

    assert queries_for_primary(halved, MAINTAIN) == 2 * 1435
    assert queries_for_size(halved, 30) == 60


def test_more_candidates_or_looks_need_more_queries() -> None:
    assert (queries_for_primary(PRIMARY, MAINTAIN, candidates=3) or 0) > 1435
    assert (queries_for_primary(PRIMARY, replace(MAINTAIN, looks=2)) or 0) > 1435


def test_a_guardrail_needs_what_its_limit_needs() -> None:
    rail = replace(PRIMARY, limit=0.05)

    assert queries_for_guardrail(rail, MAINTAIN) == 260
    assert queries_for_guardrail(rail, MAINTAIN, candidates=3) == required_queries(
        0.26, threshold=-0.05, effect=0.0, alpha=0.05 / 3
    )


@pytest.mark.parametrize(
    ("component", "policy"),
    [
        (replace(PRIMARY, sd=None), MAINTAIN),
        (replace(PRIMARY, effective_queries=1.0), MAINTAIN),
        (PRIMARY, replace(MAINTAIN, margin=0.0)),
        (PRIMARY, Policy(min_gain=1.0)),
    ],
)
def test_where_nothing_can_be_planned_no_number_is_given(component: Component, policy: Policy) -> None:
    assert queries_for_primary(component, policy) is None


def test_a_spread_seen_on_few_queries_is_planned_with_its_upper_bound() -> None:
    few = replace(PRIMARY, limit=0.02, queries=25, effective_queries=25.0)

    for needed in (queries_for_primary(few, MAINTAIN), queries_for_guardrail(few, MAINTAIN)):
        cautious = 0.26 * math.sqrt(24 / stats.chi2.ppf(0.2, 24))
        assert needed == required_queries(cautious, threshold=-0.02, effect=0.0)


def test_a_guardrail_that_accepts_no_loss_cannot_be_proven_by_any_number() -> None:
    assert queries_for_guardrail(replace(PRIMARY, limit=0.0), MAINTAIN) is None
