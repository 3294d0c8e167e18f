"""What a report says: chosen, ordered and worded."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
import workshop

from evalkit.reporting.blocks import Block, Drilldown, Folded, Grid, Sentences
from evalkit.reporting.page import Section
from evalkit.reporting.pages.kinds import page_of
from evalkit.reporting.querylines import QueryLine
from evalkit.reporting.sections.cost import cost
from evalkit.reporting.sections.critical import critical
from evalkit.reporting.sections.effects import measures, segments, systems_table
from evalkit.reporting.sections.opening import Opening, opening
from evalkit.reporting.sections.queries import queries
from evalkit.reporting.sections.rules import rules
from evalkit.reporting.sections.trust import trust
from evalkit.reporting.tables import Table
from evalkit.reporting.words import unmarked
from evalkit.results.result import Result

REASONS = (
    "OK",
    "CRITICAL",
    "GUARDRAIL_HARM",
    "NO_WORTHWHILE_GAIN",
    "PRIMARY_HARM",
    "SMALL_N",
    "PRIMARY_UNRESOLVED",
    "GAIN_BELOW_MIN",
    "GUARDRAIL_UNPROVEN",
    "UNJUDGED",
    "PROVENANCE",
)


@pytest.fixture(scope="module")
def worse() -> Any:
    return workshop.worse()


@pytest.fixture(scope="module")
def several() -> Any:
    return workshop.several()


def texts(value: Any) -> list[str]:
    """Return every text in a tree of dataclasses."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple | list):
        return [text for item in value for text in texts(item)]
    if is_dataclass(value):
        return [text for part in fields(value) for text in texts(getattr(value, part.name))]
    return []


def known(value: Any) -> Result:
    """Return a result whose texts are safe to show."""
    return Result.of(value).readable()


def opened(value: Any) -> Opening:
    """Return the opening of a result."""
    return opening(known(value))


def blocks_of(section: Section, kind: type[Block]) -> list[Any]:
    """Return the blocks of one kind in a section."""
    return [block for block in section.blocks if isinstance(block, kind)]


def table_of(section: Section) -> Table:
    """Return the first table of a section."""
    table: Table = blocks_of(section, Grid)[0].table
    return table


def said(section: Section) -> list[str]:
    """Return the sentences of a section, their spaces made plain."""
    texts = [text for block in blocks_of(section, Sentences) for text in block.texts]
    return [unmarked(text).replace("\N{NO-BREAK SPACE}", " ") for text in texts]


def rows_of(section: Section) -> list[list[str]]:
    """Return the cells of the first table of a section, their spaces made plain."""
    return [[cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row.cells] for row in table_of(section).rows]


def lines_of(value: Any) -> list[QueryLine]:
    """Return the queries of a page, those of all candidates."""
    return [line for block in blocks_of(queries(known(value)), Drilldown) for line in block.lines]


def without_numbers(value: Any) -> Any:
    """Return a result as a run file leaves it: no fingerprint, no vectors, nothing that is not known."""
    bare = copy.deepcopy(value)
    for system in bare["systems"].values():
        for key in ("fingerprint", "index", "dims", "bytes_per_vector", "vector_bytes", "encoded"):
            system[key] = None
    for row in bare["comparisons"]:
        row.update(sd=None, ci_t=None, d_z=None, detectable=None, provable=None)
    for item in bare["power"].values():
        item.update(sd=None, detectable=None, provable=None, queries_needed=None)
    return bare


def test_the_first_screen_names_the_verdict_why_and_what_to_do(worse: Any) -> None:
    told = opened(worse)
    assert told.verdict == "NO-GO"
    assert told.asked == "May hash/24 replace hash/512: does it improve nDCG@10?"
    primary, others = told.summary.split("; also ")
    assert primary == "A worthwhile gain in nDCG@10 is out of reach (\N{MINUS SIGN}0.461)"
    assert others == "Recall@10, nDCG@10 in drive get worse by more than is accepted."
    assert told.next_step.words.startswith("Keep hash/512. If you must move for other reasons")


def test_a_gain_that_is_refused_for_another_reason_says_but(worse: Any) -> None:
    result = copy.deepcopy(worse)
    result["rules"] = [rule for rule in result["rules"] if rule["row"] not in ("3i", "3m")]
    for rule in result["rules"]:
        if rule["row"] == "5":
            rule.update(passed=True, observed=0.192)
    (row,) = (r for r in result["comparisons"] if r["measure"] == "nDCG@10" and r["segment"] is None)
    row.update(delta=0.192, low=0.1, high=0.28)
    told = opened(result)
    assert told.summary.startswith("nDCG@10 improves (+0.192), but Recall@10, nDCG@10 in drive get worse")


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_headline_and_a_next_step_of_its_own(worse: Any, reason: str) -> None:
    result = copy.deepcopy(worse)
    result["decisions"][0].update(reason=reason, queries_needed=None)
    told = opened(result)
    assert told.summary.lower().rstrip(".") != reason.lower()
    assert told.next_step.words
    assert told.next_step.anchor in {"measures", "segments", "critical", "queries", "trust", "cost"}


def test_queries_that_are_needed_are_counted_from_those_at_hand(worse: Any) -> None:
    result = copy.deepcopy(worse)
    result["decisions"][0].update(verdict="INCONCLUSIVE", reason="PRIMARY_UNRESOLVED", queries_needed=1435)
    told = opened(result)
    assert told.next_step.words.replace("\N{NO-BREAK SPACE}", " ").startswith(
        "Judge 1,403 more queries (1,435 in all)"
    )


def test_the_recommended_candidate_leads_and_the_others_keep_their_own_verdicts(several: Any) -> None:
    told = opened(several)
    assert told.summary == "Take hash/1024: the only candidate for which every rule holds."
    assert "hash/1024" in told.next_step.words
    assert [decision.verdict for decision in told.decisions] == ["GO", "NO-GO", "NO-GO"]


def test_failing_rules_come_first_and_one_of_them_decides(worse: Any) -> None:
    (block,) = rules(known(worse))
    states = [rule.state for rule in block.checks]
    assert states == sorted(states, key=("fails", "silent", "holds").index)
    assert [rule.name for rule in block.checks if rule.decides] == ["guardrail nDCG@10 in drive"]
    failing = [rule.name for rule in block.checks if rule.state == "fails"]
    assert failing[0] == "worthwhile gain"  # the question that was asked is answered first
    assert failing[-2:] == ["guardrail Recall@10", "guardrail nDCG@10 in drive"]  # the whole before its parts


def test_systems_stand_between_doing_nothing_and_the_ceiling(worse: Any) -> None:
    rows = [row.cells[0] for row in systems_table(known(worse)).rows]
    assert rows == ["hash/512 (doing nothing)", "hash/24", "ceiling: the judged documents in the best order"]


def test_small_segments_are_muted_and_stand_last_but_are_never_left_out(worse: Any) -> None:
    (block,) = segments(known(worse))
    assert [(row.cells[0], row.muted) for row in block.rows] == [
        ("all queries", False),
        ("drive", False),
        ("rare", True),
    ]


def test_judged_shares_are_a_lower_bound_only_where_judging_is_incomplete(worse: Any) -> None:
    pooled = copy.deepcopy(worse)
    told = []
    for judging in ("complete", "pooled", "not stated"):
        pooled["golden"]["judgments"] = judging
        told.append(measures(known(pooled))[0].judged[0].says)

    assert told[0].startswith("judgements count as complete")
    assert told[1].startswith("a lower bound")
    assert told[2].startswith("judging is not stated")


def test_every_critical_loss_is_listed_with_its_ranks_and_leads_to_its_query(several: Any) -> None:
    anchors = {line.anchor for line in lines_of(several)}
    lost = critical(known(several))[-1]
    assert lost.lost == "4 of 16 lost"
    assert len(lost.lines) == 4
    for line in lost.lines:
        assert " → " in line.ranks
        assert line.anchor in anchors


def test_a_waived_or_unconfirmed_loss_is_listed_but_not_counted(several: Any) -> None:
    result = copy.deepcopy(several)
    losses = [loss for loss in result["critical"] if loss["candidate"] == "hash/8"]
    losses[0].update(stands=False, waiver="nobody asks this in summer")
    losses[1].update(stands=False, confirmed=False)
    lost = critical(known(result))[-1]
    assert lost.lost == "2 of 16 lost, 2 more waived or not confirmed"
    assert [line.state for line in lost.lines] == [
        "lost",
        "lost",
        "waived: nobody asks this in summer",
        "lost by the index, exact search keeps it",
    ]


def test_a_hit_says_where_it_moved_and_whether_it_was_judged(worse: Any) -> None:
    result = copy.deepcopy(worse)
    query = result["queries"][0]
    query["baseline_top"] = [
        {"document": "chain/clean", "rank": 1, "other_rank": 4, "grade": 2},
        {"document": "bell/clean", "rank": 2, "other_rank": 2, "grade": 0},
        {"document": "fork/clean", "rank": 3, "other_rank": None, "grade": None},
    ]
    query["candidate_top"] = [
        {"document": "lamp/clean", "rank": 1, "other_rank": None, "grade": None},
        {"document": "pedal/clean", "rank": 2, "other_rank": 9, "grade": 0},
    ]
    query["missing"] = [{"document": "bell/store", "grade": 1, "baseline_rank": 11, "candidate_rank": None}]
    tops = lines_of(result)[0].tops
    assert tops is not None
    assert [(hit.change, hit.judged) for hit in tops.baseline] == [
        ("↓ to 4", "relevant, 2"),
        ("= stays", "not relevant"),
        ("✕ gone", "unjudged"),
    ]
    assert [hit.change for hit in tops.candidate] == ["+ new", "↑ from 9"]
    assert tops.missing[0].rank == "11 → not in 20"


@pytest.mark.long
@pytest.mark.parametrize("make", [workshop.worse, workshop.several, workshop.unjudged, workshop.mixed])
def test_nothing_says_none_or_nan(make: Any) -> None:
    for text in texts(page_of(Result.of(without_numbers(make())))):
        assert "None" not in text.split()
        assert "nan" not in text.lower().split()


def test_systems_that_are_run_files_have_no_cost_section(worse: Any) -> None:
    assert not cost(known(worse)).is_empty
    assert cost(known(without_numbers(worse))).is_empty


def test_costs_are_those_that_were_measured_and_a_dash_where_nobody_knows(worse: Any) -> None:
    section = cost(known(worse))
    old, new = rows_of(section)
    assert old == ["hash/512", "512", "2,048", "Flat", "65.5 kB", "1,200", "0.042 ms", "0.093 ms", "0"]
    assert new == ["hash/24", "24", "96", "Flat", "3.1 kB", "–", "0.011 ms", "12 ms", "64"]
    assert said(section) == ["A vector of hash/24 takes 0.05 times the room of one of the baseline."]


def test_a_candidate_of_known_pace_tells_how_long_a_million_documents_take(worse: Any) -> None:
    result = copy.deepcopy(worse)
    result["provenance"]["costs"]["hash/24"]["documents_per_second"] = 14.2
    section = cost(known(result))
    assert said(section)[-1] == (
        "At 14 texts per second, hash/24 embeds a million documents like these in 20 hours."
    )


def test_a_result_that_tells_no_costs_still_has_its_sizes(worse: Any) -> None:
    result = {**worse, "provenance": {}}
    section = cost(known(result))
    assert rows_of(section)[0][4] == "65.5 kB"
    assert rows_of(section)[0][5:] == ["–"] * 4


def test_a_rule_explains_each_term_where_it_is_first_met(worse: Any) -> None:
    (block,) = rules(known(worse))
    linked = [rule.term for rule in block.checks if rule.term]
    assert sorted(set(linked)) == sorted(linked)
    assert {"critical", "guardrail", "effective"} <= set(linked)


@pytest.mark.long
def test_where_everything_is_judged_no_table_of_imagined_labels_is_shown() -> None:
    pooled = workshop.unjudged()
    imagined = "What unjudged documents could do to the verdict on hash/1024"
    assert imagined in [fold.summary for fold in blocks_of(trust(known(pooled)), Folded)]
    pooled["unjudged"]["hash/1024"]["unjudged"] = 0
    section = trust(known(pooled))
    assert imagined not in [fold.summary for fold in blocks_of(section, Folded)]
    (sentence,) = said(section)
    assert sentence == (
        "Everything among the first 10 results of the baseline and hash/1024 is judged: no unjudged document "
        "can turn the verdict."
    )


def test_a_result_without_a_comparison_tells_scores_and_no_verdict(worse: Any) -> None:
    result = {**Result.found().to_json(), **{key: worse[key] for key in ("golden", "counts")}}
    result["systems"] = {"hash/512": {**worse["systems"]["hash/512"], "role": "alone"}}
    page = page_of(Result.of(result))
    assert page.checks == ()
    assert [section.key for section in page.shown] == [
        "verdict",
        "measures",
        "trust",
        "cost",
        "reproduce",
        "methods",
    ]
    assert [row.cells[0] for row in table_of(page.sections[1]).rows] == ["hash/512"]


def test_the_page_of_a_result_that_was_stored_is_that_of_the_result(worse: Any) -> None:
    assert page_of(Result.of(json.loads(json.dumps(worse)))) == page_of(Result.of(worse))
