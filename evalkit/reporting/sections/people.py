"""The people: what a comparison means for those who search, in one sentence without a measure's name."""

from __future__ import annotations

from evalkit import figures
from evalkit.reporting.sections.source import baseline_of
from evalkit.results.result import Result

# Above zero on a query exactly where one relevant document stands among the first k.
_FOUND = ("nDCG", "nDCG(exp)", "Recall", "MRR", "RR", "MAP", "AP", "P", "Precision", "Hit", "Success")


def people(result: Result, candidate: str) -> str:
    """Return for how many searches an answer stands among the first k, before and after.

    Args:
        result: The result of a comparison.
        candidate: Whose answers.

    Returns:
        A sentence; "" where the primary measure does not tell, or no query was scored.
    """
    base, at, cutoff = result.primary.partition("@")
    known = result.deltas.get(candidate)
    if base not in _FOUND or not at or not cutoff.isdigit() or known is None or not known.ids:
        return ""
    total = len(known.ids)
    before, after = (sum(score > 0 for score in side) for side in (known.baseline, known.candidate))
    first = "as the first result" if cutoff == "1" else f"among the first {cutoff} results"
    now = f"{figures.count(after)} of {figures.counted(total, 'query')} ({figures.percent(after / total)})"
    if after == before:
        return f"An answer stands {first} for {now}, as many as with {baseline_of(result)}."
    then = f"{figures.count(before)} ({figures.percent(before / total)})"
    return f"An answer stands {first} for {now}; with {baseline_of(result)} it does for {then}."
