"""evalkit mix: what a half-migrated index does to search."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import defaults
from evalkit.cli.claim import claim
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import (
    cache_option,
    code_option,
    now,
    open_golden,
    page_options,
    provenance,
    split_list,
    system_of,
)
from evalkit.cli.printing import print_json, print_lines, print_text, width_of_terminal
from evalkit.cli.sharing import executor_on, on_option
from evalkit.quoting import visible

if TYPE_CHECKING:
    from evalkit.cli.session import Session


@click.command(cls=OnceCommand)
@click.argument("golden")
@click.option("--old", required=True, metavar="MODEL", help="The model in production.")
@click.option("--new", required=True, metavar="MODEL", help="The model to come.")
@click.option(
    "--order",
    default=defaults.ORDER,
    show_default=True,
    help="random, id, date, hot, cluster, field:NAME or lazy:LOG (as a log first touches them).",
)
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    callback=split_list,
    help="How queries are answered meanwhile, repeated or comma-separated; `all` for every one.",
)
@click.option(
    "--shares",
    multiple=True,
    callback=split_list,
    metavar="N|LIST",
    help=f"How many, or which. [default: {defaults.SHARES}]",
)
@click.option(
    "--measure",
    "measures",
    multiple=True,
    callback=split_list,
    metavar="NAME@K",
    help=f"What the curves show. [default: {','.join(defaults.MIXED_MEASURES)}]",
)
@click.option(
    "--cohort", "cohorts", multiple=True, callback=split_list, metavar="FIELD", help="Also by this field."
)
@click.option(
    "--align", type=click.Choice(["truncate", "pad"]), help="Let different dimensions share a column."
)
@click.option("--controls", is_flag=True, help="Beside: the new model in float16, and rotated.")
@click.option(
    "--margin",
    default=defaults.MARGIN,
    show_default=True,
    help="Loss against the old index that is accepted.",
)
@click.option("--seed", default=defaults.SEED, show_default=True)
@on_option
@cache_option
@code_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
@page_options
@click.option("--force", is_flag=True, help="Overwrite the result of another experiment.")
@click.option("-o", "--output", metavar="DIR", help="Write report.html and result.json there.")
@click.pass_obj
def mix(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Show what search is worth while part of the corpus carries old vectors and part new ones.

    \b
    Examples:
      evalkit mix helpdesk --old lsa/384 --new st/all-MiniLM-L6-v2
      evalkit mix helpdesk --old vectors/old --new vectors/new --strategy new-query,dual-rrf --order date
    """
    from evalkit import lab
    from evalkit.evaluation import Setting
    from evalkit.reporting import files
    from evalkit.reporting.pages.mix import mix_page
    from evalkit.reporting.views.terminal import WIDTH, terminal
    from evalkit.results.mix import result_of_mix
    from evalkit.results.reading import REPORT
    from evalkit.results.redaction import redacted
    from evalkit.studies.migration import run_migration

    started_at = now()
    plan = plan_of(options)
    golden = open_golden(options["golden"], session)
    setting = Setting(golden=golden, cache=session.open_cache(options["cache"]))
    systems = [system_of(options[side], "Flat", session) for side in ("old", "new")]
    lab.check_vectors(systems)
    lab.check_fields(plan, golden)
    folder = Path(options["output"]) if options["output"] else None
    if folder:
        claim(options["output"], golden, systems, dataclasses.asdict(plan), force=options["force"])
    with executor_on(options["where"], options["cache"]) as executor, session.progress() as progress:
        shared = dataclasses.replace(setting, executor=executor)
        study = run_migration(systems[0], systems[1], shared, plan, progress=progress)
    session.tell(study.findings)
    result = result_of_mix(study, provenance(started_at))
    if options["redact_text"]:
        result = redacted(result)
    if folder:
        written = files.mix_files(result, assets=options["assets"])
        files.write_folder(folder, result, written, force=options["force"])
    if options["as_json"]:
        print_json(result.text())
    else:
        print_text(terminal(mix_page(result), width=width_of_terminal(WIDTH)))
        if folder:
            print_lines(f"next: open {visible(str(folder / REPORT))}")
    return 0


def plan_of(options: dict[str, Any]) -> Any:  # noqa: ANN401 - the plan's type is loaded with numpy
    """Return how the lab is to look at the migration.

    Raises:
        EvalkitError: A strategy, an order or a share does not exist.
    """
    from evalkit import lab
    from evalkit.lab import feeding
    from evalkit.mixing.strategies import SEARCHES

    strategies = tuple(SEARCHES) if options["strategies"] == ("all",) else options["strategies"]
    if options["strategies"] in {(), ("all",)}:  # nobody asked for one that starves
        strategies = feeding(strategies or lab.Plan().strategies, options["order"])
    return lab.Plan(
        order=options["order"],
        strategies=strategies,
        shares=lab.parse_shares(options["shares"]) if options["shares"] else lab.Plan().shares,
        measures=options["measures"] or lab.Plan().measures,
        align=options["align"] or "",
        controls=("float16", "rotated") if options["controls"] else (),
        cohorts=options["cohorts"],
        margin=options["margin"],
        seed=options["seed"],
    )
