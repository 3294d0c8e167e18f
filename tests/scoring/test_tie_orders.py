"""Expected values over the orders of ties: the mean of every order, tried one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.arrays import Floats
from evalkit.errors import UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.definition import DEFINITIONS
from evalkit.scoring.expected import score_expected
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score

MEASURES = [
    *(
        Measure(name, cutoff)
        for name, known in DEFINITIONS.items()
        if known.tied and not known.apart
        for cutoff in (1, 2, 3, None)
    ),
    Measure("Recall", 2, rel=2),
    Measure("MRR", 3, rel=2),
    Measure("RBP", 3, stated=(("p", 0.5),)),
]


def expected(run: Run, golden: GoldenSet, measures: Sequence[Measure | str]) -> Floats:
    """Return the values of a run, each the mean over every order of its ties."""
    return score_expected(Retrieved.of(run, golden), golden, measures).values


def tried(golden: GoldenSet, heights: dict[str, float], classes: dict[str, object]) -> Floats:
    """Return the mean of every measure over the orders in which members of one class change places."""
    ranked = sorted(heights, key=lambda name: (heights[name], name), reverse=True)
    values = []
    for order in permutations(ranked):
        if all(classes[a] == classes[b] for a, b in zip(order, ranked, strict=True)):
            scores = {name: 1.0 - place / 100 for place, name in enumerate(order)}
            values.append(score(Run.of("x", {"q": scores}, golden), golden, MEASURES).values[:, 0])
    return np.asarray(np.mean(values, axis=0))


@pytest.mark.long
@given(
    heights=st.lists(st.sampled_from([0.9, 0.6, 0.3]), min_size=1, max_size=6),
    grades=st.lists(st.integers(-1, 3), min_size=6, max_size=6),
    unfound=st.integers(0, 2),
)
@settings(max_examples=80)
def test_of_equal_scores_every_measure_is_the_mean_over_all_orders(
    heights: list[float], grades: list[int], unfound: int
) -> None:
    names = [f"d{n}" for n in range(len(heights))]
    judged = {name: grade for name, grade in zip(names, grades, strict=False) if grade >= 0}
    judged |= {f"u{n}": 2 for n in range(unfound)} | {"z": 1}
    corpus = {name: f"text {name}" for name in (*names, "u0", "u1", "z")}
    golden = GoldenSet.of("set", queries={"q": "x"}, corpus=corpus, qrels={"q": judged})
    found = dict(zip(names, heights, strict=True))

    values = expected(Run.of("x", {"q": found}, golden), golden, MEASURES)[:, 0]

    np.testing.assert_allclose(values, tried(golden, found, dict(found)), atol=1e-12)


@pytest.mark.long
@given(
    texts=st.lists(st.sampled_from("ab"), min_size=2, max_size=5),
    grades=st.lists(st.integers(-1, 2), min_size=5, max_size=5),
)
@settings(max_examples=60)
def test_identical_documents_that_nearly_tie_change_places_and_others_do_not(
    texts: list[str], grades: list[int]
) -> None:
    """Their scores differ by 1e-6; a document of another text keeps its rank, between them too."""
    names = [f"d{n}" for n in range(len(texts))]
    judged = {name: grade for name, grade in zip(names, grades, strict=False) if grade >= 0} | {"z": 1}
    corpus = dict(zip(names, texts, strict=True)) | {"z": "never found"}
    golden = GoldenSet.of("set", queries={"q": "x"}, corpus=corpus, qrels={"q": judged})
    found = {name: 0.5 - 1e-6 * n for n, name in enumerate(names)}

    values = expected(Run.of("x", {"q": found}, golden), golden, MEASURES)[:, 0]

    np.testing.assert_allclose(values, tried(golden, found, {n: corpus[n] for n in names}), atol=1e-12)


def test_without_ties_the_scores_are_those_of_every_day_to_the_bit() -> None:
    rng = np.random.default_rng(1)
    ids = [f"d{n}" for n in range(30)]
    qrels = {
        f"q{n}": {ids[k]: int(rng.integers(0, 4)) for k in range(n, n + 9)} | {ids[0]: 1} for n in range(20)
    }
    golden = GoldenSet.of(
        "set", queries={q: q for q in qrels}, corpus={name: f"text {name}" for name in ids}, qrels=qrels
    )
    run = Run.of("x", {q: dict(zip(ids, rng.random(30).tolist(), strict=True)) for q in qrels}, golden)

    np.testing.assert_array_equal(
        expected(run, golden, MEASURES),
        score(run, golden, MEASURES).values,
    )


def test_noise_of_a_millionth_moves_no_expected_value() -> None:
    """Every document stands twice, one copy of each is judged."""
    ids = [f"d{n}" for n in range(20)]
    corpus = {name: f"text {name[1:]}" for name in ids} | {f"c{name[1:]}": f"text {name[1:]}" for name in ids}
    golden = GoldenSet.of("set", queries={"q": "x"}, corpus=corpus, qrels={"q": {"d0": 2, "d1": 1, "d2": 1}})
    values = []
    for seed in range(6):
        noise = np.random.default_rng(seed)
        found = {name: 1.0 - int(name[1:]) / 50 + 1e-6 * noise.random() for name in corpus}
        run = Run.of("x", {"q": found}, golden)
        values.append(expected(run, golden, ["nDCG@10", "MRR@3", "MAP"])[:, 0])

    assert np.ptp(values, axis=0).max() < 1e-12


def test_nothing_retrieved_scores_nothing() -> None:
    golden = GoldenSet.of("set", queries={"q": "x"}, corpus={"a": "b"}, qrels={"q": {"a": 1}})

    assert expected(Run.of("x", {}, golden), golden, ["nDCG@10"]).tolist() == [[0.0]]


def test_a_measure_without_a_formula_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    golden = GoldenSet.of("set", queries={"q": "x"}, corpus={"a": "b"}, qrels={"q": {"a": 1}})
    untied = replace(DEFINITIONS["MAP"], tied=None)
    monkeypatch.setitem(DEFINITIONS, "MAP", untied)

    with pytest.raises(UsageError, match="no expected value"):
        expected(Run.of("x", {"q": {"a": 1.0}}, golden), golden, ["MAP@10"])
