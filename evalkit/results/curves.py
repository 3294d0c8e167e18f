"""The curves: the mixed index as rows, and the summary of each strategy."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.lab import describe
from evalkit.mixing.curve import MixCurve
from evalkit.results.description import Json
from evalkit.results.record import Number, Record


class MixRow(Record):
    """One strategy at one share of documents that have moved; `cohort` is None for the mean over queries."""

    old: str
    new: str
    order: str
    strategy: str
    measure: str
    cohort: str | None
    share: Number
    value: Number | None
    low: Number | None = None
    high: Number | None = None


class HoldingPart(Record):
    """How much of the first results, and of the corpus, belongs to a cohort."""

    first: Number | None
    corpus: Number


class LineSummary(Record):
    """One strategy in one measure: its ends, its worst point and when it is as good as the old index.

    All numbers are about the whole way, looked at in `evaluated` places, whatever shares the rows show.
    """

    measure: str
    strategy: str
    old: Number
    start: Number
    half: Number | None
    end: Number
    worst: Number | None
    worst_share: Number | None
    break_even: Number | None
    blackout: Number | None
    spread: Number | None
    error: Number | None
    lowest: Number | None
    never_below: bool
    searches: int
    held: dict[str, HoldingPart] = {}
    lowest_share: Number | None = None
    evaluated: int | None = None
    cohorts: dict[str, Number | None] = {}


class CurveSummary(Record):
    """One way from an old model to a new one: the sentence and every strategy."""

    old: str
    new: str
    order: str
    margin: Number
    sentence: str
    valley: tuple[Number, Number] | None = None
    lines: tuple[LineSummary, ...] = ()


def describe_curves(curves: Sequence[MixCurve]) -> Json:
    """Return the parts of a result that the lab fills: the rows of its curves, and their summaries."""
    return {
        "mix": [row for curve in curves for row in curve.rows()],
        "mix_summary": [describe(curve) for curve in curves],
    }
