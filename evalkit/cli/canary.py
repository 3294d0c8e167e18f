"""evalkit canary: may the canary go on, watched as often as anyone likes?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.options import map_option, now, provenance, split_list, views_option
from evalkit.cli.printing import print_json, print_text
from evalkit.cli.views import check_outputs, write_views
from evalkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from evalkit.cli.session import Session
    from evalkit.results.canary import CanaryResult
    from evalkit.rollout.canary import Canary, CanaryQuestion
    from evalkit.rollout.events import Reading
    from evalkit.rollout.ramp import Stage

FILES = (".html", ".json", ".prom")
LENGTHS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@click.command(cls=OnceCommand)
@click.argument("events", nargs=-1, type=click.Path(path_type=Path))
@click.option("--margin", type=float, required=True, help="Loss that is accepted, in the metric's unit.")
@click.option("--share", type=float, metavar="S", help="The canary's share of the users: 0.05.")
@click.option(
    "--ramp",
    "ramp_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="ramp.toml: shares that grow.",
)
@click.option(
    "--window",
    default="1h",
    show_default=True,
    metavar="LENGTH",
    help="How long a user is looked at: 24h, 7d, 30m.",
)
@click.option(
    "--state",
    "state_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What is remembered between looks; each look then names new events alone.",
)
@click.option("--until", metavar="TIME", help="What time it is. [default: that of the last event]")
@click.option(
    "--range", "limits", default="0,1", show_default=True, metavar="LOW,HIGH", help="What the metric may be."
)
@click.option("--lower-is-better", is_flag=True, help="A greater metric is the loss.")
@click.option(
    "--unit",
    type=click.Choice(["user", "event"]),
    default="user",
    show_default=True,
    help="event: each event stands for itself, which raises false alarms where users come back.",
)
@map_option("Which column is what.")
@click.option(
    "--arms",
    multiple=True,
    callback=split_list,
    metavar="ARM=NAME",
    help="What the arms are called: control=A,canary=B.",
)
@click.option("--timezone", metavar="NAME", help="The zone of times that state none. [default: UTC]")
@click.option(
    "--time-unit",
    type=click.Choice(["s", "ms", "us", "ns"]),
    default="s",
    show_default=True,
    help="What numbers in the column of times count.",
)
@click.option(
    "--plan", is_flag=True, help="Print sample sizes and delays before the start, and look at nothing."
)
@click.option("--mean", default=0.3, show_default=True, help="With --plan: the metric's mean now.")
@click.option("--users-a-day", type=float, metavar="N", help="With --plan: users of both arms a day.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
@views_option(".html, .json or .prom (Prometheus) file, or all")
@click.pass_obj
def canary(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Say whether a canary may go on: OK, ROLL BACK or GO ON, whenever and however often it is asked.

    EVENTS are CSV or Parquet files with the columns arm (control, canary), user, metric and timestamp
    (ISO 8601, or seconds), in any order. Each user counts once, by the mean over the window that the first
    event opens, once it is over. How users are divided is looked at first.

    \b
    Examples:
      evalkit canary --plan --margin 0.02 --share 0.05 --mean 0.31 --users-a-day 20000
      evalkit canary events.csv --margin 0.02 --share 0.05 --window 24h
      evalkit canary today.csv --margin 0.02 --ramp ramp.toml --state canary.state -o canary.prom

    Exits with 0 on OK (the loss is smaller than the margin), 1 on ROLL BACK (it is larger), 3 on GO ON.
    """
    started_at = now()
    zone = _zone(options)
    question = _question(options, zone)
    check_outputs(options["outputs"], FILES)
    if options["plan"]:
        return _plan(question, options, started_at)
    if not options["events"]:
        raise UsageError("no events are named", hint="evalkit canary events.csv …, or --plan", code="EK459")
    result, code = _look(question, _reading(options, zone), options, session, zone, started_at)
    write_views(options["outputs"], _views(result))
    if options["as_json"]:
        print_json(result.text())
    else:
        from evalkit.reporting.pages.canary import canary_page
        from evalkit.reporting.views.terminal import terminal

        print_text(terminal(canary_page(result)))
    return code


def _look(
    question: CanaryQuestion,
    reading: Reading,
    options: dict[str, Any],
    session: Session,
    zone: tzinfo | None,
    started_at: str,
) -> tuple[CanaryResult, int]:
    from evalkit.results.canary import result_of_canary
    from evalkit.rollout.canary import EXIT_CODES, CanaryState
    from evalkit.rollout.events import read_events
    from evalkit.rollout.look import look
    from evalkit.rollout.rows import open_source
    from evalkit.rollout.statefile import new_sources, read_state, write_state
    from evalkit.rollout.timestamps import parse_moment

    path = options["state_file"]
    state, added = read_state(path, question) if path else (CanaryState(), ())
    sources, every, remarks = new_sources([open_source(file) for file in options["events"]], added)
    batches = [read_events(source, reading) for source in sources]
    until = parse_moment(options["until"], zone=zone) if options["until"] else None
    found = look(question, state, batches, until=until)
    _check_zones(found, zone)
    session.tell((*found.findings, *remarks))
    if path:
        write_state(path, question, found.state, every)
    result = result_of_canary(found, provenance(started_at), remarks)
    return result, EXIT_CODES[found.verdict]


def _check_zones(found: Canary, zone: tzinfo | None) -> None:
    """Raise where times with a zone and times without one would be put into one order."""
    if found.state.naive and found.state.zoned and zone is None:
        raise UsageError(
            "some timestamps state a time zone (or are seconds), others state none",
            hint="say of which zone the others are: --timezone UTC, or --timezone Europe/Berlin",
            code="EK462",
        )


def _zone(options: dict[str, Any]) -> tzinfo | None:
    from evalkit.rollout.timestamps import zone_of

    return zone_of(options["timezone"]) if options["timezone"] else None


def _question(options: dict[str, Any], zone: tzinfo | None) -> CanaryQuestion:
    from evalkit.rollout.canary import CanaryQuestion

    low, high = _limits(options["limits"])
    return CanaryQuestion(
        margin=options["margin"],
        stages=_stages(options, zone),
        window_s=_seconds(options["window"]),
        low=low,
        high=high,
        lower_is_better=options["lower_is_better"],
        unit=options["unit"],
    )


def _stages(options: dict[str, Any], zone: tzinfo | None) -> tuple[Stage, ...]:
    from evalkit.rollout.blocks import block_of
    from evalkit.rollout.ramp import one_stage, read_ramp

    if (options["share"] is None) == (options["ramp_file"] is None):
        raise UsageError(
            "the canary's share is stated once: by --share, or by --ramp",
            hint="--share 0.05, or --ramp ramp.toml for shares that grow",
            code="EK554",
        )
    if options["ramp_file"] is not None:
        return read_ramp(options["ramp_file"], zone=zone)
    block_of(options["share"])
    return one_stage(options["share"])


def _reading(options: dict[str, Any], zone: tzinfo | None) -> Reading:
    from evalkit.golden.reading.columns import parse_map
    from evalkit.rollout.events import CANARY, CONTROL, EVENTS, Reading

    stated = parse_map(options["columns"], EVENTS)
    unknown = sorted(set(stated) - set(EVENTS))
    named = dict(pair.split("=", 1) for pair in options["arms"] if "=" in pair)
    if unknown or set(named) - {CONTROL, CANARY} or len(named) != len(options["arms"]):
        wrong = unknown[0] if unknown else ",".join(options["arms"])
        raise UsageError(
            f"{wrong} is no role of a column, or no arm",
            hint=f"--map {','.join(f'{role}=COLUMN' for role in EVENTS)}; --arms control=NAME,canary=NAME",
            code="EK554",
        )
    arms = named.get(CONTROL, CONTROL), named.get(CANARY, CANARY)
    if arms[0] == arms[1]:
        raise UsageError(f"both arms are called {arms[0]!r}", hint="--arms control=A,canary=B", code="EK554")
    low, high = _limits(options["limits"])
    return Reading(
        columns=stated,
        arms=arms,
        low=low,
        high=high,
        unit=options["unit"],
        time_unit=options["time_unit"],
        zone=zone,
    )


def _limits(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError as error:
        raise UsageError(
            f"--range {text} is no LOW,HIGH", hint="such as --range 0,5", code="EK554"
        ) from error
    return low, high


def _seconds(text: str) -> float:
    """Return the seconds of "24h", "7d", "90s" or "1.5h"."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", text)
    if match is None:
        raise UsageError(
            f"--window {text} is no length of time",
            hint="a number and its unit: 90s, 30m, 24h, 7d",
            code="EK554",
        )
    return float(match[1]) * LENGTHS[match[2]]


def _plan(question: CanaryQuestion, options: dict[str, Any], started_at: str) -> int:
    from evalkit.reporting.pages.canaryplan import canary_plan_page
    from evalkit.reporting.views.terminal import terminal
    from evalkit.results.canary import plan_of_canary
    from evalkit.rollout.delays import delays, planned_deltas

    mean, share, daily = options["mean"], question.stages[0].share, options["users_a_day"]
    if not 0 < mean < 1 or question.scale != 1 or question.margin <= 0 or (daily is not None and daily <= 0):
        raise UsageError(
            "a plan is made for a metric from 0 to 1, with a mean between them, a margin and users above 0",
            hint="--mean 0.3 --margin 0.02 --users-a-day 20000",
            code="EK554",
        )
    found = delays(mean, planned_deltas(mean, question.margin), margin=question.margin, share=share)
    plan = plan_of_canary(question, mean, found, provenance(started_at), users_a_day=daily)
    if options["as_json"]:
        print_json(plan.text())
    else:
        print_text(terminal(canary_plan_page(plan)))
    return 0


def _views(result: CanaryResult) -> dict[str, Callable[[], str]]:
    """Return the views that a file can be, by its ending."""
    from evalkit.reporting.pages.canary import canary_page
    from evalkit.reporting.views.html import html
    from evalkit.reporting.views.prometheus import prometheus

    return {
        ".json": result.text,
        ".html": lambda: html(canary_page(result)),
        ".prom": lambda: prometheus(canary_page(result)),
    }
