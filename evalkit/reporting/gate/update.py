"""The update: what a new baseline holds, and what is different from the one before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from evalkit.comparison.paired import TIE
from evalkit.regression.baseline import Baseline
from evalkit.regression.stamp import drift
from evalkit.reporting import figures
from evalkit.reporting.description import Result
from evalkit.reporting.gate.result import describe_drift
from evalkit.reporting.gate.story import drift_words, noise_words
from evalkit.reporting.quoting import visible_throughout


def changes_between(before: Baseline | None, after: Baseline, path: Path) -> Result:
    """Return what replacing one baseline by another changes.

    Returns:
        The file, whether it is new, the drift, and for each measure that both hold the mean difference over
        the queries that both hold, and how many of these are better or worse than before.
    """
    known = {} if before is None else _compared(before, after)
    return {
        "file": str(path),
        "new": before is None,
        "drift": [] if before is None else describe_drift(drift(before.stamp, after.stamp)),
        "measures": known,
    }


def update_text(result: Result) -> str:
    """Return what `--update` prints."""
    known: Any = visible_throughout(result)
    updated, (system,) = known["gate"]["updated"], known["systems"]
    lines = [f"drift     {drift_words(item)}" for item in updated["drift"]]
    for measure, mean in known["systems"][system]["measures"].items():
        change = updated["measures"].get(measure)
        told = "" if change is None else _words(change)
        lines.append(f"{measure:<14}{figures.number(mean)}{told}")
    lines.append(f"noise     {noise_words(known['gate']['noise'])}")
    kept = "stored" if updated["new"] else "replaced"
    lines.append(f"{kept} {updated['file']}: commit it")
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _compared(before: Baseline, after: Baseline) -> Result:
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


def _words(change: Result) -> str:
    if not change["better"] and not change["worse"]:
        return "  unchanged"
    return (
        f"  {figures.signed(change['delta'])}  {change['better']} better, {change['worse']} worse than before"
    )
