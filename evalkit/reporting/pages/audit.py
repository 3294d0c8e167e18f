"""The page of an audit: the verdict, what records state, what their vectors show, and the nights before."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit import figures
from evalkit.reporting.blocks import (
    Block,
    Check,
    Checks,
    Command,
    Facts,
    Grid,
    Items,
    Notes,
    Sentences,
    Verdict,
)
from evalkit.reporting.page import Page, Section
from evalkit.reporting.sections.auditcensus import census, versions_table
from evalkit.reporting.sections.auditgauges import audit_gauges
from evalkit.reporting.sections.audithistory import nights_before
from evalkit.reporting.sections.auditvectors import vectors
from evalkit.reporting.sections.auditwords import interval_words, next_step
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.results.audit import AuditResult

TONES = {"SOUND": "good", "UNKNOWN": "open", "DRIFT": "bad"}
_STATES = {True: "holds", False: "fails", None: "silent"}
_IDS = 3  # as many as fit a line


def audit_page(result: AuditResult) -> Page:
    """Return what an audit found as a page; all text in it is safe to show."""
    known = result.readable()
    sections = (
        Section("verdict", "Verdict", (_verdict(known),)),
        Section("rules", "Rules", (_rules(known),)),
        Section("census", "What records state", census(known)),
        Section("vectors", "What the vectors show", vectors(known)),
        Section("history", "Night by night", nights_before(known)),
        Section("trust", "Can you trust this?", _trust(known)),
        Section("reproduce", "Reproduce", _reproduce(known)),
    )
    return Page(
        what="evalkit audit",
        title=f"{known.verdict}: {known.store.name} as {known.question.expect}",
        name=known.store.name,
        facts=(
            f"expected {known.question.expect}",
            figures.counted(known.store.count, "record"),
            f"{known.store.width} dimensions",
            known.question.today,
        ),
        sections=sections,
        summary=(Section.untitled(_verdict(known)), Section.untitled(_rules(known))),
        brief=tuple(_brief(known)),
        tool="evalkit audit",
        gauges=audit_gauges(result),
    )


def _verdict(known: AuditResult) -> Verdict:
    forensic = known.forensic
    return Verdict(
        word=known.verdict,
        tone=TONES[known.verdict],
        headline=f"{known.sentence[:1].upper()}{known.sentence[1:]}.",
        next_step=next_step(known),
        facts=(
            Fact("Stated", figures.percent(known.share), f"of the records state {known.question.expect}"),
            Fact(
                "Examined",
                figures.count(forensic.examined),
                f"vectors made again; {figures.count(forensic.foreign)} are foreign",
            ),
            Fact("Foreign", interval_words(known), "of all vectors, at 95 % confidence each way"),
        ),
    )


def _rules(known: AuditResult) -> Checks:
    return Checks(
        subject=known.store.name,
        title="evalkit audit",
        checks=tuple(
            Check(
                name=rule.name,
                state="warns" if rule.remark else _STATES[rule.passed],
                words=rule.words,
                says="DRIFT" if rule.passed is False else "",
                decides=rule.passed is False,
            )
            for rule in known.rules
        ),
        again=known.provenance.command,
    )


def _trust(known: AuditResult) -> tuple[Block, ...]:
    store = known.store
    facts = (
        Fact("Store", store.kind, store.software or "read as files"),
        Fact("Kept as", store.stored, "as they were put in" if store.exact else "approximations"),
        Fact("Compared by", store.metric or figures.ABSENT, store.index or "no index is named"),
        Fact("Moment", store.snapshot or "none", "what makes all reading see one moment"),
    )
    return (
        Facts(facts),
        Items(known.forensic.cannot_see, title="What this cannot see"),
        Notes(known.findings),
    )


def _reproduce(known: AuditResult) -> tuple[Block, ...]:
    command = known.provenance.command
    words = (
        f"Seed {known.question.seed}; the ids that were drawn have the digest {known.forensic.sampled[:12]}."
    )
    return (Sentences((words,)), *((Command(command),) if command else ()))


def _brief(known: AuditResult) -> Iterator[Section]:
    """Yield what a terminal shows, the verdict at the end."""
    told = (
        known.store.name,
        figures.counted(known.store.count, "record"),
        f"expected {known.question.expect}",
    )
    yield Section.untitled(Sentences((" · ".join(told),)))
    yield Section.untitled(Grid(versions_table(known, "")))
    yield Section.untitled(_rules(known))
    if known.forensic.causes:
        cells = [
            (cause.name, figures.count(cause.count), ", ".join(cause.ids[:_IDS]) + _more(cause.count))
            for cause in known.forensic.causes
        ]
        heads = (Column("Foreign vectors are"), Column("Vectors", numeric=True), Column("Records"))
        yield Section.untitled(Grid(Table.of("", heads, cells)))
    yield Section.untitled(
        Verdict(
            word=known.verdict,
            tone=TONES[known.verdict],
            headline=f"{known.sentence}.",
            next_step=next_step(known),
        )
    )


def _more(count: int) -> str:
    return f" and {figures.count(count - _IDS)} more" if count > _IDS else ""
