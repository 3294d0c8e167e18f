"""Thresholds of relevance, Rprec, Bpref, ERR and RBP: other tools, known answers, laws."""

from __future__ import annotations

import numpy as np
import pytest
import pytrec_eval
from generated_runs import Case, generated

from evalkit.errors import UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.mixing.credit import has_curve, rule_of
from evalkit.retrieval.run import Run
from evalkit.scoring.definition import DEFINITIONS
from evalkit.scoring.judged import JudgedRun, Retrieved
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score, threshold_findings

SEEDS = range(12)
TREC = {
    "Rprec": "Rprec",
    "Bpref": "bpref",
    "Recall@10": "recall_10",
    "Precision@5": "P_5",
    "MAP": "map",
    "MAP@10": "map_cut_10",
    "MRR": "recip_rank",
    "Hit@3": "success_3",
}
FAMILIES = {"Rprec", "bpref", "recall.10", "P.5", "map", "map_cut.10", "recip_rank", "success.3"}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rel", [1, 2, 3])
def test_at_every_level_of_relevance_measures_are_those_of_trec_eval(seed: int, rel: int) -> None:
    case = generated(2000 + seed, 40)
    theirs = pytrec_eval.RelevanceEvaluator(case.qrels, FAMILIES, relevance_level=rel).evaluate(
        {query: found for query, found in case.results.items() if found}
    )
    asked = [at_level(name, rel) for name in TREC]

    ours = score(case.run, case.golden, asked)

    for name, measure in zip(TREC, ours.measures, strict=True):
        expected = [theirs.get(query, {}).get(TREC[name], 0.0) for query in case.golden.queries.ids]
        np.testing.assert_allclose(ours.row(measure), expected, rtol=0, atol=1e-6, err_msg=str(measure))


def at_level(name: str, rel: int) -> str:
    """Return a measure's name with a threshold of relevance."""
    base, _, cutoff = name.partition("@")
    return f"{base}(rel={rel}){'@' if cutoff else ''}{cutoff}"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cutoff", [1, 5, 20])
def test_err_is_the_loop_of_gdeval(seed: int, cutoff: int) -> None:
    case = generated(3000 + seed, 20)

    ours = score(case.run, case.golden, [f"ERR@{cutoff}"]).values[0]

    np.testing.assert_allclose(
        ours, [err(case, query, cutoff) for query in case.golden.queries.ids], rtol=0, atol=1e-12
    )


def err(case: Case, query: str, cutoff: int) -> float:
    """Return ERR as gdeval adds it up, document by document."""
    found, total, goes_on = case.results[query], 0.0, 1.0
    ranking = sorted(found, key=lambda document: (found[document], document), reverse=True)
    for rank, document in enumerate(ranking[:cutoff], 1):
        stops = (2 ** case.qrels[query].get(document, 0) - 1) / 2**4
        total += stops * goes_on / rank
        goes_on *= 1 - stops
    return total


def test_rbp_is_that_of_the_paper() -> None:
    """Moffat and Zobel 2008: relevant at 1, 3 and 4 of 5, p = .5, gives .5 · (1 + .25 + .125)."""
    grades = np.array([[1, 0, 2, 1, 0]])
    judged = JudgedRun(grades, np.array([[2, 1, 1]]), np.array([5]))

    assert Measure.parse("RBP(p=0.5)").values(judged)[0] == pytest.approx(0.6875)
    assert Measure.parse("RBP(p=0.5,rel=2)").values(judged)[0] == pytest.approx(0.125)
    assert Measure.parse("RBP@1").values(judged)[0] == pytest.approx(0.2)


def test_bpref_counts_refused_documents_that_were_not_found() -> None:
    """Two relevant, three refused of which one is found above: 1 − 1/min(3, 2) for the one below it."""
    golden = GoldenSet.of(
        "set",
        queries={"q": "x"},
        corpus={name: name for name in "abcdef"},
        qrels={"q": {"a": 0, "b": 1, "c": 1, "d": 0, "e": 0}},
    )
    run = Run.of("x", {"q": {"a": 0.9, "f": 0.8, "b": 0.7}}, golden)

    assert score(run, golden, ["Bpref"]).values[0, 0] == pytest.approx(0.25)


def test_a_higher_threshold_never_finds_more() -> None:
    case = generated(77, 60)
    names = ["Hit", "MRR", "Precision"]
    low, high = (score(case.run, case.golden, [f"{n}(rel={r})@10" for n in names]).values for r in (1, 2))

    assert (high <= low).all()
    assert (high < low).any()


def test_at_least_one_changes_nothing() -> None:
    case = generated(78, 30)
    judged = Retrieved.of(case.run, case.golden).judged
    same = judged.at_least(1)

    assert np.array_equal(same.grades, judged.grades)
    assert np.array_equal(same.ideal, judged.ideal)
    assert np.array_equal(same.not_relevant, judged.not_relevant)


def test_a_credit_adds_up_to_its_formula_at_every_threshold() -> None:
    for known in DEFINITIONS.values():
        if known.credit is None or known.graded:
            continue
        harder = known.at_least(2)
        if harder.credit is None:
            assert not has_curve(Measure(known.name, 10, rel=2))
            with pytest.raises(UsageError, match="no mixed curve"):
                rule_of(Measure(known.name, 10, rel=2))
        else:
            harder.check()
    assert has_curve(Measure.parse("Recall(rel=2)@10"))
    DEFINITIONS["RBP"].check()


def test_queries_without_a_document_of_the_grade_are_told() -> None:
    golden = GoldenSet.of(
        "set",
        queries={"a": "x", "b": "y", "none": "z"},
        corpus={"d": "d"},
        qrels={"a": {"d": 2}, "b": {"d": 1}, "none": {"d": 0}},
    )

    (told,) = threshold_findings(golden, [Measure.parse("Recall(rel=2)@1"), Measure.parse("nDCG@1")])

    assert told.code == "EK136"
    assert "1 of 2 judged queries" in told.problem
    assert "Recall(rel=2)@1" in told.problem
    assert threshold_findings(golden, [Measure.parse("Recall@1")]) == ()
