"""The page of interleaved results: which system people prefer, and how sure that is."""

from __future__ import annotations

from evalkit import figures
from evalkit.reporting.blocks import Block, Chart, Command, Facts, Grid, Notes, Sentences, Verdict
from evalkit.reporting.charts import Interval, IntervalChart, tone_of_interval
from evalkit.reporting.page import Page, Section
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.results.interleave import InterleaveResult

TONES = {"NEW": "good", "GO ON": "open", "OLD": "bad"}
_HEADLINES = {
    "NEW": "People prefer the new system.",
    "OLD": "People prefer the old system.",
    "GO ON": "Nobody knows yet which system people prefer.",
}
_NEXT = {
    "NEW": "Go on to the canary: more clicks on its documents are no promise of what people do next.",
    "OLD": "Keep the old system; look at queries where its documents were clicked.",
    "GO ON": "Go on, and look again when more people have clicked; looking often costs nothing.",
}


def interleave_page(result: InterleaveResult) -> Page:
    """Return what clicks on interleaved lists say; all text in it is safe to show."""
    known = result.readable()
    command = known.provenance.command
    users = figures.plain(figures.counted(known.users, "user"))
    return Page(
        what="evalkit interleave",
        title=f"{known.verdict}: {users}",
        name="interleave",
        facts=(users, f"{figures.count(known.clicks)} clicks", f"{figures.count(known.lists)} lists"),
        sections=(
            Section("verdict", "Verdict", (_verdict(known),)),
            Section("votes", "Votes", _votes(known)),
            Section("evidence", "Evidence", (Sentences((_evidence(known),)),)),
            Section("findings", "Can you trust this?", _trust(known)),
            Section("reproduce", "Reproduce", (Command(command),) if command else ()),
        ),
        brief=(
            Section.untitled(
                Sentences((f"interleave · {users} · {figures.count(known.clicks)} clicks",)),
                Grid(_table(known)),
                Facts((Fact("evidence", _short(known)),)),
            ),
            Section.untitled(_worded(known)),
        ),
    )


def _worded(known: InterleaveResult) -> Verdict:
    return Verdict(
        word=known.verdict,
        tone=TONES[known.verdict],
        headline=_HEADLINES[known.verdict],
        next_step=_NEXT[known.verdict],
    )


def _verdict(known: InterleaveResult) -> Verdict:
    enough = f"{figures.as_set(known.enough)} is enough"
    return Verdict(
        word=known.verdict,
        tone=TONES[known.verdict],
        headline=_HEADLINES[known.verdict],
        next_step=_NEXT[known.verdict],
        facts=(
            Fact("New is preferred", figures.e_value(known.e_new), f"evidence; {enough}"),
            Fact("Old is preferred", figures.e_value(known.e_old), f"evidence; {enough}"),
            Fact("Users", figures.count(known.users), "each is one vote"),
        ),
    )


def _short(known: InterleaveResult) -> str:
    new, old = figures.e_value(known.e_new), figures.e_value(known.e_old)
    return f"new E {new}, old E {old}; {figures.as_set(known.enough)} is enough"


def _votes(known: InterleaveResult) -> tuple[Block, ...]:
    drawn: tuple[Block, ...] = ()
    if known.low is not None and known.high is not None and known.win_share is not None:
        ahead = [2 * value - 1 for value in (known.win_share, known.low, known.high)]
        text = f"{figures.signed(ahead[0])} [{figures.signed(ahead[1])}, {figures.signed(ahead[2])}]"
        interval = Interval(
            label="new − old",
            estimate=ahead[0],
            low=ahead[1],
            high=ahead[2],
            tone=tone_of_interval(ahead[1], ahead[2]),
            text=text,
        )
        chart = IntervalChart.of([interval], limit=None, summary=f"new − old {text}")
        caption = (
            "Share of users for the new system less that for the old one, of those who prefer one; the "
            "interval holds at every look and decides nothing"
        )
        drawn = (Chart(chart, caption),)
    return (*drawn, Grid(_table(known)))


def _table(known: InterleaveResult) -> Table:
    rows = (
        ("the new system", figures.count(known.wins)),
        ("the old system", figures.count(known.losses)),
        ("neither", figures.count(known.ties)),
    )
    return Table.of(
        "More clicks on documents of", (Column("More clicks on"), Column("Users", numeric=True)), rows
    )


def _evidence(known: InterleaveResult) -> str:
    return (
        "Each user is one vote, for the system whose documents got more clicks; who prefers neither does "
        "not count. Where people prefer neither, evidence for one of them ever reaches "
        f"{figures.as_set(known.enough)} in at most 5 % of all tries, "
        "however often anyone looks."
    )


def _trust(known: InterleaveResult) -> tuple[Block, ...]:
    told = f"{figures.count(known.clicks)} clicks counted; a click that stands twice counts once."
    return Sentences((told,)), Notes(known.findings)
