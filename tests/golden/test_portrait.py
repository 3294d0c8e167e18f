"""The portrait: numbers of a golden set, worked by hand."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest
from golden_folders import QRELS, QUERIES, write_folder
from hypothesis import given
from hypothesis import strategies as st

from evalkit.golden.checks.portrait import Distribution, Portrait, PortraitPart
from evalkit.golden.folder import read_golden


def test_the_portrait_of_a_small_set_by_hand(tmp_path: Path) -> None:
    idle = {"_id": "q5", "text": "nobody answers", "metadata": {"group": "debit"}}
    portrait = Portrait.of(read_golden(write_folder(tmp_path, queries=[*QUERIES, idle])))

    assert (portrait.queries, portrait.counted, portrait.critical, portrait.documents) == (5, 4, 1, 5)
    assert portrait.judgements == len(QRELS)
    assert portrait.grades == {0: 1, 1: 2, 2: 3}
    assert astuple(portrait.relevant_per_query) == pytest.approx((1, 1, 1.25, 1.85, 2))
    assert portrait.judged_per_query == Distribution(0, 1, 1.2, 2, 2)
    assert portrait.weights is not None
    assert astuple(portrait.weights) == pytest.approx((1, 1, 1.3, 2.2, 2.5))
    assert (portrait.groups, portrait.largest_group) == (1, 3)
    assert portrait.query_words.high == 6
    assert portrait.document_words.low == 7


def test_parts_count_queries_groups_and_weights(tmp_path: Path) -> None:
    idle = {"_id": "q5", "text": "nobody answers", "metadata": {"segment": "account"}}
    folder = write_folder(tmp_path, queries=[*QUERIES, idle])

    parts = {part.segment: part for part in Portrait.of(read_golden(folder)).parts}

    # q3 and q4 are one group: weights 1, 1, 2 and, with q2 at 2.5, 1, 2.5, 2.
    assert astuple(parts[None])[1:] == pytest.approx((4, 16 / 6, 5.5**2 / 11.25))
    assert parts["account"] == PortraitPart("account", 1, 1, 1)
    assert astuple(parts["billing"])[1:] == pytest.approx((2, 2, 3.5**2 / 7.25))


def test_equal_weights_are_no_spread(tmp_path: Path) -> None:
    queries = [{"_id": query["_id"], "text": query["text"]} for query in QUERIES]

    assert Portrait.of(read_golden(write_folder(tmp_path, queries=queries))).weights is None


@given(st.lists(st.floats(-1e6, 1e6), max_size=20))
def test_a_spread_is_in_order(numbers: list[float]) -> None:
    spread = Distribution.of(numbers)

    assert spread.low <= spread.median <= spread.p95 <= spread.high
    assert spread.low - 1e-6 <= spread.mean <= spread.high + 1e-6
