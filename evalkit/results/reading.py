"""Reading a result: the JSON object that a command wrote, checked before anything is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evalkit.errors import UsageError
from evalkit.opening import read_json
from evalkit.results.gatepart import ERROR
from evalkit.results.result import SCHEMA, Result

RESULT = "result.json"
PLAN = "plan.json"  # what a plan's result is called
REPORT = "report.html"
PROMISED = (
    tuple(  # of every result; keys that a later version added are filled in when an older one lacks them
        """
    verdict golden systems comparisons rules critical unjudged power counts queries decisions mix provenance
    """.split()  # noqa: SIM905 - a list of names reads best as a paragraph
    )
)
MOST_NAMED = 8
IN_GOLDEN = ("name", "digest", "queries", "documents")


def read_result(path: Path) -> Result:
    """Read a `result.json` or a `plan.json`, or the one in a folder.

    Returns:
        The result with every key present; those that an earlier version did not write are empty.

    Raises:
        UsageError: There is none, it is not JSON, another version wrote it, or something of it is missing.
    """
    path = result_file(path) or path / RESULT if path.is_dir() else path
    try:
        written = read_json(path)
        schema = written["schema"]
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
    try:
        missing = [key for key in PROMISED if key not in written] + _lacking(written)
        result = Result.model_validate(written)
    except ValidationError as error:
        missing = [".".join(map(str, problem["loc"])) for problem in error.errors()]
    if missing:
        raise UsageError(
            f"{path} is not a whole result of evalkit: {_few(missing)} missing or of another kind",
            hint="cut off, or changed by hand? run the comparison again",
            code="EK118",
        )
    return result


def result_file(folder: Path) -> Path | None:
    """Return the result that lies in a folder, None where there is none."""
    return next((folder / name for name in (RESULT, PLAN) if (folder / name).exists()), None)


def _few(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def is_gate(result: Result) -> bool:
    """Return whether a result is what a gate found, or why it could not be asked."""
    return bool(result.gate) and bool(result.decisions or result.verdict == ERROR)


def _lacking(written: Mapping[str, Any]) -> list[str]:
    golden = written.get("golden")
    return [f"golden.{key}" for key in IN_GOLDEN if isinstance(golden, dict) and key not in golden]
