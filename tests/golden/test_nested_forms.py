"""Exports that nest what a table would say: rank_eval requests, ratings by query, and tools told by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.errors import GoldenSetError
from evalkit.golden.reading.rankeval import judged_in, query_in, rated_apart
from evalkit.golden.reading.toolforms import TOOLS, refuse_tool_form, tool_form

MATCH = {"query": {"match": {"text": "pay late"}}}
RATED = {"id": "q1", "request": MATCH, "ratings": [{"_index": "kb", "_id": "d1", "rating": 2}]}


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({"query": {"match": {"text": "pay late"}}}, "pay late"),
        ({"query": {"match": {"text": {"query": "pay late", "operator": "and"}}}}, "pay late"),
        ({"query": {"match_phrase": {"text": {"query": "pay late"}}}}, "pay late"),
        ({"query": {"term": {"text": {"value": "late"}}}}, "late"),
        ({"query": {"multi_match": {"query": "pay late", "fields": ["title"]}}}, "pay late"),
        ({"query": {"neural": {"vector": {"query_text": "pay late", "k": 5}}}}, "pay late"),
        ({"query": {"bool": {"should": [MATCH["query"], {"match": {"title": "pay late"}}]}}}, "pay late"),
        ({"query": {"bool": {"should": [MATCH["query"], {"match": {"title": "close"}}]}}}, None),
        ({"query": {"match_all": {}}}, None),
        ({"query": {"match": {"text": {"operator": "and"}}}}, None),
        ({"query": {"match": "no table"}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_words_of_a_request_are_found_where_they_are_the_only_ones(
    request_body: object, words: str | None
) -> None:
    assert query_in({"id": "q1", "request": request_body}) == {"_id": "q1", "text": words}


def test_parameters_of_a_template_are_words_too() -> None:
    assert query_in({"id": "q", "params": {"query_string": "pay late"}})["text"] == "pay late"
    assert query_in({"id": "q", "params": {"query_string": "pay"}, "request": MATCH})["text"] is None
    assert (
        query_in({"id": "q", "params": {"query_string": "pay late"}, "request": MATCH})["text"] == "pay late"
    )


def test_each_rating_is_a_row_with_the_words_of_its_request() -> None:
    assert list(judged_in(RATED)) == [
        {"query_id": "q1", "query": "pay late", "document_id": "d1", "grade": 2}
    ]


@pytest.mark.parametrize(
    ("ratings", "number", "is_torn"),
    [
        (None, 0, False),
        (["no rating"], 0, False),
        ([{"_index": "a", "_id": "1"}, {"_index": "a", "_id": "2"}], 2, False),
        ([{"_index": "a", "_id": "1"}, {"_index": "b", "_id": "2"}], 2, False),
        ([{"_index": "a", "_id": "1"}, {"_index": "b", "_id": "1"}], 2, True),
        ([{"_index": "a", "_id": "1"}, {"_index": "a", "_id": "1"}], 2, False),
    ],
)
def test_one_id_that_is_rated_in_two_indexes_is_told(ratings: object, number: int, *, is_torn: bool) -> None:
    rows = list(judged_in({"id": "q", "ratings": ratings}))

    assert (None in rows) is is_torn
    assert len([row for row in rows if row is not None]) == number


@pytest.mark.parametrize(
    "ratings",
    [
        {"d1": 2, "d2": 0},
        [{"docId": "d1", "rating": 2}, {"docId": "d2", "rating": 0}],
        [{"_id": "d1", "rating": 2}, {"doc_id": "d2", "rating": 0}],
        [{"id": "x", "doc-id": "d1", "rating": 2}, {"document": "d2", "rating": 0}],
    ],
)
def test_ratings_in_a_row_become_rows_that_keep_the_rest(ratings: object) -> None:
    assert list(rated_apart({"query": "pay", "ratings": ratings})) == [
        {"query": "pay", "document_id": "d1", "grade": 2},
        {"query": "pay", "document_id": "d2", "grade": 0},
    ]


@pytest.mark.parametrize(
    "ratings",
    [
        None,
        {},
        [],
        "d1",
        {"d1": {"rating": 2}},
        {"d1": 2, "d2": [1]},
        [{"docId": "d1"}],
        [{"rating": 2}],
        [{"docId": "d1", "rating": 2}, "d2"],
        [{"docId": "d1", "rating": {"a": 1}}],
    ],
)
def test_ratings_that_are_not_flat_leave_their_row_as_it_is(ratings: object) -> None:
    row = {"query": "pay", "ratings": ratings}

    assert list(rated_apart(row)) == [row]


@pytest.mark.parametrize(
    ("keys", "what", "hint"), TOOLS, ids=[" ".join(sorted(keys)) for keys, _, _ in TOOLS]
)
def test_each_tool_is_known_by_its_keys_whatever_else_stands_beside_them(
    keys: frozenset[str], what: str, hint: str
) -> None:
    assert tool_form(keys) == (what, hint)
    assert tool_form([*keys, "created_at"]) == (what, hint)


@pytest.mark.parametrize("keys", [keys for keys, _, _ in TOOLS], ids=lambda keys: " ".join(sorted(keys)))
def test_no_tool_is_known_by_a_part_of_its_keys(keys: frozenset[str]) -> None:
    for key in keys:
        assert tool_form(keys - {key}) is None


@pytest.mark.parametrize("names", [(), ("query", "document", "grade"), ("_id", "text", "title")])
def test_a_plain_table_is_no_tools(names: tuple[str, ...]) -> None:
    assert tool_form(names) is None
    refuse_tool_form(Path("a.jsonl"), names, 1)


def test_a_tool_is_told_with_its_file_and_line() -> None:
    with pytest.raises(GoldenSetError, match=r"tasks\.json holds records of Argilla") as error:
        refuse_tool_form(Path("tasks.json"), ["fields", "responses", "id"], 7)
    assert error.value.findings[0].places == ("tasks.json:7",)
    assert error.value.findings[0].code == "EK188"
