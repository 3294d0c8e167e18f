"""The result of a difference between two systems on queries that nobody judged, and its files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from evalkit.quoting import harmless
from evalkit.results.changes import describe_reranking, first_results
from evalkit.results.description import describe_finding, describe_golden, describe_vectors
from evalkit.results.origin import ProvenancePart
from evalkit.results.reranking import RerankingPart
from evalkit.results.result import Result
from evalkit.studies.difference import Difference

UNSCORED: dict[str, Any] = {"measures": {}, "exact_measures": {}, "index_recall": None, "tie_rate": None}
COLUMNS = ("query", "text", "overlap", "rank_biased_overlap", "old", "new")


def result_of_diff(study: Difference, provenance: Mapping[str, object]) -> Result:
    """Return how much of what people see changes, query by query, those that change most first.

    Args:
        study: Two systems on the same queries.
        provenance: How, when and with which versions.
    """
    golden = study.golden
    systems = {
        item.system.name: {
            **describe_vectors(item.system, item.embedded, role),
            **UNSCORED,
            "queries_without_results": int((item.run.returned == 0).sum()),
        }
        for item, role in ((study.old, "old"), (study.new, "new"))
    }
    changed = describe_reranking(study.old.run, study.new.run, golden, cutoff=study.cutoff, most=None)
    return Result.found(
        question={"cutoff": study.cutoff, "depth": study.setting.depth},
        golden=describe_golden(golden),
        systems=systems,
        reranking={study.new.system.name: changed},
        documents=first_results(changed, golden),
        findings=[describe_finding(finding) for finding in study.findings],
        provenance=ProvenancePart.of(provenance),
    )


def changes_csv(changed: RerankingPart) -> str:
    """Return one row for each query, those that change most first; results are ids with a space between."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for query in changed.queries:
        lists = " ".join(query.old), " ".join(query.new)
        row = query.id, query.text, query.overlap, query.rank_biased_overlap, *lists
        writer.writerow([harmless(cell) for cell in row])
    return text.getvalue()
