"""The options that several commands share, and how their texts become values."""

from __future__ import annotations

import dataclasses
import functools
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import defaults
from evalkit.cli.chunkoptions import chunk_map_option, chunk_separator_option
from evalkit.confidential import without_secrets
from evalkit.errors import UsageError
from evalkit.opening import resolved

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.evaluation import System
    from evalkit.golden.goldenset import GoldenSet

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
STDOUT = "-"
READING = {
    "missing_queries": "missing_queries",
    "run_order": "order",
    "run_columns": "columns",
    "chunk_separator": "chunk_separator",
    "chunk_map": "chunk_map",
}


def split_list(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Return the parts of an option that may be repeated, comma-separated, or both; brackets stay whole."""
    del ctx, parameter
    parts = (part for value in values for part in re.split(r",(?![^(]*\))", value))
    return tuple(part.strip() for part in parts if part.strip())


def split_pairs(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Return the pairs NAME=VALUE of an option that may be repeated, comma-separated, or both.

    A comma parts pairs: one that is followed by no further pair belongs to the value, and a text of one pair
    is not parted.
    """
    del ctx, parameter
    parts = (
        part
        for value in values
        for part in (re.split(",(?=[^,]*=)", value) if value.count("=") > 1 else [value])
    )
    return tuple(part.strip() for part in parts if part.strip())


def split_specs(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Return the systems that an option names, repeated or comma-separated.

    A comma parts where a provider or an alias follows; one inside a name or path stays.
    """
    del parameter
    aliases = ctx.obj.config.file.models if ctx.obj is not None else ()
    follows = "|".join(["[a-z0-9_-]+:?/", *(f"{re.escape(name)}(?:,|$)" for name in aliases)])
    return tuple(part for value in values for part in re.split(f",(?={follows})", value))


cache_option = click.option(
    "--cache",
    envvar="EVALKIT_CACHE",
    metavar="DIR",
    help="Where vectors and indexes are kept. [default: EVALKIT_CACHE, else ~/.cache/evalkit]",
)


def _without_code(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:  # noqa: ANN401 - click's own
    del parameter
    if value and ctx.obj is not None:
        ctx.obj = dataclasses.replace(ctx.obj, no_code=True)


code_option = click.option(
    "--no-code",
    is_flag=True,
    expose_value=False,
    callback=_without_code,
    help="Refuse models that run code of somebody's own: python/, search/, trust_remote_code.",
)


def map_option(what: str) -> Decorator:
    """Return the option that says which column of a table or store is what."""
    return click.option(
        "--map", "columns", multiple=True, callback=split_list, metavar="ROLE=COLUMN", help=what
    )


def labels_option(what: str) -> Decorator:
    """Return the option that says which grade a label means."""
    return click.option(
        "--grades", "labels", multiple=True, callback=split_pairs, metavar="LABEL=GRADE", help=what
    )


def views_option(endings: str) -> Decorator:
    """Return the option that says where pages and records go."""
    return click.option(
        "-o", "--output", "outputs", multiple=True, metavar="FILE|DIR",
        help=f"Write a {endings} into a folder; may be repeated.",
    )  # fmt: skip


def page_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of everything that writes a page."""
    return _applied(
        command,
        click.option(
            "--redact-text",
            is_flag=True,
            help="Write no text of a query or a document anywhere: ids only.",
        ),
        click.option(
            "--assets",
            is_flag=True,
            help="Put the page's style sheet and script beside it, for servers that forbid inline ones.",
        ),
    )


def evaluation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of everything that retrieves and scores."""
    return _applied(
        command,
        click.option(
            "--measure",
            "measures",
            multiple=True,
            callback=split_list,
            metavar="NAME@K",
            help="Compute these, repeated or comma-separated: nDCG@10,Recall@100,MRR@10,MAP@100 …",
        ),
        click.option(
            "--index",
            "factory",
            default=defaults.FACTORY,
            show_default=True,
            metavar="FACTORY",
            help="FAISS factory string: Flat is exact; HNSW32, IVF64,Flat … are measured against it.",
        ),
        click.option(
            "--depth", default=defaults.DEPTH, show_default=True, help="How many documents are retrieved."
        ),
        click.option(
            "--allow-unreachable",
            is_flag=True,
            help="Judged documents that the corpus lacks stay in the denominators; else they are an error.",
        ),
        click.option(
            "--ties",
            type=click.Choice(["id", "expected"]),
            default=None,
            help="Equal scores and identical documents: in the order of ids, or the mean over all orders. "
            "[default: id]",
        ),
        cache_option,
        code_option,
        click.option(
            "--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout."
        ),
        click.option("--force", is_flag=True, help="Overwrite the result of another experiment."),
    )


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that settle what a run file or a search leaves open."""
    return _applied(
        command,
        click.option(
            "--missing-queries",
            type=click.Choice(["error", "zero"]),
            default=None,
            help="Queries that a run file lacks: an error from 1 % on, or all score 0. [default: error]",
        ),
        click.option(
            "--run-order",
            type=click.Choice(["score", "rank"]),
            default=None,
            help="Which counts where the scores of a run or a search contradict its ranks or lists.",
        ),
        click.option(
            "--run-columns",
            metavar="ROLES",
            help="What a run file's columns hold: query,-,document,rank,score or query=NAME,document=NAME …",
        ),
        chunk_separator_option,
        chunk_map_option,
    )


def policy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that fix the question before any score is seen."""
    return _applied(
        command,
        click.option(
            "--objective",
            type=click.Choice(["improve", "maintain"]),
            default=defaults.OBJECTIVE,
            show_default=True,
            help="improve: is it better? maintain: is it no worse, by more than the margin?",
        ),
        click.option(
            "--primary",
            default=defaults.PRIMARY,
            show_default=True,
            metavar="NAME@K",
            help="The one measure that decides.",
        ),
        click.option(
            "--min-gain",
            default=defaults.MIN_GAIN,
            show_default=True,
            help="Smallest gain worth a migration (improve).",
        ),
        click.option(
            "--margin", default=defaults.MARGIN, show_default=True, help="Loss that is accepted, absolute."
        ),
        click.option("--use-weights", is_flag=True, help="Let queries count by their traffic weights."),
        click.option(
            "--segment",
            "segments",
            multiple=True,
            callback=split_list,
            metavar="KEY=VALUE",
            help="Also compare the queries whose metadata say so.",
        ),
        click.option(
            "--seed",
            default=defaults.SEED,
            show_default=True,
            help="What random signs and labels are addressed by.",
        ),
        click.option(
            "--inconclusive",
            type=click.Choice(["pass", "fail"]),
            default=None,
            help="Exit with 0 or 1 instead of 3 when the verdict is INCONCLUSIVE.",
        ),
    )


def system_of(text: str, factory: str, session: Session, asked: Mapping[str, Any] | None = None) -> System:
    """Return the system that an alias or a model spec names, under the session's options.

    Args:
        text: The alias or spec.
        factory: FAISS factory string of its index.
        session: The global options.
        asked: The command's options, of which those of `reading_options` go to run files and searches.
    """
    system = session.config.system(text, factory=factory, offline=session.offline)
    session.admit(text, system)
    stated = {option: (asked or {}).get(name) for name, option in READING.items()}
    taken = {key: value for key, value in stated.items() if value is not None and key in system.readable}
    return dataclasses.replace(system, options={**system.options, **taken}) if taken else system


def open_golden(
    name: str, session: Session, segments: Sequence[str] = (), *, allow_unreachable: bool = False
) -> GoldenSet:
    """Return the golden set of a folder, a name in the config or a shipped name, with segments added."""
    from evalkit.golden.folder import read_golden

    folder = session.config.golden_folder(name)
    golden = read_golden(folder, allow_unreachable=allow_unreachable)
    for text in segments:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(
                f"--segment {text} does not say KEY=VALUE",
                hint="such as --segment source=phone",
                code="EK124",
            )
        golden = golden.with_segment(key, value)
    return golden


def _applied(command: Callable[..., Any], *decorators: Decorator) -> Callable[..., Any]:
    return functools.reduce(lambda inner, decorate: decorate(inner), reversed(decorators), command)


def seen_from_here(path: Path) -> Path:
    """Return a path as it is typed from the working folder, where it lies below that."""
    here = Path.cwd()
    return resolved(path).relative_to(here) if resolved(path).is_relative_to(here) else path


def provenance(started_at: str) -> dict[str, object]:
    """Return how a result came about: the command as it was typed, time, and versions."""
    from evalkit.results.provenance import provenance as origin

    return origin(started_at, command_typed())


def command_typed() -> str:
    """Return the command as it was typed, without secrets."""
    return shlex.join(["evalkit", *map(without_secrets, sys.argv[1:])])


def now() -> str:
    """Return the time as an ISO text in UTC."""
    from evalkit.results.provenance import now as time

    return time()
