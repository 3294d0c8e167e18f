"""The page of a canary: the verdict, the evidence, who was seen, and where the ramp stands."""

from __future__ import annotations

import math
from collections.abc import Iterator

from evalkit import figures
from evalkit.reporting.blocks import (
    Block,
    Chart,
    Command,
    Facts,
    Grid,
    Items,
    Notes,
    Sentences,
    Verdict,
)
from evalkit.reporting.charts import Interval, IntervalChart, tone_of_interval
from evalkit.reporting.page import Page, Section
from evalkit.reporting.sections.canarygauges import canary_gauges
from evalkit.reporting.sections.canarywords import next_step, share_words, window_words
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.results.canary import CanaryResult

TONES = {"OK": "good", "GO ON": "open", "ROLL BACK": "bad"}
_POINTS = 12


def canary_page(result: CanaryResult) -> Page:
    """Return what a canary shows as a page; all text in it is safe to show."""
    known = result.readable()
    asked = known.question
    sections = (
        Section("verdict", "Verdict", (_verdict(known),)),
        Section("evidence", "Evidence", _evidence(known)),
        Section("difference", "Difference", _difference(known)),
        Section("users", "Users", _users(known)),
        Section("ramp", "Ramp", _ramp(known)),
        Section("findings", "Can you trust this?", _trust(known)),
        Section("reproduce", "Reproduce", (Command(known.provenance.command),)),
    )
    share = share_words(known.ramp.share)
    return Page(
        what="evalkit canary",
        title=f"{known.verdict}: margin {figures.as_set(asked.margin)} at a share of {share}",
        name="canary",
        facts=(
            f"margin {figures.as_set(asked.margin)}",
            f"share {share}",
            f"window {window_words(asked.window_s)}",
            *((f"until {known.until}",) if known.until else ()),
        ),
        sections=sections,
        brief=tuple(_brief(known)),
        tool="evalkit canary",
        gauges=canary_gauges(known),
    )


def _verdict(known: CanaryResult) -> Verdict:
    return Verdict(
        word=known.verdict,
        tone=TONES[known.verdict],
        headline=f"{known.sentence[:1].upper()}{known.sentence[1:]}.",
        next_step=next_step(known),
        facts=(
            Fact(
                "Loss is smaller",
                figures.e_value(known.e_ok),
                f"largest so far; {figures.as_set(known.question.enough)} is enough",
            ),
            Fact("Loss is larger", figures.e_value(known.e_harm), "largest evidence for rolling back"),
            Fact("Canary users", figures.count(known.counted.canary), "counted, their window is over"),
        ),
    )


def _evidence(known: CanaryResult) -> tuple[Block, ...]:
    step = max(1, math.ceil(len(known.trail) / _POINTS))
    points = known.trail[::-1][::step][::-1]
    rows = [
        (figures.count(blocks), figures.e_value(_e(ok)), figures.e_value(_e(harm)))
        for blocks, ok, harm in points
    ]
    columns = (
        Column("Blocks"),
        Column("E: loss is smaller", numeric=True),
        Column("E: loss is larger", numeric=True),
    )
    table = (Grid(Table.of("The evidence as users came", columns, rows)),) if rows else ()
    margin, enough = map(figures.as_set, (known.question.margin, known.question.enough))
    words = (
        f"Two bets run against each other: that the canary loses less than {margin}, and that it loses "
        f"more. Evidence of {enough} settles either, however often anyone looked: a change that loses just "
        f"{margin} is called OK, or rolled back, in at most 5 % of all canaries each."
    )
    return (
        Sentences((words,)),
        *table,
    )


def _e(log_e: float) -> float:
    return math.exp(min(log_e, 700.0))


def _difference(known: CanaryResult) -> tuple[Block, ...]:
    shown = figures.comparison(
        known.counted.control_mean,
        known.counted.canary_mean,
        known.delta,
        known.low,
        known.high,
    )
    better = -1 if known.question.lower_is_better else 1
    tone = tone_of_interval(*sorted((better * known.low, better * known.high)))
    text = f"{figures.signed(known.delta)} {shown[3]}"
    interval = Interval(
        label="canary − control",
        estimate=known.delta,
        low=known.low,
        high=known.high,
        tone=tone,
        text=text,
    )
    chart = IntervalChart.of(
        [interval], limit=-better * known.question.margin or None, summary=f"canary − control {text}"
    )
    columns = (Column("Arm"), Column("Users", numeric=True), Column("Mean", numeric=True))
    rows = (
        ("control", figures.count(known.counted.control), figures.number(known.counted.control_mean)),
        ("canary", figures.count(known.counted.canary), figures.number(known.counted.canary_mean)),
    )
    caption = (
        "Canary minus control, one success and one failure added to each arm; the interval holds at every "
        "look and decides nothing"
    )
    return Chart(chart, caption), Grid(Table.of("Means over users", columns, rows))


def _users(known: CanaryResult) -> tuple[Block, ...]:
    users = known.users
    return (
        Facts(
            (
                Fact("Canary", figures.count(users.canary), "users seen"),
                Fact("Control", figures.count(users.control), "users seen"),
                Fact("Both", figures.count(users.both), "left out"),
                Fact("Waiting", figures.count(known.counted.waiting), "their window is not over"),
                Fact("Sample ratio", figures.e_value(known.e_sample_ratio), "evidence of a wrong division"),
            )
        ),
    )


def _ramp(known: CanaryResult) -> tuple[Block, ...]:
    ramp = known.ramp
    if ramp.next_share is None and ramp.stages == 1:
        return ()
    shares = " → ".join(share_words(share) for share in known.question.shares)
    opens = f"the stage of {share_words(ramp.next_share)}" if ramp.next_share is not None else ""
    items = [f"{opens} may begin"] if ramp.advance else [f"lacking: {part}" for part in ramp.lacking]
    told = f"Stage {ramp.stage} of {ramp.stages} ({shares})."
    return (Sentences((told,)), *((Items(tuple(items)),) if items else ()))


def _trust(known: CanaryResult) -> tuple[Block, ...]:
    events = known.events
    late = f"{figures.count(events.late)} came after their user had been counted"
    outside = f"{figures.count(events.outside)} after the window of their user"
    return (
        Sentences((f"{figures.count(events.read)} events were read; {late}, {outside}.",)),
        Notes(known.findings),
    )


def _brief(known: CanaryResult) -> Iterator[Section]:
    """Yield what a terminal shows, the verdict at the end."""
    asked, counted, users = known.question, known.counted, known.users
    told = (
        f"margin {figures.as_set(asked.margin)}",
        f"share {share_words(known.ramp.share)}",
        f"window {window_words(asked.window_s)}",
        f"until {known.until or 'no event'}",
    )
    yield Section.untitled(Sentences((" · ".join(("canary", *told)),)))
    names = ("users seen", "counted", "mean")
    rows = (
        ("control", users.control, counted.control, counted.control_mean),
        ("canary", users.canary, counted.canary, counted.canary_mean),
    )
    cells = [(arm, *map(figures.count, numbers), figures.number(mean)) for arm, *numbers, mean in rows]
    columns = [Column(""), *(Column(name, numeric=True) for name in names)]
    difference = figures.told_effect(known.delta, known.low, known.high)
    smaller, larger = figures.e_value(known.e_ok), figures.e_value(known.e_harm)
    both = f"{figures.count(users.both)} users in both arms"
    yield Section.untitled(
        Grid(Table.of("", columns, cells)),
        Facts(
            (
                Fact("difference", f"{difference} (holds at every look, decides nothing)"),
                Fact(
                    "sample ratio", f"E {figures.e_value(known.e_sample_ratio)} of a wrong division; {both}"
                ),
                Fact(
                    "evidence",
                    f"loss is smaller E {smaller}, loss is larger E {larger}; "
                    f"{figures.as_set(asked.enough)} is enough",
                ),
            )
        ),
    )
    yield Section.untitled(
        Verdict(
            word=known.verdict,
            tone=TONES[known.verdict],
            headline=f"{known.sentence}.",
            next_step=next_step(known),
        )
    )
