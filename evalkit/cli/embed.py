"""evalkit embed: a corpus of any size becomes shards of vectors, resumed where it was stopped."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import figures
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import code_option, map_option, now, open_golden, provenance, system_of
from evalkit.cli.printing import print_json, print_progress, print_text
from evalkit.cli.sharing import executor_on, on_option
from evalkit.errors import ModelError, UsageError

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.embedding.backfill.documents import Source
    from evalkit.embedding.backfill.pacing import Limits
    from evalkit.embedding.backfill.question import BackfillPlan, BackfillProgress, Filled
    from evalkit.embedding.backfill.sharing import Sharing
    from evalkit.embedding.encoder import Encoder
    from evalkit.evaluation import System
    from evalkit.golden.goldenset import GoldenSet
    from evalkit.scaling.executor import Executor

LEFT = 3  # the exit code of a budget that ended before the texts did
QUERIES = "queries"
_EVERY_S = 0.2
MADE_AT_ONCE = ("lsa", "hash")  # whose encoders are numbers, and small


@click.command(cls=OnceCommand)
@click.argument("corpus")
@click.option("--model", required=True, metavar="MODEL", help="The model: an alias, or provider/model.")
@click.option(
    "-o", "--output", required=True, metavar="DIR", help="Where shards go: a folder, or a URL such as s3://."
)
@click.option("--rpm", type=float, metavar="N", help="Requests a minute, at most.")
@click.option("--tpm", type=float, metavar="N", help="Tokens a minute, at most; estimated at 3 bytes each.")
@click.option(
    "--headroom", type=float, metavar="PART", help="Which part of these rates is used.  [default: 0.9]"
)
@click.option(
    "--budget", type=float, metavar="SUM", help="What the folder may cost; stops before it is passed."
)
@click.option("--price", metavar="SUM[@DATE]", help="Of a million tokens, and the day it was read.")
@click.option(
    "--plan",
    "plan_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="plan.toml: rates, headroom and price are taken from there; options win.",
)
@click.option(
    "--shard-rows", type=click.IntRange(1), default=10_000, show_default=True, help="Documents in a shard."
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="Of stored numbers.",
)
@on_option
@map_option("Which column is id, title, text.")
@code_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
@click.pass_obj
def embed(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Embed the documents of CORPUS into Parquet shards (id, vector), each text once.

    CORPUS is a golden set, or a file of documents (.jsonl, .csv, .tsv, .parquet), which may be larger than
    memory; the queries of the set, or those in a file queries.* beside corpus.*, are embedded too. The same
    command goes on where it was stopped, by a kill as well; later it embeds the texts that are new or
    changed, and no other. vectors/DIR reads the shards, at a URL such as s3://bucket/shards, too.

    \b
    Examples:
      evalkit embed corpus.jsonl --model prod -o shards --rpm 3000 --tpm 1000000
      evalkit embed support --model openai/text-embedding-3-small -o shards --budget 5 --price 0.02

    Exits with 0 once every text has a vector, 3 where the budget ended before, 4 where the provider failed.
    """
    from evalkit.embedding.backfill.filling import backfill
    from evalkit.embedding.backfill.places import place_of
    from evalkit.embedding.backfill.question import BackfillPlan
    from evalkit.results.embed import result_of_filling

    started_at = now()
    _check_place(options["where"])
    limits, read_on = _limits(options)
    system = system_of(options["model"], "Flat", session)
    source, queries, golden = _opened(options, session)
    encoder = _encoder(system, golden, is_file=golden is None)
    plan = BackfillPlan(
        folder=place_of(options["output"]),
        limits=limits,
        shard_rows=options["shard_rows"],
        half=options["dtype"] == "float16",
        batch=int(str(system.options.get("batch_size", 128))),
    )
    line = _Line(session)
    with executor_on(options["where"]) as executor:
        sharing = _sharing(executor, encoder, system, golden)
        found = backfill(source, encoder, plan, progress=line.told, sharing=sharing)
    if not found.before.texts:
        raise UsageError(f"{options['corpus']} holds no document", hint="was it cut off?", code="EK724")
    parts = [found]
    if queries is not None and not found.left:
        parts.append(_queries(queries, encoder, plan, found))
    line.end()
    for part in parts:
        session.tell(part.findings)
    if options["as_json"]:
        asked = parts[1] if len(parts) > 1 else None
        origin = provenance(started_at)
        print_json(result_of_filling(found, plan, origin, queries=asked, price_date=read_on).text())
    else:
        print_text(_told(found, plan))
    return LEFT if any(part.left for part in parts) else 0


def _limits(options: dict[str, Any]) -> tuple[Limits, str]:
    """Return rates and budget, those of a plan where no option says otherwise, and the day of the price."""
    from evalkit.embedding.backfill.pacing import HEADROOM, Limits
    from evalkit.planning.planfile import PlanFile, dated_price, read_plan_file

    file = read_plan_file(options["plan_file"]) if options["plan_file"] else PlanFile()
    planned = {item.name: item for item in file.numbers}
    stated = {name: options[name] for name in ("rpm", "tpm", "headroom", "budget")}
    for name in ("rpm", "tpm"):
        if stated[name] is None and name in planned:
            stated[name] = planned[name].value
    if stated["headroom"] is None:  # a plan says which part is left to others
        stated["headroom"] = 1 - planned["headroom"].value if "headroom" in planned else HEADROOM
    price = dated_price(options["price"]) if options["price"] is not None else planned.get("price")
    limits = Limits(**stated, price=price.value if price else None)
    return limits, price.date if price else ""


def _queries(queries: Source, encoder: Encoder, plan: BackfillPlan, found: Filled) -> Filled:
    import dataclasses

    from evalkit.embedding.backfill.filling import backfill
    from evalkit.embedding.encoder import Probing, Role

    if isinstance(encoder, Probing) and not encoder.fingerprint.dims:
        encoder = encoder.settled(found.fingerprint.dims)
    inside = dataclasses.replace(plan, folder=plan.folder / QUERIES, role=Role.query)
    return backfill(queries, encoder, inside)


def _opened(options: dict[str, Any], session: Session) -> tuple[Source, Source | None, GoldenSet | None]:
    """Return documents, queries where there are any, and the golden set that they are of, None for a file."""
    from evalkit.embedding.backfill.documents import documents_of, stream_documents
    from evalkit.golden.reading.columns import DOCUMENTS, parse_map
    from evalkit.golden.reading.columns import QUERIES as ASKED
    from evalkit.opening import is_file

    stated = parse_map(options["columns"], DOCUMENTS)
    if not is_file(options["corpus"]):
        golden = open_golden(options["corpus"], session)
        return documents_of(golden.corpus), documents_of(golden.queries), golden
    path = Path(options["corpus"])
    beside = path.with_name(path.name.replace("corpus", QUERIES, 1))
    queries = stream_documents(beside, aliases=ASKED) if beside != path and is_file(beside) else None
    return stream_documents(path, stated), queries, None


def _encoder(system: System, golden: GoldenSet | None, *, is_file: bool) -> Encoder:
    from evalkit.embedding.encoder import VectorSource
    from evalkit.embedding.modelspec import open_encoder
    from evalkit.golden.goldenset import GoldenSet

    if not system.embeds:
        raise ModelError(
            f"{system.spec} makes no vectors", hint="name a model, such as st/NAME", code="EK724"
        )
    if is_file and system.spec.provider == "lsa":
        raise UsageError(
            f"{system.spec} is fitted on the documents of a golden set, and {system.spec} of a file is none",
            hint="name the golden set, or another model",
            code="EK724",
        )
    options = dict(system.options)
    if (
        system.spec.provider == "openai"
    ):  # packed answers are tried against plain ones, which embeds texts twice
        options.setdefault("encoding_format", "float")
    known = golden or GoldenSet.of("corpus", queries={}, corpus={}, qrels={})
    encoder = open_encoder(system.spec, known, options)
    if isinstance(encoder, VectorSource):
        raise ModelError(
            f"{system.spec} are vectors already", hint="name the model that made them", code="EK724"
        )
    return encoder


def _check_place(where: str | None) -> None:
    """Raise where a GPU is named, on which searches are done: models have a setting of their own."""
    from evalkit.scaling.target import CUDA, Target

    if where is not None and Target.parse(where).engine == CUDA:
        raise UsageError(
            f"--on {where} searches on a GPU, and embed searches nothing",
            hint='device = "cuda" in [models.NAME] of evalkit.toml lets an st/ model work there',
            code="EK764",
        )


def _sharing(
    executor: Executor | None, encoder: Encoder, system: System, golden: GoldenSet | None
) -> Sharing | None:
    """Return how workers embed; what is fitted on a golden set goes to them as it is."""
    import functools

    from evalkit.embedding.backfill.sharing import Sharing

    if executor is None:
        return None
    fitted = golden is not None and system.spec.provider in MADE_AT_ONCE
    return Sharing(executor, functools.partial(_again, encoder if fitted else None, system))


def _again(fitted: Encoder | None, system: System) -> Encoder:
    """Return the encoder of a system, in another process."""
    return fitted if fitted is not None else _encoder(system, None, is_file=True)


class _Line:
    """The line on a terminal that says how far it is."""

    def __init__(self, session: Session) -> None:
        self._shown = not session.quiet and sys.stderr.isatty()
        self._last = 0.0

    def told(self, progress: BackfillProgress) -> None:
        """Show how far it is, at most five times a second."""
        now = time.monotonic()
        if not self._shown or now - self._last < _EVERY_S:
            return
        self._last = now
        rate = progress.done / max(progress.seconds, 1e-9)
        left = (progress.total - progress.done) / max(rate, 1e-9)
        cost = "" if progress.cost is None else f" · cost {_money(progress.cost)}"
        done = f"embedding {figures.count(progress.done)}/{figures.count(progress.total)}"
        text = f"{done} · {figures.count(rate)} texts/s · {_clock(left)} left{cost}"
        print_progress(f"{text:<79}")

    def end(self) -> None:
        """Take the line away."""
        if self._shown and self._last:
            print_progress(" " * 79, ended=True)


def _money(cost: float) -> str:
    return f"{figures.number(cost, 2)}" if cost >= 1 or not cost else f"{figures.number(cost, 4)}"


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}"


def _told(found: Filled, plan: BackfillPlan) -> str:
    before = found.before
    cost = plan.limits.cost(found.tokens)
    parts = [
        f"{figures.count(before.texts)} texts",
        f"{figures.count(before.texts - before.lacking)} had a vector",
        f"{figures.count(found.embedded)} embedded",
    ]
    parts += [f"{figures.count(before.changed)} of them changed"] if before.changed else []
    parts += [f"about {figures.count(found.tokens)} tokens so far"] + (
        [f"cost {_money(cost)}"] if cost is not None else []
    )
    parts.append(f"{figures.count(found.shards)} shard{'s' if found.shards != 1 else ''} in {plan.folder}")
    if found.left:
        tokens = round(before.tokens * found.left / max(1, before.lacking))
        rest = plan.limits.cost(tokens)
        price = f", about {_money(rest)}" if rest is not None else ""
        parts.append(
            f"the budget ends here: {figures.count(found.left)} texts are left{price}; raise "
            "--budget and run it again"
        )
    return " · ".join(parts)
