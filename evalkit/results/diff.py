"""The result of a difference between two systems on queries that nobody judged, and its files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.embedding.embeddings import EmbeddedSet
from evalkit.evaluation import System
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet
from evalkit.results.changes import describe_reranking, first_results
from evalkit.results.description import describe_finding, describe_golden, describe_vectors
from evalkit.results.reranking import RerankingPart
from evalkit.results.result import Result
from evalkit.retrieval.run import Run

UNSCORED: dict[str, Any] = {"measures": {}, "exact_measures": {}, "index_recall": None, "tie_rate": None}
COLUMNS = ("query", "text", "overlap", "rank_biased_overlap", "old", "new")

Retrieved = tuple[System, Run, EmbeddedSet | None]


def result_of_diff(
    old: Retrieved,
    new: Retrieved,
    golden: GoldenSet,
    *,
    question: Mapping[str, int],
    findings: Sequence[Finding],
    provenance: Mapping[str, object],
) -> Result:
    """Return how much of what people see changes, query by query, those that change most first.

    Args:
        old: The system in production, what it retrieves, and its vectors where it has any.
        new: The same of the system to come.
        golden: Queries and documents.
        question: `cutoff`, how many results people see, and `depth`, how many are retrieved.
        findings: What was noticed on the way.
        provenance: How, when and with which versions.
    """
    systems = {
        system.name: {
            **describe_vectors(system, embedded, role),
            **UNSCORED,
            "queries_without_results": int((run.returned == 0).sum()),
        }
        for (system, run, embedded), role in ((old, "old"), (new, "new"))
    }
    changed = describe_reranking(old[1], new[1], golden, cutoff=question["cutoff"], most=None)
    return Result.found(
        question=dict(question),
        golden=describe_golden(golden),
        systems=systems,
        reranking={new[0].name: changed},
        documents=first_results(changed, golden),
        findings=[describe_finding(finding) for finding in dict.fromkeys(findings)],
        provenance=dict(provenance),
    )


def changes_csv(changed: RerankingPart) -> str:
    """Return one row for each query, those that change most first; results are ids with a space between."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for query in changed.queries:
        lists = " ".join(query.old), " ".join(query.new)
        writer.writerow([query.id, query.text, query.overlap, query.rank_biased_overlap, *lists])
    return text.getvalue()
