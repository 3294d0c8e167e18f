"""Reading a result: the JSON object that a command wrote, checked before anything is drawn from it."""

from __future__ import annotations

import json
from pathlib import Path

from evalkit.errors import UsageError
from evalkit.reporting.description import Result
from evalkit.reporting.result import SCHEMA, empty_result

RESULT = "result.json"
REPORT = "report.html"
PROMISED = (
    tuple(  # of every result; keys that a later version added are filled in when an older one lacks them
        """
    verdict golden systems comparisons rules critical unjudged power counts queries decisions mix provenance
    """.split()  # noqa: SIM905 - a list of names reads best as a paragraph
    )
)
IN_GOLDEN = ("name", "digest", "queries", "documents")


def read_result(path: Path) -> Result:
    """Read a `result.json`, or the one in a folder.

    Returns:
        The result with every key present; those that an earlier version did not write are empty.

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
    missing = [key for key in PROMISED if key not in result] + _misshapen(result)
    if missing:
        raise UsageError(
            f"{path} is not a whole result of evalkit: {', '.join(missing)} missing or of another kind",
            hint="cut off, or changed by hand? run the comparison again",
            code="EK118",
        )
    return {**empty_result(), **result}


def is_gate(result: Result) -> bool:
    """Return whether a result is what a gate found."""
    return bool(result.get("gate")) and bool(result["decisions"])


def _misshapen(result: Result) -> list[str]:
    """Return which keys of a result hold another kind than they are written in."""
    wrong = [
        key
        for key, value in empty_result().items()
        if isinstance(value, list | dict) and not isinstance(result.get(key, value), type(value))
    ]
    if "golden" in result and "golden" not in wrong:
        wrong += [f"golden.{key}" for key in IN_GOLDEN if key not in result["golden"]]
    systems = {} if "systems" in wrong else result.get("systems", {})
    return wrong + [f"systems.{name}" for name, system in systems.items() if not isinstance(system, dict)]
