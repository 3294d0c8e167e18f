"""Doubts, leaks and strength: what is told of judgements that are sound in form and odd in substance."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_drafts import draft_of, set_of

from evalkit.findings import Finding
from evalkit.golden.card import Card
from evalkit.golden.checks.bearing import BEARING, bearing_findings
from evalkit.golden.checks.doubts import doubt_findings
from evalkit.golden.checks.effective import effective_number, effective_queries
from evalkit.golden.checks.leakage import leakage_findings
from evalkit.golden.checks.strength import strength_findings
from evalkit.golden.reading.records import Draft

WEIGHTS = st.lists(st.floats(0.01, 1000), min_size=1, max_size=12)
MANUAL = "Before you begin, switch off the boiler and let the water cool for an hour."


def doubts(draft: Draft) -> dict[str, Finding]:
    return {finding.code: finding for finding in doubt_findings(draft, set_of(draft))}


def strengths(draft: Draft) -> dict[str, Finding]:
    return {finding.code: finding for finding in strength_findings(draft, set_of(draft))}


def many(count: int, fields: dict[int, dict[str, Any]] | None = None, card: Card | None = None) -> Draft:
    """Return `count` queries with one answer each, and a grade 0 each."""
    return draft_of(
        [(f"q{n:03}", f"question {n}", (fields or {}).get(n, {})) for n in range(count)],
        [(f"d{n:03}", f"answer {n}") for n in range(count)],
        [
            row
            for n in range(count)
            for row in ((f"q{n:03}", f"d{n:03}", 1), (f"q{n:03}", f"d{(n + 1) % count:03}", 0))
        ],
        card,
    )


def test_a_set_of_many_different_questions_is_not_doubted() -> None:
    assert doubts(many(40)) == {}
    assert strengths(many(40)) == {}


def test_a_relevant_document_without_text_cannot_be_found() -> None:
    draft = draft_of(
        [("q", "ask")], [("a", " \n"), ("b", "text"), ("c", "other")], [("q", "a", 1), ("q", "b", 0)]
    )

    assert doubts(draft)["EK250"].places == ("set/qrels/test.tsv:2   q a",)


def test_a_document_without_text_that_is_not_relevant_harms_nobody() -> None:
    draft = draft_of([("q", "ask")], [("a", ""), ("b", "text"), ("c", "x")], [("q", "a", 0), ("q", "b", 1)])

    assert "EK250" not in doubts(draft)


@pytest.mark.parametrize(("decided", "lost"), [("remove", True), ("keep", False)])
def test_a_query_that_is_its_own_only_answer_is_lost_where_it_is_removed(decided: str, *, lost: bool) -> None:
    card = Card(judgments="sparse", self_hits=decided)
    draft = draft_of([("a", "text")], [("a", "text"), ("b", "x"), ("c", "y")], [("a", "a", 1)], card)

    assert ("EK250" in doubts(draft)) is lost


@pytest.mark.parametrize(
    ("judgments", "grade", "doubted"),
    [("complete", 1, True), ("complete", 0, False), ("sparse", 1, False), ("", 1, False)],
)
def test_a_set_that_claims_to_be_complete_shows_what_was_looked_at_in_vain(
    judgments: str, grade: int, *, doubted: bool
) -> None:
    rows = [("q", "a", 1), ("q", "b", grade)]
    draft = draft_of([("q", "ask")], [(name, name) for name in "abcde"], rows, Card(judgments=judgments))

    assert ("EK251" in doubts(draft)) is doubted


def test_where_every_pair_is_judged_relevant_all_were_looked_at() -> None:
    draft = draft_of([("q", "ask")], [("a", "x"), ("b", "y")], [("q", "a", 1), ("q", "b", 2)])

    assert "EK251" not in doubts(draft)


@pytest.mark.parametrize(("relevant", "doubted"), [(1, False), (2, False), (3, True), (4, True)])
def test_more_than_half_of_the_corpus_is_no_answer(relevant: int, *, doubted: bool) -> None:
    rows = [("q", name, int(n < relevant)) for n, name in enumerate("abcd")]

    found = doubts(draft_of([("q", "ask")], [(name, name) for name in "abcd"], rows))

    assert ("EK252" in found) is doubted
    if doubted:
        assert found["EK252"].places == (f"set/queries.jsonl:1   q {relevant}",)


@pytest.mark.parametrize(("askers", "told"), [(9, False), (10, True)])
def test_ten_queries_that_hang_on_one_document_are_told(askers: int, *, told: bool) -> None:
    queries = [(f"q{n}", f"ask {n}") for n in range(askers)]
    corpus = [(name, name) for name in "abcd"]
    draft = draft_of(queries, corpus, [(query, "b", 1) for query, _ in queries], Card(judgments="sparse"))

    assert ("EK253" in doubts(draft)) is told
    if told:
        assert doubts(draft)["EK253"].places == ("set/corpus.jsonl:2   b 10",)


def test_queries_of_one_group_hang_together_already() -> None:
    queries = [(f"q{n}", f"ask {n}", {"group": "same"}) for n in range(30)]
    rows = [(f"q{n}", "b", 1) for n in range(30)]

    assert "EK253" not in doubts(draft_of(queries, [("a", "x"), ("b", "y"), ("c", "z")], rows))


@pytest.mark.parametrize(("systems", "told"), [((), True), (("bm25",), False)])
def test_a_pool_says_whose_it_is(systems: tuple[str, ...], *, told: bool) -> None:
    draft = many(4, card=Card(judgments="pooled", pooled_from=systems))

    assert ("EK254" in doubts(draft)) is told


@pytest.mark.parametrize(
    ("query", "leaks"),
    [
        ("switch off the boiler and", True),
        ("Switch off, THE boiler; and let the water", True),
        ("switch off the boiler", False),
        ("switch off the boiler and drain it", False),
        ("let the boiler cool for an hour", False),
        ("the water cool for an hour", True),
    ],
)
def test_five_words_in_a_row_that_end_within_a_document_are_a_copy(query: str, *, leaks: bool) -> None:
    findings = leakage_findings(draft_of([("q", query)], [("a", "Other."), ("b", MANUAL)], [("q", "b", 1)]))

    assert [finding.places for finding in findings] == [("set/queries.jsonl:1   q in b",)] * leaks


def test_a_query_is_no_copy_of_itself_and_is_one_of_the_first_other_document() -> None:
    corpus = [("q", MANUAL), ("b", f"As printed: {MANUAL}"), ("c", MANUAL)]

    [finding] = leakage_findings(draft_of([("q", MANUAL)], corpus, [("q", "b", 1)]))

    assert finding.places == ("set/queries.jsonl:1   q in b",)


@given(WEIGHTS)
def test_queries_are_worth_between_one_and_their_number(weights: list[float]) -> None:
    assert 1 <= effective_number(np.array(weights)) <= len(weights) * (1 + 1e-12)


@given(WEIGHTS, st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_neither_the_unit_of_weights_nor_their_order_matters(
    weights: list[float],
    unit: float,
    chance: Random,
) -> None:
    mixed = list(weights)
    chance.shuffle(mixed)

    assert effective_number(np.array(mixed) * unit) == pytest.approx(effective_number(np.array(weights)))


@given(WEIGHTS, st.data())
def test_joining_two_groups_of_equal_queries_never_adds_worth(
    weights: list[float], data: st.DataObject
) -> None:
    groups = data.draw(st.lists(st.integers(0, 5), min_size=len(weights), max_size=len(weights)))
    ones, apart = np.ones(len(weights)), np.arange(len(weights))

    joined = effective_queries(ones, np.array(groups))

    assert joined <= effective_queries(ones, apart) + 1e-9


def test_effective_queries_by_hand() -> None:
    assert effective_queries(np.ones(4), np.array([0, 0, 1, 1])) == 2
    assert effective_queries(np.ones(4), np.array([0, 0, 0, 1])) == pytest.approx(16 / 10)
    assert effective_queries(np.array([3.0, 1.0]), np.array([0, 1])) == pytest.approx(16 / 10)
    assert effective_queries(np.ones(0), np.zeros(0, dtype=np.int64)) == 0
    assert effective_queries(np.zeros(3), np.arange(3)) == 0


@pytest.mark.parametrize(("count", "told"), [(29, True), (30, False)])
def test_thirty_independent_queries_are_the_fewest(count: int, *, told: bool) -> None:
    assert ("EK260" in strengths(many(count))) is told


def test_weights_can_make_many_queries_few() -> None:
    assert list(strengths(many(40, {0: {"weight": 100.0}}))) == ["EK261"]


@pytest.mark.parametrize(("members", "told"), [(19, True), (20, False)])
def test_a_segment_of_fewer_than_twenty_queries_guards_nothing(members: int, *, told: bool) -> None:
    found = strengths(many(40, {n: {"segment": "late"} for n in range(members)}))

    assert ("EK262" in found) is told


def test_a_segment_that_only_the_card_or_only_a_query_names_is_told() -> None:
    fields = {n: {"segment": "billing"} for n in range(25)}

    found = strengths(many(40, fields, Card(judgments="complete", segments={"biling": "money"})))

    assert found["EK263"].places == ("set/queries.jsonl   biling, billing",)


def test_a_critical_query_without_an_answer_guards_nothing() -> None:
    draft = draft_of(
        [("q", "ask", {"critical": True}), ("r", "ask on", {"critical": True})],
        [("a", "x"), ("b", "y")],
        [("q", "a", 0), ("r", "b", 1)],
    )

    assert strengths(draft)["EK264"].problem == "1 critical query has no relevant document"


@pytest.mark.parametrize(("critical", "told"), [(19, False), (20, True)])
def test_twenty_critical_queries_are_many(critical: int, *, told: bool) -> None:
    assert ("EK265" in strengths(many(40, {n: {"critical": True} for n in range(critical)}))) is told


def test_a_report_repeats_only_the_doubts_that_bear_on_a_verdict() -> None:
    draft = many(10, {0: {"segment": "s", "critical": True}}, Card(judgments="pooled"))

    told = bearing_findings(draft, set_of(draft))

    assert [finding.code for finding in told] == ["EK254"]
    assert {"EK260", "EK262"} <= set(strengths(draft))
    assert not {"EK260", "EK262"} & set(BEARING)
