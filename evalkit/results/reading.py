"""Reading a result: the JSON object that a command wrote, checked before anything is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from evalkit.errors import UsageError
from evalkit.opening import read_json
from evalkit.results.description import describe_finding
from evalkit.results.gatepart import ERROR
from evalkit.results.parts import FindingPart
from evalkit.results.record import Record
from evalkit.results.result import SCHEMA, Result
from evalkit.results.seal import seal_findings

Written = TypeVar("Written", bound=Record)
RESULT = "result.json"
PLAN = "plan.json"  # what a plan's result is called
REPORT = "report.html"
SHEET = "summary.html"  # the same on one page of paper
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
        The result with every key present; those that an earlier version did not write are empty. Where it is
        not what was written, by its seal, it says so among its findings (EK123).

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
    return marked(result, written, path)


def marked(record: Written, written: object, path: Path) -> Written:
    """Return what was read from a file, with a finding more where it is not what was written, by its seal."""
    changed = [FindingPart.of(describe_finding(told)) for told in seal_findings(written, str(path))]
    return record.with_values(findings=(*getattr(record, "findings", ()), *changed)) if changed else record


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
