"""The result of a comparison, held against numbers that were reckoned by hand."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_studies import AFTER, BEFORE, QRELS, RR, evaluation, golden, outcome

from evalkit.decision.evidence import Sensitivity
from evalkit.decision.policy import Objective, Policy
from evalkit.decision.verdict import Reason, Verdict
from evalkit.evaluation import EXPECTED_TIES
from evalkit.findings import Finding, Severity
from evalkit.judging.settling import Settling
from evalkit.results.compare import (
    COMPARISON_KEYS,
    describe_question,
    first_relevant,
    result_of,
    result_of_run,
)
from evalkit.results.result import Result
from evalkit.selftest import DamageStep


@pytest.fixture(scope="module")
def found() -> Result:
    return result_of(outcome(), {"command": "evalkit compare small"})


def test_means_are_those_of_the_three_counted_queries(found: Result) -> None:
    """Reciprocal ranks: 1, 1 and 1/2 before; 0 (rank 11), 1/2 and 1 after."""
    (row,) = (row for row in found.comparisons if row.measure == "MRR@10" and row.segment is None)
    assert (row.baseline, row.candidate, row.queries) == ("old", "new", 3)
    assert (row.baseline_mean, row.candidate_mean) == pytest.approx((2.5 / 3, 1.5 / 3))
    assert row.delta == pytest.approx(-1 / 3)
    assert (row.wins, row.ties, row.losses) == (1, 0, 2)
    assert found.systems["old"].measures["MRR@10"] == pytest.approx(2.5 / 3)
    assert found.systems["new"].measures["Recall@10"] == pytest.approx((0.5 * 0 + 1 + 1) / 3)


def test_each_system_says_its_role_and_how_much_of_its_first_results_is_judged(found: Result) -> None:
    assert {name: part.role for name, part in found.systems.items()} == {
        "old": "baseline",
        "new": "candidate",
    }
    # Before: 2 of 3, 1 of 2 and 2 of 2 results are judged; after: none of the first 10, 1 of 2, 2 of 2.
    assert found.systems["old"].measures["Judged@10"] == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert found.systems["new"].measures["Judged@10"] == pytest.approx((0 + 1 / 2 + 1) / 3)
    assert found.systems["old"].spec == "run/old.trec"
    assert found.systems["old"].fingerprint is None
    assert found.systems["old"].index is None


def test_a_judged_share_that_was_asked_for_is_told_once() -> None:
    told = result_of(outcome(), {}).systems["old"].measures
    assert list(told) == ["MRR@10", "Recall@10", "Judged@10"]


def test_every_denominator_is_counted(found: Result) -> None:
    counts = found.counts
    assert (counts.queries, counts.scored, counts.without_relevant) == (4, 3, 1)
    assert (counts.critical, counts.groups, counts.documents, counts.unreachable_documents) == (2, 4, 12, 0)
    assert (counts.judgements, counts.relevant) == (6, 4)
    assert counts.relevant_per_query == pytest.approx(4 / 3)


def test_the_golden_set_is_told_as_its_card_says(found: Result) -> None:
    part = found.golden
    assert (part.name, part.version, part.license, part.description) == ("small", "3", "CC0", "of four")
    assert part.judgments == "not stated"
    assert part.segments == {"short": "few words"}
    assert (part.queries, part.documents, part.judgements) == (4, 12, 6)
    assert (part.digest, part.judgements_digest) == (golden().digest, golden().judgements_digest)


def test_a_segment_that_the_card_does_not_explain_is_told_without_a_meaning() -> None:
    bare = golden(card=replace(golden().card, segments={}, pooled_from=("bm25",)))
    part = result_of(outcome(on=bare), {}).golden
    assert part.segments == {"short": ""}
    assert part.pooled_from == ("bm25",)


def test_a_critical_loss_is_told_with_the_ranks_of_its_first_relevant_document(found: Result) -> None:
    (loss,) = found.critical
    assert (loss.candidate, loss.query, loss.text) == ("new", "lost", "what of lost?")
    assert (loss.baseline_rank, loss.candidate_rank) == (1, 11)
    assert (loss.confirmed, loss.waiver, loss.stands) == (True, "", True)


def test_a_waived_loss_is_told_and_does_not_stand() -> None:
    policy = Policy(primary=RR, guardrails=(), waivers={"lost": "the page is gone"})
    (loss,) = result_of(outcome(policy=policy), {}).critical
    assert (loss.waiver, loss.stands) == ("the page is gone", False)


def test_a_critical_query_that_comes_back_is_a_gain_with_its_ranks() -> None:
    (decision,) = result_of(outcome(BEFORE, before=AFTER), {}).decisions
    assert [gain.to_json() for gain in decision.critical_gained] == [
        {"query": "lost", "baseline_rank": 11, "candidate_rank": 1}
    ]


def test_a_document_that_is_never_found_has_no_rank() -> None:
    (decision,) = result_of(outcome(BEFORE, before={**AFTER, "lost": "cde"}), {}).decisions
    assert decision.critical_gained[0].baseline_rank is None


def test_the_first_relevant_rank_is_known_only_where_one_is_within_the_depth() -> None:
    made = outcome()
    row, asked = golden().queries.row, Policy(primary=RR)
    assert first_relevant(made.baseline, asked) == {row("lost"): 1, row("later"): 1, row("sooner"): 2}
    assert first_relevant(made.candidates[0], asked) == {row("lost"): 11, row("later"): 2, row("sooner"): 1}


def test_the_ceiling_is_what_the_best_order_of_the_judged_documents_reaches(found: Result) -> None:
    assert found.ceiling == pytest.approx({"MRR@10": 1.0, "Recall@10": 1.0})


def test_a_cutoff_below_the_number_of_relevant_documents_lowers_the_ceiling() -> None:
    """Query "lost" has two relevant documents, of which one fits: 1/2; the two others reach 1."""
    one = Policy(primary=RR, guardrails=())
    told = result_of(outcome(policy=one, depth=1), {}).ceiling
    assert told["Recall@10"] == pytest.approx((0.5 + 1 + 1) / 3)


def test_power_is_that_of_the_primary_measure(found: Result) -> None:
    (row,) = (row for row in found.comparisons if row.measure == "MRR@10" and row.segment is None)
    power = found.power["new"]
    assert (power.queries, power.effective_queries) == (3, row.effective_queries)
    assert (power.sd, power.detectable, power.provable) == (row.sd, row.detectable, row.provable)
    assert power.queries_needed == found.decisions[0].queries_needed
    deltas = np.array([-1.0, -0.5, 0.5])
    assert power.sd == pytest.approx(deltas.std(ddof=1))


def test_the_decision_is_told_in_full(found: Result) -> None:
    made = outcome()
    (decision,) = made.conclusion.decisions
    (told,) = found.decisions
    assert (found.verdict, told.verdict, told.reason) == ("NO-GO", "NO-GO", "CRITICAL")
    assert told.sentence == decision.sentence
    assert told.verdict_without_critical == decision.verdict_without_critical
    assert [(reason.about, reason.words) for reason in told.reasons] == [
        (str(rule.about), rule.words) for rule in decision.reasons
    ]
    assert [rule.name for rule in found.rules] == [rule.name for rule in decision.rules]
    assert {rule.candidate for rule in found.rules} == {"new"}


def test_several_candidates_each_have_parts_of_their_own() -> None:
    found = result_of(outcome(AFTER, BEFORE), {})
    assert list(found.systems) == ["old", "new", "new1"]
    assert [item.candidate for item in found.decisions] == ["new", "new1"]
    assert found.power.keys() == found.deltas.keys() == found.reranking.keys() == {"new", "new1"}
    assert found.unjudged.keys() == {"new", "new1"}
    assert found.deltas["new1"].deltas == (0.0, 0.0, 0.0)


def test_judgements_that_are_complete_leave_nothing_to_say_of_holes() -> None:
    complete = golden(card=replace(golden().card, judgments="complete"))
    assert not result_of(outcome(on=complete), {}).unjudged["new"]


def test_what_holes_could_do_and_how_few_judgements_settle_it_is_told_where_that_is_known() -> None:
    holes = Sensitivity(
        cutoff=10,
        judged_baseline=0.9,
        judged_candidate=0.6,
        unjudged=7,
        relevant_share=0.5,
        agreement=((0.5, 0.95), (1.0, 0.4)),
        tipping=0.75,
        stable=False,
    )
    made = outcome()
    (decision,) = made.conclusion.decisions
    decided = replace(decision, evidence=replace(decision.evidence, sensitivity=holes))
    pooled = replace(made, conclusion=replace(made.conclusion, decisions=(decided,)))

    part = result_of(replace(pooled, settling=(None,)), {}).to_json()["unjudged"]["new"]
    assert part.pop("gap") == pytest.approx(-0.3)
    assert part == {**dataclasses.asdict(holes), "agreement": [[0.5, 0.95], [1.0, 0.4]]}

    few = Settling(listed=3, go=2, no_go=None)
    told = result_of(replace(pooled, settling=(few,)), {}).to_json()["unjudged"]["new"]
    assert told["settling"] == {"listed": 3, "go": 2, "no_go": None}


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (Policy(primary=RR, min_gain=0.0), "does it improve MRR@10?"),
        (Policy(primary=RR, min_gain=0.02), "does it improve MRR@10 by at least 0.02?"),
        (
            Policy(primary=RR, objective=Objective.MAINTAIN, margin=0.05),
            "does it keep MRR@10, a loss of up to 0.05 accepted?",
        ),
    ],
)
def test_the_question_is_told_as_a_sentence_and_number_by_number(policy: Policy, sentence: str) -> None:
    asked = describe_question(outcome(policy=policy).experiment)
    assert asked["sentence"] == sentence
    for name in ("objective", "min_gain", "margin", "alpha", "power", "use_weights"):
        assert asked[name] == getattr(policy, name)
    assert asked["critical_losses_allowed"] == policy.critical_losses_allowed


def test_the_order_of_ties_is_told_only_where_it_is_not_that_of_every_day() -> None:
    assert "ties" not in describe_question(outcome().experiment)
    assert describe_question(outcome(ties=EXPECTED_TIES).experiment)["ties"] == "expected"


def test_a_comparison_is_told_by_all_of_its_keys(found: Result) -> None:
    rows = [row for rows in outcome().comparisons for row in rows]
    assert len(found.comparisons) == len(rows)
    written = found.to_json()["comparisons"]
    for told, row in zip(written, rows, strict=True):
        assert list(told) == ["measure", *COMPARISON_KEYS]
        assert told["low"] == pytest.approx(row.low)
        assert told["status"] == str(row.status)
    assert {row["segment"] for row in written} == {None, "short"}


def test_what_a_self_test_found_and_where_it_came_about_are_told_as_they_are() -> None:
    step = DamageStep(
        candidate="new", share=0.1, delta=-0.05, verdict=Verdict.NO_GO, reason=Reason.PRIMARY_HARM
    )
    told = result_of(outcome(), {"command": "evalkit compare", "created": "today"}, steps=[step])
    assert told.to_json()["self_test"] == [dataclasses.asdict(step)]
    assert (told.provenance.command, told.provenance.created) == ("evalkit compare", "today")


def test_findings_are_told_once_with_their_places() -> None:
    noticed = Finding("EK512", Severity.WARNING, "odd", ("line 3",), "look")
    told = result_of(outcome(on=golden(findings=(noticed, noticed))), {}).findings
    assert [item.to_json() for item in told if item.code == "EK512"] == [
        {"code": "EK512", "severity": "warning", "problem": "odd", "places": ["line 3"], "hint": "look"}
    ]


def test_one_system_alone_has_scores_and_no_verdict() -> None:
    setting = outcome().experiment.setting
    alone = result_of_run(evaluation("old", BEFORE, setting), setting, {"command": "evalkit run"})
    assert alone.kind == "run"
    assert (alone.verdict, alone.comparisons, alone.decisions) == (None, (), ())
    assert alone.systems["old"].role == "alone"
    assert alone.systems["old"].measures["MRR@10"] == pytest.approx(2.5 / 3)
    assert alone.counts.scored == len(QRELS) - 1


def test_the_result_is_valid_json_of_plain_values_that_read_back_the_same(found: Result) -> None:
    written: dict[str, Any] = json.loads(found.text())
    assert Result.of(written).text() == found.text()
