"""The re-ranking: how much of what people see changes from one system to another, as a JSON object."""

from __future__ import annotations

from typing import Any

from evalkit.arrays import Ints
from evalkit.defaults import CUTOFF
from evalkit.golden.goldenset import GoldenSet
from evalkit.quoting import excerpt
from evalkit.retrieval.agreement import Agreement
from evalkit.retrieval.run import Run

MOST = 20


def describe_reranking(
    old: Run, new: Run, golden: GoldenSet, *, cutoff: int = CUTOFF, most: int | None = MOST
) -> dict[str, Any]:
    """Return how much of the old results the new ones keep, on average and for the queries that change most.

    Args:
        old: What people see now.
        new: What they would see.
        golden: Queries and documents of both runs; judgements are not needed.
        cutoff: How many results people see.
        most: How many queries are told one by one, None for all of them.

    Returns:
        Means over all queries, and `queries`: those that change most first, with both lists of results.
    """
    agreement = Agreement.between(old, new, cutoff=cutoff)
    rows = agreement.most_changed_first[:most]
    return {
        "cutoff": cutoff,
        f"overlap@{cutoff}": float(agreement.overlap.mean()),
        "rank_biased_overlap": float(agreement.rank_biased.mean()),
        "same_first": float(agreement.same_first.mean()),
        "same_order": float(agreement.same_order.mean()),
        "queries": [
            {
                "id": golden.queries.ids[row],
                "text": excerpt(golden.queries.bodies[row]),
                f"overlap@{cutoff}": float(agreement.overlap[row]),
                "rank_biased_overlap": float(agreement.rank_biased[row]),
                "old": _ids(old.rows[row, :cutoff], golden),
                "new": _ids(new.rows[row, :cutoff], golden),
            }
            for row in rows.tolist()
        ],
    }


def first_results(changed: dict[str, Any], golden: GoldenSet) -> dict[str, str]:
    """Return an excerpt of each document that stands first, before or after, for the queries told first."""
    firsts = {query[side][0] for query in changed["queries"][:MOST] for side in ("old", "new") if query[side]}
    return {name: excerpt(golden.corpus.bodies[golden.corpus.row(name)]) for name in sorted(firsts)}


def _ids(rows: Ints, golden: GoldenSet) -> list[str]:
    return [golden.document_id(row) for row in rows.tolist() if row >= 0]
