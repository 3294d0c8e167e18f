"""Assembly: rows are ids in order, whatever the order of lines, and odd metadata count as nothing."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from drafts import draft_of, set_of
from hypothesis import given
from hypothesis import strategies as st

from evalkit.golden.assembly import asked_by
from evalkit.golden.card import Card
from evalkit.golden.reading.records import Sheet, TextRecord

QUERIES: list[tuple[str, str, dict[str, Any]]] = [
    ("q2", "second", {"weight": 2, "group": "pair", "segment": ["a", "b"]}),
    ("q10", "tenth", {"critical": True, "segment": "a"}),
    ("q1", "first", {"group": "pair", "asked": "monday"}),
]
CORPUS = [("d2", "two"), ("d10", "ten"), ("d1", "one")]
QRELS = [("q2", "d10", 2), ("q1", "d1", 1), ("q10", "d2", 0), ("q2", "d1", 1)]


def test_rows_are_ids_in_code_point_order() -> None:
    golden = set_of(draft_of(QUERIES, CORPUS, QRELS))

    assert golden.queries.ids == ("q1", "q10", "q2")
    assert golden.corpus.ids == ("d1", "d10", "d2")
    judged = zip(golden.qrels.query_rows, golden.qrels.doc_rows, golden.qrels.grades, strict=True)
    assert {(golden.queries.ids[q], golden.corpus.ids[d], int(g)) for q, d, g in judged} == set(QRELS)


def test_each_query_keeps_its_own_weight_group_mark_and_segments() -> None:
    golden = set_of(draft_of(QUERIES, CORPUS, QRELS))

    assert golden.weights.tolist() == [1, 1, 2]
    assert golden.groups[0] == golden.groups[2] != golden.groups[1]
    assert golden.critical.tolist() == [False, True, False]
    assert {name: members.tolist() for name, members in golden.segments.items()} == {
        "a": [False, True, True],
        "b": [False, False, True],
    }
    assert golden.query_fields["asked"] == ("monday", None, None)


@given(st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(chance: Random) -> None:
    queries, corpus, qrels = list(QUERIES), list(CORPUS), list(QRELS)
    for rows in (queries, corpus, qrels):
        chance.shuffle(rows)

    mixed, sound = (set_of(draft_of(*rows)) for rows in ((queries, corpus, qrels), (QUERIES, CORPUS, QRELS)))

    assert mixed.digest == sound.digest
    assert np.array_equal(mixed.groups, sound.groups)


def test_a_group_called_like_a_query_does_not_take_that_query_in() -> None:
    golden = set_of(draft_of([("q1", "a"), ("q2", "b", {"group": "q1"})], CORPUS, []))

    assert golden.groups[0] != golden.groups[1]


def test_a_group_that_is_a_number_and_one_of_the_same_digits_are_one() -> None:
    queries: list[tuple[str, str, dict[str, object]]] = [
        ("q1", "a", {"group": 7}),
        ("q2", "b", {"group": "7"}),
    ]

    assert len(set(set_of(draft_of(queries, CORPUS, [])).groups.tolist())) == 1


@pytest.mark.parametrize("weight", [0, -1, "2", None, True, float("nan"), float("inf"), [2]])
def test_a_weight_that_is_none_counts_as_one(weight: object) -> None:
    golden = set_of(draft_of([("q", "a", {"weight": weight})], CORPUS, []))

    assert golden.weights.tolist() == [1]


@pytest.mark.parametrize("mark", [1, "true", "yes", None, False, [True]])
def test_only_true_makes_a_query_critical(mark: object) -> None:
    assert not set_of(draft_of([("q", "a", {"critical": mark})], CORPUS, [])).critical.any()


@pytest.mark.parametrize("segment", ["", [], None, {"a": 1}, False])
def test_a_segment_that_is_none_makes_none(segment: object) -> None:
    assert dict(set_of(draft_of([("q", "a", {"segment": segment})], CORPUS, [])).segments) == {}


def test_judgements_of_missing_documents_stay_in_the_denominators_unless_the_card_drops_them() -> None:
    rows = [*QRELS, ("q1", "zeta", 1), ("q2", "alpha", 1), ("q10", "zeta", 1)]

    kept = set_of(draft_of(QUERIES, CORPUS, rows))
    dropped = set_of(draft_of(QUERIES, CORPUS, rows, Card(judgments="complete", missing_documents="drop")))

    assert kept.missing == ("alpha", "zeta")
    assert [kept.document_id(row) for row in (3, 4)] == ["alpha", "zeta"]
    assert (len(kept.qrels), len(dropped.qrels)) == (7, 4)
    assert (kept.counted.tolist(), dropped.counted.tolist()) == ([True, True, True], [True, False, True])
    assert dropped.digest == set_of(draft_of(QUERIES, CORPUS, QRELS)).digest


def test_other_queries_ask_the_same_documents_and_nobody_judged_them() -> None:
    golden = set_of(draft_of(QUERIES, CORPUS, [*QRELS, ("q1", "gone", 1)]))
    sheet = Sheet(Path("log.txt"), [TextRecord("2", "b", {"weight": 3}, 1), TextRecord("1", "a", {}, 2)])

    asked = asked_by(golden, sheet, findings=())

    assert asked.corpus is golden.corpus
    assert (asked.queries.ids, asked.weights.tolist()) == (("1", "2"), [1, 3])
    assert not len(asked.qrels)
    assert not asked.missing
    assert not asked.counted.any()
    assert golden.queries.ids == ("q1", "q10", "q2")
