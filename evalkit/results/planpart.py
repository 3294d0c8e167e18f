"""The parts of a plan: one path, one input, and what both rest on."""

from __future__ import annotations

from evalkit.results.record import Number, Record


class StrategyPart(Record):
    """One path from the old model to the new one; `_low`, `_median`, `_high` are P10, P50 and P90."""

    name: str
    served_by: str
    hours: Number | None
    hours_low: Number | None = None
    hours_median: Number | None = None
    hours_high: Number | None = None
    cost: Number | None
    cost_low: Number | None = None
    cost_median: Number | None = None
    cost_high: Number | None = None
    tokens: Number
    peak_bytes: Number
    searches: int
    harm: Number | None
    harm_low: Number | None = None
    harm_median: Number | None = None
    harm_high: Number | None = None
    delay: Number | None
    delay_low: Number | None = None
    delay_median: Number | None = None
    delay_high: Number | None = None
    answers_lost: Number | None
    never_below: bool | None
    possible: bool
    way_back: str
    note: str
    recommended: bool


class InputPart(Record):
    """One number that a plan rests on; `kind` is measured, given or assumed."""

    name: str
    value: Number
    low: Number
    high: Number
    kind: str
    source: str
    date: str = ""
    unit: str = ""


class SchedulePart(Record):
    """How long a backfill takes, and what decides that; `hours` is None where it never ends."""

    hours: Number | None
    requests: int
    binding: str
    converges: bool
    rate: Number | None
    constraints: dict[str, Number]


class StoragePart(Record):
    """What vectors take in the store; `basis` is measured, documented or given."""

    engine: str
    kind: str
    old_bytes_per_vector: Number
    new_bytes_per_vector: Number
    basis: str
    source: str
    old_gb: Number
    new_gb: Number


class ExposurePart(Record):
    """What one strategy of the lab costs in quality, for each hour of the migration."""

    strategy: str
    order: str
    never_below: bool
    searches: int
    start: Number
    worst: Number
    harm_low: Number
    harm: Number
    harm_high: Number
    delay_low: Number
    delay: Number
    delay_high: Number


class LazyPart(Record):
    """How far re-embedding on demand has come after so many hours."""

    hours: Number
    queries: Number
    corpus: Number
    traffic: Number
    reembeddings_per_query: Number


class SizePart(Record):
    """What both models are worth where a part of the corpus competes."""

    part: Number
    documents: int
    old: Number
    new: Number
    delta: Number
    sd: Number
    break_even: Number | None


class BuildPart(Record):
    """What the graph of the new index takes in one thread of this machine, told from a few small graphs."""

    low_hours: Number
    high_hours: Number
    exponent: Number
    sizes: tuple[int, ...]
    seconds: tuple[Number, ...]
    m: int
    effort: int
    drawn: bool
    memory_bytes: Number | None


class ZipfPart(Record):
    """How unevenly a log shows documents, and how well that foretold its later half."""

    s: Number
    low: Number
    high: Number
    queries: int
    later: int
    predicted: Number
    observed: Number


class StepOfPlan(Record):
    """One step of a runbook; `check` is a command whose exit code tells, or a statement in SQL."""

    title: str
    action: str
    check: str = ""
    expected: str = ""
    back: str = ""
    hours: Number | None = None
    final: bool = False


class PlanPart(Record):
    """What a plan recommends and rests on; an empty object for every other study."""

    reason: str = ""
    changes: tuple[str, ...] = ()
    documents: Number = 0
    schedule: SchedulePart | None = None
    storage: StoragePart | None = None
    queries_per_hour: Number = 0
    exposures: tuple[ExposurePart, ...] = ()
    lazy: tuple[LazyPart, ...] = ()
    sizes: tuple[SizePart, ...] = ()
    build: BuildPart | None = None
    zipf: ZipfPart | None = None
    preconditions: tuple[StepOfPlan, ...] = ()
    steps: tuple[StepOfPlan, ...] = ()
