"""Identical documents judged differently: how much their order decides, against every order tried in turn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.findings import Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.copies import copy_findings, spread_by_copies
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score

NDCG3 = Measure("nDCG", 3)


def golden_of(texts: dict[str, str], grades: dict[str, int]) -> GoldenSet:
    return GoldenSet.of("set", queries={"q": "text"}, corpus=texts, qrels={"q": grades})


def ranked(golden: GoldenSet, scores: dict[str, float]) -> Run:
    return Run.of("mine", {"q": scores}, golden)


def seen(golden: GoldenSet, scores: dict[str, float]) -> Retrieved:
    return Retrieved.of(ranked(golden, scores), golden)


@pytest.mark.long
@given(
    st.lists(st.sampled_from("xyz"), min_size=2, max_size=6),
    st.lists(st.integers(-1, 3), min_size=6, max_size=6),
    st.sampled_from(["nDCG", "MRR", "Recall", "MAP"]),
)
def test_worst_and_best_are_those_of_all_orders_of_copies(
    texts: list[str], grades: list[int], name: str
) -> None:
    """Copies of one text tie; every order of them gives a value, and the two ends are among these values."""
    names = [f"d{number}" for number in range(len(texts))]
    judged = {name: grade for name, grade in zip(names, grades, strict=False) if grade >= 0}
    golden, measure = golden_of(dict(zip(names, texts, strict=True)), {**judged, "d0": 1}), Measure(name, 3)
    height = {text: 1.0 - place / 10 for place, text in enumerate("xyz")}
    run = ranked(golden, {name: height[text] for name, text in zip(names, texts, strict=True)})

    values = []
    for order in permutations(names):
        nudged = {name: height[texts[names.index(name)]] - 1e-9 * place for place, name in enumerate(order)}
        values.append(float(score(ranked(golden, nudged), golden, [measure]).values[0, 0]))
    spread = spread_by_copies(Retrieved.of(run, golden), golden, measure)

    low, high = (spread.worst[0], spread.best[0]) if spread is not None else (values[0], values[0])
    assert low == pytest.approx(min(values))
    assert high == pytest.approx(max(values))


def test_the_order_of_copies_is_told_with_what_it_decides() -> None:
    golden = golden_of({"a": "same", "b": "same", "c": "other"}, {"a": 1})

    (finding,) = copy_findings(seen(golden, {"a": 0.5, "b": 0.5 + 1e-6, "c": 0.1}), golden, NDCG3)

    assert (finding.code, finding.severity) == ("EK416", Severity.WARNING)
    assert "1 of 1 queries has identical documents judged differently in the first 3" in finding.problem
    assert f"their order decides {1 - 1 / np.log2(3):.3f} of nDCG@3 (0.631 to 1.000)" in finding.problem


@pytest.mark.parametrize(
    ("texts", "grades", "scores"),
    [
        pytest.param("sst", {"a": 1, "b": 1}, (0.5, 0.5, 0.1), id="judged alike"),
        pytest.param("sst", {"a": 1}, (0.5, 0.4, 0.1), id="told apart by the system"),
        pytest.param("stu", {"a": 1}, (0.5, 0.5, 0.1), id="other texts that tie"),
        pytest.param("sst", {"c": 1}, (0.5, 0.5, 0.1), id="neither relevant"),
        pytest.param("sst", {"a": 0, "c": 1}, (0.5, 0.5, 0.1), id="not relevant and unjudged"),
    ],
)
def test_nothing_is_told_where_order_decides_nothing(
    texts: str, grades: dict[str, int], scores: tuple[float, ...]
) -> None:
    golden = golden_of(dict(zip("abc", texts, strict=True)), grades)

    assert copy_findings(seen(golden, dict(zip("abc", scores, strict=True))), golden, NDCG3) == ()
