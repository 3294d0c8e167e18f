"""The survey: every strategy traced along the shares, and the traces made into lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from evalkit.arrays import Bools, Floats
from evalkit.comparison.sample import Sample
from evalkit.errors import NothingToEvaluateError, UnknownNameError
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet
from evalkit.mixing.claims import ESTIMATED_AT, Way, steps_of_order, valley_of
from evalkit.mixing.columns import Strategy
from evalkit.mixing.credit import Credit
from evalkit.mixing.drawing import Drawing, Followed
from evalkit.mixing.fusion import Lists, cascade_ranks, fused_ranks
from evalkit.mixing.holding import held_half_way
from evalkit.mixing.line import Holding, Line
from evalkit.mixing.occupancy import highest
from evalkit.mixing.orders import Order
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.sharing import Counting, shared_sweep
from evalkit.mixing.simulation import Moves, simulated_trace
from evalkit.mixing.strategies import BY_RANK, Setup, make_strategies
from evalkit.mixing.summary import KEEPS_OLD
from evalkit.mixing.sweep import SweepEntry, Swept, sweep
from evalkit.mixing.tally import NEW, CountTally, Steps, StepTally
from evalkit.mixing.traces import FOUND, Measurement, Trace, expected_trace, expected_values, ranked_trace
from evalkit.scaling.executor import Executor
from evalkit.scoring.fitting import check_fit
from evalkit.scoring.measure import Measure


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Survey:
    """What is to be traced; every field was checked before.

    Attributes:
        golden: Queries, corpus and judgements.
        setup: The two sets.
        order: Which documents move first.
        shares: (S,) increasing.
        measures: M measures with a cutoff.
        cohorts: Document fields of which each value becomes a cohort.
        cascade_depth: How many candidates `cascade` takes.
        realisations: How many random migrations are simulated.
        alpha: One minus the coverage of the bands.
        use_weights: Whether queries count by their traffic.
        holdings: Strategies of which to tell which share of the first results each cohort holds.
        executor: Who counts and searches in parts; None: this process as a whole.
    """

    golden: GoldenSet
    setup: Setup
    order: Order
    shares: Floats
    measures: tuple[Measure, ...]
    cohorts: tuple[str, ...]
    cascade_depth: int
    realisations: int
    alpha: float
    use_weights: bool
    holdings: tuple[str, ...]
    executor: Executor | None = None

    @property
    def depth(self) -> int:
        """The last rank that any number depends on."""
        return max(FOUND, *(measure.cutoff or FOUND for measure in self.measures))

    @property
    def claimed(self) -> Floats:
        """The shares that claims are made on, where not at any share: a fixed order's steps, or both ends."""
        if self.order.positions is None:
            return np.array([0.0, 1.0])
        return steps_of_order(len(self.golden.corpus), int((self.golden.qrels.grades >= 1).sum()))

    @property
    def traced(self) -> Floats:
        """(T,) increasing shares at which score merges are traced: those shown, those claimed, one half."""
        return np.union1d(self.shares, np.append(self.claimed, 0.5))

    @property
    def steps(self) -> Steps | None:
        """The first traced share at which each document has moved; None where the order is random."""
        positions = self.order.positions
        if positions is None:
            return None
        return Steps(np.searchsorted(self.traced, positions, side="left"), self.traced.size)


@dataclass(frozen=True, slots=True, eq=False)
class Surveyed:
    """What a survey found: lines, remarks on fitting, and the valley of each measure where there is one."""

    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    valleys: Mapping[Measure, tuple[float, float]]


def survey_lines(survey: Survey, names: Sequence[str]) -> Surveyed:
    """Return the lines of the named strategies, and what fitting them has shown.

    Raises:
        NothingToEvaluateError: No query has a relevant document.
    """
    check_fit(survey.golden, survey.measures)
    relevant = Relevant.of(survey.golden)
    if not relevant.counted.any():
        raise NothingToEvaluateError(
            f"no query of {survey.golden.name} has a relevant document",
            hint="judge documents with grade 1 or more, then run again",
        )
    made, findings = make_strategies(list(dict.fromkeys([KEEPS_OLD, *names])), survey.setup)
    swept = {found.entry.strategy.name: found for found in _swept(survey, relevant, made)}
    old_ranks = _still_ranks(swept[KEEPS_OLD])
    measurement = _measurement(survey, relevant, old_ranks)
    old = _constant(survey, measurement, old_ranks)
    followed = {KEEPS_OLD: old}
    for name in names:
        if name in BY_RANK:
            followed[name] = _by_rank(survey, measurement, name)
        elif name != KEEPS_OLD:
            followed[name] = _by_score(survey, measurement, swept[name])
    drawing = _drawing(survey, measurement, old.trace)
    ways = {name: drawing.way(followed[name]) for name in names}
    lines = [line for name in names for line in drawing.lines(name, followed[name], ways[name])]
    if survey.holdings:
        held = _holdings(survey, [swept[name].entry.strategy for name in survey.holdings if name in swept])
        lines = [replace(line, held=held.get(line.strategy, {})) for line in lines]
    return Surveyed(tuple(lines), findings, _valleys(survey, ways))


def _drawing(survey: Survey, measurement: Measurement, old: Trace) -> Drawing:
    return Drawing(
        shown=survey.shares,
        measures=survey.measures,
        before=old.values[:, 0],
        weights=measurement.weights / measurement.weights.sum(),
        sample=Sample.of(survey.golden, measurement.relevant.counted, use_weights=survey.use_weights),
        alpha=survey.alpha,
        cohorts=measurement.cohorts,
        documents=len(survey.golden.corpus),
        stepwise=survey.order.positions is not None,
    )


def _valleys(survey: Survey, ways: Mapping[str, Way]) -> dict[Measure, tuple[float, float]]:
    if not {"new-query", "old-query"} <= set(ways):
        return {}
    return dict(zip(survey.measures, valley_of(ways["new-query"], ways["old-query"]), strict=True))


def _holdings(survey: Survey, strategies: Sequence[Strategy]) -> dict[str, dict[str, Holding]]:
    """Return what each cohort holds of the first results half way, under strategies that merge by score."""
    removed = survey.golden.uncounted
    # Strategies share columns, and so their searches.
    fields, search = _fields(survey), cache(partial(highest, executor=survey.executor))
    return {
        strategy.name: held_half_way(strategy, survey.order, fields, removed=removed, search=search)
        for strategy in strategies
    }


def _swept(survey: Survey, relevant: Relevant, strategies: Sequence[Strategy]) -> tuple[Swept, ...]:
    removed, steps = survey.golden.uncounted, survey.steps
    entries = [SweepEntry(strategy, strategy.thresholds(relevant, removed)) for strategy in strategies]
    if survey.executor is not None:
        counting = Counting(tuple(entries), relevant, removed, steps, survey.depth)
        return shared_sweep(counting, survey.executor)
    return sweep(entries, relevant, removed=removed, steps=steps, enough=survey.depth)


def _still_ranks(swept: Swept) -> Floats:
    """Return (J,) ranks under a strategy whose scores no move changes."""
    counts = swept.moved.counts[NEW] if isinstance(swept.moved, CountTally) else 0
    return np.where(swept.entry.own.new > -np.inf, 1.0 + counts, np.inf)


def _measurement(survey: Survey, relevant: Relevant, old_ranks: Floats) -> Measurement:
    golden = survey.golden
    weights = golden.weights if survey.use_weights else np.ones(len(golden.queries))
    return Measurement(
        relevant=relevant,
        credits=tuple(Credit.of(measure, relevant, len(golden.corpus)) for measure in survey.measures),
        weights=np.where(relevant.counted, weights, 0.0),
        found=np.asarray(old_ranks <= FOUND),
        fields=_relevant_members(survey, relevant),
    )


def _fields(survey: Survey) -> dict[str, Bools]:
    """Return the (D,) members of each cohort that a document field makes, by value."""
    cohorts = {}
    for name in survey.cohorts:
        if name not in survey.golden.document_fields:
            raise UnknownNameError.among("field of the documents", name, survey.golden.document_fields)
        values = np.array([str(value) for value in survey.golden.document_fields[name]])
        for value in sorted(set(values.tolist())):
            cohorts[f"{name}={value}"] = np.asarray(values == value)
    return cohorts


def _relevant_members(survey: Survey, relevant: Relevant) -> dict[str, Bools]:
    """Return which of the relevant documents belong to each further cohort, where there are any."""
    members = {name: found[relevant.doc_rows] for name, found in _fields(survey).items()}
    return {name: found for name, found in members.items() if found.any()}


def _chances(survey: Survey, relevant: Relevant, shares: Floats) -> Floats:
    """Return (J, S) the probability that each relevant document has moved; 0 or 1 under a fixed order."""
    if survey.order.positions is None:
        return np.broadcast_to(shares, (len(relevant), shares.size))
    positions = survey.order.positions[relevant.doc_rows]
    return (positions[:, None] <= shares).astype(np.float64)


def _constant(survey: Survey, measurement: Measurement, ranks: Floats) -> Followed:
    ends = np.array([0.0, 1.0])
    shares = np.union1d(survey.shares, [*ends, 0.5])
    chances = _chances(survey, measurement.relevant, shares)
    everywhere = np.broadcast_to(ranks[:, None], chances.shape)
    trace = ranked_trace(measurement, everywhere, chances, random=survey.order.positions is None)
    return Followed(trace=trace, shares=shares, claimed=ends)


def _by_score(survey: Survey, measurement: Measurement, swept: Swept) -> Followed:
    moved, unmoved = swept.moved, swept.unmoved
    relevant, own, shares = measurement.relevant, swept.entry.own, survey.traced
    if isinstance(moved, StepTally) and isinstance(unmoved, StepTally):
        chances = _chances(survey, relevant, shares)
        ranks = np.where(chances > 0, moved.ranks(own, moved=True), unmoved.ranks(own, moved=False))
        trace = ranked_trace(measurement, ranks, chances, random=False)
        return Followed(trace=trace, shares=shares, claimed=survey.claimed)
    here, there = (
        tally.standing(relevant, own, moved=state)
        for tally, state in ((moved, True), (unmoved, False))
        if isinstance(tally, CountTally)
    )
    return Followed(
        trace=expected_trace(measurement, here, there, shares),
        shares=shares,
        claimed=survey.claimed,
        values=lambda others: expected_values(measurement, here, there, others),
    )


def _by_rank(survey: Survey, measurement: Measurement, name: str) -> Followed:
    setup, relevant, removed = survey.setup, measurement.relevant, survey.golden.uncounted
    if name == "cascade":
        ranks = cascade_ranks(
            setup.old,
            setup.new,
            relevant,
            removed=removed,
            candidates=survey.cascade_depth,
            executor=survey.executor,
        )
        return _constant(survey, measurement, ranks)
    lists = Lists.of(setup.old, setup.new, removed=removed, depth=survey.depth, executor=survey.executor)

    def ranks_at(moved: Bools, share: float) -> Floats:
        weighed = share if name == "dual-rrf-share" else None
        return fused_ranks(lists, moved, relevant, depth=survey.depth, share=weighed)

    shares, positions = np.union1d(survey.shares, ESTIMATED_AT), survey.order.positions
    if positions is not None:
        columns = [ranks_at(positions <= share, share) for share in shares.tolist()]
        chances = _chances(survey, relevant, shares)
        trace = ranked_trace(measurement, np.stack(columns, axis=1), chances, random=False)
    else:
        moves = Moves(documents=len(survey.golden.corpus), realisations=survey.realisations, seed=setup.seed)
        trace = simulated_trace(measurement, ranks_at, shares, moves)
    return Followed(trace=trace, shares=shares, claimed=ESTIMATED_AT)
