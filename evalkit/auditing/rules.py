"""The rules of an audit: what census and evidence must be for an index to be called sound."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evalkit import figures
from evalkit.auditing.census import Census
from evalkit.auditing.evidence import Forensics
from evalkit.auditing.expectation import ClaimReading, Expectation, expected_by
from evalkit.auditing.question import AuditQuestion
from evalkit.digests import with_short_digests

VERSION, STATED, VECTORS = "One version", "Stated model", "Vectors"
_SHOWN = 5

TENTH = 0.1


class AuditVerdict(enum.StrEnum):
    """What an audit says."""

    SOUND = "SOUND"
    DRIFT = "DRIFT"
    UNKNOWN = "UNKNOWN"


EXIT_CODES = {AuditVerdict.SOUND: 0, AuditVerdict.DRIFT: 1, AuditVerdict.UNKNOWN: 3}


@dataclass(frozen=True, slots=True)
class AuditRule:
    """What one rule saw: it holds, it fails, or (None) it cannot tell; a remark changes no verdict."""

    name: str
    words: str
    passed: bool | None
    remark: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AuditFacts:
    """What the rules look at: question, census, evidence, and the share of the expected model last time."""

    question: AuditQuestion
    census: Census
    evidence: Forensics
    before: float | None = None


def judge_audit(facts: AuditFacts) -> tuple[AuditVerdict, tuple[AuditRule, ...]]:
    """Return the verdict and every rule; one that fails makes it DRIFT, else one that cannot tell UNKNOWN."""
    rules = (
        _versions(facts),
        *_claims(facts),
        _widths(facts.census),
        *_schedule(facts),
        *_foreign(facts),
        *_agreement(facts),
    )
    rules = tuple(replace(rule, words=figures.plain(rule.words)) for rule in rules)
    counting = [rule.passed for rule in rules if not rule.remark]
    verdict = (
        AuditVerdict.DRIFT
        if False in counting
        else AuditVerdict.UNKNOWN
        if None in counting
        else AuditVerdict.SOUND
    )
    return verdict, rules


def sentence_of(verdict: AuditVerdict, rules: Sequence[AuditRule], facts: AuditFacts) -> str:
    """Return why the verdict is what it is."""
    if verdict != AuditVerdict.SOUND:
        wanted = False if verdict == AuditVerdict.DRIFT else None
        spoken = {rule.name: rule.words for rule in rules if rule.passed is wanted and not rule.remark}
        if VERSION in spoken:  # which says whose records they are as well
            spoken.pop(STATED, None)
        return "; ".join(spoken[name] for name in sorted(spoken, key=lambda name: name != VECTORS))
    bound, name = facts.evidence.bound, " and ".join(model.name for model in facts.question.allowed)
    examined = figures.plain(figures.counted(bound.examined, "vector"))
    if bound.examined >= facts.census.total:
        return f"all {examined} are of {name}"
    return (
        f"{examined} drawn from {figures.count(facts.census.total)} are all of {name}: at most "
        f"{upper(bound.high)} of the index is not, at 95 % confidence"
    )


def upper(share: float) -> str:
    """Return an upper bound in percent, with digits enough not to look like nothing."""
    return f"{figures.significant(100 * share)} %" if share < TENTH else figures.percent(share)


def _versions(facts: AuditFacts) -> AuditRule:
    """Whether all records state one version, or inside a window those of both models."""
    versions = facts.census.versions
    allowed = facts.question.allowed
    told = _shares(versions, facts.census.total)
    if set(versions) <= {""}:
        words = "no record states which model made its vector" if versions else "the store holds no record"
        return AuditRule(VERSION, words, passed=None, remark=bool(versions))
    strange = [version for version in versions if expected_by(version, allowed) is None]
    if len(allowed) > 1:
        third = {version: versions[version] for version in strange}
        words = f"beside both models of the window there are {_shares(third, facts.census.total)}"
        return AuditRule("Versions of the window", words if third else told, passed=not third)
    if len(versions) == 1:
        return AuditRule(VERSION, f"every record states {_quoted(list(versions))}", passed=True)
    return AuditRule(VERSION, f"records state {told}", passed=not strange)


def _shares(versions: dict[str, int], total: int) -> str:
    parts = [
        f"{figures.permille(count / total)} {_quoted([version]) if version else 'nothing'}"
        for version, count in list(versions.items())[:_SHOWN]
    ]
    rest = len(versions) - _SHOWN
    return ", ".join(parts) + (f" and {rest} more versions" if rest > 0 else "")


def _claims(facts: AuditFacts) -> Iterator[AuditRule]:
    """Whether what records state is the expected model."""
    allowed, versions = facts.question.allowed, [v for v in facts.census.versions if v]
    readings = {version: _reading(version, allowed) for version in versions}
    others = [version for version, reads in readings.items() if reads == ClaimReading.OTHER]
    labels = [version for version, reads in readings.items() if reads == ClaimReading.LABEL]
    name = " and ".join(model.name for model in allowed)
    if others:
        words = f"records state {_quoted(others)}, not {name}"
        yield AuditRule(STATED, words, passed=False)
    elif labels:
        words = f"records state {_quoted(labels)}, which names no model; say whose it is: --claim {labels[0]}"
        yield AuditRule(STATED, words, passed=None, remark=True)
    elif versions:
        yield AuditRule(STATED, f"what records state is {name}", passed=True)


def _reading(version: str, allowed: Sequence[Expectation]) -> ClaimReading:
    reads = [model.reads(version) for model in allowed]
    if ClaimReading.EXPECTED in reads:
        return ClaimReading.EXPECTED
    return ClaimReading.OTHER if ClaimReading.OTHER in reads else ClaimReading.LABEL


def _quoted(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(with_short_digests(name)) for name in names[:_SHOWN]) + more


def _widths(census: Census) -> AuditRule:
    """Whether every record has a vector, and all are equally wide."""
    widths = census.widths
    told = ", ".join(
        f"{figures.counted(count, 'vector')} of {width} dimensions"
        if width > 0
        else f"{figures.counted(count, 'record')} without a vector"
        for width, count in list(widths.items())[:_SHOWN]
        if width >= 0
    )
    known = [width for width in widths if width >= 0]
    passed = len(known) <= 1 and 0 not in known
    return AuditRule("One width", told or "the store has one width", passed=passed)


def _schedule(facts: AuditFacts) -> Iterator[AuditRule]:
    question = facts.question
    if question.window is None or question.old is None:
        return
    models = (question.expected, question.old)
    if question.window.is_open(question.today):
        found = list(question.window.objections(facts.census, models, question.today, facts.before))
        words = "; ".join(found) or "the move keeps to its schedule"
        yield AuditRule("Schedule", words, passed=not found)
    elif question.today > question.window.ends:
        yield AuditRule("Schedule", f"the move was to end on {question.window.ends.isoformat()}", passed=True)


def _foreign(facts: AuditFacts) -> Iterator[AuditRule]:
    """Whether the vectors that were drawn are those of the expected model."""
    evidence, bound = facts.evidence, facts.evidence.bound
    name = " or ".join(model.name for model in facts.question.allowed)
    if evidence.attribution is None:
        yield AuditRule(VECTORS, f"not certified: {evidence.lacking}", passed=None)
        return
    if bound.found:
        words = (
            f"{figures.count(bound.found)} of {figures.counted(bound.examined, 'vector')} are not of {name}: "
            f"{upper(bound.low)} to {upper(bound.high)} of the index"
        )
        yield AuditRule(VECTORS, words, passed=False)
        return
    words = f"all {figures.counted(bound.examined, 'vector')} that were drawn are of {name}"
    yield AuditRule(VECTORS, words, passed=True)
    if facts.question.sample is None and bound.high > facts.question.at_most + 1e-12:
        few = (
            f"{figures.counted(bound.examined, 'vector')} exclude a foreign share above {upper(bound.high)}, "
            f"not above {upper(facts.question.at_most)}"
        )
        yield AuditRule("Enough", few, passed=None)


def _agreement(facts: AuditFacts) -> Iterator[AuditRule]:
    """Whether each vector is of the model that its record names, where several are allowed."""
    attribution, allowed = facts.evidence.attribution, facts.question.allowed
    if attribution is None or len(allowed) == 1:
        return
    named = [expected_by(claim, allowed) for claim in attribution.sampled.claims]
    pairs = zip(named, attribution.models.tolist(), strict=True)
    wrong = sum(name is not None and 0 <= model != name for name, model in pairs)
    words = (
        f"{figures.count(wrong)} of {figures.counted(len(named), 'vector')} are of the other model than "
        "their record states"
        if wrong
        else "each vector is of the model that its record states"
    )
    yield AuditRule("Claim and evidence", words, passed=not wrong)
