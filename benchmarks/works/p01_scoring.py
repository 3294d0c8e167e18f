"""P1: four measures of 5,000 queries × 100 ranks, from dictionaries, imports and conversion included."""

from __future__ import annotations

import random

from clock import Clock, run
from sizes import scaled

QUERIES, DEPTH, DOCUMENTS, JUDGED = scaled(5_000), 100, 20_000, 10

Results = dict[str, dict[str, float]]
Qrels = dict[str, dict[str, int]]


def dictionaries() -> tuple[list[str], Results, Qrels]:
    """Return document ids, results and judgements; without numpy, whose import is part of the work."""
    rng = random.Random(0)  # noqa: S311 - no secret
    ids = [f"d{row:06}" for row in range(DOCUMENTS)]
    results = {
        f"q{query:05}": {document: rng.random() for document in rng.sample(ids, DEPTH)}
        for query in range(QUERIES)
    }
    qrels = {
        query: {document: rng.randrange(3) for document in list(found)[:JUDGED]}
        for query, found in results.items()
    }
    return ids, results, qrels


def evalkit(clock: Clock) -> None:
    """Score with evalkit, the golden set built on the way."""
    ids, results, qrels = dictionaries()
    with clock:
        from evalkit.golden.goldenset import GoldenSet  # noqa: PLC0415 - part of the work
        from evalkit.retrieval.run import Run  # noqa: PLC0415 - the same
        from evalkit.scoring.scores import score  # noqa: PLC0415 - the same

        corpus = dict.fromkeys(ids, "")
        golden = GoldenSet.of("bench", queries=dict.fromkeys(qrels, ""), corpus=corpus, qrels=qrels)
        measures = ["nDCG@10", "Recall@10", "MRR@10", "Recall@100"]
        scores = score(Run.of("system", results, golden), golden, measures)
    clock.note(ndcg=scores.mean("nDCG@10"))


def pytrec_eval(clock: Clock) -> None:
    """Score with pytrec_eval; reciprocal rank without a cutoff, for want of one."""
    _, results, qrels = dictionaries()
    with clock:
        import pytrec_eval  # noqa: PLC0415 - part of the work

        wanted = {"ndcg_cut.10", "recall.10,100", "recip_rank"}
        scores = pytrec_eval.RelevanceEvaluator(qrels, wanted).evaluate(results)
    counted = [query for query, grades in qrels.items() if any(grades.values())]
    clock.note(ndcg=sum(scores[query]["ndcg_cut_10"] for query in counted) / len(counted))


def ir_measures(clock: Clock) -> None:
    """Score with ir_measures, through its default provider."""
    _, results, qrels = dictionaries()
    with clock:
        import ir_measures  # noqa: PLC0415 - part of the work

        wanted = [ir_measures.parse_measure(name) for name in ("nDCG@10", "R@10", "RR@10", "R@100")]
        ir_measures.calc(wanted, qrels, results)


def ranx(clock: Clock) -> None:
    """Score with ranx; whether its compiled code is at hand depends on NUMBA_CACHE_DIR."""
    _, results, qrels = dictionaries()
    with clock:
        from ranx import Qrels as RanxQrels  # noqa: PLC0415 - part of the work
        from ranx import Run as RanxRun  # noqa: PLC0415 - the same
        from ranx import evaluate  # noqa: PLC0415 - the same

        wanted = ["ndcg@10", "recall@10", "mrr@10", "recall@100"]
        evaluate(RanxQrels(qrels), RanxRun(results), wanted)


if __name__ == "__main__":
    run({"evalkit": evalkit, "pytrec_eval": pytrec_eval, "ir_measures": ir_measures, "ranx": ranx})
