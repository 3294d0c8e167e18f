"""Texts that a golden set holds twice, and queries copied from a document: which are told, and of whom."""

from __future__ import annotations

import pytest
from drafts import draft
from hypothesis import given
from hypothesis import strategies as st

from evalkit.findings import Finding, Severity
from evalkit.golden.checks.doubles import double_findings, near_queries, same_texts
from evalkit.golden.checks.leakage import leakage_findings
from evalkit.golden.checks.resemblance import (
    ALL_PAIRS_UP_TO,
    SimilarPair,
    connected,
    letter_shingles,
    resembling,
    word_shingles,
    words,
)
from evalkit.golden.reading.records import Draft, TextRecord

TEN = "one two three four five six seven eight nine ten"
ALMOST = f"{TEN} eleven"  # 8 shingles of 9: .89
OTHER = "a corpus of quite another kind that has nothing of it"
pairs = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda p: p[0] != p[1]), max_size=14
)


def codes(findings: list[Finding]) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in findings]


def shown(findings: list[Finding], code: str) -> str:
    return " ".join(place for finding in findings if finding.code == code for place in finding.places)


def queries_like(first: str, second: str, **groups: str) -> list[TextRecord]:
    fields = {name: {"group": group} for name, group in groups.items()}
    made = draft({"a": first, "b": second}, {}, fields=fields)
    return [copy for copy, _ in near_queries(made.queries.records).repeats]


def judged(*grades: tuple[str, str, int], corpus: dict[str, str] | None = None) -> Draft:
    return draft(
        {"q1": "pay late", "q2": "close my account"}, corpus or {"d1": TEN, "d2": TEN.upper()}, grades
    )


def test_words_have_no_case_and_no_punctuation() -> None:
    assert words("Don't pay: 2nd_LETTER, Straße!") == ["don", "t", "pay", "2nd_letter", "strasse"]


@pytest.mark.parametrize(
    ("text", "shingles"),
    [
        ("", set()),
        ("one", {"one"}),
        ("one two", {"one two"}),
        ("one two three", {"one two three"}),
        ("one two three four", {"one two three", "two three four"}),
    ],
)
def test_shingles_are_runs_of_three_words_or_the_whole_of_a_shorter_text(
    text: str, shingles: set[str]
) -> None:
    assert word_shingles(text) == shingles


def test_letter_shingles_know_the_ends_of_words_and_not_their_order() -> None:
    assert letter_shingles("Ab a") == {" ab", "ab ", " a "}
    assert letter_shingles("pay late") == letter_shingles("late, PAY")


@given(links=pairs)
def test_linked_positions_are_one_group_and_all_others_are_apart(links: list[tuple[int, int]]) -> None:
    groups = connected(links)
    of = {position: number for number, group in enumerate(groups) for position in group}

    assert sorted(of) == sorted({position for link in links for position in link})
    assert all(of[a] == of[b] for a, b in links)
    assert all(len(group) >= 2 and group == sorted(group) for group in groups)
    # a group with fewer links than its size less one could not hold together
    assert all(
        sum(of[a] == number for a, _ in set(links)) >= len(group) - 1 for number, group in enumerate(groups)
    )


@given(links=pairs, order=st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_the_links(links: list[tuple[int, int]], order: object) -> None:
    turned = [(b, a) for a, b in links]
    order.shuffle(turned)  # type: ignore[attr-defined]

    assert connected(turned) == connected(links)


def test_the_pairs_that_resemble_each_other_come_with_how_much() -> None:
    found = resembling([OTHER, TEN, ALMOST], word_shingles, threshold=0.8)

    assert found == [SimilarPair(1, 2, 8 / 9)]


def test_a_pair_at_the_threshold_resembles() -> None:
    assert resembling([TEN, ALMOST], word_shingles, threshold=8 / 9)
    assert not resembling([TEN, ALMOST], word_shingles, threshold=0.9)


def test_texts_without_features_resemble_nothing_and_keep_their_places() -> None:
    assert resembling(["", "", TEN, "!", TEN], word_shingles, threshold=1.0) == [SimilarPair(2, 4, 1.0)]
    assert resembling(["", TEN], word_shingles, threshold=0.0) == []


@pytest.mark.parametrize(
    ("copies", "number"),
    [
        (ALL_PAIRS_UP_TO, ALL_PAIRS_UP_TO * (ALL_PAIRS_UP_TO - 1) // 2),
        (ALL_PAIRS_UP_TO + 1, 2 * ALL_PAIRS_UP_TO - 1),  # neighbours, and all others with the first
    ],
)
def test_a_crowd_is_linked_in_a_chain_and_a_few_all_with_all(copies: int, number: int) -> None:
    found = resembling([TEN] * copies, word_shingles, threshold=1.0)

    assert len(found) == number
    assert connected((pair.first, pair.second) for pair in found) == [list(range(copies))]


def test_same_texts_agree_but_for_case_and_white_space_and_are_not_empty() -> None:
    records = draft({}, {"a": "Pay  late", "b": "", "c": "pay\nLATE ", "d": " ", "e": "pay"}).corpus.records

    (group,) = same_texts(records).groups
    assert [record.identity for record in group] == ["a", "c"]


def test_each_repeat_comes_with_the_first_of_its_group() -> None:
    records = draft({}, {"a": "x", "b": "y", "c": "X", "d": "x ", "e": "Y"}).corpus.records

    repeats = same_texts(records).repeats
    assert [(copy.identity, first.identity) for copy, first in repeats] == [
        ("c", "a"),
        ("d", "a"),
        ("e", "b"),
    ]


@pytest.mark.parametrize(
    ("first", "second", "number"),
    [
        ("how do I reset my password", "how do I reset my passwords", 1),
        ("how do I reset my password", "How do I reset my password?", 1),
        ("error 404 on the login page", "error 500 on the login page", 0),
        ("error e404 on the login page", "error e500 on the login page", 0),
        ("how do I reset my password", "cancel the direct debit", 0),
    ],
)
def test_queries_resemble_by_their_letters_unless_their_numbers_differ(
    first: str, second: str, number: int
) -> None:
    assert len(queries_like(first, second)) == number


@pytest.mark.parametrize(
    ("groups", "number"), [({"a": "g", "b": "g"}, 0), ({"a": "g", "b": "h"}, 1), ({"a": "g"}, 1), ({}, 1)]
)
def test_queries_of_one_group_may_resemble_each_other(groups: dict[str, str], number: int) -> None:
    assert len(queries_like("how do I pay late", "how do I pay late?", **groups)) == number


def test_an_identical_document_is_no_near_duplicate_too() -> None:
    found = double_findings(draft({}, {"d1": TEN, "d2": TEN.upper(), "d3": ALMOST}))

    assert codes(found) == [("EK240", Severity.WARNING), ("EK241", Severity.NOTICE)]
    assert "d2 = d1" in shown(found, "EK240")
    assert "d3 ~ d1" in shown(found, "EK241")


@pytest.mark.parametrize(
    ("grade", "told"),
    [(None, True), (0, True), (1, False), (2, False)],
)
def test_a_copy_is_told_until_it_is_judged_relevant_too(grade: int | None, *, told: bool) -> None:
    copy = [] if grade is None else [("q1", "d2", grade)]

    found = double_findings(judged(("q1", "d1", 1), *copy))

    assert (("EK242", Severity.WARNING) in codes(found)) is told


@pytest.mark.parametrize(("grade", "told"), [(None, True), (0, False), (1, False)])
def test_a_near_duplicate_is_told_until_it_is_judged_at_all(grade: int | None, *, told: bool) -> None:
    near = [] if grade is None else [("q1", "d2", grade)]

    found = double_findings(judged(("q1", "d1", 1), *near, corpus={"d1": TEN, "d2": ALMOST}))

    assert (("EK242", Severity.NOTICE) in codes(found)) is told


def test_a_document_that_is_not_relevant_needs_no_judged_copy() -> None:
    assert "EK242" not in dict(codes(double_findings(judged(("q1", "d1", 0)))))


def test_a_judgement_of_another_query_settles_nothing() -> None:
    found = double_findings(judged(("q1", "d1", 1), ("q2", "d2", 1)))

    assert "q1 d1 = d2" in shown(found, "EK242")
    assert "q2 d2 = d1" in shown(found, "EK242")


def test_one_question_under_two_ids_is_told_where_its_grades_differ() -> None:
    made = draft(
        {"a": "pay late", "b": "Pay  late", "c": "close"},
        {"d1": TEN, "d2": OTHER},
        [("a", "d1", 2), ("b", "d1", 1), ("a", "d2", 1), ("b", "d2", 1), ("c", "d1", 0)],
    )

    found = double_findings(made)

    (told,) = (finding for finding in found if finding.code == "EK244")
    assert told.problem == "1 judgement of one question under two ids disagrees"
    assert "b d1 1, a 2" in " ".join(told.places)


@pytest.mark.parametrize(
    ("query", "document", "leaks"),
    [
        ("choose a new password now", "Open settings: choose a NEW password, now!", True),
        ("choose a new password now", "Choose a new password later, not now.", False),
        ("choose a new password", "choose a new password now", False),  # four words are anybody's
        ("choose a new password now please", "choose a new password now", False),
        ("choose a new password now please", "x choose a new password now please y", True),
        ("a a a a a b", "a a a a a a b", True),  # begins at the second of the openings
    ],
)
def test_a_query_of_five_words_that_stands_in_a_document_leaks(
    query: str, document: str, *, leaks: bool
) -> None:
    assert bool(leakage_findings(draft({"q": query}, {"d": document}))) is leaks


def test_a_query_that_is_itself_the_document_is_no_copy() -> None:
    assert not leakage_findings(draft({"x": TEN}, {"x": TEN}))
    assert leakage_findings(draft({"x": TEN}, {"x": TEN, "y": TEN}))


def test_leaks_are_told_in_the_order_of_the_queries_with_the_first_document() -> None:
    made = draft({"q1": OTHER, "q2": TEN}, {"d1": TEN, "d2": f"{OTHER} {TEN}", "d3": OTHER})

    (told,) = leakage_findings(made)

    assert told.problem == "2 queries were copied from a document"
    assert "q1 in d2" in told.places[0]
    assert told.places[0].index("q1 in d2") < told.places[0].index("q2 in d1")
