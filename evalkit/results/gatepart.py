"""The gate's part: what drifted, how noisy a system is, and what a new baseline changes."""

from __future__ import annotations

from typing import Any

from evalkit.results.parts import RulePart
from evalkit.results.record import Number, Record


class DriftPart(Record):
    """What is no longer as it was when the baseline was stored."""

    field: str
    before: Any
    after: Any


class NoisePart(Record):
    """What is known of a system's noise: how often it ran, what was repeated, the variance within queries."""

    runs: int = 0
    repeated: str = ""
    variance: dict[str, Number | None] = {}


class WatchPart(Record):
    """What embedding the canaries afresh has shown; empty where none were."""

    compared: int = 0
    moved: int = 0
    farthest: Number = 0.0


class ChangePart(Record):
    """How one measure differs from the baseline before, on the queries that both hold."""

    queries: int
    delta: Number
    better: int
    worse: int


class UpdatePart(Record):
    """What replacing one baseline by another changes."""

    file: str
    new: bool
    drift: tuple[DriftPart, ...] = ()
    measures: dict[str, ChangePart] = {}


class GatePart(Record):
    """What a gate says beside its rules; `updated` is there where a baseline was stored instead."""

    unchanged: bool = False
    drift: tuple[DriftPart, ...] = ()
    noise: NoisePart = NoisePart()
    tolerance: Number | None = None
    looks: int = 1
    first_look: tuple[RulePart, ...] = ()
    canaries: WatchPart = WatchPart()
    reproduce: str = ""
    updated: UpdatePart | None = None
