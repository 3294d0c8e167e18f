"""evalkit plan: which path to the new model, how long, how much, what is lost on the way, and the runbook."""

from __future__ import annotations

import dataclasses
import json
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
from evalkit.cli.printing import print_json, print_text, width_of_terminal
from evalkit.errors import UsageError

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.studies.planinputs import Asked


@click.command(cls=OnceCommand)
@click.argument("golden", required=False)
@click.option("--old", metavar="MODEL", help="The model in production.")
@click.option("--new", metavar="MODEL", help="The model to come.")
@click.option(
    "--plan",
    "plan_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="plan.toml: what is known of provider, traffic, prices and store.",
)
@click.option("--documents", type=float, metavar="N", help="The corpus to plan for, such as 40e6.")
@click.option("--rate", type=float, metavar="TPM", help="Tokens a minute that the provider takes.")
@click.option("--price", metavar="PRICE@DATE", help="Of a million tokens, with its day: 0.02@2026-11-01.")
@click.option("--engine", metavar="NAME", help="The store: pgvector, faiss-hnsw, faiss-flat, qdrant, …")
@click.option("--kind", metavar="NAME", help="The kind of vector in it: vector, halfvec, int8, bbq.")
@click.option(
    "--log",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A log of queries: how unevenly documents are shown is fitted on its first half.",
)
@click.option(
    "--order",
    "orders",
    multiple=True,
    callback=split_list,
    metavar="NAME",
    help="Which documents move first; the first one named is reckoned with. [default: random]",
)
@click.option(
    "--measure",
    default=defaults.PRIMARY,
    show_default=True,
    metavar="NAME@K",
    help="What quality is measured by.",
)
@click.option(
    "--align", type=click.Choice(["truncate", "pad"]), help="Let different dimensions share a column."
)
@click.option(
    "--before-launch",
    metavar="MODEL",
    help="The plan that is written before an index is filled: a checklist. Needs no golden set.",
)
@click.option("--seed", default=defaults.SEED, show_default=True)
@cache_option
@code_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
@page_options
@click.option("--force", is_flag=True, help="Overwrite the result of another experiment.")
@click.option("-o", "--output", metavar="DIR", help="Write plan.json, report.html and runbook.md there.")
@click.pass_obj
def plan(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Plan the way from one embedding model to another, before anything is embedded.

    Every number is measured, given or assumed, and says so; an assumption has a range.

    \b
    Examples:
      evalkit plan helpdesk --old lsa/384 --new st/all-MiniLM-L6-v2 --documents 40e6 --price 0.02@2026-11-01
      evalkit plan helpdesk --old prod --new bge --plan plan.toml -o reports/plan
      evalkit plan --before-launch st/all-MiniLM-L6-v2
    """
    if options["before_launch"] is not None:
        return _before_launch(session, options)
    _check_asked(options)
    from evalkit import lab
    from evalkit.evaluation import Setting
    from evalkit.reporting import files
    from evalkit.reporting.pages.plan import plan_page
    from evalkit.reporting.views.terminal import terminal
    from evalkit.results.plan import question_of, result_of_plan
    from evalkit.results.redaction import redacted
    from evalkit.studies.planning import run_plan

    started_at = now()
    asked = _asked(options)
    golden = open_golden(options["golden"], session)
    setting = Setting(golden=golden, cache=session.open_cache(options["cache"]))
    systems = [system_of(options[side], "Flat", session) for side in ("old", "new")]
    lab.check_vectors(systems)
    for order in asked.orders:
        lab.check_fields(lab.Plan(order=order, strategies=lab.feeding((), order)), golden)
    folder = Path(options["output"]) if options["output"] else None
    if folder:
        claim(options["output"], golden, systems, question_of(asked), force=options["force"])
    with session.progress() as progress:
        study = run_plan(systems[0], systems[1], setting, asked, progress=progress)
    session.tell(study.findings)
    result = result_of_plan(study, provenance(started_at))
    if options["redact_text"]:
        result = redacted(result)
    if folder:
        written = files.plan_files(result, assets=options["assets"])
        files.write_folder(folder, result, written, force=options["force"])
    if options["as_json"]:
        print_json(result.text())
    else:
        report = str(folder / "report.html") if folder else None
        print_text(terminal(plan_page(result), report=report, width=width_of_terminal(TABLE_WIDTH)))
    return 0


TABLE_WIDTH = 130


def _check_asked(options: dict[str, Any]) -> None:
    """Raise where a plan lacks what it is about.

    Raises:
        UsageError: There is no golden set, or a model is missing.
    """
    missing = [
        name
        for name, value in (
            ("GOLDEN", options["golden"]),
            ("--old", options["old"]),
            ("--new", options["new"]),
        )
        if not value
    ]
    if missing:
        raise UsageError(
            f"a plan needs {', '.join(missing)}",
            hint="evalkit plan GOLDEN --old MODEL --new MODEL; before there is a golden set, "
            "evalkit plan --before-launch MODEL",
            code="EK756",
        )


def _asked(options: dict[str, Any]) -> Asked:
    """Return what is known: the file, and the options that win over it.

    Raises:
        EvalkitError: Something in them is wrong; the key is named.
    """
    from evalkit import lab
    from evalkit.planning.planfile import PlanFile, dated_price, given_number, read_plan_file
    from evalkit.studies.planinputs import DEFAULT_ORDERS, Asked

    file = read_plan_file(options["plan_file"]) if options["plan_file"] else PlanFile()
    words = {name: options[name] for name in ("engine", "kind") if options[name]}
    file = dataclasses.replace(file, **words, stated=file.stated | frozenset(words))
    told = []
    if options["documents"] is not None:
        told.append(given_number("documents", options["documents"], "--documents"))
    if options["rate"] is not None:
        told.append(given_number("tpm", options["rate"], "--rate"))
    if options["price"] is not None:
        told.append(dated_price(options["price"]))
    orders = options["orders"] or DEFAULT_ORDERS
    for order in orders:
        lab.Plan(order=order, strategies=lab.feeding((), order), measures=(options["measure"],))
    return Asked(
        file=file,
        told=tuple(told),
        orders=tuple(orders),
        measure=options["measure"],
        seed=options["seed"],
        align=options["align"] or "",
        golden_name=options["golden"],
        log=options["log"],
    )


def _before_launch(session: Session, options: dict[str, Any]) -> int:
    """Print the checklist that is worked through before an index is filled for the first time."""
    from evalkit.embedding.modelspec import ModelSpec
    from evalkit.output import write_file
    from evalkit.planning.runbook import before_launch
    from evalkit.reporting.runbook import checklist
    from evalkit.results.ownership import RUNBOOK
    from evalkit.results.planpart import StepOfPlan

    stray = [name for name in ("golden", "old", "new", "plan_file") if options[name]]
    if stray:
        raise UsageError(
            f"--before-launch plans without {', '.join(stray)}: there is nothing to migrate yet",
            hint="leave them out, or leave out --before-launch",
            code="EK756",
        )
    model = options["before_launch"]
    if model not in session.config.file.models:
        ModelSpec.parse(model)
    steps = before_launch(model)
    text = checklist(model, [StepOfPlan.of(dataclasses.asdict(step)) for step in steps])
    if options["output"]:
        write_file(Path(options["output"]) / RUNBOOK, text.encode())
    if options["as_json"]:
        told = {"model": model, "checklist": [dataclasses.asdict(step) for step in steps]}
        print_json(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    else:
        print_text(text)
    return 0
