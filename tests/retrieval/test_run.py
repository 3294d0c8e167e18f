"""Runs: one order, padding at the tail, nothing twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import RunError
from evalkit.retrieval.run import Run


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=30, unique_by=lambda pair: pair[0])
)
def test_results_stand_by_score_then_by_row_descending(pairs: list[tuple[int, int]]) -> None:
    rows = np.array([[row for row, _ in pairs]], dtype=np.int64).reshape(1, -1)
    scores = np.array([[float(score) for _, score in pairs]]).reshape(1, -1)

    run = Run.ranked("s", rows, scores)

    expected = sorted(pairs, key=lambda pair: (pair[1], pair[0]), reverse=True)
    assert run.rows[0].tolist() == [row for row, _ in expected]
    assert run.returned.tolist() == [len(pairs)]


def test_empty_places_go_to_the_tail_whatever_their_score() -> None:
    run = Run.ranked("s", np.array([[-1, 4, -1, 2]]), np.array([[9.0, -5.0, 9.0, -1.0]]))

    assert run.rows.tolist() == [[2, 4, -1, -1]]
    assert run.scores[0, 2:].tolist() == [-np.inf, -np.inf]


def test_only_the_depth_is_kept() -> None:
    run = Run.ranked("s", np.array([[1, 2, 3]]), np.array([[1.0, 2.0, 3.0]]), depth=2)

    assert run.rows.tolist() == [[3, 2]]


@pytest.mark.parametrize(
    ("rows", "scores", "told"),
    [
        ([[1, 1]], [[2.0, 1.0]], "stands twice"),
        ([[1, 2]], [[1.0, 2.0]], "not in order"),
        ([[1, 2]], [[1.0, 1.0]], "not in order"),
        ([[-1, 2]], [[-np.inf, 1.0]], "a gap"),
        ([[1, 2]], [[np.nan, 1.0]], "not a number"),
    ],
)
def test_a_run_that_breaks_its_order_is_refused(
    rows: list[list[int]], scores: list[list[float]], told: str
) -> None:
    with pytest.raises(RunError, match=told):
        Run(system="s", rows=np.array(rows), scores=np.array(scores))


def test_one_document_a_query_can_be_taken_out() -> None:
    run = Run.ranked("s", np.array([[1, 2, 3], [4, 5, 6]]), np.array([[3.0, 2.0, 1.0]] * 2))

    without = run.without(np.array([2, -1]))

    assert without.rows.tolist() == [[1, 3, -1], [4, 5, 6]]
    assert without.without(np.array([2, -1])).rows.tolist() == without.rows.tolist()
