"""Documents that are imagined relevant gain what grade 1 gains, in worklists and in labels."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.decision.policy import Policy
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.unjudged import Holes
from evalkit.judging.worklist import worklist
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score

GAINS = {1: 0.25, 2: 1.0}
QRELS = {"q1": {"a": 2, "b": 1, "c": 0}, "q2": {"b": 2}}
FOUND = {"q1": {"d": 5.0, "a": 4.0, "b": 3.0}, "q2": {"a": 3.0, "b": 2.0}}
NDCG = Measure("nDCG", 10)


def golden_of(qrels: dict[str, dict[str, int]]) -> GoldenSet:
    names = dict.fromkeys("abcd", "text")
    return GoldenSet.of("set", queries=dict.fromkeys(QRELS, "x"), corpus=names, qrels=qrels, gains=GAINS)


def values(qrels: dict[str, dict[str, int]]) -> dict[str, float]:
    golden = golden_of(qrels)
    found = score(Run.of("s", FOUND, golden), golden, [NDCG])
    return dict(zip(found.query_ids, found.values[0].tolist(), strict=True))


@pytest.mark.parametrize(("query", "document"), [("q1", "d"), ("q2", "a")])
def test_a_worklist_tells_what_judging_a_document_would_move(query: str, document: str) -> None:
    golden = golden_of(QRELS)
    retrieved = Retrieved.of(Run.of("s", FOUND, golden), golden)

    items = {(i.query, i.document): i.moves for i in worklist([retrieved], golden, Policy(primary=NDCG))}

    judged = {**QRELS, query: {**QRELS[query], document: 1}}
    gained = values(judged)[query] - values(QRELS)[query]
    assert items[query, document] == pytest.approx(gained / len(QRELS))


def test_labels_of_unjudged_documents_gain_as_grades_do() -> None:
    golden = golden_of(QRELS)
    retrieved = Retrieved.of(Run.of("s", FOUND, golden), golden)

    labelled, _ = Holes.between(retrieved, retrieved, 10).labelled(1.0, 0, 7)

    every = values({"q1": {**QRELS["q1"], "d": 1}, "q2": {**QRELS["q2"], "a": 1}})
    np.testing.assert_allclose(NDCG.values(labelled), list(every.values()), atol=1e-12)
