"""Strength: whether the queries of a golden set are many and independent enough to show anything."""

from __future__ import annotations

import numpy as np

from evalkit.figures import beside
from evalkit.findings import Finding, Severity, place
from evalkit.golden.checks.effective import ENOUGH_QUERIES, SEGMENT_QUERIES
from evalkit.golden.checks.portrait import PortraitPart, parts_of
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.records import Draft
from evalkit.golden.reading.telling import count, told

MANY_CRITICAL = 20


def strength_findings(draft: Draft, golden: GoldenSet) -> list[Finding]:
    """Return findings on few effective queries, in the whole set and its segments, and on critical ones."""
    whole, *segments = parts_of(golden)
    findings = [*_too_few(draft, whole), *_small_segments(draft, segments)]
    return [*findings, *_strange_segments(draft, golden), *_critical(draft, golden)]


def _too_few(draft: Draft, whole: PortraitPart) -> list[Finding]:
    where = (place(draft.queries.path),)
    hint = f"add queries of other people about other things, {ENOUGH_QUERIES} at the very least, better 300"
    if whole.effective < ENOUGH_QUERIES:
        problem = f"{count(whole.queries, 'query', 'queries')} with a relevant document"
        worth = beside(whole.effective, ENOUGH_QUERIES, 0)
        problem += f" carry as much as {worth} independent ones: too few to show anything"
        return [Finding("EK260", Severity.WARNING, problem, where, hint)]
    if whole.effective_weighted < ENOUGH_QUERIES:
        worth = f"{beside(whole.effective_weighted, ENOUGH_QUERIES, 0)} equal ones"
        problem = f"by their weights, {whole.queries} queries carry as much as {worth}"
        hint = "leave use_weights off, or flatten the weights: take their square root, or cap them"
        return [Finding("EK261", Severity.WARNING, problem, where, hint)]
    return []


def _small_segments(draft: Draft, segments: list[PortraitPart]) -> list[Finding]:
    small = [part for part in segments if part.effective < SEGMENT_QUERIES]
    if not small:
        return []
    have = count(len(small), "segment has", "segments have")
    problem = f"{have} fewer than {SEGMENT_QUERIES} effective queries"
    where = place(
        draft.queries.path,
        (),
        [f"{part.segment} {beside(part.effective, SEGMENT_QUERIES, 0)}" for part in small],
    )
    hint = "they are described and guard nothing; add queries to them, or join them"
    return [Finding("EK262", Severity.NOTICE, problem, (where,), hint)]


def _strange_segments(draft: Draft, golden: GoldenSet) -> list[Finding]:
    explained, used = set(golden.card.segments), set(golden.segments)
    strangers = sorted(explained ^ used)
    if not explained or not strangers:
        return []
    named = count(len(strangers), "segment is", "segments are")
    problem = f"{named} named only in the card or only in queries"
    where = place(draft.queries.path, (), strangers)
    hint = "a misspelt name makes a segment of its own; use the names of [segments] in golden.toml"
    return [Finding("EK263", Severity.NOTICE, problem, (where,), hint)]


def _critical(draft: Draft, golden: GoldenSet) -> list[Finding]:
    mute = {golden.queries.ids[row] for row in np.flatnonzero(golden.critical & ~golden.counted)}
    mute -= {golden.queries.ids[row] for row in np.flatnonzero(golden.silent)}
    findings = told(
        "EK264",
        Severity.WARNING,
        f"{count(len(mute), 'critical query has', 'critical queries have')} no relevant document",
        draft.queries,
        [record for record in draft.queries.records if record.identity in mute],
        hint="they can never be lost and so guard nothing; judge their answers",
    )
    critical = [record for record in draft.queries.records if record.fields.get("critical") is True]
    if len(critical) >= MANY_CRITICAL:
        findings += told(
            "EK265",
            Severity.NOTICE,
            f"{len(critical)} queries are critical",
            draft.queries,
            critical,
            hint="one lost is a NO-GO, and of so many a better model often loses one; keep those that matter",
        )
    return findings
