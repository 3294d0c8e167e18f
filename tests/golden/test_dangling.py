"""Dangling judgements: what is told of ids that are not there, and when dropping is no advice."""

from __future__ import annotations

import pytest
from drafts import draft_of
from hypothesis import given
from hypothesis import strategies as st

from evalkit.findings import Finding, Severity
from evalkit.golden.card import Card
from evalkit.golden.checks.dangling import SWAPPED, dangling_findings, judged_documents, may_drop
from evalkit.golden.reading.records import Draft, Judgement

QUERIES = [(f"ask-{n}", f"question {n}") for n in range(5)]
CORPUS = [(f"page-{n}", f"answer {n}") for n in range(5)]
SOUND = [(f"ask-{n}", f"page-{n}", 1) for n in range(5)]


def found_in(draft: Draft, *, allow_unreachable: bool = False) -> list[Finding]:
    return dangling_findings(draft, allow_unreachable=allow_unreachable)


def test_judgements_of_what_is_there_are_told_nothing_about() -> None:
    assert found_in(draft_of(QUERIES, CORPUS, SOUND)) == []


def test_a_judgement_of_an_unknown_document_is_told_with_its_file_its_line_and_its_id() -> None:
    [finding] = found_in(draft_of(QUERIES, CORPUS, [*SOUND, ("ask-1", "leaflet", 1)]))

    assert (finding.code, finding.severity) == ("EK203", Severity.ERROR)
    assert finding.problem == "1 judgement of documents that are not in the corpus"
    assert finding.places == ("set/qrels/test.tsv:7   leaflet",)
    assert "--allow-unreachable" in finding.hint


def test_a_judgement_of_an_unknown_query_is_told_with_the_file_that_lacks_it() -> None:
    rows = [("nobody", "page-0", 1), *SOUND, ("nobody", "page-1", 0)]

    [finding] = found_in(draft_of(QUERIES, CORPUS, rows))

    assert (finding.code, finding.severity) == ("EK204", Severity.ERROR)
    assert finding.problem == "2 judgements of queries that are not in queries.jsonl"
    assert finding.places == ("set/qrels/test.tsv:2,8   nobody",)
    assert "--fix dangling" in finding.hint


def test_both_sides_are_told_in_one_go() -> None:
    draft = draft_of(QUERIES, CORPUS, [*SOUND, ("nobody", "leaflet", 1)])

    assert [finding.code for finding in found_in(draft)] == ["EK204", "EK203"]


def test_exchanged_columns_are_named_as_such_on_both_sides() -> None:
    draft = draft_of(QUERIES, CORPUS, [(document, query, grade) for query, document, grade in SOUND])

    assert [finding.hint for finding in found_in(draft)] == [SWAPPED, SWAPPED]


def test_one_straight_judgement_is_enough_to_say_that_the_columns_are_not_exchanged() -> None:
    crossed = [(document, query, grade) for query, document, grade in SOUND[1:]]

    hints = [finding.hint for finding in found_in(draft_of(QUERIES, CORPUS, [SOUND[0], *crossed]))]

    assert SWAPPED not in hints


def test_where_most_would_go_nobody_is_told_to_drop_them() -> None:
    rows = [SOUND[0], *((f"ask-{n}", f"{n} of another release", 1) for n in range(1, 5))]

    [finding] = found_in(draft_of(QUERIES, CORPUS, rows))

    assert "drop" not in finding.hint
    assert "another version" in finding.hint


@pytest.mark.parametrize(
    ("card", "allowed", "code", "severity"),
    [
        (Card(missing_documents="drop"), False, "EK226", Severity.NOTICE),
        (Card(missing_documents="drop"), True, "EK226", Severity.NOTICE),
        (Card(), True, "EK203", Severity.WARNING),
        (Card(), False, "EK203", Severity.ERROR),
    ],
)
def test_how_grave_a_lost_document_is_depends_on_what_was_decided(
    card: Card, *, allowed: bool, code: str, severity: Severity
) -> None:
    draft = draft_of(QUERIES, CORPUS, [*SOUND, ("ask-1", "leaflet", 1)], card)

    [finding] = found_in(draft, allow_unreachable=allowed)

    assert (finding.code, finding.severity) == (code, severity)


@pytest.mark.parametrize(("lost", "severity"), [(4, Severity.NOTICE), (5, Severity.WARNING)])
def test_dropping_half_of_all_judgements_is_more_than_a_notice(lost: int, severity: Severity) -> None:
    rows = [*SOUND, *((f"ask-{n}", f"{'abcde'[n]}!", 1) for n in range(lost))]

    [finding] = found_in(draft_of(QUERIES, CORPUS, rows, Card(missing_documents="drop")))

    assert (finding.code, finding.severity) == ("EK226", severity)


@pytest.mark.parametrize("allowed", [True, False])
def test_a_set_that_would_be_left_with_nothing_is_an_error_whatever_was_decided(*, allowed: bool) -> None:
    rows = [(query, f"{query} elsewhere", 1) for query, _ in QUERIES]

    findings = found_in(
        draft_of(QUERIES, CORPUS, rows, Card(missing_documents="drop")), allow_unreachable=allowed
    )

    assert [finding.severity for finding in findings] == [Severity.ERROR]


def test_documents_that_name_the_missing_ids_in_a_field_are_told_to_be_chunks() -> None:
    chunks = [(f"page-{n}#{part}", "a part", {"parent": f"page-{n}"}) for n in range(5) for part in (1, 2)]

    [finding] = found_in(draft_of(QUERIES, chunks, SOUND))

    assert 'chunks_of = "parent"' in finding.hint


def test_a_field_that_names_few_of_the_missing_ids_is_not_offered() -> None:
    chunks = [(f"part {n}", "a part", {"parent": "page-0" if n == 0 else "none"}) for n in range(5)]

    [finding] = found_in(draft_of(QUERIES, chunks, SOUND))

    assert "chunks_of" not in finding.hint


def test_a_number_in_a_field_names_the_document_of_the_same_digits() -> None:
    chunks = [(f"{n}-a", "a part", {"doc": 100 + n}) for n in range(5)]
    rows = [(f"ask-{n}", f"{100 + n}", 1) for n in range(5)]

    [finding] = found_in(draft_of(QUERIES, chunks, rows))

    assert 'chunks_of = "doc"' in finding.hint


def test_what_may_stand_in_a_row_that_could_not_be_read_is_not_told_twice() -> None:
    draft = draft_of(QUERIES, CORPUS, [*SOUND, ("ask-1", "leaflet", 1)])
    draft.corpus.report("EK205", "{n} line{s} broken", 6, hint="mend it")

    assert found_in(draft) == []


def test_more_lost_ids_than_unread_rows_are_told() -> None:
    draft = draft_of(QUERIES, CORPUS, [*SOUND, ("ask-1", "leaflet", 1), ("ask-1", "poster", 1)])
    draft.corpus.report("EK205", "{n} line{s} broken", 6, hint="mend it")

    assert [finding.code for finding in found_in(draft)] == ["EK203"]


def test_only_documents_that_somebody_judged_are_kept_in_mind() -> None:
    assert judged_documents(draft_of(QUERIES, CORPUS, SOUND[:2])) == {"page-0", "page-1"}


@given(st.integers(0, 20), st.integers(0, 20))
def test_judgements_may_be_dropped_unless_none_would_be_left(lost: int, kept: int) -> None:
    judgements = [Judgement("q", f"d{n}", 1, n) for n in range(lost + kept)]

    assert may_drop(judgements[:lost], judgements, None) is (kept > 0)


@given(st.permutations(range(8)), st.sets(st.integers(0, 7), max_size=4))
def test_the_order_of_the_lines_changes_neither_codes_nor_counts(order: list[int], lost: set[int]) -> None:
    rows = [(f"ask-{n % 5}", f"lost {n}" if n in lost else f"page-{n % 5}", 1) for n in range(8)]

    told = [
        [(finding.code, finding.problem, finding.severity) for finding in found_in(draft)]
        for draft in (
            draft_of(QUERIES, CORPUS, rows),
            draft_of(QUERIES, CORPUS, [rows[number] for number in order]),
        )
    ]

    assert told[0] == told[1]
    assert bool(told[0]) is bool(lost)
