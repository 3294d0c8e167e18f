"""Reading a result: the JSON object that a command wrote, checked before anything is drawn from it."""

from __future__ import annotations

import json
from pathlib import Path

from evalkit.errors import UsageError
from evalkit.reporting.description import Result
from evalkit.reporting.result import SCHEMA, empty_result

RESULT = "result.json"
REPORT = "report.html"
IN_GOLDEN = ("name", "digest", "queries", "documents")


def read_result(path: Path) -> Result:
    """Read a `result.json`, or the one in a folder.

    Raises:
        UsageError: There is none, it is not JSON, another version wrote it, or something of it is missing.
    """
    path = path / RESULT if path.is_dir() else path
    try:
        result: Result = json.loads(path.read_text(encoding="utf-8"))
        schema = result["schema"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is not a result of evalkit",
            hint="name the result.json, or its folder, that  evalkit compare  wrote",
            code="EK118",
        ) from error
    if schema != SCHEMA:
        raise UsageError(
            f"{path} has schema {schema}, this version reads {SCHEMA}",
            hint="run the comparison again with this version",
            code="EK118",
        )
    missing = _missing(result)
    if missing:
        raise UsageError(
            f"{path} is not a whole result of evalkit: {', '.join(missing)} missing or of another kind",
            hint="cut off, or changed by hand? run the comparison again",
            code="EK118",
        )
    return result


def is_gate(result: Result) -> bool:
    """Return whether a result is what a gate found."""
    return bool(result.get("gate")) and bool(result["decisions"])


def _missing(result: Result) -> list[str]:
    """Return which keys a result lacks, or holds in another kind than they are written in."""
    blank = empty_result()
    missing = [
        key
        for key, value in blank.items()
        if key not in result or (isinstance(value, list | dict) and not isinstance(result[key], type(value)))
    ]
    if "golden" not in missing:
        missing += [f"golden.{key}" for key in IN_GOLDEN if key not in result["golden"]]
    systems = {} if "systems" in missing else result["systems"]
    return missing + [f"systems.{name}" for name, system in systems.items() if not isinstance(system, dict)]
