"""The page of a canary's plan: how many users and days it would take."""

from __future__ import annotations

from evalkit import figures
from evalkit.reporting.blocks import Facts, Grid, Sentences
from evalkit.reporting.page import Page, Section
from evalkit.reporting.sections.canarywords import share_words
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.results.canary import CanaryPlan

_NAMES = ("true difference", "canary users", "9 in 10", "days", "OK", "roll back")


def canary_plan_page(plan: CanaryPlan) -> Page:
    """Return what a canary would take."""
    margin, share = figures.as_set(plan.margin), share_words(plan.share)
    told = (
        f"margin {margin}",
        f"share {share}",
        f"the metric is {figures.as_set(plan.mean)} now, and 0 or 1 for a user",
    )
    return Page(
        what="evalkit canary --plan",
        title=f"Plan of a canary: margin {margin} at a share of {share}",
        name="canary plan",
        facts=told,
        sections=(
            Section("about", "", (Sentences((" · ".join(("canary plan", *told)),)),)),
            Section("once", "", (_once(plan, margin),)),
            Section("watched", "", (_watched(plan),)),
        ),
    )


def _once(plan: CanaryPlan, margin: str) -> Facts:
    sides = (
        (f"to show a loss below {margin}", plan.fixed_one_sided, plan.fixed_one_sided_total),
        ("for both sides", plan.fixed_two_sided, plan.fixed_two_sided_total),
    )
    told = (
        f"{figures.count(users)} canary users ({figures.count(total)} of both arms) {why}"
        for why, users, total in sides
    )
    return Facts(tuple(Fact("looked at once", text) for text in told))


def _watched(plan: CanaryPlan) -> Grid:
    rows = [
        (
            figures.setting(row.delta),
            _beyond(row.users),
            _beyond(row.late),
            figures.ABSENT if row.days is None else figures.significant(row.days),
            figures.tight_percent(row.passed),
            figures.tight_percent(row.rolled_back),
        )
        for row in plan.delays
    ]
    columns = [Column(name, numeric=True) for name in _NAMES]
    return Grid(Table.of("watched all the time, until one side has evidence of 20", columns, rows))


def _beyond(users: int | None) -> str:
    return "> 60,000" if users is None else figures.count(users)
