"""audit.toml: what a nightly audit asks, read whole or refused by key."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from evalkit.auditing.window import Window
from evalkit.errors import EvalkitError, UsageError, nearest
from evalkit.findings import Finding, Severity
from evalkit.opening import read_toml

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "store": ((str,), "a text"),
    "expect": ((str,), "a text"),
    "claims": ((list,), "a list of texts"),
    "suspects": ((list,), "a list of models"),
    "golden": ((str,), "a text"),
    "sample": ((int,), "a whole number"),
    "at_most": ((int, float), "a share such as 0.01"),
    "same": ((int, float), "a cosine such as 0.9999"),
    "tenants": ((int,), "a whole number"),
    "show_tenants": ((bool,), "true or false"),
    "send_texts": ((bool,), "true or false"),
    "map": ((dict,), "a table of columns by role"),
    "window": ((dict,), "a table"),
}
_WINDOW = {
    "old": ((str,), "a model"),
    "starts": ((dt.date, str), "a day"),
    "ends": ((dt.date, str), "a day"),
    "start_share": ((int, float), "a share"),
    "end_share": ((int, float), "a share"),
    "slack": ((int, float), "a share"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFile:
    """What an audit.toml says; None and () for what it leaves open.

    Attributes:
        store: The store; ${NAME} stands for a variable of the environment, so that no secret is in the file.
        expect: The model that is said to have made its vectors.
        claims: What records state that means this model.
        suspects: Models that may have made foreign vectors.
        golden: The golden set whose documents the vectors are of.
        sample: How many vectors are examined.
        at_most: The share of foreign vectors that is to be met.
        same: From which cosine on two vectors are the same.
        tenants: How many tenants keep groups of their own.
        show_tenants: Whether tenants are named.
        send_texts: Whether texts may be sent to a provider.
        map: Role → column.
        window: The migration that is under way.
    """

    store: str | None = None
    expect: str | None = None
    claims: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    golden: str | None = None
    sample: int | None = None
    at_most: float | None = None
    same: float | None = None
    tenants: int | None = None
    show_tenants: bool = False
    send_texts: bool = False
    map: Mapping[str, str] = field(default_factory=dict)
    window: Window | None = None


def read_audit_file(path: Path) -> AuditFile:
    """Return what an audit.toml says.

    Raises:
        UsageError: It cannot be read, a key is unknown (the nearest is offered) or holds something else than
            it should; all problems are told at once.
    """
    return audit_file_of(read_toml(path, hint="evalkit init --audit  writes one", code="EK643"), str(path))


def audit_file_of(content: Mapping[str, Any], name: str = "audit.toml") -> AuditFile:
    """Return what the tables of a TOML document say.

    Raises:
        UsageError: As for `read_audit_file`.
    """
    window = content.get("window")
    problems = [
        *_problems(content, _KINDS, name),
        *(_problems(window, _WINDOW, f"[window] of {name}") if isinstance(window, dict) else ()),
        *(_lacking(window, name) if isinstance(window, dict) else ()),
    ]
    if problems:
        raise UsageError.of(problems)
    given = {item.name: content[item.name] for item in fields(AuditFile) if item.name in content}
    for key in ("claims", "suspects"):
        if key in given:
            given[key] = tuple(given[key])
    if "store" in given:
        given["store"] = _VARIABLE.sub(lambda match: _variable(match[1], name), given["store"])
    if isinstance(window, dict):
        days = {key: _day(window[key], key, name) for key in ("starts", "ends")}
        given["window"] = Window(**{**window, **days})
    return AuditFile(**given)


def _problems(
    content: Mapping[str, Any], kinds: Mapping[str, tuple[tuple[type, ...], str]], name: str
) -> list[Finding]:
    """Return unknown keys, and values of another kind."""
    found = []
    for key, value in content.items():
        if key not in kinds:
            near = nearest(key, kinds)
            hint = f"did you mean {near}?" if near else f"its keys are {', '.join(kinds)}"
            problem = f"{name} has a key {key!r} that no audit has"
            found.append(Finding("EK643", Severity.ERROR, problem, hint=hint))
            continue
        types, words = kinds[key]
        of_texts = isinstance(value, list | dict) and key != "window"
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        wrong = not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
        if wrong or (of_texts and not all(isinstance(item, str) for item in inner)):
            problem = f"{key} of {name} is {value!r}, which is not {words}"
            found.append(Finding("EK643", Severity.ERROR, problem, hint="correct it"))
    return found


def _lacking(window: Mapping[str, Any], name: str) -> list[Finding]:
    missing = [key for key in ("old", "starts", "ends") if key not in window]
    problem = f"[window] of {name} lacks {', '.join(missing)}"
    hint = "the model that the index moves away from, the first day and the last"
    return [Finding("EK643", Severity.ERROR, problem, hint=hint)] if missing else []


def _variable(variable: str, name: str) -> str:
    if variable not in os.environ:
        raise UsageError(
            f"{name} names the variable {variable}, which is not set",
            hint=f"export {variable}=…",
            code="EK643",
        )
    return os.environ[variable]


def _day(value: object, key: str, name: str) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    try:
        return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
    except ValueError as error:
        raise EvalkitError(
            f"{key} in [window] of {name} is {value!r}, which is no day", hint="2026-11-20", code="EK643"
        ) from error
