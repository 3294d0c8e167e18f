"""The evidence on one candidate: the numbers that the rules read, gathered from comparisons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from evalkit.comparison.effect import Effect
from evalkit.comparison.table import Comparison
from evalkit.decision.policy import EVERY_SEGMENT, Guardrail, Kind, Policy
from evalkit.errors import UnknownNameError
from evalkit.golden.checks.effective import SEGMENT_QUERIES
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One measure on one set of queries, reduced to what the rules read.

    Attributes:
        measure: What is measured.
        segment: Where, None for the whole set.
        kind: What a guardrail demands, None for the primary measure.
        limit: The loss that is accepted.
        delta: Mean of candidate minus baseline.
        low: Lower end of the guarded interval.
        high: Upper end of the guarded interval.
        p_superior: p-value of "better".
        p_non_inferior: p-value of "no worse than the limit".
        p_harm: p-value of "worse".
        queries: How many queries it is measured on.
        effective_queries: How many equally weighted, independent ones carry as much.
        sd: Standard deviation of the deltas per effective query, None where there is none.
        by_model: How many further queries a model alone has judged, corrected by people's grades; 0 for none.
    """

    measure: Measure
    segment: str | None = None
    kind: Kind | None = None
    limit: float
    delta: float
    low: float
    high: float
    p_superior: float
    p_non_inferior: float
    p_harm: float
    queries: int
    effective_queries: float
    sd: float | None = None
    by_model: int = 0

    @classmethod
    def of(
        cls, place: Place, effect: Effect, *, queries: int, sd: float | None = None, by_model: int = 0
    ) -> Component:
        """Return the component at `place` whose effect is known."""
        interval = effect.interval
        return cls(
            measure=place.measure,
            segment=place.segment,
            kind=place.kind,
            limit=place.limit,
            delta=interval.estimate,
            low=max(-1.0, interval.low),
            high=min(1.0, interval.high),
            p_superior=effect.p_superior,
            p_non_inferior=effect.p_non_inferior(place.limit),
            p_harm=effect.p_harm,
            queries=queries,
            effective_queries=interval.effective,
            sd=sd,
            by_model=by_model,
        )

    @property
    def place(self) -> Place:
        """Where the component looks and what is demanded there."""
        return Place(self.measure, self.segment, self.kind, self.limit)

    @property
    def name(self) -> str:
        """The measure, with its segment if it has one."""
        return str(self.measure) if self.segment is None else f"{self.measure} in {self.segment}"

    @property
    def large_enough(self) -> bool:
        """Whether it is more than a description: the whole set, or at least 20 effective queries."""
        return self.segment is None or self.effective_queries >= SEGMENT_QUERIES


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule looks: a measure, a segment, what is demanded there and the loss that is accepted."""

    measure: Measure
    segment: str | None
    kind: Kind | None
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalLoss:
    """A critical query for which the baseline has a relevant document in its top ten, the candidate none.

    Attributes:
        query: Its id.
        confirmed: Whether exact search loses it too, so that the model and not the index is to blame.
        waiver: Why the loss is accepted, "" when it is not.
    """

    query: str
    confirmed: bool = True
    waiver: str = ""

    @property
    def stands(self) -> bool:
        """Whether it counts against the candidate."""
        return self.confirmed and not self.waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What unjudged documents could do to the verdict on one candidate.

    Attributes:
        cutoff: How many ranks are looked at, those of the primary measure; None for all.
        judged_baseline: Mean share of the baseline's results at those ranks that are judged.
        judged_candidate: The same of the candidate.
        unjudged: How many (query, document) pairs at those ranks are unjudged.
        relevant_share: Share of the baseline's judged results there that are relevant: the rate that is
            assumed for the unjudged ones.
        agreement: (rate, share of draws that repeat the verdict) for each rate that was tried.
        tipping: The lowest rate at which fewer than nine in ten draws repeat the verdict, None if there is
            none up to 1.
        stable: Whether the verdict holds at the rates that are to be expected.
        rate_known: Whether grades 0 say how often what is looked at is relevant; else `relevant_share` is
            bounded by what the candidate finds of the known relevant documents (`decision/bound.py`).
    """

    cutoff: int | None
    judged_baseline: float
    judged_candidate: float
    unjudged: int
    relevant_share: float
    agreement: tuple[tuple[float, float], ...]
    tipping: float | None
    stable: bool
    rate_known: bool = True

    @property
    def gap(self) -> float:
        """How much more of the candidate's results than of the baseline's is judged; usually negative."""
        return self.judged_candidate - self.judged_baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known about one candidate when a verdict is asked for.

    Attributes:
        baseline: Name of the system in production.
        candidate: Name of the system that may replace it.
        primary: The primary measure on the whole golden set.
        guardrails: What else must not get worse.
        losses: Critical queries that lose their hit, waived and unconfirmed ones included.
        sensitivity: What unjudged documents could do; None where every relevant document is judged.
        source_doubtful: Whether known answers are sparse and come, or may come, from the baseline's results.
        source_stated: Whether the golden set says where its answers come from.
        at_chance: Whether the candidate finds no more than a random order would: a broken input.
        in_any_order: The other verdict that holds where identical documents that are judged differently count
            in every order alike; "" where it is the same, or there are none.
    """

    baseline: str
    candidate: str
    primary: Component
    guardrails: tuple[Component, ...] = ()
    losses: tuple[CriticalLoss, ...] = ()
    sensitivity: Sensitivity | None = None
    source_doubtful: bool = False
    source_stated: bool = False
    at_chance: bool = False
    in_any_order: str = ""

    @property
    def components(self) -> tuple[Component, ...]:
        """Everything that is compared, the primary measure first."""
        return (self.primary, *self.guardrails)

    @property
    def proven(self) -> tuple[Component, ...]:
        """The guardrails that must exclude a loss beyond their limit."""
        return tuple(rail for rail in self.guardrails if rail.kind == Kind.PROVEN)


def gather(
    comparisons: Sequence[Comparison],
    policy: Policy,
    *,
    losses: Sequence[CriticalLoss] = (),
    sensitivity: Sensitivity | None = None,
    source_doubtful: bool = False,
) -> Evidence:
    """Pick from the comparisons of one candidate what the policy asks about.

    Args:
        comparisons: What `compare` returned for this candidate.
        policy: Says which measure is primary and what the guardrails are.
        losses: Critical queries that lost their hit.
        sensitivity: What unjudged documents could do, once that is known.
        source_doubtful: Whether known answers may have been mined from the baseline's results.

    Returns:
        The evidence, its guardrails in the order of the policy.

    Raises:
        UnknownNameError: The policy names a measure or a segment that was not compared.
    """
    table = {(row.measure, row.segment): row for row in comparisons}

    def component(place: Place) -> Component:
        row = _row(table, place.measure, place.segment)
        return Component.of(place, row.effect, queries=row.queries, sd=row.sd, by_model=row.by_model)

    primary, *rails = (component(place) for place in places(policy, comparisons))
    return Evidence(
        baseline=comparisons[0].baseline,
        candidate=comparisons[0].candidate,
        primary=primary,
        guardrails=tuple(rails),
        losses=tuple(losses),
        sensitivity=sensitivity,
        source_doubtful=source_doubtful,
    )


def places(policy: Policy, comparisons: Sequence[Comparison]) -> tuple[Place, ...]:
    """Return where the rules look, the primary measure first; each measure and segment once.

    A guardrail for one segment wins over one for every segment. The primary measure on the whole set is
    never its own guardrail.
    """
    primary = Place(policy.primary, None, None, policy.margin)
    found: dict[tuple[Measure, str | None], Place] = {}
    for rail in sorted(policy.guardrails, key=lambda rail: rail.segment != EVERY_SEGMENT):
        measure = rail.measure or policy.primary
        limit = policy.segment_margin if rail.limit is None else rail.limit
        for segment in _segments(rail, measure, comparisons):
            found[measure, segment] = Place(measure, segment, rail.kind, limit)
    found.pop((primary.measure, None), None)
    return (primary, *found.values())


def doubtful_source(golden: GoldenSet, baseline_names: Collection[str]) -> bool:
    """Return whether sparse known answers come, or may come, from the baseline's own results.

    Args:
        golden: Its card says how it was judged and which systems' results were looked at.
        baseline_names: What the card may call the baseline: its alias, its model.
    """
    if golden.card.judgments != "sparse":
        return False
    sources = {name.casefold() for name in golden.card.pooled_from}
    return not sources or not sources.isdisjoint(name.casefold() for name in baseline_names)


def _segments(rail: Guardrail, measure: Measure, comparisons: Sequence[Comparison]) -> tuple[str | None, ...]:
    if rail.kind == Kind.CRITICAL:
        return ()
    if rail.segment != EVERY_SEGMENT:
        return (rail.segment,)
    large = (row for row in comparisons if row.segment is not None and not row.descriptive)
    return tuple(row.segment for row in large if row.measure == measure)


def _row(
    table: dict[tuple[Measure, str | None], Comparison], measure: Measure, segment: str | None
) -> Comparison:
    if (measure, segment) in table:
        return table[measure, segment]
    measures = {str(known) for known, _ in table}
    if str(measure) not in measures:
        raise UnknownNameError.among(
            "compared measure", str(measure), measures, hint=f"score {measure} too, or change the policy"
        )
    segments = {name for _, name in table if name is not None}
    raise UnknownNameError.among(
        "segment", str(segment), segments, hint="a segment needs at least one query with a relevant document"
    )
