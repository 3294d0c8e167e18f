"""The configuration: `evalkit.toml` or `[tool.evalkit]`, found upward, checked whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from evalkit.configcheck import finding_of, table_findings
from evalkit.configschema import File, GuardrailTable
from evalkit.decision.policy import Guardrail, Judge, Kind, Objective, Policy
from evalkit.embedding.modelspec import ModelSpec
from evalkit.embedding.storespec import LIVE
from evalkit.errors import UnknownNameError, UsageError
from evalkit.golden.disguises import settings_disguise
from evalkit.indexing.index import EXACT
from evalkit.opening import expanded, fault, is_file, is_there, read_settings
from evalkit.parsing import parse_toml
from evalkit.scoring.measure import Measure

if TYPE_CHECKING:
    from evalkit.evaluation import System

FILE = "evalkit.toml"
SHARED_FILE = "pyproject.toml"
ASK_A_HUB = ("st", "model2vec", "openai", "http", *LIVE)
FILES = ("st", "vectors", "run", "model2vec")
BY_PATH = (*FILES, "python", "search", *LIVE)


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
        from evalkit.golden.folder import find_golden  # noqa: PLC0415 - many commands open no golden set

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
        from evalkit.evaluation import System  # noqa: PLC0415 - many commands evaluate no system

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
                for name in ("objective", "primary", "min_gain", "margin", "use_weights", "judge")
            },
        }
        return {name: value for name, value in stated.items() if value is not None}

    def policy(self, stated: Mapping[str, Any]) -> Policy:
        """Return the question that options ask, with what the file alone can say.

        Args:
            stated: Options by name; those of no policy are left aside, absent ones have their defaults.
        """
        file = self.file.policy
        asked = {name: stated[name] for name in ("min_gain", "margin", "use_weights") if name in stated}
        if "objective" in stated:
            asked["objective"] = Objective(stated["objective"])
        if "primary" in stated:
            asked["primary"] = Measure.parse(stated["primary"])
        if stated.get("judge"):
            asked["judge"] = Judge(stated["judge"])
        names = ("alpha", "power", "looks", "critical_losses_allowed")
        asked |= {name: getattr(file, name) for name in names if getattr(file, name) is not None}
        if file.guardrails is not None:
            asked["guardrails"] = tuple(_guardrail(table) for table in file.guardrails)
        return Policy(**asked, waivers=file.waivers)


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
    findings = table_findings(path, content)
    try:
        config = Config(path, File.model_validate(content))
    except ValidationError as error:
        findings += [finding_of(path, problem, content) for problem in error.errors()]
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


def _guardrail(table: GuardrailTable) -> Guardrail:
    measure = Measure.parse(table.measure) if table.measure else None
    return Guardrail(measure=measure, segment=table.segment, kind=Kind(table.kind), limit=table.limit)
