"""The pieces of work: `works.py NAME` does one in this process and prints the seconds that it took."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

QUERIES, DEPTH, DOCUMENTS = 5_000, 100, 20_000
DIFFERING = 0.4
Results = dict[str, dict[str, float]]
Qrels = dict[str, dict[str, int]]


def _run_and_qrels() -> tuple[list[str], Results, Qrels]:
    rng = np.random.default_rng(0)
    ids = [f"d{row:06}" for row in range(DOCUMENTS)]
    results = {
        f"q{query:05}": {
            ids[row]: float(score)
            for row, score in zip(rng.choice(DOCUMENTS, DEPTH, replace=False), rng.random(DEPTH), strict=True)
        }
        for query in range(QUERIES)
    }
    qrels = {
        query: {
            name: int(grade) for name, grade in zip(list(found)[:10], rng.integers(0, 3, 10), strict=True)
        }
        for query, found in results.items()
    }
    return ids, results, qrels


def score_evalkit() -> float:
    """Return the seconds of four measures, from dictionaries."""
    ids, results, qrels = _run_and_qrels()
    started = time.perf_counter()
    from evalkit.golden.goldenset import GoldenSet  # noqa: PLC0415 - the import is part of the work
    from evalkit.retrieval.run import Run  # noqa: PLC0415 - the same
    from evalkit.scoring.scores import score  # noqa: PLC0415 - the same

    golden = GoldenSet.of("g", queries=dict.fromkeys(qrels, ""), corpus=dict.fromkeys(ids, ""), qrels=qrels)
    score(Run.of("s", results, golden), golden, ["nDCG@10", "Recall@10", "MRR@10", "Recall@100"])
    return time.perf_counter() - started


def score_pytrec() -> float:
    """Return the seconds of the same four measures by pytrec_eval."""
    _, results, qrels = _run_and_qrels()
    started = time.perf_counter()
    import pytrec_eval  # noqa: PLC0415 - the import is part of the work

    pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.10,100", "recip_rank"}).evaluate(results)
    return time.perf_counter() - started


def _deltas() -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.where(rng.random(QUERIES) < DIFFERING, rng.uniform(-0.5, 0.52, QUERIES), 0.0)


def signflip_evalkit() -> float:
    """Return the seconds of 100,000 resamples."""
    from evalkit.comparison.signflip import sign_flip  # noqa: PLC0415 - not part of the work

    deltas, started = _deltas(), time.perf_counter()
    sign_flip(deltas, resamples=100_000)
    return time.perf_counter() - started


def signflip_scipy() -> float:
    """Return ten times the seconds of 9,999 resamples, which is what scipy needs for as many."""
    from scipy.stats import permutation_test  # noqa: PLC0415 - not part of the work

    deltas, started = _deltas(), time.perf_counter()
    permutation_test((deltas,), np.mean, permutation_type="samples", n_resamples=9_999, vectorized=True)
    return 10 * (time.perf_counter() - started)


def _vectors(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 384)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def search_evalkit() -> float:
    """Return the seconds of an exact search, similarities in float64 included."""
    from evalkit.embedding.embeddings import EmbeddedSet, Embeddings  # noqa: PLC0415 - not part of the work
    from evalkit.embedding.encoder import Fingerprint, Role  # noqa: PLC0415 - the same
    from evalkit.indexing.faiss import build_index  # noqa: PLC0415 - the same
    from evalkit.retrieval.run import retrieve  # noqa: PLC0415 - the same

    space = Fingerprint(provider="bench", model="random", dims=384)
    embedded = EmbeddedSet(
        queries=Embeddings(fingerprint=space, role=Role.query, vectors=_vectors(1_000, 1)),
        corpus=Embeddings(fingerprint=space, role=Role.document, vectors=_vectors(100_000, 2)),
    )
    index, started = build_index(embedded.corpus), time.perf_counter()
    retrieve(embedded, index, depth=100)
    return time.perf_counter() - started


def search_product() -> float:
    """Return the seconds of the bare matrix product."""
    queries, corpus = _vectors(1_000, 1), _vectors(100_000, 2)
    started = time.perf_counter()
    queries @ corpus.T
    return time.perf_counter() - started


def help_evalkit() -> float:
    """Return the seconds of `evalkit --help` as a whole process."""
    return _process(["-m", "evalkit.cli.main", "--help"])


def help_python() -> float:
    """Return the seconds of a Python that does nothing."""
    return _process(["-c", ""])


def _process(arguments: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own
    return time.perf_counter() - started


if __name__ == "__main__":
    work: Callable[[], float] = globals()[sys.argv[1]]
    print(work())
