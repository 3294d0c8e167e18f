"""evalkit golden from-log: the queries of a log as a golden set that can be judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import defaults
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import split_pairs
from evalkit.cli.printing import print_json, print_lines

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.golden.authoring.draft import LogDraft

existing = click.Path(path_type=Path)
NEXT = "then  evalkit golden pool … -o judging.html  for judging what systems find, and  golden merge"


@click.command("from-log", cls=OnceCommand, short_help="Draw the queries of a golden set from a log.")
@click.argument("logs", nargs=-1, required=True, type=existing, metavar="LOG...")
@click.option("--size", type=click.IntRange(min=1), default=300, show_default=True, help="How many queries.")
@click.option("-o", "--output", type=existing, metavar="FOLDER", help="Where to write the draft.")
@click.option(
    "--corpus", type=existing, multiple=True, metavar="FILE", help="The documents that will be searched."
)
@click.option(
    "--map",
    "columns",
    multiple=True,
    callback=split_pairs,
    metavar="ROLE=COLUMN",
    help="Which column of the log is what: query=…, count=…",
)
@click.option("--name", help="How reports call the set. [default: the folder's name]")
@click.option("--language", default="english", show_default=True, help="Whose word endings are alike.")
@click.option("--seed", type=int, default=defaults.SEED, show_default=True, help="Names the random draw.")
@click.option("--no-redact", is_flag=True, help="Leave addresses, numbers and keys in the queries.")
@click.option("--force", is_flag=True, help="Let a folder that is there make way; it is renamed and kept.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def from_log(session: Session, /, logs: tuple[Path, ...], **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Draw queries from a log: the commonest, and of the rest a random sample, weighted to stand for all.

    LOG is a table (CSV, TSV, JSON lines, Parquet) with a column of queries and perhaps one of counts, a
    request log of Solr, or lines, one query each; packed or not. GA4's export of search terms and UBI's
    ubi_queries are such tables. E-mail addresses, telephone, card and order numbers, keys and the like are
    taken out; review.csv lists them, and what may be names, for a person to look through. Queries that ask
    nearly the same form a group.

    \b
    Examples:
      evalkit golden from-log searches.csv --size 300 --corpus docs.jsonl -o goldensets/support
      evalkit golden from-log solr.log.gz --size 200 -o draft --json
    """
    from evalkit.golden.authoring.draft import draft_of
    from evalkit.golden.authoring.querylog import LOG_COLUMNS, read_logs
    from evalkit.golden.naming import name_for
    from evalkit.golden.reading.columns import parse_map
    from evalkit.golden.writing.replacing import write_new_folder
    from evalkit.results.record import json_text

    log = read_logs(logs, parse_map(options["columns"], LOG_COLUMNS))
    session.tell(log.findings)
    draft = draft_of(
        log,
        options["size"],
        seed=options["seed"],
        redacts=not options["no_redact"],
        language=options["language"],
    )
    if options["output"] is not None:
        name = name_for(options["name"] or "", options["output"])
        origins = [f"drawn from {', '.join(path.name for path in logs)}, seed {options['seed']}"]
        files = draft.files(name, origins, options["corpus"])
        write_new_folder(options["output"], files, force=options["force"])
    if options["as_json"]:
        print_json(json_text(_record(draft)))
        return 0
    print_lines(*_told(draft))
    if options["output"] is not None:
        print_lines(f"written to {options['output']}", f"next: look through review.csv; {NEXT}")
    return 0


def _record(draft: LogDraft) -> dict[str, object]:
    queries = [
        {
            "id": query.identity,
            "text": query.text,
            "weight": query.weight,
            "group": query.group,
            "redacted": list(query.redacted),
        }
        for query in draft.queries
    ]
    return {"queries": queries, "certain": draft.certain, "lines": draft.lines, "distinct": draft.distinct}


def _told(draft: LogDraft) -> list[str]:
    from evalkit import figures

    taken, groups = len(draft.queries), len({query.group for query in draft.queries})
    redacted = sum(bool(query.redacted) for query in draft.queries)
    how = f"the {draft.certain} commonest, the others at random by how often they were asked"
    distinct = figures.count(draft.distinct)
    return [
        f"{figures.counted(draft.lines, 'line')} of the log, {distinct} distinct queries",
        f"{figures.counted(taken, 'query')} taken ({how}), in {figures.counted(groups, 'group')}",
        f"{figures.count(redacted)} of them with something taken out",
    ]
