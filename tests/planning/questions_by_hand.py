"""Questions of a plan from numbers by hand: no model, no corpus, everything known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.planning.inputs import GIVEN, Input, Inputs
from evalkit.planning.paths import Exposure, Path, Question, paths_of
from evalkit.planning.workload import StorePlan

REBUILD, DUAL, IN_PLACE, BRIDGE, CASCADE, LAZY = PATHS = (
    *("rebuild", "dual-index", "in-place"),
    *("bridge", "cascade", "lazy"),
)
CAN_BE_UNDONE = (REBUILD, DUAL, CASCADE, LAZY)
NUMBERS = {
    "documents": 1e6,
    "tokens_per_document": 500,
    "live_tokens": 20,
    "tpm": 1e6,
    "rpm": 3000,
    "headroom": 0.3,
    "live_qps": 0.5,
    "retry_share": 0.01,
    "latency_s": 0.0,
    "concurrency": 8,
    "writes_per_s": 0.0,
    "updates_per_hour": 0.0,
    "price": 0.02,
}
EVERY = {  # a strategy for each path: harm and delay an hour, whether it never falls below, searches
    "stay-old": (0.0, 0.2, True, 1),
    "dual-raw": (0.01, 0.1, False, 2),
    "bridged": (0.0, 0.09, True, 1),
    "cascade": (0.0, 0.06, True, 1),
}


def given(name: str, value: float, low: float | None = None, high: float | None = None) -> Input:
    """Return a number that somebody gave."""
    ends = (value if low is None else low, value if high is None else high)
    return Input(name=name, value=value, low=ends[0], high=ends[1], kind=GIVEN, source="by hand")


def inputs(**values: float) -> Inputs:
    """Return the inputs of a plan, some of them otherwise."""
    return Inputs.of(given(name, value) for name, value in {**NUMBERS, **values}.items())


def exposure(strategy: str, harm: float, delay: float, never_below: bool, searches: int) -> Exposure:  # noqa: FBT001 - a row of a table
    """Return what a strategy costs an hour, half as much and twice as much at the ends."""
    return Exposure(
        strategy=strategy,
        order="random",
        harm=(harm / 2, harm, 2 * harm),
        delay=(delay / 2, delay, 2 * delay),
        never_below=never_below,
        searches=searches,
        start=0.3,
        worst=0.3,
    )


def question(exposed: Mapping[str, tuple[Any, ...]] = EVERY, /, **values: float) -> Question:
    """Return a question with a strategy for each path."""
    return Question(
        inputs=inputs(**values),
        store=StorePlan(engine="pgvector", kind="vector", old_dims=384, new_dims=768),
        exposures={name: exposure(name, *told) for name, told in exposed.items()},
    )


def paths(**values: float) -> dict[str, Path]:
    """Return every path by name."""
    return {path.name: path for path in paths_of(question(**values))}
