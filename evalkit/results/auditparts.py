"""The parts of an audit's result: store, question, census, forensics, rules and nights, as records."""

from __future__ import annotations

from typing import Any

from evalkit.results.record import Number, Record


class AuditedStore(Record):
    """The store, without credentials; `snapshot` says what makes all reading see one moment."""

    name: str
    kind: str
    software: str
    count: int
    width: int
    metric: str
    index: str
    stored: str
    exact: bool
    normalised: bool | None
    snapshot: str
    columns: dict[str, str]
    fingerprint: str


class AuditAsked(Record):
    """What was asked; `allowed` are the models that may lie in the store on this day."""

    expect: str
    allowed: tuple[str, ...]
    claims: tuple[str, ...]
    suspects: tuple[str, ...]
    sample: int | None
    at_most: Number
    confidence: Number
    same: Number
    lengths: bool
    seed: int
    today: str
    texts: str
    window: dict[str, Any]


class CensusPart(Record):
    """Records that say the same of themselves; None where they say nothing."""

    fingerprint: str | None
    month: str | None
    tenant: str | None
    width: int | None
    count: int


class VersionPart(Record):
    """All records that state one version: how it reads beside what is expected."""

    fingerprint: str | None
    count: int
    share: Number
    reads: str


class CausePart(Record):
    """What foreign vectors are; `shown` by making the same vectors in that way."""

    name: str
    count: int
    shown: bool
    cosine: Number | None
    ids: tuple[str, ...]


class StratumPart(Record):
    """The examined records of one group, with bounds of the foreign share in it."""

    fingerprint: str | None
    month: str | None
    tenant: str | None
    examined: int
    foreign: int
    low: Number
    high: Number


class ForensicPart(Record):
    """What the vectors that were drawn show; `low` and `high` bound the foreign share of the whole store."""

    method: str
    drawn: int
    examined: int
    foreign: int
    share: Number
    low: Number
    high: Number
    causes: tuple[CausePart, ...]
    models: dict[str, int]
    strata: tuple[StratumPart, ...]
    grids: dict[str, int]
    cosine_least: Number | None
    cosine_median: Number | None
    tried: int
    without_text: int
    gone: int
    sampled: str
    lacking: str
    cannot_see: tuple[str, ...]


class AuditRulePart(Record):
    """What one rule saw; `passed` is None where it cannot tell, a remark changes no verdict."""

    name: str
    words: str
    passed: bool | None
    remark: bool


class NightPart(Record):
    """What one earlier audit found."""

    time: str
    verdict: str
    total: int
    share: Number | None
    examined: int
    foreign: int
    high: Number | None
    versions: dict[str, int]
