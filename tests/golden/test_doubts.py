"""Doubts about judgements and the strength of the queries: where each begins, and where it ends."""

from __future__ import annotations

import numpy as np
import pytest
from drafts import draft

from evalkit.findings import Finding, Severity
from evalkit.golden.assembly import assemble
from evalkit.golden.card import Card
from evalkit.golden.checks.bearing import BEARING, bearing_findings
from evalkit.golden.checks.doubts import doubt_findings
from evalkit.golden.checks.strength import MANY_CRITICAL, strength_findings
from evalkit.golden.reading.records import Draft

COMPLETE = Card(judgments="complete")
Judged = list[tuple[str, str, int]]


def texts(prefix: str, number: int) -> dict[str, str]:
    return {f"{prefix}{n:02}": f"{prefix} text {n}" for n in range(number)}


def doubts(made: Draft) -> dict[str, Finding]:
    return {
        finding.code: finding for finding in doubt_findings(made, assemble(made, name="set", findings=()))
    }


def strengths(made: Draft) -> dict[str, Finding]:
    return {
        finding.code: finding for finding in strength_findings(made, assemble(made, name="set", findings=()))
    }


def large(
    queries: int, fields: dict[str, dict[str, object]] | None = None, card: Card | None = None
) -> Draft:
    answers = [(f"q{n:02}", f"d{n:02}", 1) for n in range(queries)]
    return draft(texts("q", queries), texts("d", queries), answers, fields=fields, card=card)


def test_a_relevant_document_without_a_text_cannot_be_found() -> None:
    made = draft({"q": "x"}, {"a": " ", "b": "", "c": "y"}, [("q", "a", 1), ("q", "b", 0), ("q", "c", 1)])

    assert doubts(made)["EK250"].problem == "1 relevant document cannot be found by any system"


@pytest.mark.parametrize(("self_hits", "told"), [("remove", True), ("keep", False), ("", False)])
def test_a_query_that_is_removed_from_its_own_results_is_no_answer(self_hits: str, *, told: bool) -> None:
    made = draft(
        {"x": "same"},
        {"x": "same", "y": "other"},
        [("x", "x", 1), ("x", "y", 1)],
        card=Card(self_hits=self_hits),
    )

    assert ("EK250" in doubts(made)) is told


@pytest.mark.parametrize(
    ("card", "judged", "told"),
    [
        (COMPLETE, [("q", "a", 1)], True),
        (COMPLETE, [("q", "a", 1), ("q", "b", 0)], False),
        (COMPLETE, [("q", "a", 1), ("q", "b", 1), ("q", "c", 2)], False),  # every pair was looked at
        (COMPLETE, [("q", "a", 1), ("q", "b", 1)], True),
        (Card(judgments="sparse"), [("q", "a", 1)], False),
        (Card(), [("q", "a", 1)], False),
    ],
)
def test_complete_judgements_say_what_is_not_relevant_or_judge_every_pair(
    card: Card, judged: Judged, *, told: bool
) -> None:
    assert ("EK251" in doubts(draft({"q": "x"}, texts_of("abc"), judged, card=card))) is told


def texts_of(names: str) -> dict[str, str]:
    return {name: f"text {name}" for name in names}


@pytest.mark.parametrize(("relevant", "told"), [(2, False), (3, True)])
def test_more_than_half_of_the_corpus_relevant_is_a_doubt_and_half_is_none(
    relevant: int, *, told: bool
) -> None:
    judged = [("q", name, 1) for name in "abcd"[:relevant]]

    found = doubts(draft({"q": "x"}, texts_of("abcd"), judged))

    assert ("EK252" in found) is told
    if told:
        assert "q 3" in found["EK252"].places[0]


@pytest.mark.parametrize(
    ("queries", "shared", "told"), [(20, 9, False), (20, 10, True), (240, 11, False), (240, 12, True)]
)
def test_a_sole_answer_of_ten_queries_and_one_in_twenty_is_told(
    queries: int, shared: int, *, told: bool
) -> None:
    names = list(texts("q", queries))
    judged = [(name, "d00" if row < shared else f"d{row:02}", 1) for row, name in enumerate(names)]

    assert ("EK253" in doubts(draft(texts("q", queries), texts("d", queries), judged))) is told


def test_queries_of_one_group_ask_once_for_their_sole_answer() -> None:
    judged = [(name, "d00", 1) for name in texts("q", 10)]
    fields: dict[str, dict[str, object]] = {"q00": {"group": "g"}, "q01": {"group": "g"}}

    assert "EK253" not in doubts(draft(texts("q", 10), texts("d", 30), judged, fields=fields))
    assert "EK253" in doubts(draft(texts("q", 10), texts("d", 30), judged))


def test_a_group_called_like_a_query_is_not_that_query() -> None:
    judged = [(name, "d00", 1) for name in texts("q", 10)]
    fields: dict[str, dict[str, object]] = {"q00": {"group": "q01"}}

    assert "EK253" in doubts(draft(texts("q", 10), texts("d", 30), judged, fields=fields))


def test_a_second_answer_makes_the_first_no_sole_one_and_grade_nought_does_not() -> None:
    judged = [(name, "d00", 1) for name in texts("q", 10)]

    assert "EK253" not in doubts(draft(texts("q", 10), texts("d", 30), [*judged, ("q00", "d01", 1)]))
    assert "EK253" in doubts(draft(texts("q", 10), texts("d", 30), [*judged, ("q00", "d01", 0)]))


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (Card(judgments="pooled"), True),
        (Card(judgments="pooled", pooled_from=("bm25",)), False),
        (Card(judgments="sparse"), False),
    ],
)
def test_a_pool_of_nobody_is_told(card: Card, *, told: bool) -> None:
    assert ("EK254" in doubts(large(3, card=card))) is told


@pytest.mark.parametrize(("queries", "told"), [(29, True), (30, False)])
def test_thirty_independent_queries_are_enough(queries: int, *, told: bool) -> None:
    assert ("EK260" in strengths(large(queries))) is told


def test_groups_are_worth_less_than_their_queries() -> None:
    fields: dict[str, dict[str, object]] = {f"q{n:02}": {"group": "one"} for n in range(6)}

    told = strengths(large(30, fields))["EK260"]

    # 24 queries alone and a group of 6: 30² / (24 + 6²) = 15
    assert "30 queries with a relevant document carry as much as 15 independent ones" in told.problem


def test_weights_that_make_many_queries_few_are_told_apart_from_too_few() -> None:
    found = strengths(large(30, {"q00": {"weight": 31}}))

    # (31 + 29)² / (31² + 29) = 3600 / 990 = 3.6
    assert "EK260" not in found
    assert found["EK261"].problem == "by their weights, 30 queries carry as much as 4 equal ones"


@pytest.mark.parametrize(("members", "told"), [(19, True), (20, False)])
def test_a_segment_of_twenty_effective_queries_is_large_enough(members: int, *, told: bool) -> None:
    fields: dict[str, dict[str, object]] = {f"q{n:02}": {"segment": "billing"} for n in range(members)}

    found = strengths(large(30, fields))

    assert ("EK262" in found) is told
    if told:
        assert "billing 19" in found["EK262"].places[0]


@pytest.mark.parametrize(
    ("named", "told"),
    [({}, False), ({"billing": "…"}, False), ({"billing": "…", "legal": "…"}, True), ({"biling": "…"}, True)],
)
def test_segments_are_named_in_the_card_and_in_queries_or_in_neither(
    named: dict[str, str], *, told: bool
) -> None:
    fields: dict[str, dict[str, object]] = {"q00": {"segment": "billing"}}

    assert ("EK263" in strengths(large(30, fields, Card(segments=named)))) is told


def test_a_critical_query_without_an_answer_guards_nothing() -> None:
    fields: dict[str, dict[str, object]] = {"q00": {"critical": True}, "q01": {"critical": True}}
    made = draft(texts("q", 2), texts("d", 2), [("q00", "d00", 1), ("q01", "d01", 0)], fields=fields)

    told = strengths(made)["EK264"]

    assert told.problem == "1 critical query has no relevant document"
    assert "q01" in told.places[0]


@pytest.mark.parametrize(("critical", "told"), [(MANY_CRITICAL - 1, False), (MANY_CRITICAL, True)])
def test_twenty_critical_queries_are_many(critical: int, *, told: bool) -> None:
    fields: dict[str, dict[str, object]] = {f"q{n:02}": {"critical": n < critical} for n in range(30)}

    assert ("EK265" in strengths(large(30, fields))) is told


def test_what_bears_on_a_verdict_is_what_the_checks_say_and_no_more() -> None:
    made = large(3, {"q00": {"segment": "s", "critical": True}}, Card(judgments="pooled"))
    golden = assemble(made, name="set", findings=())

    bearing = {finding.code for finding in bearing_findings(made, golden)}
    everything = {*doubts(made), *strengths(made)}

    assert bearing == everything & set(BEARING)
    assert everything - bearing >= {"EK260", "EK262"}


def test_doubts_are_no_errors() -> None:
    made = large(12, {"q00": {"critical": True}}, Card(judgments="pooled"))
    golden = assemble(made, name="set", findings=())

    found = [*doubt_findings(made, golden), *strength_findings(made, golden)]

    assert found
    assert all(finding.severity is not Severity.ERROR for finding in found)
    assert np.all(golden.counted)
