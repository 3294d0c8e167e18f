"""The decision table as such: known rows, several candidates, and what may never turn a verdict."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from decision_cases import case, ranks
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.comparison.effect import effects
from evalkit.comparison.querygroups import cluster
from evalkit.decision.decide import decide
from evalkit.decision.evidence import Component, CriticalLoss, Evidence, Place, Sensitivity
from evalkit.decision.policy import Guardrail, Kind, Objective, Policy
from evalkit.decision.sizes import queries_for_primary
from evalkit.decision.verdict import Decision, Reason, Verdict
from evalkit.errors import NothingToEvaluateError, UnknownNameError
from evalkit.results.older import completed
from evalkit.results.parts import RulePart
from evalkit.results.result import Result
from evalkit.results.rules import describe_rule
from evalkit.scoring.measure import Measure

NDCG, RECALL = Measure("nDCG", 10), Measure("Recall", 10)
_VECTORS = json.loads((Path(__file__).parents[1] / "data" / "statistics.json").read_text(encoding="utf-8"))
P19 = next(entry for entry in _VECTORS["vectors"] if entry["id"] == "P19")
FIRMNESS = [Verdict.NO_GO, Verdict.INCONCLUSIVE, Verdict.GO]
SHAKY = Sensitivity(
    cutoff=10,
    judged_baseline=1.0,
    judged_candidate=0.5,
    unjudged=40,
    relevant_share=0.3,
    agreement=((0.3, 0.2),),
    tipping=0.05,
    stable=False,
)  # a verdict that labels could turn


def component(**changes: Any) -> Component:
    """Return a primary component that is a clear gain, but for `changes`."""
    gain = Component(
        measure=NDCG,
        limit=0.02,
        delta=0.05,
        low=0.02,
        high=0.08,
        p_superior=0.001,
        p_non_inferior=0.0001,
        p_harm=0.999,
        queries=300,
        effective_queries=300.0,
        sd=0.26,
    )
    return replace(gain, **changes)


def rail(name: str, kind: Kind = Kind.NO_HARM, **changes: Any) -> Component:
    """Return a guardrail in a segment of that name."""
    return component(segment=name, kind=kind, limit=0.04, **changes)


def evidence(primary: Component | None = None, *rails: Component, **fields: Any) -> Evidence:
    fields = {"baseline": "old", "candidate": "new"} | fields
    return Evidence(primary=primary or component(), guardrails=rails, **fields)


def decided(item: Evidence, policy: Policy | None = None) -> Decision:
    (decision,) = decide([item], policy or Policy()).decisions
    return decision


@pytest.mark.parametrize("row", P19["expected"])
def test_the_known_rows_of_the_decision_table_hold(row: dict[str, Any]) -> None:
    known = P19["input"]
    policy = Policy(
        objective=row["objective"], min_gain=known["min_gain"], margin=known["margin"], guardrails=()
    )
    primary = component(
        delta=row["est"],
        low=row["L"],
        high=row["U"],
        p_superior=row["p_sup"],
        p_non_inferior=row["p_ni"],
        p_harm=row["p_harm"],
    )

    decision = decided(evidence(primary), policy)

    assert policy.level == known["alpha_one_sided"]
    assert (decision.verdict, decision.reason) == (row["verdict"], row["reason"])
    (unworded,) = decide([evidence(primary)], policy, worded=False).decisions
    assert (unworded.verdict, unworded.reason) == (decision.verdict, decision.reason)
    assert unworded.queries_needed == decision.queries_needed


def test_worse_but_within_the_margin_is_a_go_that_says_so() -> None:
    primary = component(
        delta=-0.010, low=-0.013, high=-0.007, p_superior=1.0, p_non_inferior=0.0001, p_harm=0.0001
    )

    decision = decided(evidence(primary), Policy(objective=Objective.MAINTAIN))

    assert decision.verdict == Verdict.GO
    assert "measurably worse" in decision.notes[0]


def test_the_first_rule_that_speaks_gives_the_reason() -> None:
    hopeless = component(
        delta=-0.1, high=-0.05, p_superior=1.0, p_harm=0.0001, p_non_inferior=1.0, effective_queries=10.0
    )
    harmed = rail("faq", delta=-0.2, p_harm=0.0001)
    lost = (CriticalLoss(query="q1"),)

    reasons = [
        decided(evidence(hopeless, harmed, losses=lost)).reason,
        decided(evidence(hopeless, harmed)).reason,
        decided(evidence(hopeless)).reason,
        decided(evidence(replace(hopeless, high=0.1))).reason,
    ]

    assert reasons == [
        Reason.CRITICAL,
        Reason.GUARDRAIL_HARM,
        Reason.NO_WORTHWHILE_GAIN,
        Reason.SMALL_N,
    ]


def test_every_rule_is_told_even_after_one_has_spoken() -> None:
    decision = decided(evidence(None, rail("faq", Kind.PROVEN), losses=(CriticalLoss(query="q1"),)))

    assert decision.reason == Reason.CRITICAL
    assert [result.row for result in decision.rules] == ["1", "2", "3i", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        (CriticalLoss(query="q1"), Reason.CRITICAL),
        (CriticalLoss(query="q1", waiver="the page is gone"), Reason.OK),
        (CriticalLoss(query="q1", confirmed=False), Reason.OK),
    ],
)
def test_waived_losses_and_losses_of_the_index_do_not_count_but_are_told(
    loss: CriticalLoss, reason: Reason
) -> None:
    decision = decided(evidence(losses=(loss,)))

    assert decision.reason == reason
    assert reason == Reason.CRITICAL or "q1" in decision.notes[0]


def test_as_many_critical_losses_as_allowed_are_accepted() -> None:
    losses = tuple(CriticalLoss(query=f"q{number}") for number in range(3))

    assert decided(evidence(losses=losses), Policy(critical_losses_allowed=3)).verdict == Verdict.GO
    assert decided(evidence(losses=losses), Policy(critical_losses_allowed=2)).verdict == Verdict.NO_GO


def test_harm_alarms_share_the_level_among_the_guardrails() -> None:
    harmed = rail("faq", delta=-0.2, p_harm=0.02)

    assert decided(evidence(None, harmed)).reason == Reason.GUARDRAIL_HARM
    assert decided(evidence(None, harmed, rail("other"))).reason == Reason.OK


def test_a_segment_too_small_to_judge_neither_raises_an_alarm_nor_weakens_others() -> None:
    harmed, small = rail("faq", delta=-0.2, p_harm=0.02), rail("tiny", effective_queries=19.0)

    assert decided(evidence(None, harmed, small)).reason == Reason.GUARDRAIL_HARM
    alarm = replace(small, delta=-0.9, p_harm=1e-6)
    decision = decided(evidence(None, alarm))
    assert decision.verdict == Verdict.GO
    assert [result.passed for result in decision.rules if result.row == "2"] == [None]


def test_significant_harm_within_the_limit_raises_no_alarm() -> None:
    assert decided(evidence(None, rail("faq", delta=-0.03, p_harm=1e-6))).verdict == Verdict.GO


def test_several_candidates_share_the_level() -> None:
    first = evidence(component(p_superior=0.02), candidate="first")
    second = evidence(component(p_superior=0.5, delta=0.001), candidate="second")

    alone, together = decide([first], Policy()), decide([first, second], Policy())

    assert alone.verdict == Verdict.GO
    assert [d.reason for d in together.decisions] == [Reason.PRIMARY_UNRESOLVED] * 2
    assert together.recommended is None


def test_the_best_of_several_is_recommended_with_a_warning() -> None:
    candidates = [evidence(component(delta=d), candidate=name) for name, d in (("b", 0.03), ("c", 0.06))]

    conclusion = decide(candidates, Policy())

    assert (conclusion.verdict, conclusion.recommended) == (Verdict.GO, "c")
    assert "optimistic" in conclusion.notes[0]
    assert "fresh sample" in decide(candidates * 2, Policy()).notes[1]
    assert decide(candidates[:1], Policy()).notes == ()


@pytest.mark.parametrize(
    ("highs", "verdict"),
    [((-0.1, -0.1), Verdict.NO_GO), ((-0.1, 0.1), Verdict.INCONCLUSIVE)],
)
def test_the_verdict_over_all_is_no_go_only_if_every_one_is(
    highs: tuple[float, float], verdict: Verdict
) -> None:
    items = [evidence(component(p_superior=1.0, delta=-0.2, high=high)) for high in highs]

    assert decide(items, Policy()).verdict == verdict


def test_one_candidate_that_may_replace_the_baseline_is_enough() -> None:
    good, bad = evidence(candidate="good"), evidence(component(delta=-0.2, high=-0.1, p_superior=1.0))
    open_one = evidence(component(p_superior=0.5))

    conclusion = decide([bad, good, open_one], Policy())

    assert (conclusion.verdict, conclusion.recommended) == (Verdict.GO, "good")
    assert [d.verdict for d in conclusion.decisions] == [Verdict.NO_GO, Verdict.GO, Verdict.INCONCLUSIVE]


def test_too_few_queries_are_asked_to_become_as_many_as_the_plan_needs_and_thirty_at_least() -> None:
    few = component(queries=20, effective_queries=20.0, sd=0.26)
    still = replace(few, sd=0.0)
    policy = Policy(objective=Objective.MAINTAIN, margin=0.2)

    wide, narrow = (decided(evidence(item), policy) for item in (few, still))

    assert (wide.reason, narrow.reason) == (Reason.SMALL_N, Reason.SMALL_N)
    assert wide.queries_needed == queries_for_primary(few, policy)
    assert (wide.queries_needed or 0) > 30
    assert narrow.queries_needed == 30


def test_no_candidate_is_nothing_to_evaluate() -> None:
    with pytest.raises(NothingToEvaluateError):
        decide([], Policy())


def test_an_unproven_guardrail_of_another_candidate_can_cost_this_one_its_proof() -> None:
    sure = evidence(component(p_superior=0.02), rail("faq", Kind.PROVEN), candidate="sure")
    unsure = evidence(
        component(p_superior=0.0001), rail("faq", Kind.PROVEN, p_non_inferior=0.5), candidate="unsure"
    )

    decisions = decide([sure, unsure], Policy()).decisions

    assert [d.reason for d in decisions] == [Reason.GUARDRAIL_UNPROVEN] * 2
    assert decide([sure], Policy()).verdict == Verdict.GO


def test_looks_share_the_level() -> None:
    once = evidence(component(p_superior=0.02))

    assert decided(once, Policy(looks=1)).verdict == Verdict.GO
    assert decided(once, Policy(looks=2)).verdict == Verdict.INCONCLUSIVE


def test_a_verdict_that_labels_could_turn_is_withheld_and_an_open_one_keeps_its_reason() -> None:
    hopeless = component(delta=-0.1, high=-0.05, p_superior=1.0)

    assert decided(evidence(sensitivity=SHAKY)).reason == Reason.UNJUDGED
    assert decided(evidence(hopeless, sensitivity=SHAKY)).reason == Reason.UNJUDGED
    assert decided(evidence(losses=(CriticalLoss(query="q1"),), sensitivity=SHAKY)).reason == Reason.UNJUDGED
    assert decided(evidence(component(p_superior=0.4), sensitivity=SHAKY)).reason == Reason.PRIMARY_UNRESOLVED
    assert decided(evidence(sensitivity=replace(SHAKY, stable=True))).verdict == Verdict.GO
    assert SHAKY.gap == -0.5

    at_chance = decided(evidence(hopeless, sensitivity=SHAKY, at_chance=True))
    assert at_chance.verdict == Verdict.NO_GO
    assert "labels do not excuse that" in at_chance.rules[-1].words


def test_queries_needed_count_the_whole_set_when_a_segment_must_grow() -> None:
    item = evidence(None, rail("faq", Kind.PROVEN, p_non_inferior=0.3, queries=50, effective_queries=50.0))

    decision = decided(item)

    assert decision.reason == Reason.GUARDRAIL_UNPROVEN
    assert decision.queries_needed is not None
    assert decision.queries_needed > 300
    assert f"{decision.queries_needed - 250:,} queries there" in decision.sentence


def test_a_plan_already_met_is_not_answered_with_more_queries() -> None:
    large = component(p_superior=0.3, queries=5000, effective_queries=5000.0)

    decision = decided(evidence(large))

    assert decision.reason == Reason.PRIMARY_UNRESOLVED
    assert decision.queries_needed is None
    assert "more queries are not the cure" in decision.sentence


def verdict_of(deltas: list[float], policy: Policy) -> int:
    """Return how firmly the deltas speak for the candidate: 0 NO-GO, 1 INCONCLUSIVE, 2 GO."""
    sums = cluster(deltas)
    (effect,) = effects([sums], policy, seed=1)
    place = Place(NDCG, None, None, policy.margin)
    primary = Component.of(place, effect, queries=len(deltas))
    return FIRMNESS.index(decided(evidence(primary), policy).verdict)


unit_deltas = st.lists(st.floats(-0.9, 0.9).map(lambda x: round(x, 2)), min_size=30, max_size=36)
policies = st.builds(
    Policy,
    objective=st.sampled_from(Objective),
    margin=st.floats(0, 0.5),
    min_gain=st.floats(0, 0.2),
    guardrails=st.just(()),
)


@settings(max_examples=60, deadline=None)
@given(unit_deltas, policies, st.floats(0, 0.1))
def test_more_gain_on_every_query_never_turns_a_go_into_a_no_go(
    deltas: list[float], policy: Policy, gain: float
) -> None:
    before, after = verdict_of(deltas, policy), verdict_of([delta + gain for delta in deltas], policy)

    assert FIRMNESS[before] != Verdict.GO or FIRMNESS[after] != Verdict.NO_GO


@settings(max_examples=60, deadline=None)
@given(unit_deltas, policies, st.floats(0, 0.5))
def test_a_wider_margin_never_worsens_the_verdict(deltas: list[float], policy: Policy, extra: float) -> None:
    wider = replace(policy, margin=policy.margin + extra)

    assert verdict_of(deltas, wider) >= verdict_of(deltas, policy)


def test_a_guardrail_for_one_segment_wins_over_one_for_every_segment() -> None:
    segments = {"faq": np.arange(100) < 50, "other": np.arange(100) >= 50}
    rails = (Guardrail(segment="faq", kind=Kind.PROVEN, limit=0.5), Guardrail(segment="*"))

    (item,) = case(ranks(100, seed=1), ranks(100, seed=2), segments=segments).evidence(
        Policy(guardrails=rails)
    )

    assert {(c.segment, c.kind, c.limit) for c in item.guardrails} == {
        ("faq", Kind.PROVEN, 0.5),
        ("other", Kind.NO_HARM, 0.04),
    }


def test_a_guardrail_for_every_segment_watches_those_of_twenty_effective_queries_and_more() -> None:
    segments = {"large": np.arange(100) < 20, "small": np.arange(100) >= 81}
    rails = (Guardrail(segment="*", kind=Kind.PROVEN),)

    (item,) = case(ranks(100, seed=1), ranks(100, seed=2), segments=segments).evidence(
        Policy(guardrails=rails)
    )

    assert [c.segment for c in item.guardrails] == ["large"]


def test_the_primary_measure_on_the_whole_set_is_not_its_own_guardrail() -> None:
    (item,) = case(ranks(40), ranks(40)).evidence(Policy(guardrails=(Guardrail(NDCG), Guardrail(RECALL))))

    assert [c.name for c in item.guardrails] == ["Recall@10"]


def test_a_guardrail_on_an_unknown_segment_names_the_known_ones() -> None:
    data = case(ranks(40), ranks(40), segments={"billing": np.arange(40) < 20})

    with pytest.raises(UnknownNameError, match="'biling'") as caught:
        data.evidence(Policy(guardrails=(Guardrail(segment="biling"),)))

    assert "billing" in caught.value.hint


@pytest.mark.parametrize("objective", ["improve", "maintain"])
def test_results_of_earlier_versions_say_of_rules_what_todays_say(objective: str) -> None:
    """They held an id and a name; unit, place, measure and term are filled in from these."""
    losing = replace(
        evidence(
            component(), rail("source=phone"), rail("lang=en", Kind.PROVEN), replace(rail(""), segment=None)
        ),
        source_doubtful=True,
        in_any_order="NO-GO",
    )
    rules = decided(losing, Policy(objective=Objective(objective))).rules
    written = [RulePart.of(describe_rule(rule, "new")) for rule in rules]
    later = {"unit", "about", "term", "measure", "segment", "queries_needed", "p", "sites"}
    kept = [name for name in describe_rule(rules[0], "new") if name not in later]
    bare = [RulePart.of({name: getattr(rule, name) for name in kept}) for rule in written]

    told = completed(Result.found(rules=bare)).rules

    assert [(rule.about, rule.unit, rule.term) for rule in told] == [
        (rule.about, rule.unit, rule.term) for rule in written
    ]
    on_rails = [(rule.measure, rule.segment) for rule in told if rule.row in ("2", "7")]
    assert on_rails == [(rule.measure, rule.segment) for rule in written if rule.row in ("2", "7")]
