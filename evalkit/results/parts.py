"""The parts: what results of every kind say of golden sets, systems, measures and findings."""

from __future__ import annotations

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from evalkit.results.record import Number, Record


class GoldenPart(Record):
    """What a golden set is: names, digests, sizes and, where it says so, what its grades are worth.

    `graded` is false where judgements are gains: grade n is the n-th smallest gain above 0.
    """

    name: str = ""
    version: str = ""
    digest: str = ""
    judgements_digest: str = ""
    queries: int = 0
    documents: int = 0
    judgements: int = 0
    judgments: str = ""
    pooled_from: tuple[str, ...] = ()
    description: str = ""
    license: str = ""
    segments: dict[str, str] = {}
    gains: dict[str, Number] = {}
    graded: bool = True


class SystemPart(Record):
    """What a system is, and its means; `exact_measures` are those of exact search, where its index is not."""

    spec: str
    role: str
    fingerprint: dict[str, Any] | None = None
    index: str | None = None
    dims: int | None = None
    bytes_per_vector: int | None = None
    vector_bytes: int | None = None
    truncated_documents: int | None = None
    measures: dict[str, Number | None] = {}
    exact_measures: dict[str, Number | None] | None = {}
    index_recall: Number | None = None
    queries_without_results: int | None = None
    tie_rate: Number | None = None

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write a system that nobody scored as a diff has written it: its rate of ties first."""
        written: dict[str, Any] = handler(self)
        if "tie_rate" in written and not written.get("measures"):
            written["queries_without_results"] = written.pop("queries_without_results", None)
        return written


class ComparisonPart(Record):
    """One measure of two systems, on the whole golden set (`segment` None) or on a segment."""

    measure: str
    segment: str | None = None
    baseline: str
    candidate: str
    queries: int
    effective_queries: Number
    baseline_mean: Number
    candidate_mean: Number
    delta: Number
    low: Number
    high: Number
    p_two_sided: Number | None = None
    p_greater: Number | None = None
    p_less: Number | None = None
    p_adjusted: Number | None = None
    wins: int
    ties: int
    losses: int
    nonzero: int = 0
    share_better: Number | None = None
    relative_change: Number | None = None
    sd: Number | None = None
    d_z: Number | None = None
    ci_t: tuple[Number | None, ...] | None = None
    detectable: Number | None = None
    provable: Number | None = None
    limit: Number = 0.0
    exact: bool = False
    descriptive: bool = False
    status: str = ""


class SitePart(Record):
    """What a check is about: a query, or a measure with its segment."""

    query: str | None = None
    measure: str | None = None
    segment: str | None = None


class RulePart(Record):
    """What one rule or check saw and says; `passed` is None where it cannot tell."""

    candidate: str
    row: str
    name: str
    words: str
    seen: str = ""
    passed: bool | None
    observed: Number | None = None
    low: Number | None = None
    high: Number | None = None
    limit: Number | None = None
    unit: str | None = None
    sites: tuple[SitePart, ...] = ()
    p: Number | None = None
    verdict: str | None = None
    reason: str = "OK"
    queries_needed: int | None = None
    segment: str | None = None
    measure: str | None = None
    about: str = ""
    term: str = ""


class CriticalPart(Record):
    """A critical query that lost its hit, and whether that counts."""

    candidate: str
    query: str
    text: str
    baseline_rank: int | None = None
    candidate_rank: int | None = None
    confirmed: bool = True
    waiver: str = ""
    stands: bool = True


class SettlingPart(Record):
    """The fewest documents at the head of the worklist that could settle an open verdict, either way.

    Either is None where even all that are `listed` could not.
    """

    listed: int = 0
    go: int | None = None
    no_go: int | None = None

    @property
    def fewest(self) -> int | None:
        """The smaller of the two, None where no grades settle it."""
        return min((number for number in (self.go, self.no_go) if number is not None), default=None)


class UnjudgedPart(Record):
    """What unjudged documents could do to a verdict; empty where every relevant document is judged."""

    cutoff: int | None = None
    judged_baseline: Number = 0.0
    judged_candidate: Number = 0.0
    unjudged: int = 0
    relevant_share: Number | None = None
    agreement: tuple[tuple[Number, Number], ...] = ()
    tipping: Number | None = None
    stable: bool = True
    rate_known: bool = True
    gap: Number = 0.0
    settling: SettlingPart = SettlingPart()


class PowerPart(Record):
    """What a golden set of this size can show."""

    queries: int
    effective_queries: Number
    sd: Number | None = None
    detectable: Number | None = None
    provable: Number | None = None
    queries_needed: int | None = None
    missed_below: Number | None = None


class CountsPart(Record):
    """Every denominator: queries judged, scored and left out, documents and judgements.

    `silent` are the queries whose right answer is nothing, where there are any.
    """

    queries: int = 0
    scored: int = 0
    without_relevant: int = 0
    silent: int = 0
    critical: int = 0
    groups: int = 0
    documents: int = 0
    unreachable_documents: int = 0
    judgements: int = 0
    relevant: int = 0
    relevant_per_query: Number | None = None
    depth: int = 0


class DeltasPart(Record):
    """The primary measure query by query, in parallel lists, worst first."""

    measure: str
    ids: tuple[str, ...]
    deltas: tuple[float, ...]
    baseline: tuple[float, ...]
    candidate: tuple[float, ...]


class HitPart(Record):
    """A document in one of two top tens; `grade` is None where nobody judged it."""

    document: str
    rank: int
    other_rank: int | None = None
    grade: int | None = None


class MissingPart(Record):
    """A relevant document that one of two top tens lacks."""

    document: str
    grade: int
    baseline_rank: int | None = None
    candidate_rank: int | None = None


class QueryPart(Record):
    """A query in full: its scores, and what both systems returned."""

    id: str
    text: str
    candidate: str
    delta: Number
    weight: Number = 1.0
    critical: bool = False
    segments: tuple[str, ...] = ()
    baseline_score: Number
    candidate_score: Number
    baseline_top: tuple[HitPart, ...] = ()
    candidate_top: tuple[HitPart, ...] = ()
    missing: tuple[MissingPart, ...] = ()


class GainPart(Record):
    """A critical query that gained its hit."""

    query: str
    baseline_rank: int | None = None
    candidate_rank: int | None = None


class ReasonPart(Record):
    """One of the things that a verdict rests on; `about` is primary, queries, guardrail, segment and so on.

    `passed` is True only of the primary measure, whose outcome stands first whether or not it is to blame.
    """

    about: str
    row: str
    name: str
    reason: str
    passed: bool | None
    words: str
    segment: str | None = None


class DecisionPart(Record):
    """The verdict on one candidate, and why; `reasons` in the order in which they are read."""

    candidate: str
    verdict: str
    reason: str
    sentence: str
    queries_needed: int | None = None
    verdict_without_critical: str = ""
    reason_without_critical: str = ""
    notes: tuple[str, ...] = ()
    critical_gained: tuple[GainPart, ...] = ()
    reasons: tuple[ReasonPart, ...] = ()


class StepPart(Record):
    """A step of the self-test: the verdict where a share of a candidate's results is random."""

    candidate: str
    share: Number
    delta: Number
    verdict: str
    reason: str


class FindingPart(Record):
    """What a check noticed."""

    code: str
    severity: str
    problem: str
    places: tuple[str, ...] = ()
    hint: str = ""
