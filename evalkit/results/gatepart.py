"""The gate's part: what drifted, how noisy a system is, and what a new baseline changes."""

from __future__ import annotations

from typing import Any

from evalkit.results.parts import RulePart
from evalkit.results.record import Number, Record

ERROR = "ERROR"


class DriftPart(Record):
    """What is no longer as it was when the baseline was stored."""

    field: str
    before: Any
    after: Any


class FirstRunPart(Record):
    """The run before the repetitions, where it is none of them: its means, and where it differs."""

    measures: dict[str, Number] = {}
    queries: tuple[str, ...] = ()


class NoisePart(Record):
    """What is known of a system's noise: how often it ran, what was repeated, the variance within queries."""

    runs: int = 0
    repeated: str = ""
    variance: dict[str, Number | None] = {}
    first: FirstRunPart | None = None


class VanishedPart(Record):
    """A document that is gone, the queries that it answered and those it was shown for."""

    document: str
    relevant: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


class ChangesPart(Record):
    """What has become of a baseline's queries and documents; `words` says it in sentences."""

    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    rejudged: tuple[str, ...] = ()
    vanished: tuple[VanishedPart, ...] = ()
    words: tuple[str, ...] = ()


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
    queries: ChangesPart = ChangesPart()


class GatePart(Record):
    """What a gate says beside its rules; `updated` is there where a baseline was stored instead.

    Where the gate could not be asked, there is no more than the system's name and the command.
    """

    system: str = ""

    unchanged: bool = False
    drift: tuple[DriftPart, ...] = ()
    noise: NoisePart = NoisePart()
    tolerance: Number | None = None
    looks: int = 1
    first_look: tuple[RulePart, ...] = ()
    changes: ChangesPart = ChangesPart()
    canaries: WatchPart = WatchPart()
    reproduce: str = ""
    updated: UpdatePart | None = None
