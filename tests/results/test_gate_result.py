"""The result of a gate, of an update and of a gate that could not be asked, with numbers known beforehand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_gates import baseline, gate, gate_outcome
from small_studies import AFTER, BEFORE, QRELS, RR, evaluation, golden

from evalkit.decision.policy import Policy
from evalkit.evaluation import EXPECTED_TIES
from evalkit.findings import Finding, Severity
from evalkit.judging.worklist import WorkItem
from evalkit.regression.baseline import FirstRun, Noise
from evalkit.regression.changes import Changes, Vanished
from evalkit.regression.checks import LARGE_DROP, LEVEL, GateReason, GateVerdict
from evalkit.regression.newcomers import Unjudged
from evalkit.regression.outcome import GateOutcome
from evalkit.regression.stamp import Drift
from evalkit.results.gate import (
    describe_changes,
    describe_noise,
    result_of_gate,
    result_of_update,
)
from evalkit.results.gatefailure import is_failure, result_of_failure
from evalkit.results.gatequeries import WORST
from evalkit.results.parts import DecisionPart
from evalkit.results.result import Result
from evalkit.scoring.measure import Measure
from evalkit.spaces.sketches import SketchCheck

ITEMS = tuple(WorkItem(query=f"q{n}", document=f"d{n}", moves=0.1) for n in range(4))
HOLES = Unjudged(cutoff=10, before=1.0, now=3.0, fresh=0.0, pairs=4, relevant_share=0.5, items=ITEMS)


def result(made: GateOutcome) -> Result:
    return result_of_gate(
        made, {"command": "evalkit gate small"}, reproduce="evalkit gate small --model prod"
    )


def decision(made: GateOutcome) -> DecisionPart:
    (found,) = result(made).decisions
    return found


@pytest.fixture(scope="module")
def failed() -> Result:
    return result(gate_outcome())


@pytest.fixture(scope="module")
def same() -> GateOutcome:
    return gate_outcome(BEFORE)


def test_a_gate_compares_now_with_then(failed: Result) -> None:
    (row,) = (row for row in failed.comparisons if row.measure == "MRR@10" and row.segment is None)
    assert (row.baseline, row.candidate) == ("prod (baseline)", "prod")
    assert (row.baseline_mean, row.candidate_mean) == pytest.approx((2.5 / 3, 1.5 / 3))
    assert failed.kind == "gate"
    assert failed.verdict == "FAIL"
    assert failed.provenance.command == "evalkit gate small"
    assert failed.gate.reproduce == "evalkit gate small --model prod"


def test_the_stored_side_says_what_was_stored_and_nothing_of_now(failed: Result) -> None:
    before, now = failed.systems["prod (baseline)"], failed.systems["prod"]
    assert (before.role, now.role) == ("baseline", "candidate")
    assert (before.spec, before.dims) == ("run/prod.trec", 7)
    assert before.measures["MRR@10"] == pytest.approx(2.5 / 3)
    assert (before.index_recall, before.tie_rate, before.exact_measures) == (None, None, {})
    assert now.measures["MRR@10"] == pytest.approx(1.5 / 3)
    assert now.tie_rate is not None


def test_the_question_of_a_gate_holds_its_own_level(failed: Result) -> None:
    asked = failed.guarding
    assert asked is not None
    assert (asked.primary, asked.objective, asked.tolerance) == ("MRR@10", "gate", 0.01)
    assert (asked.level, asked.large_drop, asked.alpha) == (LEVEL, LARGE_DROP, 2 * LEVEL)
    assert asked.measures == ("MRR@10", "Hit@10")
    assert asked.sentence == "is MRR@10 as good as when the baseline was stored?"
    assert "ties" not in asked.to_json()


def test_the_order_of_ties_is_told_only_where_it_is_not_that_of_every_day() -> None:
    asked = result(gate_outcome(asked=gate(ties=EXPECTED_TIES))).guarding
    assert asked is not None
    assert asked.to_json()["ties"] == "expected"


def test_checks_are_known_by_their_reason_which_is_ok_where_they_hold(failed: Result) -> None:
    known = {rule.row: rule.reason for rule in failed.rules}
    assert known == {"CRITICAL": "CRITICAL", "PRIMARY_DROP": "OK", "LARGE_DROP": "LARGE_DROP"}
    assert {rule.candidate for rule in failed.rules} == {"prod"}


def test_the_decision_is_the_gravest_check_in_a_sentence(failed: Result) -> None:
    (told,) = failed.decisions
    assert (told.verdict, told.reason) == ("FAIL", "CRITICAL")
    assert told.sentence == "1 critical query lost every relevant document from the top ten."
    assert (told.verdict_without_critical, told.reason_without_critical) == ("FAIL", "LARGE_DROP")
    assert told.notes == ()


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (BEFORE, "No value of any query differs from the baseline."),
        ({**BEFORE, "lost": "ab"}, "No value of any query differs from the baseline."),
        ({**BEFORE, "sooner": "de"}, "No check objects."),
        ({**BEFORE, "later": "ac"}, "MRR@10 fell by 0.167: too much, whatever its p-value."),
    ],
)
def test_a_sentence_begins_large_unless_a_measure_opens_it(after: dict[str, str], sentence: str) -> None:
    assert decision(gate_outcome(after)).sentence == sentence


def test_without_its_critical_loss_a_gate_may_pass() -> None:
    """Of three means one falls by 1/3 and another rises by as much."""
    guarded = gate()
    stored = baseline(guarded, {**BEFORE, "later": "a"})
    told = decision(gate_outcome({**BEFORE, "lost": AFTER["lost"]}, asked=guarded, stored=stored))
    assert (told.verdict, told.reason) == ("FAIL", "CRITICAL")
    assert (told.verdict_without_critical, told.reason_without_critical) == ("PASS", "OK")


def test_a_lost_critical_query_is_told_with_the_rank_that_its_answer_has_now(failed: Result) -> None:
    (loss,) = failed.critical
    assert (loss.query, loss.text, loss.candidate) == ("lost", "what of lost?", "prod")
    assert (loss.baseline_rank, loss.candidate_rank) == (None, 11)
    assert (loss.confirmed, loss.stands) == (True, True)


def test_a_loss_counts_only_where_a_check_that_speaks_names_it_and_no_one_waived_it() -> None:
    made = gate_outcome()
    silent = tuple(replace(check, verdict=None) for check in made.checks)
    (unseen,) = result(replace(made, checks=silent)).critical
    assert (unseen.confirmed, unseen.stands) == (False, False)

    policy = Policy(primary=RR, guardrails=(), waivers={"lost": "known"})
    (waived,) = result(gate_outcome(asked=gate(policy=policy))).critical
    assert (waived.waiver, waived.stands) == ("known", False)


def test_every_query_is_told_with_both_values_the_worst_first(failed: Result) -> None:
    told = failed.deltas["prod"]
    assert told.ids == ("lost", "later", "sooner")
    assert told.deltas == (-1.0, -0.5, 0.5)
    assert (told.baseline, told.candidate) == ((1.0, 1.0, 0.5), (0.0, 0.5, 1.0))


def test_weights_say_which_query_is_worst_where_the_policy_uses_them() -> None:
    heavy = golden(weights=np.where(np.array(golden().queries.ids) == "later", 9.0, 1.0))
    policy = Policy(primary=RR, guardrails=(), use_weights=True)
    told = result(gate_outcome(asked=gate(golden=heavy, policy=policy)))
    assert told.deltas["prod"].ids == ("later", "lost", "sooner")
    assert [query.id for query in told.queries] == ["later", "lost"]


def test_only_queries_that_fell_are_shown_in_full(failed: Result) -> None:
    assert [query.id for query in failed.queries] == ["lost", "later"]
    (_, later) = failed.queries
    assert (later.text, later.delta, later.weight) == ("what of later?", -0.5, 2.0)
    assert (later.baseline_score, later.candidate_score) == (1.0, 0.5)
    assert (later.critical, later.segments, later.baseline_top) == (False, ("short",), ())


def test_no_more_than_twenty_queries_are_shown_in_full() -> None:
    names = [f"q{n:02d}" for n in range(WORST + 5)]
    known = type(golden()).of(
        "many",
        queries={name: name for name in names},
        corpus=dict.fromkeys("ab", ""),
        qrels={name: {"a": 1} for name in names},
    )
    guarded = gate(golden=known)
    stored = baseline(guarded, dict.fromkeys(names, "ab"))
    told = result(gate_outcome(dict.fromkeys(names, "ba"), asked=guarded, stored=stored))
    assert [query.id for query in told.queries] == names[:WORST]
    assert told.deltas["prod"].ids == tuple(names)


def test_what_was_looked_at_twice_says_so(same: GateOutcome) -> None:
    fell = gate_outcome()
    once, twice = result(fell).gate, result(replace(fell, first=fell.look)).gate
    assert (once.looks, once.first_look) == (1, ())
    assert (twice.looks, [rule.row for rule in twice.first_look]) == (2, [c.row for c in fell.checks])

    (again,) = decision(replace(fell, first=fell.look)).notes
    assert again.endswith("it failed both times")
    (accident,) = decision(replace(same, first=fell.look)).notes
    assert accident.endswith("what was seen is not reproducible")


@pytest.mark.parametrize("reason", [GateReason.UNJUDGED, GateReason.COPIES])
def test_a_failure_that_was_withheld_has_failed_both_times_too(reason: GateReason) -> None:
    fell = gate_outcome()
    warned = tuple(
        replace(c, verdict=GateVerdict.WARN, reason=reason) if c.verdict else c for c in fell.checks
    )
    (told,) = decision(replace(fell, first=fell.look, checks=warned)).notes
    assert told.endswith("it failed both times")


def test_queries_that_changed_are_counted_beside_those_that_are_compared(same: GateOutcome) -> None:
    changed = Changes(added=("x",), gone=("y",), common=("later", "sooner"))
    first = decision(replace(same, changes=changed)).notes[0]
    assert first == f"2 queries are compared, {changed.left_out} are left out by --common"
    assert decision(same).notes == ()


def test_holes_are_told_where_a_check_speaks_or_new_documents_came(same: GateOutcome) -> None:
    assert decision(replace(same, unjudged=HOLES)).notes == ()

    told = decision(replace(gate_outcome(), unjudged=HOLES)).notes
    assert told == (
        HOLES.words,
        "to judge first, of 4: d0 for q0, d1 for q1, d2 for q2; -o FOLDER writes worklist.csv",
    )
    fresh = replace(HOLES, fresh=2.0, items=())
    assert decision(replace(same, unjudged=fresh)).notes == (fresh.words,)


def test_holes_are_told_as_shares_of_what_is_looked_at(same: GateOutcome) -> None:
    part = result(replace(same, unjudged=replace(HOLES, agreement=((0.5, 0.9),), stands=False))).unjudged[
        "prod"
    ]
    assert (part.judged_baseline, part.judged_candidate) == (0.9, 0.7)
    assert part.gap == pytest.approx(-0.2)
    assert (part.cutoff, part.unjudged, part.relevant_share) == (10, 4, 0.5)
    assert (part.agreement, part.stable, part.tipping) == (((0.5, 0.9),), False, None)
    assert result(same).unjudged == {}


def test_warnings_about_the_run_are_notes_of_a_failure_and_notices_are_not() -> None:
    fell = gate_outcome()
    seen = (
        Finding("EK1", Severity.WARNING, "ties decide"),
        Finding("EK2", Severity.NOTICE, "by the way"),
    )
    evaluated = replace(fell.look.evaluation, at_chance=seen)
    made = replace(fell, look=replace(fell.look, evaluation=evaluated))
    assert decision(made).notes == ("ties decide",)
    assert [item.code for item in result(made).findings][-2:] == ["EK1", "EK2"]
    quiet = tuple(replace(check, verdict=None) for check in fell.checks)
    assert decision(replace(made, checks=quiet)).notes == ()


def test_drift_noise_changes_and_canaries_are_told_as_they_are(same: GateOutcome) -> None:
    moved = (Drift("index", "Flat", None),)
    watched = SketchCheck(compared=7, moved=2, farthest=0.03)
    gone = Changes(gone=("y",), vanished=(Vanished(document="d", relevant=("q",), shown=("p", "q")),))
    told = result(replace(same, drift=moved, watched=watched, changes=gone)).to_json()["gate"]
    assert told["drift"] == [{"field": "index", "before": "Flat", "after": None}]
    assert told["canaries"] == {"compared": 7, "moved": 2, "farthest": 0.03}
    assert told["changes"]["gone"] == ["y"]
    assert told["changes"]["vanished"] == [{"document": "d", "relevant": ["q"], "shown": ["p", "q"]}]
    assert told["unchanged"] is True
    assert result(same).to_json()["gate"]["canaries"] == {}


def test_changes_are_told_in_lists_and_in_words() -> None:
    changed = Changes(added=("a",), reworded=("b",), rejudged=("c",))
    told = describe_changes(changed)
    assert (told["added"], told["reworded"], told["rejudged"], told["gone"]) == (["a"], ["b"], ["c"], [])
    assert told["words"] == list(changed.words)


def test_the_first_run_is_told_only_where_it_differs_from_the_others() -> None:
    hit = Measure("Hit", 10)
    noise = Noise(runs=3, repeated="vectors", variance={RR: 0.25, hit: 0.0})
    stored = baseline(gate(), noise=noise)
    plain = {"runs": 3, "repeated": "vectors", "variance": {"MRR@10": 0.25, "Hit@10": 0.0}}
    assert describe_noise(stored) == plain

    first = FirstRun(means=(0.5, 1.0), queries=("lost",))
    told = describe_noise(replace(stored, noise=replace(noise, first=first)))
    assert told == {**plain, "first": {"measures": {"MRR@10": 0.5, "Hit@10": 1.0}, "queries": ["lost"]}}


def test_the_size_below_which_drops_are_missed_is_told_beside_the_power(failed: Result) -> None:
    power = failed.power["prod"]
    assert (power.queries, power.queries_needed) == (3, None)
    assert power.missed_below == pytest.approx(gate_outcome().missed_below)
    assert failed.gate.tolerance == pytest.approx(0.01)


def test_an_update_tells_the_means_that_were_stored_and_no_verdict() -> None:
    guarded = gate()
    stored = baseline(guarded)
    changes: dict[str, Any] = {"file": "b.json", "new": True}
    told = result_of_update(
        guarded, evaluation("prod", AFTER, guarded.setting), stored, {"command": "c"}, changes=changes
    )
    assert (told.verdict, told.decisions, told.comparisons) == (None, (), ())
    assert told.systems["prod"].role == "alone"
    assert told.systems["prod"].measures == pytest.approx({"MRR@10": 2.5 / 3, "Hit@10": 1.0})
    assert told.gate.updated is not None
    assert (told.gate.updated.file, told.gate.updated.new) == ("b.json", True)
    assert told.counts.queries == len(QRELS)


def test_a_gate_that_could_not_be_asked_knows_why_and_who_was_meant() -> None:
    finding = Finding("EK153", Severity.ERROR, "other judgements", ("5 queries",), "store a new one")
    told = result_of_failure([finding], golden="small", model="prod", provenance={}, reproduce="evalkit gate")
    assert is_failure(told)
    assert (told.golden.name, told.golden.queries) == ("small", 0)
    assert (told.gate.system, told.gate.reproduce) == ("prod", "evalkit gate")
    assert told.findings[0].places == ("5 queries",)
    assert told.decisions == ()
    assert not is_failure(result(gate_outcome()))
