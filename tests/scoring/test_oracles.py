"""Every measure equals that of other tools, and the plain definition, on generated runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import pytrec_eval
from generated_runs import Case, generated

from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score

CUTOFFS = (1, 3, 5, 10, 30)
SEEDS = range(24)
QUERIES = 60  # 24 × 60 = 1,440 runs of one query

# Our name → the name that trec_eval gives it.
TREC = {
    **{f"nDCG@{k}": f"ndcg_cut_{k}" for k in CUTOFFS},
    **{f"Recall@{k}": f"recall_{k}" for k in CUTOFFS},
    **{f"Precision@{k}": f"P_{k}" for k in CUTOFFS},
    **{f"MAP@{k}": f"map_cut_{k}" for k in CUTOFFS},
    **{f"Hit@{k}": f"success_{k}" for k in CUTOFFS},
    "nDCG": "ndcg",
    "MAP": "map",
    "MRR": "recip_rank",
    "Precision": "set_P",
    "Recall": "set_recall",
}
PLAIN = [
    f"{name}@{k}" for name in ("nDCG(exp)", "RecallCap", "MRR", "Judged", "nDCG", "MAP") for k in CUTOFFS
]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_shared_measure_equals_pytrec_eval(seed: int) -> None:
    case = generated(seed, QUERIES)
    families = {
        "ndcg_cut",
        "recall",
        "P",
        "map_cut",
        "success",
        "ndcg",
        "map",
        "recip_rank",
        "set_P",
        "set_recall",
    }
    cuts = ",".join(map(str, CUTOFFS))
    asked = {f"{f}.{cuts}" if f in {"ndcg_cut", "recall", "P", "map_cut", "success"} else f for f in families}
    theirs = pytrec_eval.RelevanceEvaluator(case.qrels, asked).evaluate(
        {query: found for query, found in case.results.items() if found}
    )

    ours = score(case.run, case.golden, list(TREC))

    for measure in ours.measures:
        expected = [theirs.get(query, {}).get(TREC[str(measure)], 0.0) for query in case.golden.queries.ids]
        np.testing.assert_allclose(ours.row(measure), expected, rtol=0, atol=1e-9, err_msg=str(measure))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_measure_equals_its_definition_rank_by_rank(seed: int) -> None:
    case = generated(seed, 20)

    ours = score(case.run, case.golden, PLAIN)

    for measure in ours.measures:
        expected = [_by_definition(measure, case, query) for query in case.golden.queries.ids]
        np.testing.assert_allclose(ours.row(measure), expected, rtol=0, atol=1e-12, err_msg=str(measure))


def _by_definition(measure: Measure, case: Case, query: str) -> float:
    grades, found = case.qrels[query], case.results[query]
    ranking = sorted(found, key=lambda document: (found[document], document), reverse=True)
    top = [grades.get(document) for document in ranking[: measure.cutoff]]
    relevant = sorted((grade for grade in grades.values() if grade >= 1), reverse=True)
    hits = [rank for rank, grade in enumerate(top, 1) if grade is not None and grade >= 1]
    assert measure.cutoff is not None
    match measure.name:
        case "Judged":
            returned = min(measure.cutoff, len(ranking))
            return sum(grade is not None for grade in top) / returned if returned else 0.0
        case "MRR":
            return 1 / hits[0] if hits else 0.0
        case "RecallCap":
            return len(hits) / min(measure.cutoff, len(relevant)) if relevant else 0.0
        case "MAP":
            return sum(number / rank for number, rank in enumerate(hits, 1)) / max(len(relevant), 1)
        case "nDCG(exp)":
            return _ndcg(
                [2 ** (grade or 0) - 1 for grade in top], [2**grade - 1 for grade in relevant], measure
            )
        case _:
            return _ndcg([grade or 0 for grade in top], relevant, measure)


def _ndcg(gains: list[int], ideal: list[int], measure: Measure) -> float:
    best = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(ideal[: measure.cutoff], 1))
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1)) / best if best else 0.0


@pytest.mark.long
def test_measures_equal_those_of_ranx_where_no_results_tie() -> None:
    """Ranx orders ties by insertion, so it is given our order as falling scores."""
    ranx = pytest.importorskip("ranx", reason="the extra ranx is not installed")
    names = {
        "nDCG@10": "ndcg@10",
        "nDCG(exp)@10": "ndcg_burges@10",
        "Recall@10": "recall@10",
        "Precision@10": "precision@10",
        "MRR@10": "mrr@10",
        "MAP@10": "map@10",
        "Hit@10": "hit_rate@10",
    }
    for seed in range(20):
        case = generated(1000 + seed, QUERIES)
        ours = score(case.run, case.golden, list(names))
        counted = np.flatnonzero(ours.counted & (case.run.returned > 0))
        ids = case.golden.queries.ids
        theirs = ranx.evaluate(
            ranx.Qrels({ids[row]: case.qrels[ids[row]] for row in counted}),
            ranx.Run({ids[row]: _falling(case, int(row)) for row in counted}),
            list(names.values()),
            return_mean=False,
        )
        for measure in ours.measures:
            expected = theirs[names[str(measure)]]
            np.testing.assert_allclose(
                ours.row(measure)[counted], expected, rtol=0, atol=1e-9, err_msg=str(measure)
            )


def _falling(case: Case, row: int) -> dict[str, float]:
    rows = [doc_row for doc_row in case.run.rows[row] if doc_row >= 0]
    return {case.golden.corpus.ids[doc_row]: float(len(rows) - rank) for rank, doc_row in enumerate(rows)}
