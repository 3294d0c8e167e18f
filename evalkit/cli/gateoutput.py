"""What a gate leaves behind: files, a page, annotations of a build; also of one that could not be asked."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.cli.options import (
    STDOUT,
    command_typed,
    now,
    provenance,
)
from evalkit.cli.printing import print_annotation, print_lines, print_text, width_of_terminal
from evalkit.errors import EvalkitError, UsageError
from evalkit.output import check_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.cli.session import Session
    from evalkit.findings import Finding
    from evalkit.judging.worklist import WorkItem
    from evalkit.results.result import Result


FILES = (".html", ".xml", ".md", ".json")
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def under_ci() -> bool:
    """Return whether a build server runs this, as all of them say by CI=true."""
    return os.environ.get("CI", "").casefold() in ("true", "1")


def check_output(output: str | None) -> None:
    """Raise where nothing can be written, before anything is embedded."""
    if output == STDOUT:
        raise UsageError(
            "-o names a file or a folder; the result is printed anyway", hint="--json prints all of it"
        )
    if output:
        check_folder(Path(output).parent if Path(output).suffix in FILES else Path(output))


def leave_failure(findings: Sequence[Finding], options: dict[str, Any]) -> None:
    """Leave an annotation, a step summary and the files that were asked for, where there is no verdict."""
    from evalkit.results.gatefailure import result_of_failure

    result = result_of_failure(
        findings,
        golden=Path(options["golden"]).name,
        model=options["model"],
        provenance=provenance(now()),
        reproduce=command_typed(),
    )
    if options["github"]:
        tell_github(result, to_stderr=options["as_json"])
    with contextlib.suppress(EvalkitError):  # what stopped the gate is worth more than what cannot be written
        if options["output"] != STDOUT:
            write_result(result, {**options, "force": False})


def write_result(result: Result, options: dict[str, Any], items: Sequence[WorkItem] = ()) -> None:
    """Write the file or the folder that `-o` names, if any."""
    if not options["output"]:
        return
    from evalkit.reporting import files
    from evalkit.results.reading import RESULT

    path = Path(options["output"])
    made = files.gate_files(result, items)
    if path.suffix not in FILES:
        files.write_folder(path, result, made, force=options["force"])
        return
    drawn = made if path.suffix == ".json" else files.rendered_files(result, path.name, assets=False)
    write_file(path, drawn[RESULT if path.suffix == ".json" else path.name])


def print_result(result: Result, session: Session) -> None:
    """Print the gate's page as a terminal shows it."""
    from evalkit.reporting.pages.gate import gate_page
    from evalkit.reporting.views.terminal import WIDTH, terminal

    color = session.color and sys.stdout.isatty()
    width = width_of_terminal(WIDTH)
    print_text(terminal(gate_page(result), color=color, width=width), color=color)


def tell_github(result: Result, *, to_stderr: bool) -> None:
    """Append to the step summary where there is one, and print annotations; JSON keeps stdout to itself."""
    from evalkit.reporting.pages.kinds import page_of
    from evalkit.reporting.views.github import workflow_commands
    from evalkit.reporting.views.markdown import markdown

    page = page_of(result)

    summary = os.environ.get(STEP_SUMMARY)
    if summary:
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(markdown(page))
        except OSError as error:  # the verdict is worth more than its summary
            print_lines(f"{summary} cannot be written: {error.strerror}", err=True)
    for line in workflow_commands(page):
        print_annotation(line, err=to_stderr)
