"""evalkit golden judge: a model grades pairs of query and document, its grades kept apart from people's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.options import cache_option, code_option, provenance, system_of
from evalkit.cli.options import now as time_of
from evalkit.cli.printing import print_json, print_lines, print_progress
from evalkit.cli.systemoptions import systems_option
from evalkit.output import write_file

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.embedding.adapters.chat import Chat
    from evalkit.golden.goldenset import GoldenSet
    from evalkit.judging.modelagreement import ModelAgreement
    from evalkit.judging.modeljudge import Estimate, ModelJudge, ModelJudged

LEFT = 3  # the exit code of a budget that ended before the pairs did
OPENAI = "openai"
existing = click.Path(path_type=Path)


@click.command(cls=OnceCommand, short_help="Let a model grade pairs; its grades stay apart from people's.")
@click.argument("folder", metavar="GOLDEN")
@click.option("--pairs", type=existing, metavar="FILE", help="What is judged: a table of query and document.")
@systems_option("Or the first results of systems, as golden pool unites them.")
@click.option(
    "--depth", type=click.IntRange(1), default=10, show_default=True, help="How many results of each system."
)
@click.option("--all", "judged_too", is_flag=True, help="Also pairs that people have judged, as ppi needs.")
@click.option(
    "--model", required=True, metavar="NAME", help="The model's name there, or an alias of openai/."
)
@click.option("--endpoint", metavar="URL", help="Where chats are answered, such as http://localhost:8000/v1.")
@click.option("--api-key-env", metavar="NAME", help="The variable with the key. [default: OPENAI_API_KEY]")
@click.option("--prompt", type=existing, metavar="FILE", help="What the model is told. [default: shipped]")
@click.option("--human", type=existing, metavar="FILE", help="What people judged: tells how far they agree.")
@click.option("--price", metavar="SUM[@DATE]", help="Of a million tokens sent.")
@click.option(
    "--price-out", type=float, metavar="SUM", help="Of a million tokens answered. [default: --price]"
)
@click.option("--budget", type=float, metavar="SUM", help="What all grades of the list may cost in all.")
@click.option("--rpm", type=float, metavar="N", help="Requests a minute, at most.")
@click.option("--max-tokens", type=click.IntRange(1), default=16, show_default=True, help="Of one answer.")
@click.option("--concurrency", type=click.IntRange(1, 64), default=4, show_default=True, help="At a time.")
@click.option(
    "-o", "--output", type=existing, metavar="FILE", help="Where to write the grades: .tsv or .csv."
)
@click.option("--force", is_flag=True, help="Overwrite a table that is there.")
@click.option("--dry-run", is_flag=True, help="Tell what it will cost; ask nothing.")
@cache_option
@code_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def judge(session: Session, /, folder: str, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Ask a model for the grades, 0 to 3, of pairs that nobody has judged.

    The endpoint speaks OpenAI's protocol of chats. Each answer is kept in the cache at once: the same command
    goes on where it was stopped, and asks nothing twice. What it costs is told first. The table says which
    model gave which grade, and when; golden merge reads it to tell how far model and people agree, and takes
    no grade of a model for a judgement.

    \b
    Examples:
      evalkit golden judge support --pairs pool.csv --endpoint http://localhost:8000/v1 --model m -o j.tsv
      evalkit golden judge support --system prod,next --all --model judge --budget 5 --price 0.15 -o j.tsv

    Exits with 0 once every pair was asked for, 3 where the budget ended before, 4 where the endpoint failed.
    """
    from evalkit.cli.judgewords import agreement_told, cost_first, lines_of, record_of
    from evalkit.errors import OutputError
    from evalkit.judging.modelgrades import delimiter_of, flag_findings, pairs_to_judge, read_pairs, table_of
    from evalkit.results.record import json_text

    started_at, output = time_of(), options["output"]
    if output is not None:
        delimiter_of(output)
    golden = _golden(folder, session)
    asked = _judge(options, session)
    pooled = _pooled(golden, options, session) if options["systems"] or not options["pairs"] else ()
    pairs = pooled or read_pairs(options["pairs"], golden)
    wanted = pairs_to_judge(golden, pairs, judged_too=options["judged_too"])
    estimate = asked.estimate(wanted.pairs)
    session.say(f"{asked.chat.name} at {asked.chat.endpoint.shown}: {cost_first(estimate, wanted.judged)}")
    if options["dry_run"]:
        _print_estimate(estimate, as_json=options["as_json"])
        return 0
    if output is not None and output.exists() and not options["force"] and _was_filled_in(output):
        raise OutputError(
            f"{output} holds grades that people filled in", hint="name another, or --force", code="EK677"
        )
    asked.answers.check_writable()
    judged = asked.judge(wanted.pairs, _progress(session, len(wanted.pairs)))
    session.tell(flag_findings(judged))
    if output is not None:
        write_file(output, table_of(judged, output))
    agreement = _agreement(judged, options["human"], session.config.golden_folder(folder))
    if options["as_json"]:
        beside = {"human": None if agreement is None else asdict(agreement)}
        print_json(json_text({**record_of(judged, estimate), **beside, "provenance": provenance(started_at)}))
    else:
        print_lines(*lines_of(judged, output), *agreement_told(agreement))
    return LEFT if _left(judged) else 0


def _golden(folder: str, session: Session) -> GoldenSet:
    """Return the golden set, which may hold no judgement yet."""
    from evalkit.golden.folder import read_unjudged

    golden = read_unjudged(session.config.golden_folder(folder))
    session.tell(golden.findings)
    return golden


def _pooled(golden: GoldenSet, options: Mapping[str, Any], session: Session) -> tuple[tuple[str, str], ...]:
    """Return what the named systems find first, query by query in random order.

    Raises:
        UsageError: Neither a table nor a system is named, or both.
    """
    from evalkit.errors import UsageError
    from evalkit.evaluation import Setting, results_of
    from evalkit.judging.pool import pool_of

    systems = [system_of(name, "Flat", session) for name in options["systems"]]
    if not systems:
        raise UsageError(
            "nothing says which pairs the model is to judge",
            hint="--pairs worklist.csv, or --system MODEL --system MODEL as golden pool takes them",
            code="EK683",
        )
    if options["pairs"]:
        raise UsageError(
            "--pairs and --system both say which pairs the model is to judge",
            hint="leave one of them out; golden pool writes what systems find as a page of its own",
            code="EK683",
        )
    setting = Setting(golden=golden, depth=options["depth"], cache=session.open_cache(options["cache"]))
    runs = [results_of(system, setting)[0] for system in systems]
    found = pool_of(runs, golden, depth=options["depth"], shows_judged=True)
    queries, documents = golden.queries.ids, golden.corpus.ids
    return tuple((queries[query], documents[row]) for query, row in found.pairs.tolist())


def _judge(options: Mapping[str, Any], session: Session) -> ModelJudge:
    from evalkit.digests import digest_texts
    from evalkit.judging.answerfile import AnswerFile
    from evalkit.judging.modeljudge import ModelJudge
    from evalkit.judging.prompt import read_prompt
    from evalkit.judging.terms import Terms
    from evalkit.planning.planfile import dated_price

    price = None if options["price"] is None else dated_price(options["price"]).value
    terms = Terms(price=price, price_out=options["price_out"], budget=options["budget"])
    prompt, chat = read_prompt(options["prompt"]), _chat(options, session)
    folder = session.open_cache(options["cache"]).folder
    answers = AnswerFile(folder, digest_texts((chat.identity, prompt.digest)))
    return ModelJudge(chat, prompt, answers, terms, options["concurrency"])


def _chat(options: Mapping[str, Any], session: Session) -> Chat:
    """Return who is asked: a name at --endpoint, or an alias in the configuration.

    Raises:
        UsageError: Nothing says where, or the alias is of another kind of model.
    """
    import os

    from evalkit.embedding.adapters.chat import Chat
    from evalkit.embedding.adapters.endpoint import OPTIONS, endpoint_of
    from evalkit.embedding.modelspec import ModelSpec, check_options
    from evalkit.errors import UsageError

    named = options["model"] in session.config.file.models
    if named:
        system = session.config.system(options["model"], offline=session.offline)
        session.admit(options["model"], system)
        spec, stated = system.spec, dict(system.options)
    else:
        spec, stated = ModelSpec(OPENAI, options["model"]), {"offline": session.offline}
    told = {"base_url": "endpoint", "api_key_env": "api_key_env", "requests_per_minute": "rpm"}
    stated |= {name: options[option] for name, option in told.items() if options[option] is not None}
    extra: Any = stated.pop("extra_body", {})
    if spec.provider != OPENAI or not (stated.get("base_url") or os.environ.get("OPENAI_BASE_URL")):
        what = (
            f"{spec} answers no chats" if spec.provider != OPENAI else f"nothing says where {spec} is asked"
        )
        raise UsageError(what, hint="--endpoint http://localhost:8000/v1 --model NAME", code="EK678")
    check_options(spec, stated, OPTIONS)
    return Chat(endpoint_of(spec, stated), spec.model, options["max_tokens"], extra)


def _agreement(judged: ModelJudged, people: Path | None, place: Path) -> ModelAgreement | None:
    """Return how far the model agrees with what people judged, None where nobody asked."""
    from dataclasses import replace

    from evalkit.golden.folder import read_draft
    from evalkit.judging.grading import read_graded
    from evalkit.judging.modelagreement import graded, model_agreement

    if people is None:
        return None
    draft = read_draft(place)
    unjudged = replace(draft, qrels=replace(draft.qrels, judgements=[]))
    said = {
        (item.pair.query, item.pair.document): item.grade for item in judged.graded if item.grade is not None
    }
    return model_agreement(judged.model, said, graded(read_graded(people, unjudged).fresh))


def _was_filled_in(path: Path) -> bool:
    """Return whether people confirmed grades in a table that is about to be written anew."""
    from evalkit.judging.modelgrades import filled_in

    return filled_in(path)


def _progress(session: Session, pairs: int) -> Any:  # noqa: ANN401 - a function or None
    from evalkit import figures

    if session.quiet or not sys.stderr.isatty():
        return None

    def told(done: int) -> None:
        text = f"judging {figures.count(done)}/{figures.count(pairs)}"
        print_progress(f"{text:<79}" if done < pairs else " " * 79, ended=done == pairs)

    return told


def _print_estimate(estimate: Estimate, *, as_json: bool) -> None:
    from evalkit.cli.judgewords import cost_first
    from evalkit.results.record import json_text

    if as_json:
        print_json(json_text({"estimate": asdict(estimate)}))
    else:
        print_lines(cost_first(estimate, 0), "nothing was asked")


def _left(judged: ModelJudged) -> int:
    from evalkit.judging.modeljudge import Flag

    return judged.count(Flag.LEFT)
