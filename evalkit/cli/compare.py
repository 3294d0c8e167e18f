"""evalkit compare: may one of the candidates replace the baseline?"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import figures
from evalkit.cli.claim import claim
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import (
    evaluation_options,
    now,
    open_golden,
    page_options,
    policy_options,
    provenance,
    reading_options,
    split_specs,
    system_of,
)
from evalkit.cli.printing import print_json, print_lines, print_text, width_of_terminal
from evalkit.cli.sharing import executor_on, on_option
from evalkit.quoting import visible

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.experiment import Experiment, Outcome
    from evalkit.golden.goldenset import GoldenSet
    from evalkit.judging.modelqrels import ModelGrades
    from evalkit.results.result import Result
    from evalkit.studies.scale import Scale

EXIT_CODES = {"GO": 0, "NO-GO": 1, "INCONCLUSIVE": 3}
DELIVERY = (
    "output",
    "as_json",
    "force",
    "self_test",
    "no_mix",
    "redact_text",
    "assets",
    "documents",
    "price",
)
INCONCLUSIVE_AS = {"pass": 0, "fail": 1, None: 3}


@click.command(cls=OnceCommand)
@click.argument("golden")
@click.option("--baseline", required=True, metavar="MODEL", help="The model in production.")
@click.option(
    "--candidate",
    "candidates",
    required=True,
    multiple=True,
    callback=split_specs,
    metavar="MODEL",
    help="A model that may replace it; repeat for several.",
)
@policy_options
@click.option(
    "--judge",
    type=click.Choice(["people", "ppi"]),
    default=None,
    help="Whose grades decide: people's, or a model's corrected by people's of a random sample. "
    "[default: people]",
)
@click.option(
    "--model-grades",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What golden judge --all wrote, for --judge ppi.",
)
@evaluation_options
@reading_options
@click.option(
    "--self-test",
    is_flag=True,
    help="Also spoil a growing share of each candidate's results and tell where the verdict turns.",
)
@click.option("--no-mix", is_flag=True, help="Leave out what a half-migrated index would do.")
@click.option("--documents", type=float, metavar="N", help="Tell the costs for so many documents, too: 40e6.")
@click.option("--price", metavar="PRICE@DATE", help="Of a million tokens, with its day: 0.02@2026-11-01.")
@on_option
@page_options
@click.option("-o", "--output", metavar="DIR", help="Folder of the report. [default: reports/GOLDEN]")
@click.pass_obj
def compare(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Compare candidates with the model in production, and decide.

    GOLDEN is a folder with queries, documents and judgements, or the name of a shipped golden set.

    \b
    Examples:
      evalkit compare goldensets/helpdesk --baseline lsa/384 --candidate st/all-MiniLM-L6-v2
      evalkit compare support --baseline vectors/old --candidate vectors/new --objective maintain
      evalkit compare support --baseline run/prod.trec --candidate run/new.trec --json

    The exit code is the verdict: 0 GO, 1 NO-GO, 3 INCONCLUSIVE.
    """
    from evalkit.evaluation import DEFAULT_MEASURES
    from evalkit.experiment import Experiment
    from evalkit.scoring.measure import parse_measures

    golden = open_golden(
        options["golden"], session, options["segments"], allow_unreachable=options["allow_unreachable"]
    )
    experiment = Experiment(
        golden=golden,
        baseline=system_of(options["baseline"], options["factory"], session, options),
        candidates=tuple(
            system_of(text, options["factory"], session, options) for text in options["candidates"]
        ),
        policy=session.config.policy(options),
        measures=parse_measures(options["measures"]) or DEFAULT_MEASURES,
        depth=options["depth"],
        seed=options["seed"],
        cache=session.open_cache(options["cache"]),
        ties=options["ties"] or "id",
        model_grades=_model_grades(options["model_grades"], golden),
    )
    delivery = Delivery(**{name: options[name] for name in DELIVERY})
    with executor_on(options["where"], options["cache"]) as executor:
        verdict = conduct(dataclasses.replace(experiment, executor=executor), session, delivery)
    return INCONCLUSIVE_AS[options["inconclusive"]] if verdict == "INCONCLUSIVE" else EXIT_CODES[verdict]


def _model_grades(path: Path | None, golden: GoldenSet) -> ModelGrades | None:
    from evalkit.judging.modelqrels import read_model_grades

    return None if path is None else read_model_grades(path, golden)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a result is given out: where it is written, what is printed, and what is looked at besides."""

    output: str | None = None
    as_json: bool = False
    force: bool = False
    self_test: bool = False
    no_mix: bool = False
    redact_text: bool = False
    assets: bool = False
    documents: float | None = None
    price: str | None = None
    controls: tuple[str, ...] = ()

    @property
    def scale(self) -> Scale:
        """For how many documents, and at which price, costs are told.

        Raises:
            EvalkitError: One of them is no such number.
        """
        from evalkit.planning.planfile import dated_price, given_number
        from evalkit.studies.scale import Scale

        return Scale(
            documents=None
            if self.documents is None
            else given_number("documents", self.documents, "--documents"),
            price=None if self.price is None else dated_price(self.price),
        )


def conduct(experiment: Experiment, session: Session, delivery: Delivery) -> str:
    """Run an experiment, print its result, write its files and return its verdict."""
    from evalkit.experiment import run_experiment
    from evalkit.results.compare import describe_question, result_of_study
    from evalkit.results.redaction import redacted
    from evalkit.studies.comparison import complete

    started_at, scale = now(), delivery.scale
    if delivery.output:
        question = describe_question(experiment)
        claim(delivery.output, experiment.golden, experiment.systems, question, force=delivery.force)
    with session.progress() as progress:
        outcome = run_experiment(experiment, progress=progress)
    session.tell(outcome.findings)
    study = complete(
        outcome,
        mixed=not delivery.no_mix,
        self_tested=delivery.self_test,
        controls=delivery.controls,
        scale=scale,
    )
    session.tell([finding for finding in study.findings if finding not in outcome.findings])
    result = result_of_study(study, provenance(started_at))
    _deliver(outcome, redacted(result) if delivery.redact_text else result, session, delivery)
    return str(result.verdict)


def _deliver(outcome: Outcome, result: Result, session: Session, delivery: Delivery) -> None:
    """Write the files of a result and print it; --json alone writes none."""
    from evalkit.reporting import files
    from evalkit.reporting.pages.kinds import page_of
    from evalkit.reporting.sections.selftest import self_test_lines
    from evalkit.reporting.views.terminal import WIDTH, terminal
    from evalkit.results.reading import REPORT

    if delivery.output or not delivery.as_json:
        page = page_of(result)  # built once, for the terminal and every file
        folder = (
            Path(delivery.output) if delivery.output else files.default_folder(result, force=delivery.force)
        )
        written = files.outcome_files(result, outcome, page=page, assets=delivery.assets)
        files.write_folder(folder, result, written, force=delivery.force)
        kept = None if delivery.output else files.retire_older(result, folder)
        if kept is not None:
            session.say(f"{kept} keeps an older report of this experiment, whose worklist holds grades")
        session.say(embedded_note([item.embedded.encoded for item in outcome.evaluations if item.embedded]))
    if delivery.as_json:
        print_json(result.text())
        return
    print_lines(*self_test_lines(result.self_test))
    color = session.color and sys.stdout.isatty()
    width = width_of_terminal(WIDTH)
    report = visible(str(folder / REPORT))
    print_text(terminal(page, color=color, width=width, report=report), color=color)


def embedded_note(encoded: Sequence[int]) -> str:
    """Return how many texts had to be embedded."""
    fresh = sum(encoded)
    return (
        f"{figures.plain(figures.counted(fresh, 'text'))} embedded, the rest from the cache"
        if fresh
        else "nothing embedded: all from the cache"
    )
