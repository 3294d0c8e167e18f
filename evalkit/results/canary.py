"""The result of a canary, and of a plan for one: frozen records that JSON, page and gauges are views of."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from evalkit import figures
from evalkit.findings import Finding
from evalkit.quoting import visible_throughout
from evalkit.results.origin import ProvenancePart
from evalkit.results.parts import FindingPart
from evalkit.results.record import Number, Record, json_text
from evalkit.rollout.canary import ALPHA, Canary, CanaryQuestion, Crossing
from evalkit.rollout.delays import Delay
from evalkit.rollout.gates import gate_of
from evalkit.rollout.ledger import BOTH
from evalkit.rollout.sequential import ENOUGH, planned_total, planned_users

SCHEMA = 1


class CanaryAsked(Record):
    """What was asked, fixed before the start; `shares` are those of the ramp."""

    margin: Number
    shares: tuple[Number, ...]
    window_s: Number
    low: Number
    high: Number
    lower_is_better: bool
    unit: str
    alpha: Number
    enough: Number


class UsersPart(Record):
    """How many users were seen in each arm, and in both."""

    canary: int
    control: int
    both: int


class CountedPart(Record):
    """Users whose window is over, the blocks they make, and the means of their values."""

    canary: int
    control: int
    blocks: int
    waiting: int
    canary_mean: Number | None
    control_mean: Number | None


class CrossingPart(Record):
    """When evidence was first enough: after how many counted canary users, and at what time."""

    users: int
    time: str


class RampPart(Record):
    """Where the ramp stands, and what its next stage lacks."""

    stage: int
    stages: int
    share: Number
    next_share: Number | None
    advance: bool
    lacking: tuple[str, ...]


class EventsPart(Record):
    """How many events were read, and how many of them were left out for coming late."""

    read: int
    late: int
    outside: int


class CanaryResult(Record):
    """What a canary shows at one look.

    `e_ok` and `e_harm` are the largest values so far, which decide; those of this moment stand beside them.
    """

    schema_version: int = Field(SCHEMA, alias="schema")
    kind: Literal["canary"] = "canary"
    verdict: str
    sentence: str
    e_ok: Number
    e_harm: Number
    e_sample_ratio: Number
    e_ok_now: Number
    e_harm_now: Number
    ok_at: CrossingPart | None
    harm_at: CrossingPart | None
    users: UsersPart
    counted: CountedPart
    delta: Number
    low: Number
    high: Number
    question: CanaryAsked
    ramp: RampPart
    events: EventsPart
    until: str | None
    trail: tuple[tuple[Number, Number, Number], ...]
    findings: tuple[FindingPart, ...]
    provenance: ProvenancePart

    def text(self) -> str:
        """Return the JSON text."""
        return json_text(self.to_json())

    def readable(self) -> CanaryResult:
        """Return the result with all foreign text in it safe to read."""
        return self.of(visible_throughout(self.to_json()))


class DelayPart(Record):
    """How many canary users it takes at one true difference; None beyond the horizon."""

    delta: Number
    users: int | None
    late: int | None
    days: Number | None
    rolled_back: Number
    passed: Number


class CanaryPlan(Record):
    """What a canary would take, before it starts."""

    schema_version: int = Field(SCHEMA, alias="schema")
    kind: Literal["canary-plan"] = "canary-plan"
    margin: Number
    share: Number
    mean: Number
    users_a_day: Number | None
    fixed_two_sided: int
    fixed_two_sided_total: int
    fixed_one_sided: int
    fixed_one_sided_total: int
    delays: tuple[DelayPart, ...]
    provenance: ProvenancePart

    def text(self) -> str:
        """Return the JSON text."""
        return json_text(self.to_json())


def result_of_canary(
    canary: Canary, provenance: Mapping[str, object], findings: Sequence[Finding] = ()
) -> CanaryResult:
    """Return the record of one look.

    Args:
        canary: What is known.
        provenance: How, when and with which versions.
        findings: What was noticed beside what the canary noticed.
    """
    state, question = canary.state, canary.question
    delta, low, high = canary.band
    gate = gate_of(canary)
    waiting = int((~state.ledger.counted & (state.ledger.arms != BOTH)).sum())
    return CanaryResult.of(
        {
            "schema": SCHEMA,
            "kind": "canary",
            "verdict": canary.verdict,
            "sentence": sentence_of(canary),
            "e_ok": state.ok.peak,
            "e_harm": state.harm.peak,
            "e_sample_ratio": canary.sample_ratio,
            "e_ok_now": state.ok.value,
            "e_harm_now": state.harm.value,
            "ok_at": _crossing(state.ok_at),
            "harm_at": _crossing(state.harm_at),
            "users": canary.users,
            "counted": {
                "canary": state.canary.users,
                "control": state.control.users,
                "blocks": state.blocks,
                "waiting": waiting,
                "canary_mean": canary.mean(state.canary),
                "control_mean": canary.mean(state.control),
            },
            "delta": delta,
            "low": low,
            "high": high,
            "question": _asked(question),
            "ramp": {
                "stage": gate.stage,
                "stages": len(question.stages),
                "share": gate.share,
                "next_share": gate.next_share,
                "advance": gate.opens,
                "lacking": list(gate.lacking),
            },
            "events": {"read": state.events, "late": state.late, "outside": state.outside},
            "until": _time(canary.until),
            "trail": [list(point) for point in state.trail],
            "findings": [dataclasses.asdict(finding) for finding in (*canary.findings, *findings)],
            "provenance": dict(provenance),
        }
    )


def plan_of_canary(
    question: CanaryQuestion,
    mean: float,
    delays: Sequence[Delay],
    provenance: Mapping[str, object],
    *,
    users_a_day: float | None = None,
) -> CanaryPlan:
    """Return the record of a plan.

    Args:
        question: What will be asked, with a metric from 0 to 1.
        mean: The metric's mean in production.
        delays: Simulated ones.
        provenance: How, when and with which versions.
        users_a_day: Users of both arms together; None where nobody said.
    """
    share = question.stages[0].share
    sizes = {"delta": question.margin, "share": share}
    return CanaryPlan.of(
        {
            "schema": SCHEMA,
            "kind": "canary-plan",
            "margin": question.margin,
            "share": share,
            "mean": mean,
            "users_a_day": users_a_day,
            "fixed_two_sided": planned_users(mean, **sizes),
            "fixed_two_sided_total": planned_total(mean, **sizes),
            "fixed_one_sided": planned_users(mean, **sizes, alpha=2 * ALPHA),
            "fixed_one_sided_total": planned_total(mean, **sizes, alpha=2 * ALPHA),
            "delays": [
                {
                    "delta": item.delta,
                    "users": item.users,
                    "late": item.late,
                    "days": item.users / share / users_a_day if users_a_day and item.users else None,
                    "rolled_back": item.rolled_back,
                    "passed": item.passed,
                }
                for item in delays
            ],
            "provenance": dict(provenance),
        }
    )


def sentence_of(canary: Canary) -> str:
    """Return why the verdict is what it is."""
    state, margin = canary.state, canary.question.margin
    if canary.verdict == "ROLL BACK" and state.harm_at:
        return (
            f"the canary loses more than the {figures.as_set(margin)} that is accepted: "
            f"E reached {figures.as_set(ENOUGH)} after {figures.count(state.harm_at.users)} canary users"
        )
    if canary.verdict == "OK" and state.ok_at:
        return (
            f"the loss, if there is one, is smaller than {figures.as_set(margin)}: "
            f"E reached {figures.as_set(ENOUGH)} after {figures.count(state.ok_at.users)} canary users"
        )
    if canary.sample_ratio >= ENOUGH:
        return "users are not divided as stated, so that nothing can be called OK"
    return (
        f"neither that the loss is smaller than {figures.as_set(margin)} nor that it is larger "
        "has been shown yet"
    )


def _asked(question: CanaryQuestion) -> dict[str, Any]:
    names = ("margin", "window_s", "low", "high", "lower_is_better", "unit")
    shares = [stage.share for stage in question.stages]
    fixed = {name: getattr(question, name) for name in names}
    return {**fixed, "shares": shares, "alpha": ALPHA, "enough": ENOUGH}


def _crossing(crossing: Crossing | None) -> dict[str, Any] | None:
    return None if crossing is None else {"users": crossing.users, "time": _time(crossing.seconds)}


def _time(seconds: float) -> str | None:
    if not math.isfinite(seconds):
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
