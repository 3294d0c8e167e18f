"""Strength: whether the queries of a golden set are many and independent enough to show anything."""

from __future__ import annotations

import numpy as np

from evalkit.findings import Finding, Severity, place
from evalkit.golden.effective import ENOUGH_QUERIES, SEGMENT_QUERIES, effective_queries
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.records import Draft
from evalkit.golden.telling import count, told

MANY_CRITICAL = 20


def strength_findings(draft: Draft, golden: GoldenSet) -> list[Finding]:
    """Return findings on few effective queries, in the whole set and its segments, and on critical ones."""
    return [*_too_few(draft, golden), *_segments(draft, golden), *_critical(draft, golden)]


def _too_few(draft: Draft, golden: GoldenSet) -> list[Finding]:
    counted = golden.counted
    groups, weights = golden.groups[counted], golden.weights[counted]
    plain, weighted = effective_queries(np.ones(weights.size), groups), effective_queries(weights, groups)
    where = (place(draft.queries.path),)
    hint = f"add queries of other people about other things, {ENOUGH_QUERIES} at the very least, better 300"
    if plain < ENOUGH_QUERIES:
        problem = f"{count(int(counted.sum()), 'query', 'queries')} with a relevant document"
        problem += f" carry as much as {plain:.0f} independent ones: no comparison will show anything"
        return [Finding("EK260", Severity.WARNING, problem, where, hint)]
    if weighted < ENOUGH_QUERIES:
        problem = f"by their weights, {counted.sum()} queries carry as much as {weighted:.0f} equal ones"
        hint = "leave use_weights off, or flatten the weights: take their square root, or cap them"
        return [Finding("EK261", Severity.WARNING, problem, where, hint)]
    return []


def _segments(draft: Draft, golden: GoldenSet) -> list[Finding]:
    findings = []
    small = {name: size for name, size in _sizes(golden).items() if size < SEGMENT_QUERIES}
    if small:
        problem = f"{count(len(small), 'segment has', 'segments have')} fewer than {SEGMENT_QUERIES}"
        where = place(draft.queries.path, (), [f"{name} {size:.0f}" for name, size in small.items()])
        hint = "they are described and guard nothing; add queries to them, or join them"
        findings.append(
            Finding("EK262", Severity.NOTICE, f"{problem} effective queries", (where,), hint),
        )
    explained, used = set(golden.card.segments), set(golden.segments)
    strangers = sorted(explained ^ used) if explained else []
    if strangers:
        problem = (
            f"{count(len(strangers), 'segment is', 'segments are')} named only in the card or only in queries"
        )
        where = place(draft.queries.path, (), strangers)
        hint = "a misspelt name makes a segment of its own; use the names of [segments] in golden.toml"
        findings.append(Finding("EK263", Severity.NOTICE, problem, (where,), hint))
    return findings


def _sizes(golden: GoldenSet) -> dict[str, float]:
    """Return the effective counted queries of each segment, weights aside."""
    sizes = {}
    for name, members in golden.segments.items():
        groups = golden.groups[members & golden.counted]
        sizes[name] = effective_queries(np.ones(groups.size), groups)
    return sizes


def _critical(draft: Draft, golden: GoldenSet) -> list[Finding]:
    mute = {golden.queries.ids[row] for row in np.flatnonzero(golden.critical & ~golden.counted)}
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
