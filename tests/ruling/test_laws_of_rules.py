"""Laws of the engine: who speaks, what is withheld, and that nothing else is touched."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.decision.verdict import Reason, Ruled, Verdict
from evalkit.ruling.engine import doubts, speaking, withheld
from evalkit.ruling.rule import About, Site, Unit
from evalkit.scoring.measure import Measure

results = st.builds(
    Ruled,
    row=st.sampled_from(["1", "2", "8"]),
    name=st.just("a rule"),
    about=st.sampled_from(About),
    words=st.just("seen"),
    passed=st.sampled_from([True, False, None]),
    reason=st.sampled_from(Reason),
    verdict=st.none() | st.sampled_from(Verdict),
)
several = st.lists(results, max_size=6)
orders = st.permutations(list(Verdict)).flatmap(
    lambda found: st.integers(0, 3).map(lambda kept: tuple(found[:kept]))
)


@settings(max_examples=40)
@given(several, orders)
def test_who_decides_says_something_and_is_one_of_them(
    found: list[Ruled], order: tuple[Verdict, ...]
) -> None:
    decides = speaking(found, order)
    spoken = [result for result in found if result.verdict is not None]
    assert (decides is None) == (not spoken)
    assert decides is None or any(decides is result for result in spoken)


@settings(max_examples=40)
@given(several, orders)
def test_no_graver_verdict_and_none_as_grave_before_it_was_passed_over(
    found: list[Ruled], order: tuple[Verdict, ...]
) -> None:
    decides = speaking(found, order)
    if decides is None:
        return
    said = [result.verdict for result in found if result.verdict is not None]
    grave = [verdict for verdict in order if verdict in said]
    assert decides.verdict == (grave[0] if grave else said[0])
    place = next(place for place, result in enumerate(found) if result is decides)
    assert all(result.verdict != decides.verdict for result in found[:place])


@settings(max_examples=40)
@given(several, st.sampled_from(Reason))
def test_a_rule_that_says_nothing_more_changes_no_decision(found: list[Ruled], reason: Reason) -> None:
    silent = Ruled(row="9", name="n", about=About.PRIMARY, words="w", passed=True, reason=reason)
    for place in range(len(found) + 1):
        with_it = [*found[:place], silent, *found[place:]]
        assert speaking(with_it) is speaking(found)


@settings(max_examples=40)
@given(several, st.sampled_from(Reason))
def test_only_a_doubt_that_fails_and_withholds_this_reason_withholds_it(
    found: list[Ruled], said: Reason
) -> None:
    withholding = {Reason.UNJUDGED: {Reason.OK, Reason.PRIMARY_HARM}, Reason.COPIES: {Reason.OK}}
    told = doubts(found, said, withholding)
    for result in found:
        objects = result.passed is False and said in withholding.get(result.reason, set())
        assert any(result is doubt for doubt in told) == objects
    assert doubts(found, said, {}) == ()


@settings(max_examples=40)
@given(several)
def test_withholding_turns_one_verdict_into_another_and_twice_is_once(found: list[Ruled]) -> None:
    turn = (Verdict.GO, Verdict.INCONCLUSIVE, Reason.COPIES, "copies may explain it")
    once = withheld(found, *turn)
    assert withheld(once, *turn) == once
    for before, after in zip(found, once, strict=True):
        if before.verdict is not Verdict.GO:
            assert after is before
            continue
        changed = {"verdict": Verdict.INCONCLUSIVE, "reason": Reason.COPIES, "words": after.words}
        assert after == dataclasses.replace(before, **changed)  # type: ignore[arg-type] # by name
        assert after.words == "seen; copies may explain it"
    assert all(result.verdict is not Verdict.GO for result in once)


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_leads_to_one_verdict_and_only_ok_to_a_go(reason: Reason) -> None:
    assert (reason.verdict is Verdict.GO) == (reason is Reason.OK)
    worse = {Reason.CRITICAL, Reason.GUARDRAIL_HARM, Reason.NO_WORTHWHILE_GAIN, Reason.PRIMARY_HARM}
    assert (reason.verdict is Verdict.NO_GO) == (reason in worse)


def test_what_a_rule_does_not_say_is_absent_and_what_it_counts_is_a_value_unless_it_says_so() -> None:
    bare = Ruled(row="1", name="n", about=About.PRIMARY, words="w", passed=None, reason=Reason.OK)
    numbers = ("observed", "low", "high", "limit", "p", "queries_needed", "measure", "segment", "verdict")
    assert {getattr(bare, name) for name in numbers} == {None}
    assert (bare.unit, bare.term, bare.sites) == (Unit.VALUE, "", ())
    with pytest.raises(dataclasses.FrozenInstanceError):
        bare.words = "other"  # type: ignore[misc] # wrong on purpose


def test_sites_are_the_same_where_they_name_the_same() -> None:
    recall = Measure("Recall", 10)
    assert hash(Site(measure=recall, segment="a")) == hash(Site(measure=Measure.parse("R@10"), segment="a"))
    assert Site(query="q") != Site(query="q", segment="a")


def test_what_rules_are_about_stands_in_the_order_in_which_a_decision_is_read() -> None:
    assert list(About)[:5] == [About.PRIMARY, About.QUERIES, About.GUARDRAIL, About.SEGMENT, About.CRITICAL]
