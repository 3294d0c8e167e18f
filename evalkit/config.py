"""The configuration: `evalkit.toml` or `[tool.evalkit]`, found upward, checked whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from evalkit.configschema import File, GuardrailTable, PolicyTable
from evalkit.decision.policy import Guardrail, Kind
from evalkit.embedding.modelspec import FACTORIES, ModelSpec, known_options, option_findings, reads_as_spec
from evalkit.errors import EvalkitError, UnknownNameError, UsageError, nearest
from evalkit.evaluation import System
from evalkit.findings import Finding, Severity, place
from evalkit.golden.disguises import settings_disguise
from evalkit.golden.folder import find_golden
from evalkit.indexing.index import EXACT
from evalkit.opening import expanded, fault, is_file, is_there, read_settings
from evalkit.parsing import parse_toml
from evalkit.retrieval.retriever import KNOWN_OPTIONS
from evalkit.scoring.measure import Measure

FILE = "evalkit.toml"
SHARED_FILE = "pyproject.toml"
SECRETS = ("api_key", "token", "password", "secret")
ASK_A_HUB = ("st", "model2vec", "openai", "http")
FILES = ("st", "vectors", "run", "model2vec")
BY_PATH = (*FILES, "python", "search")


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says, and where it lies.

    Attributes:
        path: The file, None where there is none.
        file: Its checked content.
        found: Whether nobody named it: it was found from the working folder upward.
    """

    path: Path | None = None
    file: File = field(default_factory=File)
    found: bool = False

    @property
    def folder(self) -> Path:
        """What relative paths in the file are relative to."""
        return self.path.parent if self.path else Path()

    def golden_folder(self, name: str) -> Path:
        """Return the folder of a golden set: a name in the file, a shipped name, or a path.

        Raises:
            UnknownNameError: It is none of them; the nearest name is offered.
        """
        stated = self.file.goldensets.get(name)
        place_of = name if stated is None else str(self.folder / stated)
        return find_golden(place_of, named=self.file.goldensets)

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
        system = System.parse(text, factory=factory)
        if system.spec.provider in FILES and self._is_beside(system.spec.model):
            return replace(system, options={"base": str(self.folder)})
        return system

    def names(self, text: str) -> bool:
        """Return whether this file, rather than who typed the command, says what `text` stands for."""
        stated = (self.file.baseline, *(self.file.candidates or ()))
        return text in self.file.models or text in stated

    def _is_beside(self, model: str) -> bool:
        """Return whether a relative path means a file beside this one and not in the working folder."""
        return self.path is not None and not Path(model).exists() and (self.folder / model).exists()

    def defaults(self) -> dict[str, Any]:
        """Return the options of commands that the file sets, by the name of their parameter."""
        file, policy = self.file, self.file.policy
        stated = {
            "cache": str(self.folder / expanded(file.cache)) if file.cache else None,
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
        if not is_file(path):
            raise UsageError(
                f"{path} is not a file", hint="name an evalkit.toml after --config", code="EK130"
            )
        return _read(path, _own_table(path) or {})
    for folder in (start, *start.parents):
        for name in (FILE, SHARED_FILE):
            path = folder / name
            content = _own_table(path) if is_there(path) and (name == FILE or is_file(path)) else None
            if content is not None:
                return replace(_read(path, content), found=True)
    return Config()


def _read(path: Path, content: dict[str, Any]) -> Config:
    findings = [
        *_secrets(path, content),
        *_disguised(path, content),
        *_misspelt_options(path, content),
        *_truths(path, content),
    ]
    try:
        config = Config(path, File.model_validate(content))
    except ValidationError as error:
        findings += [_finding(path, problem) for problem in error.errors()]
    if findings:
        raise UsageError.of(findings)
    return config


def _toml(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(read_settings(path))
    except ValueError as error:
        raise UsageError(
            f"the configuration is not valid TOML: {fault(error)}",
            places=(str(path),),
            hint=settings_disguise(path) or "see https://toml.io for the notation",
            code="EK131",
        ) from error
    except OSError as error:
        raise UsageError(
            f"the configuration cannot be read: {fault(error)}",
            places=(str(path),),
            hint="may you read it?",
            code="EK131",
        ) from error


def _own_table(path: Path) -> dict[str, Any] | None:
    """Return the table of a file that is about evalkit, None where a shared file has none.

    Raises:
        UsageError: It is no table.
    """
    content = _toml(path)
    if path.name != SHARED_FILE:
        return content
    tools = content.get("tool")
    own = tools.get("evalkit") if isinstance(tools, dict) else None
    if own is None or isinstance(own, dict):
        return own
    raise UsageError(
        f"tool.evalkit is {own!r}, not a table",
        places=(str(path),),
        hint="write [tool.evalkit]",
        code="EK131",
    )


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


def _disguised(path: Path, content: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each name that hides what it looks like: another model, a folder elsewhere."""
    for table, (what, hides) in _HIDING.items():
        names = content.get(table)
        for name in filter(hides, names if isinstance(names, dict) else ()):
            where = (place(path, (), [f"{table}.{name}"]),)
            plain = re.sub(r"[^\w.]+", "-", name).strip("-") or "mine"
            hint = f"whoever reads it takes it for that; give it a name without a slash, such as {plain}"
            yield Finding("EK170", Severity.ERROR, f"[{table}] {name!r} is written like {what}", where, hint)


def _reads_as_path(name: str) -> bool:
    return "/" in name or "\\" in name


_HIDING: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "models": ("a model", reads_as_spec),
    "goldensets": ("a folder", _reads_as_path),
}


def _truths(path: Path, content: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each true or false in place of a number, which would be read as 1 or 0."""
    policy = content.get("policy")
    guardrails = policy.get("guardrails") if isinstance(policy, dict) else None
    tables: list[tuple[str, type[BaseModel], Any]] = [
        ("", File, content),
        ("policy.", PolicyTable, policy),
    ]
    for number, table in enumerate(guardrails if isinstance(guardrails, list) else ()):
        tables.append((f"policy.guardrails.{number}.", GuardrailTable, table))
    for prefix, schema, table in tables:
        for key, value in table.items() if isinstance(table, dict) else ():
            if isinstance(value, bool) and key in schema.model_fields and key != "use_weights":
                where = (place(path, (), [f"{prefix}{key}"]),)
                problem = f"{prefix}{key} = {str(value).lower()} is no number and no text"
                yield Finding("EK132", Severity.ERROR, problem, where, "correct the value")


def _misspelt_options(path: Path, content: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each option of a model that its provider does not take, or not so."""
    models = content.get("models", {})
    for name, table in models.items() if isinstance(models, dict) else ():
        try:
            spec = ModelSpec.parse(table["spec"])
        except (EvalkitError, TypeError, KeyError, AttributeError):  # told by the table's own check
            continue
        known = KNOWN_OPTIONS.get(spec.provider, known_options(spec.provider))
        if known is None:  # of another package
            continue
        options = {key: value for key, value in table.items() if key not in ("spec", *SECRETS)}
        for key, value in options.items():
            for told in option_findings(spec, key, value, known):
                where = (place(path, (), [f"models.{name}.{key}"]),)
                hint = _owner_of(key, spec.provider) if key not in known else ""
                hint = f"{hint}; {told.hint}" if hint else told.hint
                yield Finding("EK132", Severity.ERROR, f"models.{name}: {told.problem}", where, hint)


def _owner_of(key: str, provider: str = "") -> str:
    """Return whose key it is that stands in a table which does not take it, "" where nobody has it."""
    for table, schema in _TABLES.items():
        if provider and key in schema.model_fields:
            return f"it belongs to {_told(f'{table}.{key}' if table else key)}"
    takers = {
        name: KNOWN_OPTIONS.get(name, known_options(name)) or {} for name in (*FACTORIES, *KNOWN_OPTIONS)
    }
    owners = [f"{name}/" for name, options in takers.items() if key in options and name != provider]
    if key == "spec":
        owners = ["every provider"]
    if not owners:
        return ""
    of = f"{', '.join(owners[:-1])} and {owners[-1]}" if len(owners) > 1 else owners[0]
    return f"it is an option of {of}" if provider else f"it belongs in [models.NAME], where it is of {of}"


_TABLES: Mapping[str, type[BaseModel]] = {
    "": File,
    "policy": PolicyTable,
    "policy.guardrails": GuardrailTable,
}


def _finding(path: Path, problem: Any) -> Finding:  # noqa: ANN401 - pydantic's own error dictionary
    key = ".".join(str(part) for part in problem["loc"])
    where = (place(path, (), [key]),)
    if problem["type"] == "extra_forbidden":
        known = _known_keys(problem["loc"][:-1])
        name = str(problem["loc"][-1])
        near = _meant(name, known)
        hint = _owner_of(name) if name not in _everywhere() else ""
        hint = hint or (f"did you mean {near}?" if near else "")
        hint = hint or f"known keys: {', '.join(sorted(known))}"
        return Finding("EK132", Severity.ERROR, f"unknown key {key}", where, hint)
    table, *inner = problem["loc"]
    is_alone = table in ("models", "goldensets") and not isinstance(problem["input"], str | dict)
    if is_alone and len(inner) == 1 and inner[0] in _everywhere():
        hint = f"did you mean {_meant(str(inner[0]), [])}?"
        return Finding("EK132", Severity.ERROR, f"unknown key {key}", where, hint)
    cause = getattr(problem.get("ctx", {}).get("error"), "__cause__", None)
    if isinstance(cause, EvalkitError):
        return Finding("EK132", Severity.ERROR, f"{key}: {cause.findings[0].problem}", where, cause.hint)
    if problem["type"] == "missing":
        return Finding("EK132", Severity.ERROR, f"{key} is missing", where, f"add  {problem['loc'][-1]} = …")
    told = f"{key} = {problem['input']!r}: {problem['msg'].lower()}"
    return Finding("EK132", Severity.ERROR, told, where, "correct the value")


def _meant(key: str, known: list[str]) -> str:
    """Return the key that was probably meant: one of this table, else `table.key` of another, "" for none.

    The very key in another table goes before a key of this table that only looks like it.
    """
    elsewhere = {
        name: f"{table}.{name}" if table else name
        for table, keys in _TABLES.items()
        for name in reversed(list(keys.model_fields))
        if name not in known
    }
    if key.casefold() in elsewhere:
        return _told(elsewhere[key.casefold()])
    near = nearest(key, known)
    if near:
        return near
    other = nearest(key, elsewhere)
    return _told(elsewhere[other]) if other else ""


def _everywhere() -> set[str]:
    return {name for schema in _TABLES.values() for name in schema.model_fields}


def _told(path: str) -> str:
    table, _, key = path.rpartition(".")
    return f"{path}, under [{table}]" if table else f"{key} at the top of the file, above the first table"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    tables: dict[tuple[str, ...], type[BaseModel]] = {(): File, ("policy",): PolicyTable}
    table = tables.get(tuple(part for part in location if isinstance(part, str)), GuardrailTable)
    return list(table.model_fields)


def _guardrail(table: GuardrailTable) -> Guardrail:
    measure = Measure.parse(table.measure) if table.measure else None
    return Guardrail(measure=measure, segment=table.segment, kind=Kind(table.kind), limit=table.limit)
