"""Ties at a cutoff are counted where an id alone decides, and told."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.retrieval.run import Run
from evalkit.retrieval.ties import tie_findings, tied_at

RUN = Run.ranked(
    "system",
    np.array([[0, 1, 2], [0, 1, 2], [0, 1, -1], [-1, -1, -1]]),
    np.array([[3.0, 2.0, 2.0], [2.0, 2.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
)
ALL = np.ones(4, dtype=bool)


@pytest.mark.parametrize(
    ("cutoff", "tied"),
    [
        (1, [False, True, True, False]),
        (2, [True, False, False, False]),
        (3, [False] * 4),  # nothing stands behind rank 3
    ],
)
def test_a_tie_counts_where_it_spans_the_cutoff(cutoff: int, tied: list[bool]) -> None:
    assert tied_at(RUN, cutoff).tolist() == tied


def test_ties_of_counted_queries_are_told_with_both_ranks() -> None:
    (finding,) = tie_findings(RUN, ALL, 2)

    assert (finding.code, finding.severity) == ("EK422", "warning")
    assert "for 1 of 4 queries ranks 2 and 3" in finding.problem
    assert tie_findings(RUN, np.array([False, True, True, True]), 2) == ()


def test_few_ties_are_a_notice() -> None:
    rows = np.tile(np.arange(2), (40, 1))
    scores = np.tile([2.0, 1.0], (40, 1))
    scores[0] = 1.0

    (finding,) = tie_findings(Run.ranked("system", rows, scores), np.ones(40, dtype=bool), 1)

    assert finding.severity == "notice"
