"""The bound on how often what a candidate shows unjudged is relevant, where misses were not written down."""

from __future__ import annotations

UNKNOWN_PER_KNOWN = (
    49  # the assumption: of the relevant documents that a candidate shows one in fifty is known
)
ASSUMED = "at least one in fifty of the relevant documents that it shows is known"
_TAIL = 0.025


def bounded_rate(found: int, *, by_chance: float, unjudged: int) -> float:
    """Return the highest rate of relevance among unjudged documents that the known ones found allow.

    A candidate that finds relevant documents finds known ones among them. For each known one at most
    `UNKNOWN_PER_KNOWN` others are allowed for. What it finds is counted with the upper end of a Poisson
    interval, since few may be bad luck; where a random order finds as many, that much is taken off.

    Args:
        found: Known relevant documents among the candidate's first results.
        by_chance: How many of them a random order is expected to show there.
        unjudged: Unjudged documents among the same results.

    Returns:
        A rate in (0, 1]; 1 where nothing is unjudged.

    Source: calibrated by simulation, C17 in docs/statistics.md; the interval is Garwood's, Biometrika 1936.
    """
    from scipy.stats import chi2, poisson  # noqa: PLC0415 - only pooled sets without grades 0 pay for scipy

    most = float(chi2.ppf(1 - _TAIL, 2 * (found + 1))) / 2
    least = float(chi2.ppf(1 - _TAIL, 2)) / 2
    if found <= poisson.ppf(1 - _TAIL, by_chance):
        most = max(least, most - by_chance)
    return min(1.0, UNKNOWN_PER_KNOWN * most / max(1, unjudged))
