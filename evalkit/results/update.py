"""The update: what is different between a new baseline and the one before."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evalkit.comparison.paired import TIE
from evalkit.regression.baseline import Baseline
from evalkit.regression.changes import Changes
from evalkit.regression.stamp import drift
from evalkit.results.description import Json
from evalkit.results.gate import describe_changes, describe_drift


def changes_between(before: Baseline | None, after: Baseline, path: Path) -> Json:
    """Return what replacing one baseline by another changes.

    Returns:
        The file, whether it is new, the drift, and for each measure that both hold the mean difference over
        the queries that both hold, and how many of these are better or worse than before; and which queries
        only one of them holds, or both with another text or other judgements.
    """
    known = {} if before is None else _compared(before, after)
    changed = Changes() if before is None else Changes.between(before.asked, before.query_ids, after.asked)
    return {
        "file": str(path),
        "new": before is None,
        "drift": [] if before is None else describe_drift(drift(before.stamp, after.stamp)),
        "measures": known,
        "queries": describe_changes(changed),
    }


def _compared(before: Baseline, after: Baseline) -> Json:
    """Return the measures that both hold, on the queries that both hold."""
    columns = {query: column for column, query in enumerate(before.query_ids)}
    common = [(columns[query], new) for new, query in enumerate(after.query_ids) if query in columns]
    if not common:
        return {}
    old, new = (list(side) for side in zip(*common, strict=True))
    found = {}
    for row, measure in enumerate(after.measures):
        if measure in before.measures:
            deltas = after.values[row, new] - before.values[before.measures.index(measure), old]
            found[str(measure)] = {
                "queries": len(common),
                "delta": float(np.mean(deltas)),
                "better": int((deltas > TIE).sum()),
                "worse": int((deltas < -TIE).sum()),
            }
    return found
