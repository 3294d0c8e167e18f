"""evalkit report: renders a result again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.options import STDOUT, page_options
from evalkit.cli.printing import print_finding, print_lines, print_text
from evalkit.errors import OutputError, UsageError
from evalkit.output import write_file

if TYPE_CHECKING:
    from evalkit.results.record import Record
    from evalkit.results.result import Result

FAULTS = (  # of a number, a name or a part that no result has
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,  # RecursionError, and a search within a generator that finds nothing
    StopIteration,
    TypeError,
    ValueError,
)


@click.command(cls=OnceCommand)
@click.argument("outcome", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where to: .html the page, .md the summary, .xml JUnit, .prom gauges, - the summary. "
    "[default: report.html beside the result, and summary.html where there is one]",
)
@click.option(
    "--view",
    type=click.Choice(["report", "summary"]),
    default="report",
    show_default=True,
    help="Which page: all of it, or the summary that prints on one page of A4.",
)
@page_options
def report(outcome: Path, output: str | None, *, view: str, redact_text: bool, assets: bool) -> int:
    """Render OUTCOME, a result.json or its folder, again; nothing else is needed.

    \b
    Examples:
      evalkit report reports/helpdesk
      evalkit report result.json -o summary.md
      evalkit report result.json --view summary -o for-the-boss.html
    """
    from evalkit.reporting.files import SUMMARY
    from evalkit.reporting.records import drawn_record
    from evalkit.results.ownrecords import read_record
    from evalkit.results.reading import REPORT, SHEET, read_result
    from evalkit.results.redaction import redacted

    page = SHEET if view == SUMMARY else REPORT
    name = Path(output or page).name if output != STDOUT else STDOUT
    path = Path(output) if output else _beside(outcome) / page
    with _drawing(outcome):
        record = read_record(outcome)
        own = None if record is None else drawn_record(record, name, assets=assets, view=view)
    if record is not None and own is not None:
        _tell_of_changes(record)
        return _written(path, own, named=bool(output))
    result = read_result(outcome)
    _tell_of_changes(result)
    if redact_text:
        result = redacted(result)
    if output == STDOUT:
        (summary,) = _drawn(outcome, result, "summary.md").values()
        print_text(summary.decode())
        return 0
    drawn = _drawn(outcome, result, path.name if output else "", assets=assets, view=view)
    return _written(path, drawn, named=bool(output))


def _tell_of_changes(read: Record) -> None:
    """Say where a result is not what was written."""
    from evalkit.findings import Finding, Severity
    from evalkit.results.seal import CHANGED

    for part in getattr(read, "findings", ()):
        if part.code == CHANGED:
            told = Finding(CHANGED, Severity(part.severity), part.problem, part.places, part.hint)
            print_finding(str(told))


def _beside(outcome: Path) -> Path:
    return outcome if outcome.is_dir() else outcome.parent


def _written(path: Path, files: Mapping[str, bytes], *, named: bool) -> int:
    for name, data in files.items():
        write_file(path.with_name(name), data, named=named and name == path.name)
    print_lines(str(path))
    return 0


def _drawn(
    outcome: Path, result: Result, name: str, *, assets: bool = False, view: str = "report"
) -> dict[str, bytes]:
    """Return the view that a file's name asks for, with what lies beside it; without a name, the pages.

    Raises:
        UsageError: The result is not as evalkit writes it, deep inside.
    """
    from evalkit.reporting.files import page_files, rendered_files

    with _drawing(outcome):
        if not name:
            return page_files(result, view, assets=assets)
        return rendered_files(result, name, assets=assets, view=view)


@contextlib.contextmanager
def _drawing(outcome: Path) -> Iterator[None]:
    """Raise for whatever drawing a file raises that says what nothing can be, in the right form.

    Raises:
        UsageError: The result is not as evalkit writes it, deep inside.
    """
    try:
        yield
    except (OutputError, UsageError):
        raise
    except FAULTS as error:
        raise UsageError(
            f"{outcome} cannot be drawn: {type(error).__name__}: {error}",
            hint="changed by hand? compare again; if nobody did, report this with the output of -vv",
            code="EK118",
        ) from error
