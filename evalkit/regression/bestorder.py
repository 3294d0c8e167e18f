"""Copies: whether a failure stands in the best order of identical documents that are judged differently."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evalkit.comparison.paired import compare
from evalkit.evaluation import BY_ID
from evalkit.regression.baseline import Baseline
from evalkit.regression.checks import GateVerdict, examine, verdict_of
from evalkit.regression.gate import Gate
from evalkit.regression.look import Look, lost_queries
from evalkit.scoring.copies import spread_by_copies


def order_explains(gate: Gate, baseline: Baseline, look: Look) -> bool:
    """Return whether a look fails in the order it is in, but not in the best order of identical documents.

    Args:
        gate: What is guarded; where ties are scored by their expected value no order decides anything.
        baseline: What it is held against.
        look: A look that failed.
    """
    if gate.setting.ties != BY_ID:
        return False
    golden, retrieved, now = gate.golden, look.evaluation.retrieved, look.evaluation.scores
    spreads = [spread_by_copies(retrieved, golden, measure) for measure in now.measures]
    if not any(spread is not None for spread in spreads):
        return False
    best = np.stack(
        [row if spread is None else spread.best for row, spread in zip(now.values, spreads, strict=True)]
    )
    scores = replace(now, values=best)
    before = baseline.scores(golden)
    rows = compare(before, scores, golden, policy=gate.policy, seed=gate.seed)
    losses = lost_queries(golden, gate.policy, before, scores)
    checks = examine(rows, losses, gate.policy, lambda row: gate.tolerance_of(row, baseline))
    return verdict_of(checks) is not GateVerdict.FAIL
