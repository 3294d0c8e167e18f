"""evalkit diff: how much of what people see changes with the model, on queries that nobody judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import defaults
from evalkit.cli.claim import claim
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import (
    cache_option,
    code_option,
    map_option,
    now,
    open_golden,
    page_options,
    provenance,
    reading_options,
    system_of,
)
from evalkit.cli.printing import print_json, print_text, width_of_terminal
from evalkit.cli.systemoptions import index_option

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.golden.goldenset import GoldenSet


@click.command(cls=OnceCommand)
@click.argument("golden")
@click.argument("queries", required=False, metavar="[QUERIES]", type=click.Path(path_type=Path))
@click.option("--old", required=True, metavar="MODEL", help="The model in production.")
@click.option("--new", required=True, metavar="MODEL", help="The model to come.")
@click.option(
    "-k",
    "--cutoff",
    type=click.IntRange(1),
    default=defaults.CUTOFF,
    show_default=True,
    help="How many results people see.",
)
@click.option(
    "--depth",
    type=click.IntRange(1),
    default=defaults.DEPTH,
    show_default=True,
    help="How many are compared by rank-biased overlap.",
)
@click.option(
    "--top",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="How many of the queries that change most are listed.",
)
@map_option("Which column of QUERIES is what: id=…,text=…")
@index_option
@cache_option
@code_option
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
@page_options
@click.option("--force", is_flag=True, help="Overwrite the result of another experiment.")
@click.option("-o", "--output", metavar="DIR", help="Write result.json, report.html and changes.csv there.")
@click.pass_obj
def diff(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Show how much of what people see would silently change with another model.

    GOLDEN is a golden set, whose documents are searched. QUERIES is a file from a log of live queries: one a
    line; lines of id, tab and text; or a table (CSV, TSV, JSON lines, Parquet). Nothing needs to be judged.
    Without it the golden set's own queries are asked.

    \b
    Examples:
      evalkit diff helpdesk queries.txt --old lsa/384 --new st/all-MiniLM-L6-v2
      evalkit diff support log.csv --map text=search_term --old prod --new next -o reports/diff
    """
    from evalkit.evaluation import Setting
    from evalkit.reporting.files import diff_files, write_folder
    from evalkit.reporting.pages.diff import diff_page
    from evalkit.reporting.views.terminal import WIDTH, terminal
    from evalkit.results.diff import result_of_diff
    from evalkit.results.redaction import redacted
    from evalkit.studies.difference import run_difference

    started_at = now()
    golden = _asked(options, session)
    systems = [system_of(options[side], options["factory"], session, options) for side in ("old", "new")]
    question = {"cutoff": options["cutoff"], "depth": max(options["depth"], options["cutoff"])}
    folder = Path(options["output"]) if options["output"] else None
    if folder:
        claim(options["output"], golden, systems, question, force=options["force"])
    setting = Setting(golden=golden, depth=question["depth"], cache=session.open_cache(options["cache"]))
    with session.progress() as progress:
        study = run_difference(systems[0], systems[1], setting, cutoff=question["cutoff"], progress=progress)
    session.tell(study.findings)
    result = result_of_diff(study, provenance(started_at))
    if options["redact_text"]:
        result = redacted(result)
    if folder:
        write_folder(folder, result, diff_files(result, assets=options["assets"]), force=options["force"])
    if options["as_json"]:
        print_json(result.text())
    else:
        width = width_of_terminal(WIDTH)
        print_text(terminal(diff_page(result, shown=options["top"]), width=width))
    return 0


def _asked(options: dict[str, Any], session: Session) -> GoldenSet:
    """Return the golden set with the queries of the file, or its own where none is named."""
    from evalkit.golden.live import with_live_queries
    from evalkit.golden.reading.columns import QUERIES, parse_map

    golden = open_golden(options["golden"], session)
    if options["queries"] is None:
        return golden
    return with_live_queries(golden, options["queries"], parse_map(options["columns"], QUERIES))
