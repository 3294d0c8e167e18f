"""evalkit golden: what is to be known about a golden set before anything is measured on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalkit import defaults
from evalkit.cli.convert import import_
from evalkit.cli.export import export
from evalkit.cli.fromlog import from_log
from evalkit.cli.judge import judge
from evalkit.cli.merge import merge
from evalkit.cli.once import OnceGroup
from evalkit.cli.options import code_option, seen_from_here, split_list, views_option
from evalkit.cli.pool import pool
from evalkit.cli.printing import print_json, print_lines, print_text, width_of_terminal
from evalkit.figures import as_set

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.arrays import Floats
    from evalkit.cli.session import Session
    from evalkit.golden.goldenset import GoldenSet
    from evalkit.scoring.measure import Measure

folder_argument = click.argument("folder", metavar="GOLDEN")
unreachable_option = click.option(
    "--allow-unreachable", is_flag=True, help="Let judged documents be absent from the corpus."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")


@click.group(cls=OnceGroup)
def golden() -> None:
    """Check, describe, convert and lock golden sets."""


golden.add_command(import_)
golden.add_command(export)
golden.add_command(from_log)
golden.add_command(judge)
golden.add_command(pool)
golden.add_command(merge)


@golden.command(short_help="Tell what is wrong with a golden set, with file and line.")
@folder_argument
@click.option(
    "--fix",
    "repairs",
    multiple=True,
    callback=split_list,
    metavar="NAME|CODE",
    help="First repair what is safe to repair: dangling, grades, repeats, header, bom, crlf, or all. "
    "The files as they were are kept in a folder beside the golden set.",
)
@unreachable_option
@json_option
@click.pass_obj
def check(session: Session, /, folder: str, *, as_json: bool, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Tell everything that is wrong with a golden set or worth knowing, each with file and line.

    Exits with 0 when it can be used, with 2 when it cannot. docs/findings.md says what each code means.

    \b
    Examples:
      evalkit golden check support
      evalkit golden check support --fix dangling,repeats
    """
    from evalkit.errors import GoldenSetError
    from evalkit.golden.examination import examine
    from evalkit.reporting.pages.golden import check_page
    from evalkit.reporting.views.terminal import UNFOLDED, terminal
    from evalkit.results.description import describe_finding, describe_golden
    from evalkit.results.record import json_text

    path = _place_of(folder, session)
    repaired = _repair(path, options["repairs"], session) if options["repairs"] else None
    found = examine(path, allow_unreachable=options["allow_unreachable"])
    if as_json:
        findings = [describe_finding(finding) for finding in found.findings]
        about = None if found.golden is None else describe_golden(found.golden)
        told = {"usable": not found.errors, "golden": about, "findings": findings, "repaired": repaired}
        print_json(json_text(told))
        return GoldenSetError.exit_code if found.errors else 0
    milder = found.findings[len(found.errors) :]
    if milder or found.golden is not None:
        print_text(terminal(check_page(found.golden, milder), width=width_of_terminal(UNFOLDED)))
    if found.golden is None:
        raise GoldenSetError.of(found.errors)
    return 0


@golden.command(short_help="Describe a golden set, and say what it can resolve.")
@folder_argument
@click.option(
    "--sd",
    type=click.FloatRange(min=0),
    help="Standard deviation of the differences per query to assume. [default: 0.26, typical of nDCG@10]",
)
@click.option(
    "--runs",
    nargs=2,
    metavar="RUN RUN",
    help="Take the spread of two runs instead: run/OLD.trec run/NEW.trec.",
)
@click.option(
    "--measure",
    default=defaults.PRIMARY,
    show_default=True,
    metavar="NAME@K",
    help="What --runs are scored by.",
)
@click.option("--use-weights", is_flag=True, help="Let queries count by their traffic weights.")
@unreachable_option
@code_option
@json_option
@views_option(".html or .json file, or both")
@click.pass_obj
def stats(session: Session, /, folder: str, *, as_json: bool, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Describe a golden set, and say what it can resolve before anyone pays for embeddings.

    \b
    Examples:
      evalkit golden stats support
      evalkit golden stats support --runs run/prod.trec run/new.trec --measure Recall@10
      evalkit golden stats support -o support.html
    """
    from evalkit.cli.options import open_golden
    from evalkit.cli.views import check_outputs, write_views
    from evalkit.comparison.resolution import TYPICAL_SD, queries_needed, resolutions
    from evalkit.golden.checks.portrait import Portrait
    from evalkit.reporting.pages.golden import Resolving, golden_page
    from evalkit.reporting.views.html import html
    from evalkit.reporting.views.terminal import UNFOLDED, terminal
    from evalkit.results.description import describe_golden, describe_portrait
    from evalkit.results.record import json_text
    from evalkit.scoring.measure import Measure

    check_outputs(options["outputs"], (".html", ".json"))
    read = open_golden(folder, session, allow_unreachable=options["allow_unreachable"])
    measure = Measure.parse(options["measure"])
    runs, sd = options["runs"], TYPICAL_SD if options["sd"] is None else options["sd"]
    deltas = _deltas(read, runs, measure, session) if runs else None
    rows = resolutions(read, sd=sd, deltas=deltas, use_weights=options["use_weights"])
    planned = next((row.sd for row in rows if row.sd is not None), sd)
    needed = queries_needed(planned)
    origin = f"differences have a standard deviation of {as_set(sd)}, " + (
        "which is typical of nDCG@10" if sd == TYPICAL_SD else "as you assume"
    )
    if runs:
        origin = f"differences in {measure} spread as between {' and '.join(runs)}"
    page = golden_page(read, Resolving(rows, needed, origin))
    told = json_text({"golden": describe_golden(read), **describe_portrait(Portrait.of(read), rows, needed)})
    write_views(options["outputs"], {".json": lambda: told, ".html": lambda: html(page)})
    if as_json:
        print_json(told)
    else:
        print_text(terminal(page, width=width_of_terminal(UNFOLDED)))
    return 0


@golden.command(short_help="Write golden.lock, so that every later change is told.")
@folder_argument
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with 2 if the lock disagrees.")
@click.pass_obj
def lock(session: Session, /, folder: str, *, only_check: bool) -> int:
    """Write golden.lock: what the golden set holds now, so that every later change is told.

    \b
    Examples:
      evalkit golden lock support            after judging, with a new version in golden.toml
      evalkit golden lock support --check    in CI
    """
    from evalkit.cli.options import open_golden
    from evalkit.golden.folder import read_draft
    from evalkit.golden.lock import LOCK, Lock, check_lock, lock_text
    from evalkit.golden.writing.replacing import write_into
    from evalkit.reporting.pages.golden import headline

    path = _place_of(folder, session)
    read = open_golden(folder, session)
    draft = read_draft(path)
    if only_check:
        check_lock(path, draft, read)
        print_lines(headline(read), "as it was locked")
        return 0
    now = Lock.of(path, draft, read)
    write_into(path / LOCK, lock_text(now).encode())
    files = f"{len(now.files)} file{'s' if len(now.files) != 1 else ''}"
    print_lines(headline(read), f"locked: {files} in {seen_from_here(path / LOCK)}")
    return 0


def _place_of(name: str, session: Session) -> Path:
    return session.config.golden_folder(name)


def _repair(folder: Path, wanted: tuple[str, ...], session: Session) -> dict[str, object] | None:
    """Write repaired files and keep the old ones; return which and where, None without any."""
    from evalkit.golden.writing.repair import repaired_files
    from evalkit.golden.writing.replacing import keep_files, write_into

    changed = repaired_files(folder, wanted)
    if not changed:
        session.say(f"nothing to repair for {', '.join(wanted)}")
        return None
    kept = keep_files(folder, changed)
    for path, data in changed.items():
        write_into(path, data)
    names = [path.relative_to(folder).as_posix() for path in changed]
    session.say(f"repaired {', '.join(names)}; as they were before, they are kept in {kept}")
    return {"files": names, "kept": str(kept)}


def _deltas(read: GoldenSet, runs: tuple[str, str], measure: Measure, session: Session) -> Floats:
    """Return (Q,) the second run's values minus the first's."""
    from evalkit.cli.options import system_of
    from evalkit.embedding.modelspec import RUN_FILE
    from evalkit.errors import UsageError
    from evalkit.evaluation import Setting, evaluate

    setting = Setting(golden=read, measures=(measure,))
    rows = []
    for text in runs:
        system = system_of(text, "Flat", session)
        if system.spec.provider != RUN_FILE:
            raise UsageError(
                f"--runs reads run files, and {text} is a model",
                hint=f"evalkit run {read.name} --model {text} -o old.trec, then --runs run/old.trec …",
                code="EK142",
            )
        evaluation = evaluate(system, setting)
        session.tell(evaluation.findings)
        rows.append(evaluation.scores.row(setting.measures[0]))
    return rows[1] - rows[0]
