"""The configuration: `evalkit.toml` or `[tool.evalkit]`, found upward, checked whole."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from evalkit.decision.policy import Guardrail, Kind
from evalkit.embedding.modelspec import ModelSpec
from evalkit.errors import EvalkitError, UnknownNameError, UsageError, nearest
from evalkit.experiment import System
from evalkit.findings import Finding, Severity, place
from evalkit.indexing.index import EXACT
from evalkit.scoring.measure import Measure

FILE = "evalkit.toml"
SHARED_FILE = "pyproject.toml"
SECRETS = ("api_key", "token", "password", "secret")
ASK_A_HUB = ("st", "model2vec", "openai")
BY_PATH = ("st", "vectors", "run", "model2vec", "python", "search")
Share = Annotated[float, Field(ge=0, le=1)]


def _parsed(parse: Callable[[str], object]) -> Callable[[str | None], str | None]:
    """Return a check that `parse` accepts a text, and gives it in its printed form."""

    def check(text: str | None) -> str | None:
        try:
            return text if text is None else str(parse(text))
        except EvalkitError as error:
            raise ValueError(error.findings[0].problem) from error

    return check


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


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says, and where it lies.

    Attributes:
        path: The file, None where there is none.
        file: Its checked content.
    """

    path: Path | None = None
    file: File = field(default_factory=File)

    @property
    def folder(self) -> Path:
        """What relative paths in the file are relative to."""
        return self.path.parent if self.path else Path()

    def golden_path(self, name: str) -> str:
        """Return the path that a name of a golden set stands for, the name itself where none does."""
        stated = self.file.goldensets.get(name)
        return str(self.folder / stated) if stated is not None else name

    def system(self, text: str, *, factory: str = EXACT, offline: bool = False) -> System:
        """Return the system that an alias or a model spec names.

        Args:
            text: The alias or spec.
            factory: FAISS factory string of its index.
            offline: Whether hubs and servers are left alone.

        Raises:
            UsageError: It is neither.
        """
        system = self._named(text, factory)
        if offline and system.spec.provider in ASK_A_HUB:
            return replace(system, options={**system.options, "offline": True})
        return system

    def _named(self, text: str, factory: str) -> System:
        table = self.file.models.get(text)
        if table is not None:
            options = dict(table.model_extra or {})
            spec = ModelSpec.parse(table.spec)
            if spec.provider in BY_PATH:
                options["base"] = str(self.folder)
            return System(name=text, spec=spec, options=options, factory=factory)
        if "/" not in text and self.file.models:
            raise UnknownNameError.among(
                "model in the config", text, self.file.models, hint="or write provider/model"
            )
        return System.parse(text, factory=factory)

    def defaults(self) -> dict[str, Any]:
        """Return the options of commands that the file sets, by the name of their parameter."""
        file, policy = self.file, self.file.policy
        stated = {
            "cache": str(self.folder / Path(file.cache).expanduser()) if file.cache else None,
            "baseline": file.baseline,
            "candidates": file.candidates,
            "measures": file.measures,
            "depth": file.depth,
            "factory": file.index,
            "seed": file.seed,
            "inconclusive": file.inconclusive,
            **{
                name: getattr(policy, name)
                for name in ("objective", "primary", "min_gain", "margin", "use_weights")
            },
        }
        return {name: value for name, value in stated.items() if value is not None}

    def policy_extras(self) -> dict[str, Any]:
        """Return the parts of the policy that have no option of their own on the command line."""
        policy = self.file.policy
        names = ("alpha", "power", "looks", "critical_losses_allowed")
        extras: dict[str, Any] = {
            name: getattr(policy, name) for name in names if getattr(policy, name) is not None
        }
        if policy.guardrails is not None:
            extras["guardrails"] = tuple(_guardrail(table) for table in policy.guardrails)
        return {**extras, "waivers": policy.waivers}


def find_config(start: Path, stated: str | None = None) -> Config:
    """Read the file that was named, else the first found from `start` upward, else nothing.

    Raises:
        UsageError: The named file is absent, or something in the file is wrong; all problems at once.
    """
    if stated is not None:
        path = Path(stated)
        if not path.is_file():
            raise UsageError(
                f"{path} is not a file", hint="name an evalkit.toml after --config", code="EK130"
            )
        return _read(path)
    for folder in (start, *start.parents):
        for name in (FILE, SHARED_FILE):
            path = folder / name
            if path.is_file() and (name == FILE or "evalkit" in _toml(path).get("tool", {})):
                return _read(path)
    return Config()


def _read(path: Path) -> Config:
    content = _toml(path)
    if path.name == SHARED_FILE:
        content = content.get("tool", {}).get("evalkit", {})
    findings = _secrets(path, content)
    try:
        config = Config(path, File.model_validate(content))
    except ValidationError as error:
        findings += [_finding(path, problem) for problem in error.errors()]
    if findings:
        raise UsageError.of(findings)
    return config


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the configuration is not valid TOML: {error}",
            places=(str(path),),
            hint="see https://toml.io for the notation",
            code="EK131",
        ) from error


def _secrets(path: Path, content: Mapping[str, Any], prefix: str = "") -> list[Finding]:
    """Return a finding for each key that looks like a secret; files are committed, secrets must not be."""
    findings = []
    for key, value in content.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            findings += _secrets(path, value, f"{name}.")
        elif key.casefold() in SECRETS:
            hint = f'name the environment variable that holds it: {key}_env = "MY_KEY"'
            where = (place(path, (), [name]),)
            findings.append(Finding("EK133", Severity.ERROR, f"{name} is a secret in a file", where, hint))
    return findings


def _finding(path: Path, problem: Any) -> Finding:  # noqa: ANN401 - pydantic's own error dictionary
    key = ".".join(str(part) for part in problem["loc"])
    where = (place(path, (), [key]),)
    if problem["type"] == "extra_forbidden":
        known = _known_keys(problem["loc"][:-1])
        near = nearest(str(problem["loc"][-1]), known)
        hint = f"did you mean {near}?" if near else f"known keys: {', '.join(sorted(known))}"
        return Finding("EK132", Severity.ERROR, f"unknown key {key}", where, hint)
    cause = getattr(problem.get("ctx", {}).get("error"), "__cause__", None)
    if isinstance(cause, EvalkitError):
        return Finding("EK132", Severity.ERROR, f"{key}: {cause.findings[0].problem}", where, cause.hint)
    told = (
        "is missing" if problem["type"] == "missing" else f"= {problem['input']!r}: {problem['msg'].lower()}"
    )
    return Finding("EK132", Severity.ERROR, f"{key} {told}", where, "correct the value")


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    tables: dict[tuple[str, ...], type[_Table]] = {(): File, ("policy",): PolicyTable}
    table = tables.get(tuple(part for part in location if isinstance(part, str)), GuardrailTable)
    return list(table.model_fields)


def _guardrail(table: GuardrailTable) -> Guardrail:
    measure = Measure.parse(table.measure) if table.measure else None
    return Guardrail(measure=measure, segment=table.segment, kind=Kind(table.kind), limit=table.limit)
