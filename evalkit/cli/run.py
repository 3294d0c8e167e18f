"""evalkit run: what one system retrieves, and how it scores."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import figures
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import (
    STDOUT,
    evaluation_options,
    now,
    open_golden,
    provenance,
    reading_options,
    system_of,
)
from evalkit.cli.printing import print_json, print_lines, print_run
from evalkit.cli.sharing import executor_on, on_option
from evalkit.errors import OutputError, UsageError
from evalkit.output import check_folder, write_file

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.evaluation import Evaluation
    from evalkit.golden.goldenset import GoldenSet


@click.command(cls=OnceCommand)
@click.argument("golden")
@click.option("--model", required=True, metavar="MODEL", help="The model, or run/FILE.")
@evaluation_options
@reading_options
@on_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write the run there, in TREC form, packed where it is called .gz, .bz2, .xz or .zst; - for stdout.",
)
@click.pass_obj
def run(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Search a golden set with one model; print its scores, write its run.

    \b
    Examples:
      evalkit run goldensets/helpdesk --model st/all-MiniLM-L6-v2 -o minilm.trec
      evalkit run goldensets/helpdesk --model run/minilm.trec --measure nDCG@10,MAP@100 --json
    """
    from evalkit.evaluation import DEFAULT_MEASURES, Setting, evaluate
    from evalkit.results.compare import result_of_run
    from evalkit.results.description import means_of
    from evalkit.scoring.measure import parse_measures

    started_at = now()
    measures = parse_measures(options["measures"]) or DEFAULT_MEASURES
    golden = open_golden(options["golden"], session, allow_unreachable=options["allow_unreachable"])
    cache = session.open_cache(options["cache"])
    setting = Setting(
        golden=golden, measures=measures, depth=options["depth"], cache=cache, ties=options["ties"] or "id"
    )
    system = system_of(options["model"], options["factory"], session, options)
    _check_output(options)
    with executor_on(options["where"], options["cache"]) as executor, session.progress() as progress:
        shared = dataclasses.replace(setting, executor=executor)
        evaluation = evaluate(system, shared, progress=progress)
    session.tell((*golden.findings, *evaluation.findings))
    if options["output"]:
        _write_run(options["output"], evaluation, golden, force=options["force"])
    if options["as_json"]:
        print_json(result_of_run(evaluation, setting, provenance(started_at)).text())
        return 0
    named = system.name if system.name == str(system.spec) else f"{system.name}: {system.spec}"
    counted = int(evaluation.scores.counted.sum())
    lines = [f"{golden.name} · {counted} queries scored · {len(golden.corpus)} documents · {named}"]
    means = means_of(evaluation)
    width = max(12, *(len(str(measure)) for measure in means)) + 2
    lines += [f"{measure!s:<{width}}{figures.number(value, 4)}" for measure, value in means.items()]
    print_lines(*lines, err=options["output"] == STDOUT)
    return 0


def _check_output(options: dict[str, Any]) -> None:
    """Raise where the run could not be written, before anything is embedded.

    Raises:
        UsageError: The run and the JSON object are both to go to stdout.
        OutputError: The folder cannot be made or written.
    """
    if options["output"] == STDOUT and options["as_json"]:
        raise UsageError("-o - and --json both ask for stdout", hint="name a file with -o, or drop --json")
    if options["output"] not in (None, STDOUT):
        check_folder(Path(options["output"]).parent)


def _write_run(output: str, evaluation: Evaluation, golden: GoldenSet, *, force: bool) -> None:
    """Write the run to a file, packed where its name ends in .gz, or to stdout.

    Raises:
        OutputError: Something else than such a run lies there, or it cannot be written.
    """
    from evalkit.indexing.index import EXACT
    from evalkit.packing import packed_again
    from evalkit.retrieval.trec import holds_such_a_run, trec_lines

    run, system = evaluation.run, evaluation.system
    if system.embeds and system.factory != EXACT:  # another index is another system, and its run another's
        run = dataclasses.replace(run, system=f"{run.system} {system.factory}")
    text = "".join(trec_lines(run, golden))
    if output == STDOUT:
        print_run(text)
        return
    path = Path(output)
    if not force and path.is_file() and not holds_such_a_run(path, run, golden):
        raise OutputError(
            f"{path} holds something else than such a run of {run.system}",
            hint="name another file with -o, or use --force",
            code="EK612",
        )
    # Without a time in its head, a packed file is the same each time that it is written.
    write_file(path, packed_again(text.encode(), path.suffix))
