"""Chunks and the documents that they are parts of: who is judged, who is searched, and what is told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from drafts import draft

from evalkit.golden.card import Card
from evalkit.golden.reading.chunks import with_chunks_apart
from evalkit.golden.reading.records import Draft

CORPUS = {"c1": "one", "c2": "two", "alone": "three"}
PARENTS: Mapping[str, Mapping[str, object]] = {"c1": {"parent": "d"}, "c2": {"parent": "d"}}
CHUNKED = Card(chunks_of="parent")


def apart(
    corpus: Mapping[str, str] = CORPUS,
    fields: Mapping[str, Mapping[str, object]] = PARENTS,
    judged: tuple[tuple[str, str, int], ...] = (),
    card: Card = CHUNKED,
) -> Draft:
    return with_chunks_apart(draft({"q": "x"}, corpus, judged, fields=fields, card=card))


def codes(made: Draft) -> list[str]:
    return [finding.code for sheet in made.sheets for finding in sheet.findings()]


def test_documents_are_judged_and_chunks_are_searched() -> None:
    made = apart()

    assert {record.identity: record.body for record in made.corpus.records} == {
        "alone": "three",
        "d": "one\n\ntwo",
    }
    assert made.chunks is not None
    assert [record.identity for record in made.chunks.records] == ["c1", "c2", "alone"]
    assert codes(made) == ["EK277"]


def test_a_document_that_stands_in_the_corpus_keeps_its_text_and_is_not_searched() -> None:
    made = apart({**CORPUS, "d": "the whole"})

    assert {record.identity: record.body for record in made.corpus.records}["d"] == "the whole"
    assert made.chunks is not None
    assert "d" not in [record.identity for record in made.chunks.records]


def test_a_document_that_is_made_has_the_metadata_that_all_its_chunks_share() -> None:
    fields = {
        "c1": {"parent": "d", "team": "x", "page": 1, "only": "here"},
        "c2": {"parent": "d", "team": "x", "page": 2},
    }

    (made,) = [record for record in apart(fields=fields).corpus.records if record.identity == "d"]

    assert made.fields == {"team": "x"}


@pytest.mark.parametrize(("parent", "identity"), [("d", "d"), (7, "7")])
def test_a_parent_may_be_a_number(parent: object, identity: str) -> None:
    made = apart(fields={"c1": {"parent": parent}})

    assert identity in [record.identity for record in made.corpus.records]


@pytest.mark.parametrize("parent", ["", None, 7.5, ["d"], {"id": "d"}])
def test_a_parent_that_is_no_id_is_told(parent: object) -> None:
    assert "EK296" in codes(apart(fields={**PARENTS, "c1": {"parent": parent}}))


@pytest.mark.parametrize(
    ("corpus", "fields", "judged", "code"),
    [
        ({**CORPUS, "c3": "x"}, {**PARENTS, "c3": {"parent": "c1"}}, (), "EK297"),
        ({**CORPUS, "c3": " "}, {**PARENTS, "c3": {"parent": "d"}}, (), "EK208"),
        (CORPUS, PARENTS, (("q", "c1", 1),), "EK298"),
        (CORPUS, {}, (), "EK256"),
    ],
)
def test_what_chunks_cannot_be_is_told(
    corpus: Mapping[str, str],
    fields: Mapping[str, Mapping[str, object]],
    judged: tuple[tuple[str, str, int], ...],
    code: str,
) -> None:
    assert code in codes(apart(corpus, fields, judged))


def test_a_chunk_that_is_its_own_document_may_be_judged() -> None:
    made = apart({"d": "whole", "c1": "one"}, {"d": {"parent": "d"}, "c1": {"parent": "d"}}, (("q", "d", 1),))

    assert codes(made) == ["EK277"]
    assert made.chunks is not None
    assert [record.identity for record in made.chunks.records] == ["d", "c1"]


def test_without_the_card_nothing_is_a_chunk_and_the_field_is_told() -> None:
    made = apart(card=Card())

    assert made.chunks is None
    assert len(made.corpus.records) == 3
    assert codes(made) == ["EK255"]


def test_a_set_without_such_a_field_is_told_nothing() -> None:
    assert codes(apart(fields={}, card=Card())) == []
