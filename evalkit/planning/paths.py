"""The six paths from one model to the other: hours, money, bytes, searches, harm, delay and the way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from evalkit import figures
from evalkit.planning.inputs import Inputs
from evalkit.planning.lazy import queries_until, zipf_coverage
from evalkit.planning.schedule import SECONDS, stale_share
from evalkit.planning.ways import BRIDGE, CASCADE, DUAL, IN_PLACE, LAZY, PATHS, REBUILD, SERVED_BY, WAYS_BACK
from evalkit.planning.workload import StorePlan, embedding_cost, schedule_of, storage_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What one strategy of the lab costs under one order, for each hour of the migration.

    Attributes:
        strategy: How queries are answered meanwhile.
        order: Which documents move first.
        harm: Quality-hours below the old index, with the ends of its range.
        delay: Quality-hours behind the new index, with the ends of its range.
        never_below: Whether the lab shows that it never falls below the old index by more than the margin.
        searches: Searches for each query.
        start: The measure before anything has moved.
        worst: The worst point on the way.
    """

    strategy: str
    order: str
    harm: tuple[float, float, float]
    delay: tuple[float, float, float]
    never_below: bool
    searches: int
    start: float
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way to migrate, reckoned.

    Attributes:
        name: One of PATHS.
        served_by: The lab's strategy that answers queries meanwhile, "" where none can.
        hours: Until the last document is there; infinite where it never is.
        cost: Money; None where no price is known.
        tokens: How many are embedded.
        peak_bytes: Most that is stored at a time.
        searches: Searches for each query.
        exposure: What it costs in quality for each hour; None where the lab has no curve for it.
        exposed_hours: For how many hours.
        way_back: How to undo it.
        note: What decides its numbers, or why it is not possible.
        possible: Whether it can be done at all.
    """

    name: str
    served_by: str
    hours: float
    cost: float | None
    tokens: float
    peak_bytes: float
    searches: int
    exposure: Exposure | None
    exposed_hours: float
    way_back: str
    note: str
    possible: bool = True

    @property
    def harm(self) -> float | None:
        """Quality-hours below the old index."""
        return self.scaled("harm")[1]

    @property
    def delay(self) -> float | None:
        """Quality-hours behind the new index."""
        return self.scaled("delay")[1]

    def scaled(self, what: str) -> tuple[float | None, float | None, float | None]:
        """Return low, middle and high of "harm" or "delay" over the whole way; None where nobody knows."""
        if self.exposure is None or not math.isfinite(self.exposed_hours):
            return (None, None, None)
        low, middle, high = getattr(self.exposure, what)
        return (low * self.exposed_hours, middle * self.exposed_hours, high * self.exposed_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What paths are reckoned from.

    Attributes:
        inputs: All numbers.
        store: What vectors are kept in.
        exposures: The lab's strategies under the first order, by name.
        lazy_strategy: How queries are answered while documents are re-embedded on demand.
    """

    inputs: Inputs
    store: StorePlan
    exposures: Mapping[str, Exposure]
    lazy_strategy: str = "cascade"

    @property
    def documents(self) -> float:
        """The corpus that is planned for."""
        return self.inputs["documents"]

    @property
    def at_rest(self) -> bool:
        """Whether it is known that no document changes meanwhile; what is assumed leaves it open."""
        names = ("writes_per_s", "updates_per_hour")
        return all(self.inputs.by_name[name].high == 0 for name in names)

    @property
    def queries_per_hour(self) -> float:
        """Searches an hour."""
        return SECONDS * self.inputs["live_qps"]

    def best(self, strategies: tuple[str, ...]) -> Exposure | None:
        """Return the strategy that harms least, then delays least; None where none has a curve."""
        known = [self.exposures[name] for name in strategies if name in self.exposures]
        return min(known, key=lambda item: (item.harm[1], item.delay[1], item.searches), default=None)


def paths_of(question: Question) -> tuple[Path, ...]:
    """Return every path, reckoned at the value of each input.

    Raises:
        EvalkitError: A limit leaves nothing for a backfill, or a number is impossible.
    """
    return tuple(_MAKERS[name](question) for name in PATHS)


def _backfilled(name: str, question: Question, *, peak_bytes: float, note: str) -> Path:
    """Return a path on which every document is embedded once, as fast as the limits allow."""
    inputs, schedule = question.inputs, schedule_of(question.inputs)
    exposure = question.best(SERVED_BY[name])
    written = 3600 * inputs["writes_per_s"] * schedule.hours if schedule.converges else 0.0
    cost = embedding_cost(inputs, question.documents + written)
    if cost is not None and schedule.converges:
        cost += storage_cost(inputs, peak_bytes, schedule.hours)
    if not schedule.converges:
        note = (
            f"never ends: more is written than the {figures.count(schedule.rate)} documents an "
            "hour that are embedded"
        )
    return Path(
        name=name,
        served_by=exposure.strategy if exposure else "",
        hours=schedule.hours,
        cost=cost if schedule.converges else None,
        tokens=(question.documents + written) * inputs["tokens_per_document"],
        peak_bytes=peak_bytes,
        searches=exposure.searches if exposure else 1,
        exposure=exposure,
        exposed_hours=schedule.hours,
        way_back=WAYS_BACK[name],
        note=note if exposure else "the lab has no curve for it: these vectors cannot share a column",
        possible=schedule.converges and exposure is not None,
    )


def _rebuild(question: Question) -> Path:
    note = "the old index serves until the swap"
    path = _backfilled(REBUILD, question, peak_bytes=_both(question), note=note)
    if question.at_rest or not path.possible:
        return path
    stale = stale_share(question.inputs["updates_per_hour"], path.hours)
    told = (
        f"{figures.number(100 * stale, 1)} % of it is stale at the swap"
        if stale
        else "what changes meanwhile is missed"
    )
    return replace(path, note=f"without dual writes {told}")


def _dual(question: Question) -> Path:
    note = "shadow, dual writes, backfill, canary, flag; the old index serves until then"
    path = _backfilled(DUAL, question, peak_bytes=_both(question), note=note)
    hours = path.hours + question.inputs["canary_hours"]
    return _kept_current(replace(path, hours=hours, exposed_hours=hours), question)


def _kept_current(path: Path, question: Question) -> Path:
    """Return a path with what dual writes to the old index cost until the rollback window ends."""
    inputs = question.inputs
    back = 3600 * inputs["writes_per_s"] * inputs["rollback_hours"]
    kept = embedding_cost(inputs, back)
    extra = 0.0 if kept is None else kept + storage_cost(inputs, path.peak_bytes, inputs["rollback_hours"])
    cost = None if path.cost is None else path.cost + extra
    return replace(path, cost=cost, tokens=path.tokens + back * inputs["tokens_per_document"])


def _in_place(question: Question) -> Path:
    """Documents move within one index; the query side that harms least is taken."""
    note = "one index at a time; of all query sides the one that harms least"
    return _backfilled(IN_PLACE, question, peak_bytes=_one(question), note=note)


def _bridge(question: Question) -> Path:
    note = "new queries are carried into the old space by a map fitted on documents"
    return _backfilled(BRIDGE, question, peak_bytes=_one(question), note=note)


def _cascade(question: Question) -> Path:
    """Nothing is rebuilt: candidates of the old index are embedded anew for every query."""
    inputs = question.inputs
    exposure, window = question.best(SERVED_BY[CASCADE]), inputs["window_hours"]
    embedded = question.queries_per_hour * inputs["candidates"]
    needed, limit = _inside_requests(question)
    note = (
        f"embeds {figures.count(inputs['candidates'])} documents inside every request, for "
        f"{figures.as_set(window)} hours here"
    )
    if needed > limit:
        note = _above(needed, limit)
    cost = embedding_cost(inputs, embedded * window)
    return Path(
        name=CASCADE,
        served_by=exposure.strategy if exposure else "",
        hours=0.0,
        cost=cost,
        tokens=embedded * window * inputs["tokens_per_document"],
        peak_bytes=question.documents * question.store.old_bytes(inputs),
        searches=exposure.searches if exposure else 1,
        exposure=exposure,
        exposed_hours=window,
        way_back=WAYS_BACK[CASCADE],
        note=note,
        possible=exposure is not None and needed <= limit,
    )


def _lazy(question: Question) -> Path:
    """Documents are embedded when a query first touches them, and the tail by a sweep."""
    inputs = question.inputs
    path = _kept_current(_backfilled(LAZY, question, peak_bytes=_both(question), note=""), question)
    exposure = question.best((question.lazy_strategy,))
    if not question.queries_per_hour or exposure is None:
        why = "live_qps is 0: no query ever touches a document" if exposure else path.note
        return replace(path, possible=False, note=why, hours=math.inf)
    shape = (int(question.documents), int(inputs["candidates"]), inputs["zipf"])
    asked = queries_until(*shape, traffic=inputs["sweep_from"])
    touched = zipf_coverage(*shape, asked)
    waited = asked / question.queries_per_hour
    swept = schedule_of(inputs, question.documents * (1 - touched.corpus))
    hours = inputs["canary_hours"] + waited + swept.hours
    note = (
        f"{figures.count(100 * inputs['sweep_from'])} % of the traffic is new after "
        f"{figures.count(waited)} hours, when "
        f"{figures.count(100 * touched.corpus)} % of the documents are; then a sweep of the rest"
    )
    needed, limit = _inside_requests(question)
    if needed > limit:  # the first queries find hardly a document that is new
        note = _above(needed, limit, "at first ")
    return replace(
        path,
        served_by=exposure.strategy,
        searches=exposure.searches,
        exposure=exposure,
        hours=hours,
        exposed_hours=hours,
        note=note if swept.converges else path.note,
        possible=swept.converges and needed <= limit,
    )


def _inside_requests(question: Question) -> tuple[float, float]:
    """Return the tokens a minute that queries ask for where all candidates are embedded, and the limit."""
    inputs = question.inputs
    needed = 60 * inputs["live_qps"] * inputs["candidates"] * inputs["tokens_per_document"]
    return needed, 60 * inputs["tokens_per_s"] if "tokens_per_s" in inputs else inputs["tpm"]


def _above(needed: float, limit: float, when: str = "") -> str:
    rates = figures.count(needed), figures.count(limit)
    return f"would {when}embed {rates[0]} tokens a minute, above the limit of {rates[1]}"


def _both(question: Question) -> float:
    store, inputs = question.store, question.inputs
    return question.documents * (store.old_bytes(inputs) + store.new_bytes(inputs))


def _one(question: Question) -> float:
    store, inputs = question.store, question.inputs
    return question.documents * max(store.old_bytes(inputs), store.new_bytes(inputs))


_MAKERS: dict[str, Callable[[Question], Path]] = {
    REBUILD: _rebuild,
    DUAL: _dual,
    IN_PLACE: _in_place,
    BRIDGE: _bridge,
    CASCADE: _cascade,
    LAZY: _lazy,
}
