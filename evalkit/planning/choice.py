"""The choice: which path is recommended, why, and what would change that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalkit import figures
from evalkit.errors import EvalkitError
from evalkit.planning.paths import Path, Question, paths_of
from evalkit.planning.ways import DUAL, HARMLESS_WAY_BACK, INSIDE_REQUESTS, REBUILD
from evalkit.planning.workload import GIGA

_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Choice:
    """What is recommended.

    Attributes:
        name: The path, "" where none can be recommended.
        reason: Why, in one sentence.
        changes: What would change it, one sentence each.
    """

    name: str
    reason: str
    changes: tuple[str, ...] = ()


def choose(question: Question) -> Choice:
    """Return the path that is recommended, with its reason and what would change it.

    A path has to be possible, to fit the storage limit where there is one, to have a way back, and its curve
    must never fall below the old index by more than the margin. Of those that do, the one that costs least is
    taken, then one that embeds nothing inside requests, then the one that is there first. Where documents may
    change meanwhile, a rebuild without dual writes is left out: it would be stale at the swap.
    """
    first = _preferred(question)
    if first is None:
        why = "no path can be done within these limits without falling below the old index"
        return Choice("", f"{why}: raise the limit that binds, or accept a larger margin")
    told = []
    for name, changed in _what_if(question):
        try:
            other = _preferred(changed)
        except EvalkitError:
            other = None
        if other is None or other.name != first.name:
            told.append(f"{name}: {other.name if other else 'no path'}")
    return Choice(first.name, _reason(first, question), tuple(told))


def _preferred(question: Question) -> Path | None:
    paths = paths_of(question)
    left = [path for path in paths if _acceptable(path, question)]
    return min(left, key=_rank, default=None)


def _acceptable(path: Path, question: Question) -> bool:
    inputs = question.inputs
    if not path.possible or path.exposure is None or not math.isfinite(path.hours):
        return False
    if path.name == REBUILD and not question.at_rest:
        return False
    if path.peak_bytes > GIGA * inputs.get("storage_limit_gb", math.inf):
        return False
    return path.name in HARMLESS_WAY_BACK and path.exposure.never_below


def _rank(path: Path) -> tuple[float, bool, float, float]:
    spent = path.tokens if path.cost is None else round(path.cost, 2)
    return (spent, path.name in INSIDE_REQUESTS, path.hours, path.peak_bytes)


def _reason(path: Path, question: Question) -> str:
    served = path.exposure.strategy if path.exposure else path.served_by
    cheapest = "costs least" if path.cost is not None else "embeds least"
    open_ = path.name == DUAL and not question.at_rest
    dual = " A rebuild without dual writes would miss what changes meanwhile." if open_ else ""
    return (
        f"{path.name} {cheapest} of the paths that fit, can be undone and never fall below the old index; "
        f"{served} answers meanwhile.{dual}"
    )


def _size(giga: float) -> str:
    return figures.plain(figures.size(GIGA * giga))


def _what_if(question: Question) -> Sequence[tuple[str, Question]]:
    """Return questions that differ in one thing that people often have the power over, or learn late."""
    inputs, store = question.inputs, question.store
    one = question.documents * max(store.old_bytes(inputs), store.new_bytes(inputs)) / GIGA
    old = question.documents * store.old_bytes(inputs) / GIGA
    busy = not question.at_rest
    writes = {"writes_per_s": 0.0, "updates_per_hour": 0.0} if busy else {"updates_per_hour": 1e-6}
    slow = {name: inputs[name] / 10 for name in ("tpm", "rpm", "tokens_per_s") if name in inputs}
    asked = {
        f"if no more than one index can be stored ({_size(one)})": {"storage_limit_gb": one + _TINY},
        f"if documents {'do not ' if busy else ''}change meanwhile": writes,
        "if searches are a hundred times as many": {"live_qps": 100 * inputs["live_qps"]},
        "if the limits are a tenth": slow,
    }
    if old < one:
        only = f"if nothing fits beside the old index ({_size(old)})"
        asked[only] = {"storage_limit_gb": old + _TINY}
    return [(name, replace(question, inputs=inputs.with_given(values))) for name, values in asked.items()]
