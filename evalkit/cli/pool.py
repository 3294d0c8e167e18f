"""evalkit golden pool: what several systems show first, as one page on which people judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import defaults
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import (
    cache_option,
    code_option,
    reading_options,
    split_list,
    system_of,
)
from evalkit.cli.printing import print_json, print_lines
from evalkit.cli.systemoptions import index_option, systems_option
from evalkit.output import check_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.cli.session import Session
    from evalkit.golden.goldenset import GoldenSet
    from evalkit.judging.gradescale import GradeScale
    from evalkit.judging.pool import Pool
    from evalkit.judging.task import Task
    from evalkit.retrieval.run import Run

SHOWN = 5


@click.command(cls=OnceCommand, short_help="Write a page on which people judge what systems find.")
@click.argument("folder", metavar="GOLDEN")
@systems_option("A model, or run/FILE; repeat it for several.")
@click.option(
    "--depth",
    type=click.IntRange(1, 1000),
    default=defaults.CUTOFF,
    show_default=True,
    help="How many results of each are judged.",
)
@click.option(
    "--bm25/--no-bm25", default=True, show_default=True, help="Also what shares words with a query."
)
@click.option("--all", "shows_judged", is_flag=True, help="Also show what the set has judged, as it is.")
@click.option(
    "--scale",
    multiple=True,
    callback=split_list,
    metavar="GRADE[=WORDS]",
    help="The grades to choose from. [default: those of the set, else 0 to 3]",
)
@click.option(
    "--judge",
    "--judges",
    "judges",
    multiple=True,
    callback=split_list,
    metavar="NAME",
    help="Who judges; the page asks where nobody or several are named.",
)
@click.option(
    "--longest",
    type=click.IntRange(min=200),
    default=20_000,
    show_default=True,
    help="How many characters of a document the page holds.",
)
@click.option("--seed", type=int, default=defaults.SEED, show_default=True, help="Names the random order.")
@index_option
@cache_option
@code_option
@reading_options
@click.option("-o", "--output", required=True, metavar="PAGE.html", help="Where to write the page.")
@click.option("--force", is_flag=True, help="Overwrite a page of another task, or whatever is there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def pool(session: Session, /, folder: str, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Unite what systems find first, and write one page on which people grade it.

    The page works from disk, in any browser, and asks for nothing. It does not tell which system found a
    document, at which rank or with which score, and its order is random. Judges export a table, which
    golden merge  takes back. GOLDEN may be a set that nobody has judged yet, such as a draft of  from-log.

    \b
    Examples:
      evalkit golden pool support --system lsa/384 --system run/prod.trec -o page.html
      evalkit golden pool support --system prod,next --depth 20 --judges ann,bo -o page.html
    """
    from evalkit.golden.folder import read_unjudged
    from evalkit.judging.gradescale import parse_scale, scale_of
    from evalkit.judging.pool import pool_of
    from evalkit.judging.task import judge_names, task_of
    from evalkit.results.record import json_text

    stated, judges = parse_scale(options["scale"]), judge_names(options["judges"])
    golden = read_unjudged(session.config.golden_folder(folder))
    scale = scale_of(golden, stated)
    check_folder(Path(options["output"]).parent)
    runs = _runs(golden, session, options)
    found = pool_of(
        runs,
        golden,
        depth=options["depth"],
        seed=options["seed"],
        shows_judged=options["shows_judged"],
    )
    task = task_of(found, scale, judges, longest=options["longest"])
    size = _write(task, Path(options["output"]), found, force=options["force"])
    session.tell((*golden.findings, *(finding for run in runs for finding in run.findings)))
    if options["as_json"]:
        print_json(
            json_text(_record(found, task, scale, runs) | {"output": options["output"], "bytes": size})
        )
        return 0
    print_lines(*_told(found, task, runs), f"written to {options['output']} ({-(-size // 1000)} kB)")
    print_lines(f"next: judge, export, and  evalkit golden merge {folder} EXPORTED.tsv …")
    return 0


def _runs(golden: GoldenSet, session: Session, options: dict[str, Any]) -> list[Run]:
    """Return what each system retrieves, and the lexical search where it is wanted.

    Raises:
        UsageError: No system is named, and no lexical search is wanted.
    """
    from evalkit.errors import UsageError
    from evalkit.evaluation import Setting, results_of
    from evalkit.retrieval.lexical import lexical_run

    if not options["systems"] and not options["bm25"]:
        raise UsageError(
            "no system is named whose results could be judged",
            hint="--system MODEL, such as  --system lsa/384 --system run/prod.trec",
            code="EK656",
        )
    systems = [system_of(name, options["factory"], session, options) for name in options["systems"]]
    for system in systems:
        system.check(golden)
    setting = Setting(golden=golden, depth=options["depth"], cache=session.open_cache(options["cache"]))
    with session.progress() as progress:
        runs = [results_of(system, setting, progress=progress)[0] for system in systems]
    return [*runs, *([lexical_run(golden, options["depth"] + 1)] if options["bm25"] else [])]


def _write(task: Task, path: Path, found: Pool, *, force: bool) -> int:
    """Write the page and return its size.

    Raises:
        NothingToEvaluateError: There is nothing to judge.
        OutputError: Something else lies there, or it cannot be written.
    """
    from evalkit.errors import NothingToEvaluateError, OutputError
    from evalkit.reporting.judgingpage import is_page_of, judging_page

    if not found.open:
        told = (
            "the set has judged everything that was found"
            if found.known or len(found.pairs)
            else "nothing was found"
        )
        raise NothingToEvaluateError(
            f"there is nothing to judge: {told}",
            hint="look deeper with --depth, or name further systems with --system",
            code="EK657",
        )
    if not force and path.exists() and not is_page_of(task, path):
        raise OutputError(
            f"{path} holds something else than this page",
            hint="judges may have begun on it: name another file with -o, or use --force",
            code="EK612",
        )
    page = judging_page(task).encode()
    write_file(path, page)
    return len(page)


def _record(found: Pool, task: Task, scale: GradeScale, runs: Sequence[Run]) -> dict[str, object]:
    ids = found.golden.queries.ids
    return {
        "golden": {"name": found.golden.name, "digest": found.golden.digest},
        "systems": [run.system for run in runs],
        "pairs": found.open,
        "queries": len(set(found.pairs[:, 0].tolist())),
        "documents": len(set(found.pairs[:, 1].tolist())),
        "judged": found.known + len(found.pairs) - found.open,
        "empty": [ids[row] for row in found.empty],
        "settled": [ids[row] for row in found.settled],
        "scale": list(scale.grades),
        "judges": list(task.judges),
        "cut": task.cut,
        "digest": task.digest,
    }


def _told(found: Pool, task: Task, runs: Sequence[Run]) -> list[str]:
    from evalkit import figures

    ids = found.golden.queries.ids
    queries = len(set(found.pairs[:, 0].tolist()))
    documents = len(set(found.pairs[:, 1].tolist()))
    what = f"{figures.counted(queries, 'query')}, {figures.counted(documents, 'document')}"
    systems = ", ".join(run.system for run in runs)
    lines = [f"{figures.counted(found.open, 'pair')} to judge: {what}, found by {systems}"]
    judged = found.known + len(found.pairs) - found.open
    if judged:
        lines.append(
            f"{figures.counted(judged, 'pair')} judged already{'' if found.known else ', shown as they are'}"
        )
    if found.empty:
        more = f" and {len(found.empty) - SHOWN} more" if len(found.empty) > SHOWN else ""
        named = ", ".join(ids[row] for row in found.empty[:SHOWN])
        lines.append(f"nothing was found for {figures.counted(len(found.empty), 'query')}: {named}{more}")
    if task.cut:
        lines.append(f"{figures.counted(task.cut, 'document')} cut to --longest, which the page says")
    return lines
