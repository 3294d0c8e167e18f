"""Names of columns: which role each has, where two could have it, and how a user says it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import UsageError
from evalkit.golden.reading.columns import (
    ASKED,
    DOCUMENTS,
    JUDGEMENTS,
    QUERIES,
    Aliases,
    Columns,
    folded,
    is_known,
    parse_map,
)

FOUND: tuple[tuple[Aliases, tuple[str, ...], dict[str, str]], ...] = (
    (QUERIES, ("_id", "id", "text"), {"id": "_id", "text": "text"}),
    (QUERIES, ("id", "query"), {"id": "id", "text": "query"}),
    (QUERIES, ("Query ID", "Question-Text"), {"id": "Query ID", "text": "Question-Text"}),
    (QUERIES, ("_id", "text", "query"), {"id": "_id", "text": "text"}),  # as BEIR prescribes
    (QUERIES, ("id", "text", "query"), {"id": "id"}),  # either could be the text
    (DOCUMENTS, ("docno", "body", "title"), {"id": "docno", "text": "body", "title": "title"}),
    (DOCUMENTS, ("doc", "document"), {"text": "document"}),  # either could be the id
    (DOCUMENTS, ("id", "doc"), {"id": "id"}),
    (DOCUMENTS, ("id", "document"), {"id": "id", "text": "document"}),
    (DOCUMENTS, ("document", "text"), {"id": "document", "text": "text"}),
    (
        JUDGEMENTS,
        ("query-id", "corpus-id", "score"),
        {"query": "query-id", "document": "corpus-id", "grade": "score"},
    ),
    (JUDGEMENTS, ("qid", "query", "pid", "rel"), {"query": "qid", "document": "pid", "grade": "rel"}),
    (JUDGEMENTS, ("qid", "pid", "rel", "label"), {"query": "qid", "document": "pid"}),
    (JUDGEMENTS, ("qid", "pid", "label", "Rating"), {"query": "qid", "document": "pid"}),
    (
        JUDGEMENTS,
        ("qid", "pid", "Rating"),
        {"query": "qid", "document": "pid"},
    ),  # nobody calls it by its name
    (JUDGEMENTS, ("qid", "pid", "rank", "score"), {"query": "qid", "document": "pid"}),  # a search's own
    (JUDGEMENTS, ("qid", "pid", "rank", "label"), {"query": "qid", "document": "pid", "grade": "label"}),
    (
        ASKED,
        ("question", "passage_id", "grade"),
        {"query": "question", "document": "passage_id", "grade": "grade"},
    ),
    (ASKED, ("query", "document", "weight"), {"query": "query", "document": "document", "weight": "weight"}),
)


@pytest.mark.parametrize(("aliases", "names", "roles"), FOUND)
def test_a_column_has_the_role_that_its_name_is_in_common_use_for(
    aliases: Aliases, names: tuple[str, ...], roles: dict[str, str]
) -> None:
    assert dict(Columns(aliases).of(names)) == roles


@pytest.mark.parametrize(
    ("names", "rivals"),
    [
        (("qid", "pid", "rel", "label"), {"grade": ("rel", "label")}),
        (("qid", "pid", "label", "Rating"), {"grade": ("label", "Rating")}),
        (("qid", "pid", "score", "rank"), {"grade": ("score", "rank")}),
        (("qid", "topic_id", "pid", "rel"), {"query": ("qid", "topic_id")}),
        (("qid", "pid", "rel"), {}),
        (("qid", "pid"), {}),
    ],
)
def test_columns_that_could_both_have_a_role_are_told(
    names: tuple[str, ...], rivals: dict[str, tuple[str, ...]]
) -> None:
    assert dict(Columns(JUDGEMENTS).rivals(names)) == rivals


def test_what_the_user_states_wins_over_names_in_common_use() -> None:
    columns = Columns(JUDGEMENTS, {"grade": "note"})

    assert columns.of(("qid", "pid", "score", "note"))["grade"] == "note"
    assert not columns.rivals(("qid", "pid", "score", "label", "note"))


def test_a_doubt_about_any_role_leaves_columns_unsure() -> None:
    columns = Columns(JUDGEMENTS)

    assert not columns.are_sure(("qid", "pid", "rel", "label"), ("query", "document"))
    assert columns.are_sure(("qid", "pid", "note"), ("query", "document"))


def test_a_column_that_the_user_gave_a_role_has_no_other() -> None:
    columns = Columns(JUDGEMENTS, {"document": "query"})

    assert "query" not in columns.of(("query", "rel"))


def test_a_stated_column_that_is_not_there_leaves_its_role_empty() -> None:
    assert "grade" not in Columns(JUDGEMENTS, {"grade": "note"}).of(("qid", "pid", "rel"))


@pytest.mark.parametrize(
    ("names", "stated", "sure"),
    [
        (("qid", "pid", "rel"), {}, True),
        (("qid", "pid"), {}, False),
        (("qid", "pid", "rel", "label"), {}, False),
        (("qid", "pid", "rel"), {"metadata.x": "x"}, False),
        (("qid", "pid", "rel", "x"), {"metadata.x": "x"}, True),
    ],
)
def test_columns_are_sure_where_all_that_is_needed_and_named_has_one(
    names: tuple[str, ...], stated: dict[str, str], *, sure: bool
) -> None:
    assert Columns(JUDGEMENTS, stated).are_sure(names, ("query", "document", "grade")) is sure


@pytest.mark.parametrize(
    ("values", "nested"),
    [
        ([], False),
        ([None], False),
        ([{"a": 1}, None, [1]], True),
        ([{"a": 1}, "b"], False),
        (["b"], False),
    ],
)
def test_a_column_is_nested_where_all_its_values_are_objects_or_lists(
    values: list[object], *, nested: bool
) -> None:
    columns = Columns(DOCUMENTS)
    columns.shown["text"] = values

    assert columns.is_nested("text") is nested
    assert not columns.is_nested("other")


def test_spare_columns_have_a_name_and_no_role() -> None:
    assert Columns(QUERIES).spare(("id", "text", "", "channel")) == ["channel"]


@pytest.mark.parametrize(
    ("name", "key"),
    [("_id", "_id"), (" _ID ", "_id"), ("\ufeffQuery-Id", "queryid"), ('"Doc No."', "docno"), ("id", "id")],
)
def test_names_are_compared_by_letters_and_digits_alone(name: str, key: str) -> None:
    assert folded(name) == key


@given(name=st.text(alphabet="aZß_- .\"'\ufeffİ7", max_size=12))
def test_a_name_is_folded_once_and_for_all(name: str) -> None:
    assert folded(folded(name)) == folded(name)


@pytest.mark.parametrize(
    ("name", "known"), [("Query ID", True), ("RELEVANCE", True), ("colour", False), ("rank", False)]
)
def test_a_name_is_known_where_any_role_has_it(name: str, *, known: bool) -> None:
    assert is_known(name, JUDGEMENTS) is known


@pytest.mark.parametrize(
    ("pair", "stated"),
    [
        ("query=frage", {"query": "frage"}),
        (" query = frage ", {"query": "frage"}),
        ("label=note", {"grade": "note"}),
        ("doc=seite", {"document": "seite"}),
        ("qid=q", {"query": "q"}),
        ("colour=farbe", {"metadata.colour": "farbe"}),
        ("metadata.query=frage", {"metadata.query": "frage"}),
        ("grade=a=b", {"grade": "a=b"}),
    ],
)
def test_a_role_is_said_by_its_name_or_one_that_means_it_alone(pair: str, stated: dict[str, str]) -> None:
    assert parse_map([pair], JUDGEMENTS) == stated


@pytest.mark.parametrize("pair", ["query", "=frage", "query=", "qury=frage", "grades=note"])
def test_a_pair_that_says_nothing_or_is_misspelt_is_refused(pair: str) -> None:
    with pytest.raises(UsageError) as told:
        parse_map([pair], JUDGEMENTS)
    assert told.value.findings[0].code == "EK290"


def test_a_misspelt_role_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError) as told:
        parse_map(["qury=frage"], JUDGEMENTS)
    assert "did you mean query=frage?" in str(told.value.hint)


@pytest.mark.parametrize("pairs", [["grade=a", "grade=b"], ["grade=a", "label=b"], ["x=a", "metadata.x=b"]])
def test_a_role_is_given_once_however_it_is_said(pairs: list[str]) -> None:
    with pytest.raises(UsageError, match="says nothing that can be used"):
        parse_map(pairs, JUDGEMENTS)


def test_an_identity_may_be_said_as_beir_writes_it() -> None:
    assert parse_map(["_id=nr"], QUERIES) == {"id": "nr"}
