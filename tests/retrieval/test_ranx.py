"""To ranx and back nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import RunError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.ranx import from_ranx, to_ranx
from evalkit.retrieval.run import Run


def golden_set(corpus: str = "abc") -> GoldenSet:
    return GoldenSet.of(
        "s", queries={"q1": "x", "q2": "y"}, corpus=dict.fromkeys(corpus, "text"), qrels={"q1": {"a": 1}}
    )


@pytest.mark.long
def test_a_run_goes_to_ranx_and_comes_back() -> None:
    pytest.importorskip("ranx", reason="the extra ranx is not installed")
    run = Run.ranked("s", np.array([[0, 1], [-1, -1]]), np.array([[0.5, 0.5], [0.0, 0.0]]))

    again = from_ranx(to_ranx(run, golden_set()), golden_set())

    assert again.rows.tolist() == run.rows.tolist()
    assert again.system == "s"


@pytest.mark.long
def test_a_document_of_another_corpus_is_refused() -> None:
    pytest.importorskip("ranx", reason="the extra ranx is not installed")
    run = Run.ranked("s", np.array([[0, 2], [1, -1]]), np.array([[0.5, 0.4], [0.1, 0.0]]))

    with pytest.raises(RunError, match="the corpus does not hold"):
        from_ranx(to_ranx(run, golden_set()), golden_set("ab"))
