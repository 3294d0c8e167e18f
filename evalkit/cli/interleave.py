"""evalkit interleave: lists of two systems in one, and what people's clicks say of them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import figures
from evalkit.cli.once import OnceCommand, OnceGroup
from evalkit.cli.options import (
    cache_option,
    code_option,
    map_option,
    now,
    open_golden,
    provenance,
    reading_options,
    system_of,
    views_option,
)
from evalkit.cli.printing import print_json, print_lines, print_text
from evalkit.cli.views import check_outputs, write_views
from evalkit.defaults import CUTOFF, SEED
from evalkit.errors import UsageError
from evalkit.output import check_folder, write_file

if TYPE_CHECKING:
    from evalkit.cli.session import Session

FILE = click.Path(path_type=Path)


@click.group(cls=OnceGroup)
def interleave() -> None:
    """Let people choose between two systems without knowing: team-draft lists, and the votes of clicks."""


@interleave.command(cls=OnceCommand, short_help="Draft lists from what two systems find.")
@click.argument("golden")
@click.option("--old", required=True, metavar="MODEL", help="The system in production; run/FILE for a run.")
@click.option("--new", required=True, metavar="MODEL", help="The system to come.")
@click.option(
    "-k", "--cutoff", type=click.IntRange(1), default=CUTOFF, show_default=True, help="How long lists are."
)
@click.option("--draws", type=click.IntRange(1), default=20, show_default=True, help="Lists for each query.")
@click.option("--seed", default=SEED, show_default=True, help="What coins are addressed by.")
@cache_option
@code_option
@reading_options
@click.option(
    "-o", "--output", type=FILE, required=True, metavar="FILE", help="Where lists go, as JSON lines."
)
@click.pass_obj
def draft(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Write lists in which both systems place their best documents in turn, a coin deciding who begins.

    Whoever serves results takes one of a query's lists by chance for each request, and logs its name.

    \b
    Example:
      evalkit interleave draft support --old run/old.trec --new run/new.trec -o lists.jsonl
    """
    from evalkit.evaluation import Setting, results_of
    from evalkit.rollout.interleaving import draft_lists

    check_folder(options["output"].parent)
    golden = open_golden(options["golden"], session)
    setting = Setting(golden=golden, depth=options["cutoff"], cache=session.open_cache(options["cache"]))
    systems = [system_of(options[side], "Flat", session, options) for side in ("old", "new")]
    with session.progress() as progress:
        old, new = (results_of(system, setting, progress=progress)[0] for system in systems)
    session.tell((*old.findings, *new.findings))
    lists = list(
        draft_lists(old, new, golden, depth=options["cutoff"], draws=options["draws"], seed=options["seed"])
    )
    lines = (json.dumps(dataclasses.asdict(item), ensure_ascii=False) for item in lists)
    write_file(options["output"], "".join(f"{line}\n" for line in lines).encode())
    same = sum(len(set(item.teams)) < 2 for item in lists)  # noqa: PLR2004 - both teams
    print_lines(
        f"{figures.count(len(lists))} lists for "
        f"{figures.count(len({item.query for item in lists}))} queries in {options['output']}"
    )
    if same:
        session.say(
            f"{figures.count(same)} lists have documents of one system only: they cannot tell the two apart"
        )
    return 0


@interleave.command(cls=OnceCommand, short_help="Count clicks as votes: NEW, OLD or GO ON.")
@click.argument("lists", type=FILE)
@click.argument("clicks", type=FILE)
@map_option("Which column is what.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
@views_option(".html or .json file, or both")
@click.pass_obj
def score(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Say which system people prefer, by the clicks on the lists that they saw.

    CLICKS is CSV or Parquet with the columns list, user and document. Each user is one vote, for the system
    whose documents got more clicks; the evidence may be looked at as often as anyone likes.

    \b
    Example:
      evalkit interleave score lists.jsonl clicks.csv

    Exits with 0 where people prefer the new system, 1 the old one, 3 where nobody knows yet.
    """
    from evalkit.golden.reading.columns import parse_map
    from evalkit.reporting.pages.interleave import interleave_page
    from evalkit.reporting.views.html import html
    from evalkit.reporting.views.terminal import terminal
    from evalkit.results.interleave import result_of_votes
    from evalkit.rollout.clicks import CLICKS, EXIT_CODES, count_votes, read_lists
    from evalkit.rollout.rows import open_source

    started_at = now()
    check_outputs(options["outputs"], (".html", ".json"))
    stated = parse_map(options["columns"], CLICKS)
    if set(stated) - set(CLICKS):
        raise UsageError(
            "--map names what clicks do not have", hint="list=…, user=…, document=…", code="EK555"
        )
    found = count_votes(open_source(options["clicks"]), read_lists(options["lists"]), stated)
    session.tell(found.findings)
    result = result_of_votes(found, provenance(started_at))
    write_views(options["outputs"], {".json": result.text, ".html": lambda: html(interleave_page(result))})
    if options["as_json"]:
        print_json(result.text())
    else:
        print_text(terminal(interleave_page(result)))
    return EXIT_CODES[found.verdict]
