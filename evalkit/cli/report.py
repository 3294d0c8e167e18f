"""evalkit report: renders a result again."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import STDOUT, page_options


@click.command(short_help="Render a result.json again.")
@click.argument("outcome", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where to: .html the page, .md the summary, .xml JUnit, - the summary on stdout. "
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
    from evalkit.reporting.files import render, rendered_files, write_file  # noqa: PLC0415 - loads jinja2
    from evalkit.reporting.reading import REPORT, read_result  # noqa: PLC0415 - the same
    from evalkit.reporting.redaction import redacted  # noqa: PLC0415 - the same

    result = read_result(outcome)
    if redact_text:
        result = redacted(result)
    if output == STDOUT:
        click.echo(render(result, ".md"), nl=False)
        return 0
    beside = outcome if outcome.is_dir() else outcome.parent
    path = Path(output) if output else beside / REPORT
    for name, data in rendered_files(result, path.name, assets=assets).items():
        write_file(path.with_name(name), data)
    click.echo(str(path))
    return 0
