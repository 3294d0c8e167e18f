"""The ranges: P10, P50 and P90 of what each path takes, over draws of everything that is not certain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats
from evalkit.planning.inputs import Inputs
from evalkit.planning.lazy import queries_until, zipf_coverage
from evalkit.planning.paths import Path, Question
from evalkit.planning.ways import CASCADE, DUAL, LAZY
from evalkit.planning.workload import MILLION, draw_inputs, drawn_hours, percentiles
from evalkit.streams import stream

Range = tuple[float, float, float]
_EXPONENTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """P10, P50 and P90 of one path; None where there is no number.

    Attributes:
        hours: Until the last document is there.
        cost: Money for embedding and storage.
        harm: Quality-hours below the old index.
        delay: Quality-hours behind the new index.
    """

    hours: Range
    cost: Range | None
    harm: Range | None
    delay: Range | None


def ranges_of(question: Question, paths: Sequence[Path], *, seed: int) -> dict[str, Ranges]:
    """Return the ranges of every path, over 20,000 draws of all inputs and of the lab's intervals.

    Args:
        question: What the paths were reckoned from.
        paths: The paths.
        seed: What the draws are addressed by.
    """
    drawn = draw_inputs(question.inputs, seed=seed)
    return {path.name: _ranges(path, question, drawn, seed) for path in paths}


def _ranges(path: Path, question: Question, drawn: dict[str, Floats], seed: int) -> Ranges:
    hours, exposed = _hours(path, question, drawn)
    exposures = {
        what: None if path.exposure is None else _exposed(path, what, exposed, seed)
        for what in ("harm", "delay")
    }
    cost = _cost(path, question, drawn, hours)
    return Ranges(
        hours=percentiles(hours),
        cost=None if cost is None else percentiles(cost),
        harm=exposures["harm"],
        delay=exposures["delay"],
    )


def _hours(path: Path, question: Question, drawn: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Return (n,) hours of the path, and those for which its quality counts."""
    if path.name == CASCADE:
        return np.zeros_like(drawn["documents"]), drawn["window_hours"]
    backfill = drawn_hours(drawn)
    if path.name == LAZY:
        hours = _lazy_hours(question, drawn, backfill) + drawn["canary_hours"]
    else:
        hours = backfill + (drawn["canary_hours"] if path.name == DUAL else 0.0)
    return hours, hours


def _lazy_hours(question: Question, drawn: dict[str, Floats], backfill: Floats) -> Floats:
    """Return (n,) hours until queries have touched enough, and those of the sweep of the rest.

    How many queries that takes is known at a few exponents of Zipf's law and drawn a line between, in its
    logarithm; it grows with the corpus in proportion.
    """
    inputs = question.inputs
    item = inputs.by_name["zipf"]
    exponents = np.unique(np.linspace(item.low, item.high, _EXPONENTS))
    size, k = int(inputs["documents"]), int(inputs["candidates"])
    asked = [queries_until(size, k, s, traffic=inputs["sweep_from"]) for s in exponents]
    touched = [zipf_coverage(size, k, s, q).corpus for s, q in zip(exponents, asked, strict=True)]
    queries = np.exp(np.interp(drawn["zipf"], exponents, np.log(asked))) * drawn["documents"] / size
    with np.errstate(divide="ignore"):
        waited = queries / (3600 * drawn["live_qps"])
    return np.asarray(
        waited + backfill * (1 - np.interp(drawn["zipf"], exponents, touched)), dtype=np.float64
    )


def _cost(path: Path, question: Question, drawn: dict[str, Floats], hours: Floats) -> Floats | None:
    """Return (n,) what a path costs: embedding alone; storage is counted at the values of the inputs."""
    if path.cost is None or "price" not in drawn:
        return None
    each = drawn["tokens_per_document"] / MILLION * drawn["price"] * (1 - _or(drawn, "batch_discount", 0.0))
    if path.name == CASCADE:
        return 3600 * drawn["live_qps"] * drawn["candidates"] * drawn["window_hours"] * each
    finite = np.where(np.isfinite(hours), hours, np.inf)
    with np.errstate(invalid="ignore"):
        writing = 3600 * drawn["writes_per_s"] * finite
    written = np.where(drawn["writes_per_s"] > 0, writing, 0.0)
    stored = path.cost - _embedding_at_value(path, question.inputs)
    return np.asarray((drawn["documents"] + written) * each + max(stored, 0.0), dtype=np.float64)


def _embedding_at_value(path: Path, inputs: Inputs) -> float:
    """Return the part of a path's cost that is for embedding, at the values of the inputs."""
    written = 3600 * inputs["writes_per_s"] * (path.hours if math.isfinite(path.hours) else 0.0)
    each = inputs["tokens_per_document"] / MILLION * inputs["price"] * (1 - inputs.get("batch_discount", 0.0))
    return (inputs["documents"] + written) * each


def _exposed(path: Path, what: str, hours: Floats, seed: int) -> Range | None:
    """Return the range of harm or delay: the lab's interval drawn over, times the hours."""
    low, value, high = getattr(path.exposure, what)
    at = stream(seed, "plan", "draw", what, path.served_by).random(hours.size)
    lower, upper = low + 2 * at * (value - low), value + (2 * at - 1) * (high - value)
    each = np.where(at < 0.5, lower, upper)  # noqa: PLR2004 - the median
    with np.errstate(invalid="ignore"):
        products = np.where(each == 0, 0.0, each * hours)
    return percentiles(np.asarray(products, dtype=np.float64))


def _or(drawn: dict[str, Floats], name: str, default: float) -> Floats | float:
    return drawn.get(name, default)
