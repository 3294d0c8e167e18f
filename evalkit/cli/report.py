"""evalkit report: renders a result again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.options import STDOUT, page_options
from evalkit.cli.printing import print_lines, print_text
from evalkit.errors import UsageError
from evalkit.output import write_file

if TYPE_CHECKING:
    from evalkit.results.result import Result


@click.command(cls=OnceCommand, short_help="Render a result.json again.")
@click.argument("outcome", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where to: .html the page, .md the summary, .xml JUnit, .prom gauges, - the summary. "
    "[default: report.html beside the result]",
)
@page_options
def report(outcome: Path, output: str | None, *, redact_text: bool, assets: bool) -> int:
    """Render OUTCOME, a result.json or its folder, again; nothing else is needed.

    \b
    Examples:
      evalkit report reports/helpdesk
      evalkit report result.json -o summary.md
    """
    from evalkit.reporting.records import drawn_record
    from evalkit.results.reading import REPORT, read_result
    from evalkit.results.redaction import redacted

    name = Path(output or REPORT).name if output != STDOUT else STDOUT
    record = drawn_record(outcome, name, assets=assets)
    path = Path(output) if output else _beside(outcome) / REPORT
    if record is not None:
        return _written(path, record, named=bool(output))
    result = read_result(outcome)
    if redact_text:
        result = redacted(result)
    if output == STDOUT:
        (summary,) = _drawn(outcome, result, "summary.md").values()
        print_text(summary.decode())
        return 0
    return _written(path, _drawn(outcome, result, path.name, assets=assets), named=bool(output))


def _beside(outcome: Path) -> Path:
    return outcome if outcome.is_dir() else outcome.parent


def _written(path: Path, files: Mapping[str, bytes], *, named: bool) -> int:
    for name, data in files.items():
        write_file(path.with_name(name), data, named=named and name == path.name)
    print_lines(str(path))
    return 0


def _drawn(outcome: Path, result: Result, name: str, *, assets: bool = False) -> dict[str, bytes]:
    """Return the view that a file's name asks for, with what lies beside it.

    Raises:
        UsageError: The result is not as evalkit writes it, deep inside.
    """
    from evalkit.reporting.files import rendered_files

    try:
        return rendered_files(result, name, assets=assets)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{outcome} cannot be drawn: {type(error).__name__}: {error}",
            hint="changed by hand? compare again; if nobody did, report this with the output of -vv",
            code="EK118",
        ) from error
