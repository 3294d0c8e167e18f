"""Prints what the cards of the shipped golden sets state: sizes, difficulty, pool and agreement.

`python goldensets/figures.py [NAME …]` measures all of it afresh; the vectors come from the usual cache.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np
from sklearn.metrics import cohen_kappa_score

from evalkit.embedding.cache import VectorCache, default_cache_folder
from evalkit.evaluation import Setting, System, evaluate
from evalkit.golden.checks.doubles import NEAR_DOCUMENTS
from evalkit.golden.checks.effective import effective_queries
from evalkit.golden.checks.resemblance import resembling, word_shingles
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores, score

HERE = Path(__file__).parent
SETS = ("helpdesk", "python-stdlib")
SYSTEMS = ("lsa/384", "st/all-MiniLM-L6-v2")
MEASURES = tuple(Measure.parse(name) for name in ("nDCG@10", "Recall@10", "MRR@10", "Judged@10"))
WORD = re.compile(r"[a-z0-9]+")
LONG = 500


@dataclass(frozen=True)
class Spread:
    """How varied the articles of a corpus are, by their metadata."""

    areas: int
    tenants: int
    first: str
    last: str
    superseding: int
    long: int


@dataclass(frozen=True)
class Figures:
    """What a card states about its golden set."""

    name: str
    documents: int
    queries: int
    segments: int
    critical: int
    groups: int
    effective: float
    judgements: int
    two_or_more: float
    near_duplicates: float
    scores: dict[str, Scores]
    agreement: tuple[int, float]
    spread: Spread | None


def figures(name: str, cache: VectorCache | None = None) -> Figures:
    """Measure one golden set."""
    golden = read_golden(HERE / name)
    setting = Setting(golden=golden, measures=MEASURES, cache=cache)
    scores = {system: evaluate(System.parse(system), setting).scores for system in SYSTEMS}
    relevant = golden.qrels.relevant_per_query(len(golden.queries))
    return Figures(
        name=golden.name,
        documents=len(golden.corpus),
        queries=len(golden.queries),
        segments=len(golden.segments),
        critical=int(golden.critical.sum()),
        groups=len(set(golden.groups.tolist())),
        effective=effective_queries(golden.weights, golden.groups),
        judgements=len(golden.qrels),
        two_or_more=float((relevant >= 2).mean()),  # noqa: PLR2004 - two
        near_duplicates=near_duplicates(golden),
        scores={"BM25": score(lexical_run(golden), golden, MEASURES), **scores},
        agreement=agreement(HERE / name / "agreement.tsv"),
        spread=spread(HERE / name / "corpus.jsonl"),
    )


def lexical_run(golden: GoldenSet, depth: int = 100) -> Run:
    """Return what BM25 (k1 1.2, b 0.75, lower-case words, no stemming, no stop words) retrieves."""
    index = bm25s.BM25(k1=1.2, b=0.75)
    index.index([WORD.findall(body.lower()) for body in golden.corpus.bodies], show_progress=False)
    found = {}
    for query, body in zip(golden.queries.ids, golden.queries.bodies, strict=True):
        values = index.get_scores(WORD.findall(body.lower()))
        best = np.argsort(-values, kind="stable")[:depth]
        found[query] = {golden.corpus.ids[row]: float(values[row]) for row in best if values[row] > 0}
    return Run.of("BM25", found, golden)


def near_duplicates(golden: GoldenSet) -> float:
    """Return the share of documents of which another has nearly the same words, as `golden check` sees it."""
    pairs = resembling(golden.corpus.bodies, word_shingles, threshold=NEAR_DOCUMENTS)
    return len({row for pair in pairs for row in (pair.first, pair.second)}) / len(golden.corpus)


def agreement(path: Path) -> tuple[int, float]:
    """Return how many pairs were judged twice, and Cohen's kappa over the grades 0, 1 and 2."""
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    first, second = ([int(row[column]) for row in rows] for column in (2, 3))
    return len(rows), float(cohen_kappa_score(first, second, labels=[0, 1, 2]))


def spread(path: Path) -> Spread | None:
    """Return how varied the articles of a corpus file are; None for a corpus that is not a file."""
    if not path.exists():
        return None
    articles = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    stated = [article["metadata"] for article in articles]
    dates = sorted(fields["updated_at"] for fields in stated)
    return Spread(
        areas=len({fields["area"] for fields in stated}),
        tenants=len({fields["tenant"] for fields in stated}),
        first=dates[0],
        last=dates[-1],
        superseding=sum("supersedes" in fields for fields in stated),
        long=sum(len(article["text"].split()) > LONG for article in articles),
    )


def show(found: Figures) -> None:
    """Print the figures of one set."""
    pairs, kappa = found.agreement
    print(
        f"{found.name}: {found.documents:,} documents, {found.queries} queries in {found.segments} segments"
    )
    if (varied := found.spread) is not None:
        print(
            f"  {varied.areas} areas, {varied.tenants} tenants, {varied.first} to {varied.last}; "
            f"{varied.superseding} supersede another, {varied.long} longer than {LONG} words"
        )
    print(f"  critical {found.critical} · groups {found.groups} · effective queries {found.effective:.0f}")
    print(f"  judged pairs {found.judgements:,} · two or more relevant {found.two_or_more:.0%}")
    print(f"  near-duplicates {found.near_duplicates:.1%} · agreement kappa {kappa:.2f} on {pairs} pairs")
    print(f"  {'':<24}" + "".join(f"{measure!s:>11}" for measure in MEASURES))
    for system, scores in found.scores.items():
        print(f"  {system:<24}" + "".join(f"{scores.mean(measure):>11.3f}" for measure in MEASURES))


if __name__ == "__main__":
    for wanted in sys.argv[1:] or SETS:
        show(figures(wanted, VectorCache(default_cache_folder())))
