"""The questions: what each kind of study was asked, fixed before anything was measured."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from evalkit.results.record import Number, Record


class NoQuestion(Record):
    """Nothing was asked: one system alone was measured."""


class CompareQuestion(Record):
    """May a candidate replace the baseline?"""

    objective: str
    primary: str
    min_gain: Number = 0.0
    margin: Number = 0.0
    alpha: Number = 0.05
    power: Number = 0.8
    use_weights: bool = False
    critical_losses_allowed: int = 0
    seed: int = 0
    depth: int = 0
    ties: str = "id"
    judge: str = "people"
    model_grades: dict[str, str | int] = {}
    measures: tuple[str, ...] = ()
    sentence: str = ""


class GateQuestion(Record):
    """Is the system as good as when its baseline was stored?"""

    objective: str
    primary: str
    tolerance: Number
    level: Number
    large_drop: Number
    alpha: Number
    power: Number
    use_weights: bool = False
    seed: int = 0
    depth: int = 0
    ties: str = "id"
    measures: tuple[str, ...] = ()
    sentence: str = ""


class MixQuestion(Record):
    """What becomes of search while documents move from one model to the other?"""

    order: str
    strategies: tuple[str, ...]
    shares: int | tuple[Number, ...]
    measures: tuple[str, ...]
    align: str = ""
    controls: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    margin: Number = 0.0
    use_weights: bool = False
    seed: int = 0
    thorough: bool = True


class DiffQuestion(Record):
    """How much of what people see changes?"""

    cutoff: int
    depth: int


class PlanQuestion(Record):
    """Which way from one model to the other?"""

    orders: tuple[str, ...]
    measure: str
    engine: str
    kind: str
    lazy_strategy: str
    currency: str = "USD"
    align: str = ""
    log: str = ""
    numbers: dict[str, Number] = {}
    seed: int = 0


KINDS = {
    "run": NoQuestion,
    "compare": CompareQuestion,
    "gate": GateQuestion,
    "mix": MixQuestion,
    "diff": DiffQuestion,
    "plan": PlanQuestion,
}
_TELLING = {
    "orders": "plan",
    "tolerance": "gate",
    "objective": "compare",
    "strategies": "mix",
    "cutoff": "diff",
}


def kind_of(question: Any) -> str:  # noqa: ANN401 - a question, or the JSON object of one
    """Return which kind of study asks a question, by the first of its keys that only that kind has."""
    if isinstance(question, Record):
        return next(kind for kind, record in KINDS.items() if type(question) is record)
    keys = question if isinstance(question, dict) else ()
    return next((kind for key, kind in _TELLING.items() if key in keys), "run")


Question = Annotated[
    Annotated[NoQuestion, Tag("run")]
    | Annotated[CompareQuestion, Tag("compare")]
    | Annotated[GateQuestion, Tag("gate")]
    | Annotated[MixQuestion, Tag("mix")]
    | Annotated[DiffQuestion, Tag("diff")]
    | Annotated[PlanQuestion, Tag("plan")],
    Discriminator(kind_of),
]
