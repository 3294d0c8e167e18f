"""evalkit run: what one system retrieves, and how it scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.options import evaluation_options, now, open_golden, provenance, system_of

if TYPE_CHECKING:
    from evalkit.cli.session import Session


@click.command(short_help="Search with one model: its scores, its run file.")
@click.argument("golden")
@click.option("--model", required=True, metavar="MODEL", help="The model, or run/FILE.")
@evaluation_options
@click.option("-o", "--output", metavar="FILE", help="Write the run there, in TREC form.")
@click.pass_obj
def run(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Search a golden set with one model; print its scores, write its run.

    \b
    Examples:
      evalkit run goldensets/helpdesk --model st/all-MiniLM-L6-v2 -o minilm.trec
      evalkit run goldensets/helpdesk --model run/minilm.trec --measure nDCG@10,MAP@100 --json
    """
    from evalkit.experiment import DEFAULT_MEASURES, Setting, evaluate  # noqa: PLC0415 - heavy libraries load here
    from evalkit.reporting.files import result_text  # noqa: PLC0415 - the same
    from evalkit.reporting.result import result_of_run  # noqa: PLC0415 - the same
    from evalkit.scoring.measure import parse_measures  # noqa: PLC0415 - the same

    started_at = now()
    measures = parse_measures(options["measures"]) or DEFAULT_MEASURES
    golden = open_golden(options["golden"], session, allow_unreachable=options["allow_unreachable"])
    cache = session.open_cache(options["cache"])
    setting = Setting(golden=golden, measures=measures, depth=options["depth"], cache=cache)
    system = system_of(options["model"], options["factory"], session)
    with session.progress() as progress:
        evaluation = evaluate(system, setting, progress=progress)
    session.tell((*golden.findings, *evaluation.findings))
    if options["output"]:
        _write_run(Path(options["output"]), evaluation.run, golden, force=options["force"])
    if options["as_json"]:
        click.echo(result_text(result_of_run(evaluation, setting, provenance(started_at))), nl=False)
        return 0
    counted = int(evaluation.scores.counted.sum())
    click.echo(f"{golden.name} · {counted} queries scored · {len(golden.corpus)} documents · {system.name}")
    for measure in measures:
        click.echo(f"{measure!s:<14}{evaluation.scores.mean(measure):.4f}")
    return 0


def _write_run(path: Path, run: Any, golden: Any, *, force: bool) -> None:  # noqa: ANN401 - heavy types stay unloaded
    from evalkit.errors import OutputError  # noqa: PLC0415 - with its neighbours below
    from evalkit.reporting.files import write_file  # noqa: PLC0415 - heavy libraries load inside commands only
    from evalkit.retrieval.trec import tag_of, trec_lines, written_by  # noqa: PLC0415 - the same

    owner = written_by(path)
    if not force and path.exists() and owner != tag_of(run.system):
        raise OutputError(
            f"{path} holds something else than a run of {run.system}",
            hint="name another file with -o, or use --force",
            code="EK612",
        )
    write_file(path, "".join(trec_lines(run, golden)).encode())
