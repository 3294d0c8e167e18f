"""The drill-down: query by query, what both systems returned, and how much the order changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.evaluation import Evaluation
from evalkit.experiment import Outcome
from evalkit.golden.goldenset import GoldenSet
from evalkit.quoting import excerpt, title_of
from evalkit.results.changes import describe_reranking

SHOWN = 10
WORST, BEST = 100, 25
CRITICAL_CAP = 200
MISSING_SHOWN = 10

Ranks = dict[int, int]
Grades = dict[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The baseline beside one candidate, and the primary measure's difference on each query."""

    baseline: Evaluation
    candidate: Evaluation
    deltas: Floats
    golden: GoldenSet
    use_weights: bool

    @property
    def shares(self) -> Floats:
        """(Q,) what each query adds to the mean difference: its delta, by weight where the policy says so."""
        return self.golden.weights * self.deltas if self.use_weights else self.deltas


def drilldown(outcome: Outcome) -> dict[str, Any]:
    """Return the parts of a result that go query by query.

    Returns:
        `deltas`: for each candidate the ids, deltas and both scores of all counted queries, worst first;
        `queries`: the worst, the best and all critical ones in full; `documents`: an excerpt of each
        document that these name; `titles`: its title, where it has one;
        `reranking`: how much of the baseline's order each candidate keeps.
    """
    golden, policy = outcome.experiment.golden, outcome.experiment.policy
    pairs = [
        Pair(
            outcome.baseline,
            candidate,
            candidate.scores.row(policy.primary) - outcome.baseline.scores.row(policy.primary),
            golden,
            policy.use_weights,
        )
        for candidate in outcome.candidates
    ]
    queries = [_query(pair, int(row), outcome) for pair in pairs for row in chosen(pair, len(pairs))]
    named = sorted({document for query in queries for document in _documents(query)} - set(golden.missing))
    titles = {name: title_of(golden.corpus.bodies[golden.corpus.row(name)]) for name in named}
    told = {name: title for name, title in titles.items() if title}
    return {
        "deltas": {pair.candidate.system.name: _deltas(pair, outcome) for pair in pairs},
        "queries": queries,
        "documents": {name: excerpt(golden.corpus.bodies[golden.corpus.row(name)]) for name in named},
        **({"titles": told} if told else {}),
        "reranking": {
            pair.candidate.system.name: describe_reranking(pair.baseline.run, pair.candidate.run, golden)
            for pair in pairs
        },
    }


def chosen(pair: Pair, pairs: int) -> Ints:
    """Return the rows of the queries shown in full: worst and best, and all critical ones.

    Args:
        pair: Whose queries.
        pairs: How many candidates share the page; each gets its part of each kind.
    """
    counted = np.flatnonzero(pair.baseline.scores.counted)
    order = counted[np.argsort(pair.shares[counted], kind="stable")]
    losses, gains = order[pair.deltas[order] < 0], order[pair.deltas[order] > 0]
    critical = _lost_first(pair, order[pair.golden.critical[order]])[: max(1, CRITICAL_CAP // pairs)]
    rows = [*losses[: max(1, WORST // pairs)], *critical, *gains[::-1][: max(1, BEST // pairs)]]
    return np.array(list(dict.fromkeys(int(row) for row in rows)), dtype=np.int64)


def _lost_first(pair: Pair, rows: Ints) -> Ints:
    """Return rows of queries, those first on which the candidate loses every relevant document."""
    old, new = (
        (item.judged.grades[rows, :SHOWN] >= 1).any(axis=1) for item in (pair.baseline, pair.candidate)
    )
    return rows[np.argsort(~(old & ~new), kind="stable")]


def _deltas(pair: Pair, outcome: Outcome) -> dict[str, Any]:
    primary = outcome.experiment.policy.primary
    counted = np.flatnonzero(pair.baseline.scores.counted)
    order = counted[np.argsort(pair.deltas[counted], kind="stable")]
    return {
        "measure": str(primary),
        "ids": [pair.golden.queries.ids[row] for row in order],
        "deltas": pair.deltas[order].tolist(),
        "baseline": pair.baseline.scores.row(primary)[order].tolist(),
        "candidate": pair.candidate.scores.row(primary)[order].tolist(),
    }


def _query(pair: Pair, row: int, outcome: Outcome) -> dict[str, Any]:
    golden, primary = pair.golden, outcome.experiment.policy.primary
    grades = _grades(golden, row)
    ranks = [_ranks(evaluation, row) for evaluation in (pair.baseline, pair.candidate)]
    return {
        "id": golden.queries.ids[row],
        "text": excerpt(golden.queries.bodies[row]),
        "candidate": pair.candidate.system.name,
        "delta": float(pair.deltas[row]),
        "weight": float(golden.weights[row]),
        "critical": bool(golden.critical[row]),
        "segments": [name for name, members in golden.segments.items() if members[row]],
        "baseline_score": float(pair.baseline.scores.row(primary)[row]),
        "candidate_score": float(pair.candidate.scores.row(primary)[row]),
        "baseline_top": _top(golden, ranks[0], ranks[1], grades),
        "candidate_top": _top(golden, ranks[1], ranks[0], grades),
        "missing": _missing(golden, ranks, grades),
    }


def _grades(golden: GoldenSet, row: int) -> Grades:
    first, last = np.searchsorted(golden.qrels.query_rows, [row, row + 1])
    judged = slice(int(first), int(last))
    return dict(
        zip(golden.qrels.doc_rows[judged].tolist(), golden.qrels.grades[judged].tolist(), strict=True)
    )


def _ranks(evaluation: Evaluation, row: int) -> Ranks:
    return {
        doc_row: rank for rank, doc_row in enumerate(evaluation.run.rows[row].tolist(), 1) if doc_row >= 0
    }


def _top(golden: GoldenSet, own: Ranks, other: Ranks, grades: Grades) -> list[dict[str, Any]]:
    return [
        {
            "document": golden.document_id(doc_row),
            "rank": rank,
            "other_rank": other.get(doc_row),
            "grade": grades.get(doc_row),
        }
        for doc_row, rank in own.items()
        if rank <= SHOWN
    ]


def _missing(golden: GoldenSet, ranks: list[Ranks], grades: Grades) -> list[dict[str, Any]]:
    """Return relevant documents that one of the two top tens lacks, best grade first."""
    baseline, candidate = ranks
    lacking = [
        doc_row
        for doc_row, grade in sorted(grades.items(), key=lambda item: (-item[1], item[0]))
        if grade >= 1 and not all(own.get(doc_row, SHOWN + 1) <= SHOWN for own in ranks)
    ]
    return [
        {
            "document": golden.document_id(doc_row),
            "grade": grades[doc_row],
            "baseline_rank": baseline.get(doc_row),
            "candidate_rank": candidate.get(doc_row),
        }
        for doc_row in lacking[:MISSING_SHOWN]
    ]


def _documents(query: dict[str, Any]) -> set[str]:
    return {item["document"] for part in ("baseline_top", "candidate_top", "missing") for item in query[part]}
