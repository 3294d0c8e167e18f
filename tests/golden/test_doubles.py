"""Doubles: what counts as the same text, and what doubles do to judgements."""

from __future__ import annotations

from random import Random

import pytest
from drafts import draft_of
from hypothesis import given
from hypothesis import strategies as st

from evalkit.findings import Finding, Severity
from evalkit.golden.checks.doubles import double_findings, same_texts
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
    "other", ["Open the windows", "Open the window.", "Openthe window", "the window open"]
)
def test_another_letter_point_or_order_makes_another_text(other: str) -> None:
    assert same_texts([record("a", "Open the window"), record("b", other)]).groups == ()


def test_empty_texts_are_nobody_s_copies() -> None:
    assert same_texts([record("a", ""), record("b", " \n"), record("c", "")]).groups == ()


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


def test_a_copied_document_is_told_with_its_line_and_its_original() -> None:
    draft = draft_of([("q", "ask")], [("a", "rain"), ("b", "snow"), ("c", "Rain")], [("q", "b", 1)])

    finding = told(draft)["EK240", Severity.WARNING]

    assert finding.places == ("set/corpus.jsonl:3   c = a",)
    assert finding.problem == "1 document repeats another word for word"


def test_two_questions_may_have_two_grades() -> None:
    draft = draft_of(
        [("q1", "where is the key"), ("q2", "who wrote the letter")],
        [("a", "under the mat")],
        [("q1", "a", 2), ("q2", "a", 1)],
    )

    assert double_findings(draft) == []
