"""The files of an outcome: what is written beside the report, whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.decision.worklist import to_frame
from evalkit.digests import digest_settings, short
from evalkit.errors import OutputError, UsageError
from evalkit.experiment import Outcome
from evalkit.reporting.gate.junit import gate_junit
from evalkit.reporting.gate.markdown import gate_markdown
from evalkit.reporting.html import html_page
from evalkit.reporting.junit import junit_xml
from evalkit.reporting.markdown import summary_markdown
from evalkit.reporting.result import SCHEMA, Result

if TYPE_CHECKING:
    import pandas as pd

RESULT = "result.json"
REPORT = "report.html"
WORKLIST = "worklist.csv"
RENDERERS = {".html": html_page, ".md": summary_markdown, ".xml": junit_xml}
GATE_RENDERERS = {".md": gate_markdown, ".xml": gate_junit}


def outcome_files(result: Result, outcome: Outcome) -> dict[str, bytes]:
    """Return the files that an outcome leaves behind, by name.

    Beside the views of `result` these are a table with one row for each query and system (Parquet where
    pyarrow is installed, else CSV) and, where something shown was never judged, the worklist.
    """
    todo = to_frame(outcome.worklist).to_csv(index=False) if outcome.worklist else ""
    return {
        RESULT: result_text(result).encode(),
        REPORT: html_page(result).encode(),
        "summary.md": summary_markdown(result).encode(),
        "junit.xml": junit_xml(result).encode(),
        **({WORKLIST: todo.encode()} if todo else {}),
        **_table(outcome.to_frame()),
    }


def result_text(result: Result) -> str:
    """Return the JSON text of a result, which has no NaN."""
    return json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_result(path: Path) -> Result:
    """Read a `result.json`, or the one in a folder.

    Raises:
        UsageError: There is none, it is not JSON, or another version wrote it.
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
    return result


def render(result: Result, suffix: str) -> str:
    """Return the view of a result that a file's extension asks for.

    Raises:
        UsageError: No view has that extension.
    """
    renderers = GATE_RENDERERS if is_gate(result) else RENDERERS
    if suffix not in renderers:
        raise UsageError(
            f"no report is written as {suffix or 'a file without extension'}",
            hint=f"end the file's name in {', '.join(renderers)}",
            code="EK119",
        )
    text: str = renderers[suffix](result)
    return text


def is_gate(result: Result) -> bool:
    """Return whether a result is what a gate found."""
    return bool(result.get("gate")) and bool(result["decisions"])


def identity(result: Result) -> str:
    """Return the digest of the question: golden set, systems and policy, not of what was found.

    A gate asks one question of one system for years, while corpus, index and policy change under it.
    """
    if is_gate(result):
        return digest_settings({"gate": result["golden"]["name"], "systems": sorted(result["systems"])})
    systems = {name: [system["spec"], system["index"]] for name, system in result["systems"].items()}
    return digest_settings(
        {"golden": result["golden"]["digest"], "systems": systems, "question": result["question"]}
    )


def default_folder(result: Result) -> Path:
    """Return reports/NAME, or reports/NAME-DIGEST where another experiment lies in the first."""
    folder = Path("reports", str(result["golden"]["name"]))
    return folder if _is_own(folder, result) else folder.with_name(f"{folder.name}-{short(identity(result))}")


def check_folder(folder: Path) -> None:
    """Make an output folder and raise unless files can be written there; best before hours of work.

    Raises:
        OutputError: The folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.part"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror}", hint="name another folder with -o", code="EK611"
        ) from error


def write_folder(folder: Path, result: Result, files: Mapping[str, bytes], *, force: bool) -> None:
    """Write files into a folder; the same experiment replaces its own, another one is refused.

    Raises:
        OutputError: Another experiment lies there and `force` is off, or the folder cannot be written.
    """
    if not force and not _is_own(folder, result):
        raise OutputError(
            f"{folder} holds the result of another experiment",
            hint="name another folder with -o, or overwrite it with --force",
            code="EK612",
        )
    check_folder(folder)
    for name, data in files.items():
        write_file(folder / name, data)


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written: {error.strerror}", hint="name another place with -o", code="EK611"
        ) from error


def _is_own(folder: Path, result: Result) -> bool:
    """Return whether nothing lies in `folder`, or the result of the same experiment."""
    if not (folder / RESULT).exists():
        return not (folder / REPORT).exists()
    try:
        return identity(read_result(folder)) == identity(result)
    except (UsageError, KeyError):
        return False


def _table(frame: pd.DataFrame) -> dict[str, bytes]:
    try:
        import pyarrow as pa  # noqa: F401, PLC0415 - an extra: only whether it is there matters here
    except ImportError:
        return {"per_query.csv": frame.to_csv(index=False).encode()}
    data: bytes = frame.to_parquet(index=False)
    return {"per_query.parquet": data}
