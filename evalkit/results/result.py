"""The result: what a study found as one frozen, versioned record, of which every report is a view."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from evalkit.quoting import visible_throughout
from evalkit.results.curves import CurveSummary, MixRow
from evalkit.results.gatepart import GatePart
from evalkit.results.origin import ProvenancePart
from evalkit.results.parts import (
    ComparisonPart,
    CountsPart,
    CriticalPart,
    DecisionPart,
    DeltasPart,
    FindingPart,
    GoldenPart,
    PowerPart,
    QueryPart,
    RulePart,
    StepPart,
    SystemPart,
    UnjudgedPart,
)
from evalkit.results.planpart import InputPart, PlanPart, StrategyPart
from evalkit.results.questions import CompareQuestion, GateQuestion, NoQuestion, Question, kind_of
from evalkit.results.record import Number, Record, json_text
from evalkit.results.reranking import RerankingPart

SCHEMA = 1


class Result(Record):
    """What a study of any kind found; keys that do not apply are present and empty."""

    schema_version: int = Field(SCHEMA, alias="schema")
    verdict: str | None = None
    recommended: str | None = None
    notes: tuple[str, ...] = ()
    question: Question = NoQuestion()
    golden: GoldenPart = GoldenPart()
    systems: dict[str, SystemPart] = {}
    comparisons: tuple[ComparisonPart, ...] = ()
    rules: tuple[RulePart, ...] = ()
    critical: tuple[CriticalPart, ...] = ()
    unjudged: dict[str, UnjudgedPart] = {}
    power: dict[str, PowerPart] = {}
    counts: CountsPart = CountsPart()
    ceiling: dict[str, Number | None] = {}
    reranking: dict[str, RerankingPart] = {}
    deltas: dict[str, DeltasPart] = {}
    queries: tuple[QueryPart, ...] = ()
    documents: dict[str, str] = {}
    titles: dict[str, str] = {}
    decisions: tuple[DecisionPart, ...] = ()
    mix: tuple[MixRow, ...] = ()
    mix_summary: tuple[CurveSummary, ...] = ()
    self_test: tuple[StepPart, ...] = ()
    gate: GatePart = GatePart()
    strategies: tuple[StrategyPart, ...] = ()
    inputs: tuple[InputPart, ...] = ()
    plan: PlanPart = PlanPart()
    findings: tuple[FindingPart, ...] = ()
    provenance: ProvenancePart = ProvenancePart()
    redacted: bool = False

    @property
    def kind(self) -> str:
        """Which study it is of: compare, gate, mix, diff, plan or run."""
        return kind_of(self.question)

    @property
    def comparing(self) -> CompareQuestion:
        """What a comparison asked; for other kinds a question without a measure."""
        asked = self.question
        return asked if isinstance(asked, CompareQuestion) else CompareQuestion(objective="", primary="")

    @property
    def primary(self) -> str:
        """The measure that decides, "" where nothing is decided."""
        return self.question.primary if isinstance(self.question, CompareQuestion | GateQuestion) else ""

    @property
    def guarding(self) -> GateQuestion | None:
        """What a gate asked; None for other kinds."""
        return self.question if isinstance(self.question, GateQuestion) else None

    @property
    def power_asked(self) -> Number:
        """The chance with which an effect of the planned size is to be noticed."""
        return self.question.power if isinstance(self.question, CompareQuestion | GateQuestion) else 0.8

    @property
    def alpha(self) -> Number | None:
        """The error rate of the intervals, None where there are none."""
        return self.question.alpha if isinstance(self.question, CompareQuestion | GateQuestion) else None

    @classmethod
    def found(cls, **values: object) -> Self:
        """Return the result of what a study found; what it does not name is present and empty."""
        return cls.of({**_EMPTY, **values})

    def readable(self) -> Self:
        """Return the result with all foreign text in it safe to read, as every view shows it."""
        return self.of(visible_throughout(self.to_json()))

    def text(self) -> str:
        """Return the JSON text that `result.json` holds."""
        return json_text(self.to_json())


_EMPTY: dict[str, Any] = {
    "schema": SCHEMA,
    "verdict": None,
    "recommended": None,
    "notes": [],
    "question": {},
    "golden": {},
    "systems": {},
    "comparisons": [],
    "rules": [],
    "critical": [],
    "unjudged": {},
    "power": {},
    "counts": {},
    "ceiling": {},
    "reranking": {},
    "deltas": {},
    "queries": [],
    "documents": {},
    "decisions": [],
    "mix": [],
    "mix_summary": [],
    "self_test": [],
    "gate": {},
    "findings": [],
    "provenance": {},
}
