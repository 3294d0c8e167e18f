"""evalkit gate: is this system as good as when its baseline was stored?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import defaults
from evalkit.cli.gateoutput import (
    FILES,
    check_output,
    leave_failure,
    print_result,
    tell_github,
    under_ci,
    write_result,
)
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import (
    command_typed,
    evaluation_options,
    now,
    open_golden,
    provenance,
    reading_options,
    seen_from_here,
    split_list,
    system_of,
)
from evalkit.cli.printing import print_json, print_text, width_of_terminal
from evalkit.errors import EvalkitError, OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.cli.session import Session
    from evalkit.judging.worklist import WorkItem
    from evalkit.regression.baseline import Baseline
    from evalkit.regression.gate import Gate
    from evalkit.results.result import Result


@click.command(cls=OnceCommand)
@click.argument("golden")
@click.option(
    "--model", required=True, metavar="MODEL", help="The system: a model, run/FILE or search/MODULE:FUNCTION."
)
@click.option(
    "--update", is_flag=True, help="Store what it finds now as the baseline; refused under CI=true."
)
@click.option(
    "--baseline",
    "baseline_file",
    metavar="FILE",
    help="The baseline's file. [default: baselines/GOLDEN/MODEL.json beside the config]",
)
@click.option(
    "--primary",
    default=defaults.PRIMARY,
    show_default=True,
    metavar="NAME@K",
    help="The one measure that decides.",
)
@click.option(
    "--tolerance",
    default=defaults.TOLERANCE,
    show_default=True,
    help="Drop that is ignored; noise may ask for more.",
)
@click.option("--use-weights", is_flag=True, help="Let queries count by their traffic weights.")
@click.option(
    "--segment",
    "segments",
    multiple=True,
    callback=split_list,
    metavar="KEY=VALUE",
    help="Also guard the queries whose metadata say so.",
)
@click.option(
    "--common", is_flag=True, help="Look at the queries alone that are as they were; the others are named."
)
@click.option("--strict", is_flag=True, help="Exit with 1 on WARN too.")
@click.option(
    "--live", is_flag=True, help="Embed up to 200 texts afresh, to see if the model's vectors have moved."
)
@click.option(
    "--noise-runs",
    type=int,
    metavar="N",
    help="With --update: repeat everything N times afresh. [default: 5, documents only up to 1,000 of them]",
)
@click.option("--seed", default=defaults.SEED, show_default=True, help="What random signs are addressed by.")
@evaluation_options
@reading_options
@click.option(
    "-o", "--output", metavar="FILE|DIR", help="Write a .html, .xml, .md or .json file, or all into a folder."
)
@click.option("--github", is_flag=True, help="Append to the step summary, print ::error annotations.")
@click.pass_obj
def gate(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Hold a system against the values per query that were stored when it was last accepted.

    \b
    Examples:
      evalkit gate goldensets/helpdesk --model lsa/384 --update     store the baseline, commit the file
      evalkit gate goldensets/helpdesk --model lsa/384              PASS, WARN or FAIL
      evalkit gate support --model search/myshop.search:find -o junit.xml --github

    It fails on a lost critical query, on a drop that is significant (p <= 0.01) and larger than the
    tolerance, and on any drop of 0.05; a failure is looked at twice. Changed documents, prompts, index
    strings and versions are named as drift and evaluated.

    Exits with 0 on PASS and WARN, 1 on FAIL, 2 where the baseline is of other judgements or another model.
    """
    try:
        return _run(session, options)
    except EvalkitError as error:
        leave_failure(error.findings, options)
        raise


def _run(session: Session, options: dict[str, Any]) -> int:
    """Store a baseline or ask it; return the exit code."""
    from evalkit.regression.baselinefile import read_baseline
    from evalkit.regression.baselinepath import baseline_path

    started_at = now()
    if options["update"] and under_ci() and not options["force"]:
        raise UsageError(
            "a baseline is not stored under CI=true",
            hint="store it on a machine of yours and commit the file; --force stores it all the same",
            code="EK156",
        )
    check_output(options["output"])
    asked = _gate(options, session)
    stated = options["baseline_file"]
    path = (
        Path(stated) if stated else baseline_path(session.config.folder, asked.golden.name, asked.system.name)
    )
    if options["update"]:
        return _update(asked, path, started_at, session, options)
    try:
        stored = read_baseline(path)
    except UsageError:
        asked.system.check(asked.golden)  # a misspelt model has no baseline either
        raise
    _claim(asked, options)
    result, items = _result(asked, stored, started_at, session, options)
    write_result(result, options, items)
    if options["as_json"]:
        print_json(result.text())
    else:
        print_result(result, session)
    if options["github"]:
        tell_github(result, to_stderr=options["as_json"])
    return int(result.verdict == "FAIL" or (options["strict"] and result.verdict == "WARN"))


def _gate(options: dict[str, Any], session: Session) -> Gate:
    from evalkit.regression.gate import Gate
    from evalkit.scoring.measure import parse_measures

    golden = open_golden(
        options["golden"], session, options["segments"], allow_unreachable=options["allow_unreachable"]
    )
    return Gate(
        golden=golden,
        system=system_of(options["model"], options["factory"], session, options),
        policy=session.config.policy(options),
        measures=parse_measures(options["measures"]),
        tolerance=options["tolerance"],
        depth=options["depth"],
        seed=options["seed"],
        cache=session.open_cache(options["cache"]),
        ties=options["ties"],
    )


def _result(
    asked: Gate, baseline: Baseline, started_at: str, session: Session, options: dict[str, Any]
) -> tuple[Result, Sequence[WorkItem]]:
    from evalkit.regression.outcome import run_gate
    from evalkit.results.gate import result_of_gate

    with session.progress() as progress:
        outcome = run_gate(asked, baseline, common=options["common"], live=options["live"], progress=progress)
    session.tell((*asked.golden.findings, *outcome.look.evaluation.findings))
    if options["live"] and outcome.watched is None:
        session.say(
            "--live: no canaries to embed: these vectors are not made here, or their fingerprint changed"
        )
    reproduce = command_typed()
    items = outcome.unjudged.items if outcome.unjudged and not outcome.unjudged.stands else ()
    return result_of_gate(outcome, provenance(started_at), reproduce=reproduce), items


def _update(asked: Gate, path: Path, started_at: str, session: Session, options: dict[str, Any]) -> int:
    from evalkit.regression.acceptance import as_before, make_baseline
    from evalkit.regression.baselinefile import write_baseline
    from evalkit.reporting.pages.update import update_page
    from evalkit.reporting.views.terminal import UNFOLDED, terminal
    from evalkit.results.gate import result_of_update
    from evalkit.results.update import changes_between

    with session.progress() as progress:
        asked = as_before(asked, path)
        stored, evaluation = make_baseline(asked, noise_runs=options["noise_runs"], progress=progress)
    session.tell((*asked.golden.findings, *evaluation.findings))
    changes = changes_between(_before(path), stored, seen_from_here(path))
    write_baseline(path, stored, within=None if options["baseline_file"] else session.config.folder)
    result = result_of_update(asked, evaluation, stored, provenance(started_at), changes=changes)
    if options["as_json"]:
        print_json(result.text())
    else:
        print_text(terminal(update_page(result), width=width_of_terminal(UNFOLDED)))
    return 0


def _before(path: Path) -> Baseline | None:
    """Return the baseline that is going to be replaced; one that cannot be read is told and left behind."""
    from evalkit.regression.baselinefile import read_baseline

    if not path.exists():
        return None
    try:
        return read_baseline(path)
    except UsageError as error:
        print_text(str(error).replace("error[", "warning[", 1), err=True)  # with -q too: it is replaced
        return None


def _claim(asked: Gate, options: dict[str, Any]) -> None:
    """Raise where a folder holds what no gate of this system left there, before anything is embedded."""
    from evalkit.reporting.files import claim_folder
    from evalkit.results.gatefailure import result_of_failure

    output = options["output"]
    if not output or Path(output).suffix in FILES:
        return
    name, system = asked.golden.name, asked.system
    known = result_of_failure((), golden=name, model=system.name, provenance={}, reproduce="")
    try:
        claim_folder(Path(output), known, force=options["force"])
    except OutputError:
        system.check(asked.golden)
        raise
