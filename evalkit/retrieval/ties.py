"""Ties at a cutoff: how often an id alone decides what is still looked at."""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Bools
from evalkit.findings import Finding, Severity
from evalkit.retrieval.run import Run

OFTEN = 0.05


def tied_at(run: Run, cutoff: int) -> Bools:
    """Return (Q,) for which queries the results at ranks `cutoff` and `cutoff` + 1 have one score.

    Args:
        run: (Q, K) results.
        cutoff: How many ranks are looked at, ≥ 1.
    """
    if run.scores.shape[1] <= cutoff:
        return np.zeros(run.scores.shape[0], dtype=bool)
    last, next_one = run.scores[:, cutoff - 1], run.scores[:, cutoff]
    return np.asarray((last == next_one) & np.isfinite(next_one))


def tie_findings(run: Run, counted: Bools, cutoff: int) -> tuple[Finding, ...]:
    """Return a finding where scores tie across the cutoff: a notice, from one query in twenty on a warning.

    Args:
        run: (Q, K) results.
        counted: (Q,) which queries are scored.
        cutoff: How many ranks are looked at.
    """
    tied, asked = int(tied_at(run, cutoff)[counted].sum()), int(counted.sum())
    if not tied:
        return ()
    problem = f"{run.system}: for {tied} of {asked} queries ranks {cutoff} and {cutoff + 1} have one score"
    hint = "the larger id stands first: are documents identical, scores coarse, or dimensions few?"
    severity = Severity.WARNING if tied >= OFTEN * asked else Severity.NOTICE
    return (Finding("EK422", severity, problem, hint=hint),)
