"""Every verdict and every reason, each from data that calls for it."""

from dataclasses import replace

import numpy as np
import pytest
from decision_cases import Case, case, ranks

from evalkit.decision.policy import Guardrail, Kind, Objective, Policy
from evalkit.decision.verdict import Reason, Verdict
from evalkit.scoring.measure import Measure

IMPROVE = Policy(objective=Objective.IMPROVE)
MAINTAIN = Policy(objective=Objective.MAINTAIN)


def better(queries: int = 200) -> Case:
    return case(np.full(queries, 3), np.where(np.arange(queries) % 4 == 0, 3, 1))


def test_a_clear_gain_is_a_go() -> None:
    decision = better().decide(IMPROVE)

    assert (decision.verdict, decision.reason) == (Verdict.GO, Reason.OK)
    assert decision.queries_needed is None
    assert "candidate1 is better than prod" in decision.sentence


def test_no_change_on_many_queries_is_a_go_for_maintaining() -> None:
    same = np.full(300, 2)

    decision = case(same, same).decide(MAINTAIN)

    assert (decision.verdict, decision.reason) == (Verdict.GO, Reason.OK)
    assert "no worse than prod by more than 0.02" in decision.sentence
    assert decision.notes == ()


def test_losing_a_critical_query_is_a_no_go_and_the_verdict_without_the_rule_is_told() -> None:
    data = better()
    after = np.where(np.arange(200) % 4 == 0, 3, 1)
    after[5] = 0
    critical = np.arange(200) == 5

    decision = case(np.full(200, 3), after, critical=critical).decide(IMPROVE)

    assert (decision.verdict, decision.reason) == (Verdict.NO_GO, Reason.CRITICAL)
    assert (decision.verdict_without_critical, decision.reason_without_critical) == (Verdict.GO, Reason.OK)
    assert "q00005" in decision.sentence
    assert data.decide(IMPROVE).verdict == Verdict.GO


def test_harm_in_a_segment_is_a_no_go_even_where_the_whole_gains() -> None:
    before = np.full(300, 2)
    segment = np.arange(300) < 40
    after = np.where(segment, np.where(np.arange(300) % 2 == 0, 8, 2), 1)

    decision = case(before, after, segments={"faq": segment}).decide(IMPROVE)

    assert (decision.verdict, decision.reason) == (Verdict.NO_GO, Reason.GUARDRAIL_HARM)
    assert "nDCG@10 in faq" in decision.sentence


def test_a_change_too_small_to_be_worth_it_is_a_no_go() -> None:
    same = np.full(300, 2)

    decision = case(same, same).decide(replace(IMPROVE, min_gain=0.05))

    assert (decision.verdict, decision.reason) == (Verdict.NO_GO, Reason.NO_WORTHWHILE_GAIN)


def test_harm_beyond_the_margin_is_a_no_go_for_maintaining() -> None:
    before = np.full(300, 1)

    decision = case(before, np.where(np.arange(300) % 4 == 0, 2, 1)).decide(replace(MAINTAIN, guardrails=()))

    assert (decision.verdict, decision.reason) == (Verdict.NO_GO, Reason.PRIMARY_HARM)


def test_too_few_queries_are_inconclusive_and_more_are_asked_for() -> None:
    decision = better(queries=29).decide(IMPROVE)

    assert (decision.verdict, decision.reason) == (Verdict.INCONCLUSIVE, Reason.SMALL_N)
    assert decision.queries_needed is not None
    assert decision.queries_needed >= 30
    assert better(queries=30).decide(IMPROVE).reason != Reason.SMALL_N


def test_an_open_question_is_inconclusive_and_more_queries_are_asked_for() -> None:
    before, after = ranks(100, seed=1), ranks(100, seed=2)

    decision = case(before, after).decide(MAINTAIN)

    assert (decision.verdict, decision.reason) == (Verdict.INCONCLUSIVE, Reason.PRIMARY_UNRESOLVED)
    assert decision.queries_needed is not None
    assert decision.queries_needed > 100
    assert f"{decision.queries_needed:,} in all" in decision.sentence


def test_a_gain_that_is_sure_but_small_is_inconclusive() -> None:
    before = np.full(400, 2)
    after = np.where(np.arange(400) % 10 == 0, 1, 2)

    decision = case(before, after).decide(replace(IMPROVE, min_gain=0.05))

    assert (decision.verdict, decision.reason) == (Verdict.INCONCLUSIVE, Reason.GAIN_BELOW_MIN)


def test_a_guardrail_that_must_be_proven_and_is_not_is_inconclusive() -> None:
    before = np.full(200, 3)
    after = np.where(np.arange(200) % 4 == 0, 3, 1)
    segment = np.arange(200) < 30
    rails = (Guardrail(segment="faq", kind=Kind.PROVEN, limit=0.02),)
    after[:30] = np.tile([2, 5, 3], 10)

    decision = case(before, after, segments={"faq": segment}).decide(replace(IMPROVE, guardrails=rails))

    assert (decision.verdict, decision.reason) == (Verdict.INCONCLUSIVE, Reason.GUARDRAIL_UNPROVEN)
    assert "nDCG@10 in faq" in decision.sentence
    assert decision.queries_needed is not None
    assert decision.queries_needed > 200


def test_a_proven_guardrail_that_holds_stands_in_no_ones_way() -> None:
    rails = (Guardrail(Measure("Recall", 10), kind=Kind.PROVEN, limit=0.1),)

    assert better().decide(replace(IMPROVE, guardrails=rails)).verdict == Verdict.GO


@pytest.mark.long
@pytest.mark.parametrize("objective", list(Objective))
def test_a_no_go_that_unjudged_documents_could_turn_is_inconclusive(objective: Objective) -> None:
    """The candidate shows unjudged documents where the baseline shows the judged answer."""
    before = np.full(300, 1)
    after = np.where(np.arange(300) % 3 == 0, 2, 1)
    pooled = {"judgments": "pooled", "pooled_from": ("prod",)}
    policy = Policy(objective=objective)

    closed = case(before, after).decide(policy)
    opened = case(before, after, card=pooled).decide(policy)

    assert closed.verdict == Verdict.NO_GO
    assert (opened.verdict, opened.reason) == (Verdict.INCONCLUSIVE, Reason.UNJUDGED)
    assert "worklist" in opened.sentence


def test_a_no_go_from_answers_of_the_baseline_itself_is_inconclusive() -> None:
    before = np.full(300, 1)
    after = np.where(np.arange(300) % 3 == 0, 2, 1)
    mined = {"judgments": "sparse", "pooled_from": ("Prod",)}
    others = {"judgments": "sparse", "pooled_from": ("support tickets",)}
    nobody = {"judgments": "sparse"}

    decisions = [case(before, after, card=card).decide(IMPROVE) for card in (mined, nobody, others)]

    assert [decision.reason for decision in decisions] == [
        Reason.PROVENANCE,
        Reason.PROVENANCE,
        Reason.NO_WORTHWHILE_GAIN,
    ]
    assert decisions[0].verdict == Verdict.INCONCLUSIVE
    assert "come from the baseline's own results" in decisions[0].sentence
    assert "Nobody says where the known answers come from" in decisions[1].sentence


def test_a_go_against_the_bias_of_the_answers_stands() -> None:
    data = better()
    card = {"judgments": "sparse", "pooled_from": ("prod",)}

    biased = case(np.full(200, 3), np.where(np.arange(200) % 4 == 0, 3, 1), card=card)

    assert biased.decide(IMPROVE).verdict == data.decide(IMPROVE).verdict == Verdict.GO


def test_a_critical_loss_stands_whatever_the_source_of_the_answers() -> None:
    after = np.full(200, 1)
    after[5] = 0
    card = {"judgments": "sparse", "pooled_from": ("prod",)}

    decision = case(np.full(200, 3), after, card=card, critical=np.arange(200) == 5).decide(IMPROVE)

    assert decision.reason == Reason.CRITICAL


def test_identical_systems_get_the_verdict_that_the_question_calls_for() -> None:
    few, many = np.full(60, 2), np.full(300, 2)

    verdicts = [
        case(many, many).decide(IMPROVE),
        case(many, many).decide(replace(IMPROVE, min_gain=0.02)),
        case(many, many).decide(MAINTAIN),
        case(few, few).decide(MAINTAIN),
    ]

    assert [decision.reason for decision in verdicts] == [
        Reason.PRIMARY_UNRESOLVED,
        Reason.NO_WORTHWHILE_GAIN,
        Reason.OK,
        Reason.PRIMARY_UNRESOLVED,
    ]


def test_every_query_lost_is_a_no_go() -> None:
    everything, nothing = np.full(60, 1), np.full(60, 0)

    assert case(everything, nothing).decide(IMPROVE).verdict == Verdict.NO_GO
    assert case(everything, nothing).decide(MAINTAIN).verdict == Verdict.NO_GO


def test_one_query_is_too_few_whichever_way_it_goes() -> None:
    for before, after in [([1], [1]), ([1], [0]), ([0], [1])]:
        for policy in (IMPROVE, MAINTAIN):
            decision = case(before, after).decide(policy)

            assert (decision.verdict, decision.reason) == (Verdict.INCONCLUSIVE, Reason.SMALL_N)
            assert decision.queries_needed == 30
            assert (decision.evidence.primary.low, decision.evidence.primary.high) == (-1.0, 1.0)
            assert "at least 29 more queries (30 in all)" in decision.sentence


def test_one_query_of_enormous_weight_leaves_too_few_effective_queries() -> None:
    weights = np.ones(200)
    weights[0] = 1e9
    heavy = case(np.full(200, 3), np.full(200, 1), weights=weights)

    decision = heavy.decide(replace(IMPROVE, use_weights=True))

    assert decision.reason == Reason.SMALL_N
    assert heavy.decide(IMPROVE).verdict == Verdict.GO
