"""What is said first answers the question asked; what nobody wrote down is no proof that all is relevant."""

from dataclasses import replace

import numpy as np
import pytest
from decision_cases import Case, case
from hypothesis import given, settings
from hypothesis import strategies as st
from test_decide import component, decided, evidence, rail

from evalkit.decision.bound import bounded_rate
from evalkit.decision.evidence import CriticalLoss
from evalkit.decision.policy import Objective, Policy
from evalkit.decision.verdict import Reason, Verdict

LOST = (CriticalLoss(query="q1"),)
POOLED = {"judgments": "pooled", "pooled_from": ("prod",)}
BARE = Policy(guardrails=())


def test_harm_is_told_before_a_guardrail_a_segment_and_a_critical_query() -> None:
    hopeless = component(delta=-0.408, low=-0.5, high=-0.3, p_superior=1.0, p_harm=1e-6, p_non_inferior=1.0)
    whole = replace(rail("faq", delta=-0.2, p_harm=1e-6), segment=None)

    decision = decided(evidence(hopeless, rail("faq", delta=-0.2, p_harm=1e-6), whole, losses=LOST))

    told = [decision.sentence.index(text) for text in ("out of reach", "nDCG@10 in faq", "1 critical query")]
    assert told == sorted(told)
    assert decision.sentence.count("harm beyond the limit") == 2
    assert decision.reason == Reason.CRITICAL


def test_a_veto_of_a_better_candidate_says_first_that_it_is_better() -> None:
    sentence = decided(evidence(losses=LOST)).sentence

    assert sentence.index("a gain is shown") < sentence.index("1 critical query lost")


@settings(max_examples=60, deadline=None)
@given(st.floats(-1, 1), st.floats(0, 0.5), st.floats(0, 1), st.floats(5, 500), st.sampled_from(Objective))
def test_no_number_of_queries_is_promised_where_harm_is_shown(
    delta: float, half: float, p: float, effective: float, objective: Objective
) -> None:
    primary = component(
        delta=delta,
        low=delta - half,
        high=delta + half,
        p_superior=p,
        p_harm=1 - p,
        p_non_inferior=p,
        effective_queries=effective,
    )

    decision = decided(evidence(primary), Policy(objective=objective, guardrails=()))

    words = [decision.sentence, *(rule.words for rule in decision.rules)]
    promised = [text for text in words if "more quer" in text and "in all" in text]
    assert not promised or decision.verdict == Verdict.INCONCLUSIVE
    assert all("true change" in text for text in promised)


def unnoted(before: int, after: int) -> Case:
    return case(np.full(200, before), np.full(200, after), card=POOLED)


@pytest.mark.long
@pytest.mark.parametrize("objective", list(Objective))
def test_a_candidate_that_finds_nothing_is_refused_where_no_miss_was_written_down(
    objective: Objective,
) -> None:
    decision = unnoted(1, 0).decide(replace(BARE, objective=objective))

    known = decision.evidence.sensitivity
    assert decision.verdict == Verdict.NO_GO
    assert known is not None
    assert not known.rate_known
    assert known.relevant_share == pytest.approx(49 * 3.6889 / 2000, rel=1e-4)


@pytest.mark.long
def test_a_candidate_that_keeps_what_is_known_is_given_the_benefit_of_the_doubt() -> None:
    """It finds every known answer, so that what it shows beside them may well be relevant too."""
    decision = unnoted(1, 2).decide(BARE)

    assert decision.reason == Reason.UNJUDGED
    assert decision.evidence.sensitivity is not None
    assert decision.evidence.sensitivity.relevant_share == 1.0


@pytest.mark.long
@pytest.mark.parametrize("noted", [True, False])
def test_the_bound_is_asked_for_only_where_misses_are_not_written_down(noted: bool) -> None:  # noqa: FBT001 - the case
    known = case(np.full(60, 1), np.full(60, 0), card=POOLED, miss_noted=noted).evidence(BARE)[0].sensitivity

    assert known is not None
    assert (known.rate_known, known.relevant_share == 1.0) == (noted, noted)


@pytest.mark.long
def test_the_verdict_that_an_assumption_carries_names_it() -> None:
    decision = unnoted(1, 0).decide(BARE)

    known = decision.evidence.sensitivity
    assert known is not None
    assert known.tipping is not None
    assert [note for note in decision.notes if "at least one in fifty of the relevant documents" in note]
    withheld = unnoted(1, 2).decide(BARE)
    assert "at least one in fifty of the relevant documents" in withheld.sentence


def test_a_rate_that_grades_tell_rests_on_no_assumption() -> None:
    decision = case(np.full(60, 1), np.full(60, 0), card=POOLED, miss_noted=True).decide(BARE)

    assert not [text for text in (decision.sentence, *decision.notes) if "one in fifty" in text]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.floats(0, 600), st.integers(0, 20_000), st.integers(1, 50))
def test_the_bound_rises_with_what_is_found_and_falls_with_what_is_unjudged(
    found: int, by_chance: float, unjudged: int, more: int
) -> None:
    rate = bounded_rate(found, by_chance=by_chance, unjudged=unjudged)

    assert 0 < rate <= 1
    assert bounded_rate(found + more, by_chance=by_chance, unjudged=unjudged) >= rate
    assert bounded_rate(found, by_chance=by_chance, unjudged=unjudged + more) <= rate
    assert bounded_rate(found, by_chance=by_chance + more, unjudged=unjudged) <= rate
    clearly_above_chance = found > by_chance + 6 * (by_chance + 1) ** 0.5
    if clearly_above_chance:
        assert rate == bounded_rate(found, by_chance=0.0, unjudged=unjudged)
