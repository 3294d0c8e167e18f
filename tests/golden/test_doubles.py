"""Doubles: what counts as the same text, and what doubles do to judgements."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_drafts import draft_of

from evalkit.findings import Finding, Severity
from evalkit.golden.checks.doubles import double_findings, near_documents, near_queries, same_texts
from evalkit.golden.reading.records import Draft, TextRecord

LONG = " ".join(f"term{n}" for n in range(60))
NEARLY = f"{LONG} once more"
WORDS = st.lists(st.sampled_from(["Rain", "rain", "snow", " ", "\t"]), min_size=1, max_size=4).map(" ".join)


def record(identity: str, body: str, **fields: object) -> TextRecord:
    return TextRecord(identity, body, fields, 1)


def told(draft: Draft) -> dict[tuple[str, Severity], Finding]:
    return {(finding.code, finding.severity): finding for finding in double_findings(draft)}


def names(groups: tuple[tuple[TextRecord, ...], ...]) -> list[list[str]]:
    return [[item.identity for item in group] for group in groups]


@pytest.mark.parametrize(
    "other",
    ["open the window", "OPEN THE WINDOW", " open  the\nwindow ", "Open\tthe\u00a0window"],
)
def test_case_and_white_space_make_no_other_text(other: str) -> None:
    doubles = same_texts([record("a", "Open the window"), record("b", other)])

    assert names(doubles.groups) == [["a", "b"]]


@pytest.mark.parametrize(
    "other", ["Open the windows", "Open the window.", "Openthe window", "the window open"]
)
def test_another_letter_point_or_order_makes_another_text(other: str) -> None:
    assert same_texts([record("a", "Open the window"), record("b", other)]).groups == ()


def test_empty_texts_are_nobody_s_copies() -> None:
    assert same_texts([record("a", ""), record("b", " \n"), record("c", "")]).groups == ()


def test_each_repeat_is_told_with_the_earliest_of_its_group() -> None:
    records = [record("z", "rain"), record("b", "snow"), record("a", "Rain"), record("c", "RAIN")]

    repeats = same_texts(records).repeats

    assert [(copy.identity, first.identity) for copy, first in repeats] == [("a", "z"), ("c", "z")]


@given(st.lists(WORDS, max_size=12))
def test_groups_of_same_texts_part_the_records_without_overlap(bodies: list[str]) -> None:
    records = [record(f"d{n}", body) for n, body in enumerate(bodies)]

    doubles = same_texts(records)

    members = [item.identity for group in doubles.groups for item in group]
    assert len(members) == len(set(members))
    assert all(len(group) > 1 for group in doubles.groups)
    assert len(doubles.repeats) == len(members) - len(doubles.groups)
    alone = [item for item in records if item.identity not in members]
    assert same_texts(alone).groups == ()


@given(st.lists(WORDS, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_records_changes_no_group_s_members(bodies: list[str], chance: Random) -> None:
    records = [record(f"d{n}", body) for n, body in enumerate(bodies)]
    mixed = list(records)
    chance.shuffle(mixed)

    assert {frozenset(group) for group in names(same_texts(records).groups)} == {
        frozenset(group) for group in names(same_texts(mixed).groups)
    }


def test_once_the_copies_are_taken_out_nothing_repeats_word_for_word() -> None:
    records = [record("a", "rain"), record("b", "rain"), record("c", "snow")]
    copies = {copy.identity for copy, _ in same_texts(records).repeats}

    assert same_texts([item for item in records if item.identity not in copies]).repeats == []


def test_a_nearly_equal_document_is_found_and_a_copy_is_not_told_again() -> None:
    records = [record("a", LONG), record("b", LONG.upper()), record("c", NEARLY)]

    near = near_documents(records, same_texts(records))

    assert names(near.groups) == [["a", "c"]]


def test_queries_of_one_group_may_resemble_each_other() -> None:
    first = record("a", "how do I cancel my order", group="cancel")
    second = record("b", "how do I cancel my orders", group="cancel")

    assert near_queries([first, second]).groups == ()


def test_queries_of_two_groups_or_of_none_may_not() -> None:
    for fields in ({}, {"group": "other"}):
        first = record("a", "how do I cancel my order", group="cancel")
        second = TextRecord("b", "how do I cancel my orders", fields, 2)

        assert names(near_queries([first, second]).groups) == [["a", "b"]]


@pytest.mark.parametrize(("number", "alike"), [("404", True), ("500", False), ("4o4", False)])
def test_queries_whose_numbers_differ_are_two_questions(number: str, *, alike: bool) -> None:
    first = record("a", "what does the error 404 of the web server mean")
    second = record("b", f"what does the error {number} of this web server mean")

    assert bool(near_queries([first, second]).groups) is alike


def test_a_copied_document_is_told_with_its_line_and_its_original() -> None:
    draft = draft_of([("q", "ask")], [("a", "rain"), ("b", "snow"), ("c", "Rain")], [("q", "b", 1)])

    finding = told(draft)["EK240", Severity.WARNING]

    assert finding.places == ("set/corpus.jsonl:3   c = a",)
    assert finding.problem == "1 document repeats another word for word"


@pytest.mark.parametrize(
    ("grade", "unfair"),
    [(None, True), (0, True), (1, False), (2, False)],
    ids=["unjudged", "not relevant", "relevant", "very relevant"],
)
def test_a_copy_of_a_relevant_document_wants_a_grade_of_its_own(grade: int | None, *, unfair: bool) -> None:
    rows = [("q", "a", 1)] + ([] if grade is None else [("q", "c", grade)])

    found = told(draft_of([("q", "ask")], [("a", "rain"), ("c", "Rain")], rows))

    assert (("EK242", Severity.WARNING) in found) is unfair


@pytest.mark.parametrize(("grade", "open_"), [(None, True), (0, False), (1, False)])
def test_a_near_double_may_be_judged_otherwise_but_has_to_be_judged(
    grade: int | None, *, open_: bool
) -> None:
    rows = [("q", "a", 1)] + ([] if grade is None else [("q", "c", grade)])

    found = told(draft_of([("q", "ask")], [("a", LONG), ("c", NEARLY)], rows))

    assert (("EK242", Severity.NOTICE) in found) is open_


def test_a_document_judged_not_relevant_has_no_unfair_copy() -> None:
    found = told(draft_of([("q", "ask")], [("a", "rain"), ("c", "Rain")], [("q", "a", 0)]))

    assert ("EK242", Severity.WARNING) not in found


def test_one_question_under_two_ids_may_not_have_two_grades() -> None:
    draft = draft_of(
        [("q1", "where is the key"), ("q2", "Where is the KEY")],
        [("a", "under the mat"), ("b", "in the drawer")],
        [("q1", "a", 2), ("q1", "b", 1), ("q2", "a", 1), ("q2", "b", 1)],
    )

    finding = told(draft)["EK244", Severity.WARNING]

    assert finding.problem == "1 judgement of one question under two ids disagrees"
    assert finding.places == ("set/qrels/test.tsv:4   q2 a 1, q1 2",)


def test_two_questions_may_have_two_grades() -> None:
    draft = draft_of(
        [("q1", "where is the key"), ("q2", "who wrote the letter")],
        [("a", "under the mat")],
        [("q1", "a", 2), ("q2", "a", 1)],
    )

    assert double_findings(draft) == []
