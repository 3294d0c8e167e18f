"""Golden sets as values: invariants, digests, rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InvalidValueError, UnknownNameError
from evalkit.golden.card import Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.qrels import Qrels
from evalkit.golden.texts import Texts


def small() -> GoldenSet:
    golden = GoldenSet.of(
        "small",
        queries={"q1": "one", "q2": "two"},
        corpus={"a": "apple", "b": "pear", "c": "plum"},
        qrels={"q1": {"a": 1, "c": 2}, "q2": {"b": 0}},
    )
    return replace(
        golden,
        segments={"fruit": np.array([True, False])},
        query_fields={"source": ("phone", "mail")},
        document_fields={"tenant": ("x", "y", "x")},
    )


def changed() -> dict[str, GoldenSet]:
    golden = small()
    return {
        "a query's text": replace(golden, queries=Texts.of({"q1": "One", "q2": "two"})),
        "a document's text": replace(golden, corpus=Texts.of({"a": "apple", "b": "pear", "c": "prune"})),
        "a grade": replace(golden, qrels=replace(golden.qrels, grades=np.array([1, 1, 0]))),
        "a weight": replace(golden, weights=np.array([1.0, 2.0])),
        "a group": replace(golden, groups=np.array([0, 0])),
        "critical": replace(golden, critical=np.array([True, False])),
        "a segment": replace(golden, segments={"fruit": np.array([True, True])}),
        "a query field": replace(golden, query_fields={"source": ("phone", "phone")}),
        "a document field": replace(golden, document_fields={"tenant": ("x", "y", "y")}),
        "self-hits": replace(golden, card=Card(self_hits="keep")),
        "kind of judgements": replace(golden, card=Card(judgments="pooled")),
    }


@pytest.mark.parametrize("what", changed())
def test_the_digest_changes_with_everything_that_bears_on_scores(what: str) -> None:
    assert changed()[what].digest != small().digest


def test_the_digest_ignores_name_and_version() -> None:
    golden = small()

    assert replace(golden, name="other", card=Card(version="2")).digest == golden.digest


def test_the_judgements_digest_ignores_the_documents_texts() -> None:
    golden = small()
    other = replace(golden, corpus=Texts.of({"a": "x", "b": "y", "c": "z"}))

    assert other.judgements_digest == golden.judgements_digest
    assert changed()["a grade"].judgements_digest != golden.judgements_digest


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_rows_are_in_code_point_order_and_found_by_id(texts: dict[str, str]) -> None:
    rows = Texts.of(texts)

    assert list(rows.ids) == sorted(texts)
    assert rows.rows(rows.ids).tolist() == list(range(len(texts)))
    assert [rows.bodies[rows.row(identity)] for identity in texts] == list(texts.values())


@pytest.mark.parametrize("ids", [("b", "a"), ("a", "a"), ("", "a")])
def test_texts_refuse_ids_that_are_unsorted_repeated_or_empty(ids: tuple[str, ...]) -> None:
    with pytest.raises(InvalidValueError, match="unique and sorted"):
        Texts(ids, ("x", "y"))


def test_qrels_refuse_a_pair_that_stands_twice() -> None:
    with pytest.raises(InvalidValueError, match="each pair once"):
        Qrels.ordered(np.array([0, 0]), np.array([1, 1]), np.array([1, 2]))


def test_qrels_refuse_negative_grades() -> None:
    with pytest.raises(InvalidValueError, match="grades start at 0"):
        Qrels.ordered(np.array([0]), np.array([1]), np.array([-1]))


def test_arrays_cannot_be_written_through() -> None:
    golden = small()

    with pytest.raises(ValueError, match="read-only"):
        golden.weights[0] = 5


def test_a_weight_of_zero_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="weights are > 0"):
        replace(small(), weights=np.array([0.0, 1.0]))


def test_a_segment_is_added_from_a_field_of_the_queries() -> None:
    golden = small().with_segment("source", "mail")

    assert golden.segments["source=mail"].tolist() == [False, True]
    with pytest.raises(UnknownNameError, match="did you mean source"):
        golden.with_segment("sorce", "mail")
    with pytest.raises(UnknownNameError, match="fax"):
        golden.with_segment("source", "fax")


def test_the_query_itself_is_known_by_id_and_text() -> None:
    golden = GoldenSet.of(
        "quora",
        queries={"1": "how tall is it", "2": "another", "3": "with title"},
        corpus={"1": "how tall is it", "2": "something else", "3": "Title\nwith title"},
        qrels={"1": {"2": 1}},
    )

    assert golden.self_hits.tolist() == [0, -1, 2]


def test_judgements_are_a_table() -> None:
    frame = small().to_frame()

    assert frame["document_id"].tolist() == ["a", "c", "b"]
    assert frame["grade"].tolist() == [1, 2, 0]


@pytest.mark.parametrize("grade", [0.5, 1.0, "1", None])
def test_a_grade_that_is_no_whole_number_is_refused_and_never_cut(grade: Any) -> None:
    with pytest.raises(InvalidValueError, match=f"one is {grade!r}"):
        GoldenSet.of(
            "by hand", queries={"q": "one"}, corpus={"d": "two", "e": ""}, qrels={"q": {"d": 1, "e": grade}}
        )
