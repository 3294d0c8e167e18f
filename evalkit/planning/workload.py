"""The workload: what the inputs come to, tokens, hours, money and bytes, at one value of each or at many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats
from evalkit.planning.inputs import Inputs
from evalkit.planning.schedule import Schedule, wall_hours
from evalkit.planning.storage import disk_bytes
from evalkit.streams import stream

DRAWS = 20_000
MONTH_HOURS = 730.0
GIGA = 1e9
MILLION = 1e6
PERCENTILES = (10.0, 50.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlan:
    """What vectors are kept in.

    Attributes:
        engine: One of `storage.ENGINES`.
        kind: The kind of vector.
        old_dims: Dimensions of the old model.
        new_dims: Dimensions of the new one.
    """

    engine: str
    kind: str
    old_dims: int
    new_dims: int

    def old_bytes(self, inputs: Inputs) -> float:
        """Return the bytes of an old vector."""
        return self._bytes(self.old_dims, inputs)

    def new_bytes(self, inputs: Inputs) -> float:
        """Return the bytes of a new vector."""
        return self._bytes(self.new_dims, inputs)

    def _bytes(self, dims: int, inputs: Inputs) -> float:
        replicas = int(inputs["replicas"])
        if "bytes_per_vector" in inputs:
            return inputs["bytes_per_vector"] * (1 + replicas)
        return disk_bytes(self.engine, dims, kind=self.kind, m=int(inputs["m"]), replicas=replicas)


def schedule_of(inputs: Inputs, documents: float | None = None) -> Schedule:
    """Return the schedule of a backfill.

    Args:
        inputs: All numbers.
        documents: How many are embedded; all of them when left out.

    Raises:
        EvalkitError: A limit leaves nothing, or a number is impossible; it is named.
    """
    own = "tokens_per_s" in inputs
    return wall_hours(
        inputs["documents"] if documents is None else documents,
        inputs["tokens_per_document"],
        tpm=60 * inputs["tokens_per_s"] if own else inputs["tpm"],
        rpm=None if own else inputs["rpm"],
        headroom=inputs["headroom"],
        live_qps=inputs["live_qps"],
        live_tokens=inputs["live_tokens"],
        retry_share=inputs["retry_share"],
        batch=int(inputs["batch"]),
        request_tokens=inputs["request_tokens"],
        writes_per_s=inputs["writes_per_s"],
        latency_s=0.0 if own else inputs["latency_s"],
        concurrency=int(inputs["concurrency"]),
    )


def draw_inputs(inputs: Inputs, *, seed: int, draws: int = DRAWS) -> dict[str, Floats]:
    """Return (n,) draws of every input over its range.

    Half of the draws lie between low and value, half between value and high, evenly: so the value is the
    median, whatever the range. Each input has a stream of its own, so that another one never moves it.

    Args:
        inputs: All numbers.
        seed: What the draws are addressed by.
        draws: n.
    """
    drawn = {}
    for name, item in inputs.by_name.items():
        if item.is_certain:
            drawn[name] = np.full(draws, float(item.value))
            continue
        at = stream(seed, "plan", "draw", name).random(draws)
        lower = item.low + 2 * at * (item.value - item.low)
        upper = item.value + (2 * at - 1) * (item.high - item.value)
        drawn[name] = np.where(at < 0.5, lower, upper)  # noqa: PLR2004 - the median
    return drawn


def drawn_hours(drawn: dict[str, Floats]) -> Floats:
    """Return (n,) hours of the backfill under each draw, infinite where it never ends; see `wall_hours`.

    Args:
        drawn: (n,) draws by the name of their input.
    """
    own = "tokens_per_s" in drawn
    tokens = drawn["tokens_per_document"]
    spare, queries = 1 - drawn["headroom"], 60 * drawn["live_qps"]
    fitting = np.maximum(np.minimum(drawn["batch"], drawn["request_tokens"] // tokens), 1)
    requests = np.ceil(drawn["documents"] / fitting)
    limit = 60 * drawn["tokens_per_s"] if own else drawn["tpm"]
    with np.errstate(divide="ignore"):
        left = np.maximum(spare * limit - queries * drawn["live_tokens"], 0)
        hours = drawn["documents"] * tokens / left / 60
        if not own:
            asked = np.maximum(spare * drawn["rpm"] - queries, 0)
            waited = requests * drawn["latency_s"] / np.floor(drawn["concurrency"]) / 3600
            hours = np.maximum(hours, np.maximum(requests / asked / 60, waited))
        alone = hours / (1 - drawn["retry_share"])
        rate = drawn["documents"] / alone - 3600 * drawn["writes_per_s"]
        return np.asarray(np.where(rate > 0, drawn["documents"] / rate, np.inf), dtype=np.float64)


def embedding_cost(inputs: Inputs, documents: float) -> float | None:
    """Return what it costs to embed so many documents; None where nobody said what a token costs."""
    if "price" not in inputs:
        return None
    paid = inputs["price"] * (1 - inputs.get("batch_discount", 0.0))
    return documents * inputs["tokens_per_document"] / MILLION * paid


def storage_cost(inputs: Inputs, size_bytes: float, hours: float) -> float:
    """Return what it costs to keep so many bytes for so long; 0 where nobody said what storage costs."""
    return inputs.get("storage_price", 0.0) * size_bytes / GIGA * hours / MONTH_HOURS


def percentiles(values: Floats) -> tuple[float, float, float]:
    """Return P10, P50 and P90 of (n,) values, infinite ones among them."""
    low, middle, high = np.percentile(values, PERCENTILES, method="nearest")
    return float(low), float(middle), float(high)
