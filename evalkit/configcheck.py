"""The configuration's faults: keys and values that no table takes, each told with what is probably meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from evalkit.configschema import File, GuardrailTable, PolicyTable
from evalkit.embedding.modelspec import FACTORIES, ModelSpec, known_options, option_findings, reads_as_spec
from evalkit.errors import EvalkitError, nearest
from evalkit.findings import Finding, Severity, place
from evalkit.retrieval.retriever import KNOWN_OPTIONS

SECRETS = ("api_key", "token", "password", "secret")
TABLES_AT_TOP = ("goldensets", "models", "policy")
TEXTS = ("string_type", "string_unicode")

_TABLES: Mapping[str, type[BaseModel]] = {
    "": File,
    "policy": PolicyTable,
    "policy.guardrails": GuardrailTable,
}


def table_findings(path: Path, content: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong in the tables of a file and no schema sees."""
    return [
        *_secrets(path, content),
        *_disguised(path, content),
        *_misspelt_options(path, content),
        *_truths(path, content),
        *_impossible(path, content),
    ]


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


def _impossible(path: Path, value: object, name: str = "") -> Iterator[Finding]:
    """Yield a finding for each text with a NUL character in it or in its key: no name can hold one."""
    inner: Iterable[tuple[object, object]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    elif isinstance(value, str) and "\0" in value + name:
        where = (place(path, (), [name]),)
        yield Finding("EK174", Severity.ERROR, f"{name} holds a NUL character", where, "correct the value")
    for key, below in inner:
        yield from _impossible(path, below, f"{name}.{key}" if name else str(key))


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
                hint = f"{hint.removesuffix('?')}? or {told.hint}" if hint.endswith("?") else hint
                hint = f"{hint}; {told.hint}" if hint and told.hint not in hint else hint or told.hint
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
    near = _meant(key, [*takers.get(provider, {})]) if provider and not owners else ""
    if near and near not in takers.get(provider, {}):
        return f"did you mean {near}?"
    if key == "spec":
        owners = ["every provider"]
    if not owners:
        return ""
    of = f"{', '.join(owners[:-1])} and {owners[-1]}" if len(owners) > 1 else owners[0]
    return f"it is an option of {of}" if provider else f"it belongs in [models.NAME], where it is of {of}"


def finding_of(path: Path, problem: Any, content: Mapping[str, Any]) -> Finding:  # noqa: ANN401 - pydantic's own dictionary
    """Return the finding on one thing that the schema does not take.

    Args:
        path: The file.
        problem: What pydantic says of it.
        content: All that the file holds.
    """
    location, kind = problem["loc"], problem["type"]
    key = ".".join(str(part) for part in location)
    told = f"{key} = {problem['input']!r}: {problem['msg'].lower()}"
    table, *inner = location
    is_alone = table in ("models", "goldensets") and not isinstance(problem["input"], str | dict)
    cause = getattr(problem.get("ctx", {}).get("error"), "__cause__", None)
    hint = "correct the value"
    if kind == "extra_forbidden":
        told, hint = f"unknown key {key}", _hint_for_unknown(path, location, problem["input"])
    elif (is_alone or table == "models") and len(inner) == 1 and inner[0] in _everywhere():
        told, hint = f"unknown key {key}", f"did you mean {_meant(str(inner[0]), [])}?"
    elif table == "models" and len(inner) == 1 and not isinstance(problem["input"], dict):
        name = "NAME" if inner[0] == "spec" else inner[0]
        told = f"{key} = {problem['input']!r} is no table"
        hint = f"write  [models.{name}]  and below it  spec = …"
    elif isinstance(cause, EvalkitError):
        told, hint = f"{key}: {cause.findings[0].problem}", cause.hint
    elif kind == "missing":
        near = nearest(str(location[-1]), _keys_at(content, location[:-1]))
        told = f"{key} is missing"
        hint = f"is {near} meant for it? " * bool(near) + f"add  {location[-1]} = …"
    elif kind in TEXTS and isinstance(problem["input"], dict):
        told, hint = f"{key} is a table", f'write a text:  {location[-1]} = "…"'
    return Finding("EK132", Severity.ERROR, told, (place(path, (), [key]),), hint)


def _hint_for_unknown(path: Path, location: tuple[int | str, ...], value: object) -> str:
    """Return what an unknown key is probably meant for; a table is meant for a table."""
    name, known = str(location[-1]), _known_keys(location[:-1])
    if location == ("tool",):
        return f"{path.name} is evalkit's own: its keys stand at the top of the file, without [tool.evalkit]"
    if len(location) == 1:
        known = [key for key in known if (key in TABLES_AT_TOP) == isinstance(value, dict | list)] or known
    near = nearest(name, known) if isinstance(value, dict) else _meant(name, known)
    hint = _owner_of(name) if name not in _everywhere() else ""
    hint = hint or (f"did you mean {near}?" if near else "")
    what = "tables" if isinstance(value, dict) and len(location) == 1 else "keys"
    return hint or f"known {what}: {', '.join(sorted(known))}"


def _keys_at(content: Mapping[str, Any], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the table at a place of the file."""
    here: Any = content
    for part in location:
        if isinstance(here, list):
            here = here[int(part)]
        else:
            here = here.get(part, {}) if isinstance(here, dict) else {}
    return [str(key) for key in here] if isinstance(here, dict) else []


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
