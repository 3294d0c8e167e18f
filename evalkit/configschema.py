"""The schema of `evalkit.toml`: its tables, their keys, and what each may hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from evalkit.embedding.modelspec import ModelSpec
from evalkit.errors import EvalkitError
from evalkit.scoring.measure import Measure

Share = Annotated[float, Field(ge=0, le=1)]


def _parsed(parse: Callable[[str], object]) -> Callable[[str | None], str | None]:
    """Return a check that `parse` accepts a text, and gives it in its printed form."""

    def check(text: str | None) -> str | None:
        try:
            return text if text is None else str(parse(text))
        except EvalkitError as error:
            raise ValueError(error.findings[0].problem) from error

    return check


def _each(check: Callable[[str], str | None]) -> Callable[[tuple[str, ...] | None], tuple[str, ...] | None]:
    """Return a check of every text in a list."""

    def check_all(texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return texts if texts is None else tuple(check(text) or text for text in texts)

    return check_all


class _Table(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GuardrailTable(_Table):
    """`[[policy.guardrails]]`."""

    measure: str | None = None
    segment: str | None = None
    kind: Literal["no_harm", "proven", "critical"] = "no_harm"
    limit: Share | None = None

    _measure_exists = field_validator("measure")(_parsed(Measure.parse))


class PolicyTable(_Table):
    """`[policy]`: the question, fixed before any score is seen."""

    objective: Literal["improve", "maintain"] | None = None
    primary: str | None = None
    min_gain: Share | None = None
    margin: Share | None = None
    use_weights: bool | None = None
    alpha: Annotated[float, Field(gt=0, lt=1)] | None = None
    power: Annotated[float, Field(gt=0, lt=1)] | None = None
    looks: Annotated[int, Field(ge=1)] | None = None
    judge: Literal["people", "ppi"] | None = None
    critical_losses_allowed: Annotated[int, Field(ge=0)] | None = None
    guardrails: tuple[GuardrailTable, ...] | None = None
    waivers: dict[str, str] = {}

    _primary_exists = field_validator("primary")(_parsed(Measure.parse))


class ModelTable(BaseModel):
    """`[models.NAME]`: a spec, and options that the provider checks."""

    model_config = ConfigDict(extra="allow", frozen=True)

    spec: str

    _spec_parses = field_validator("spec")(_parsed(ModelSpec.parse))


class File(_Table):
    """The whole file."""

    cache: str | None = None
    baseline: str | None = None
    candidates: tuple[str, ...] | None = None
    measures: tuple[str, ...] | None = None
    depth: Annotated[int, Field(ge=1)] | None = None
    index: str | None = None
    seed: int | None = None
    inconclusive: Literal["pass", "fail"] | None = None
    goldensets: dict[str, str] = {}
    models: dict[str, ModelTable] = {}
    policy: PolicyTable = PolicyTable()

    _measures_exist = field_validator("measures")(_each(_parsed(Measure.parse)))
