"""The survey: every strategy traced along the shares, and the traces made into lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.comparison.intervals import guard
from evalkit.comparison.sample import Sample
from evalkit.errors import NothingToEvaluateError, UnknownNameError
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet
from evalkit.mixing.credit import Credit
from evalkit.mixing.fusion import Lists, cascade_ranks, fused_ranks
from evalkit.mixing.holding import held_half_way
from evalkit.mixing.line import Holding, Line
from evalkit.mixing.occupancy import highest
from evalkit.mixing.orders import Order
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.scores import Strategy
from evalkit.mixing.simulation import Moves, simulated_trace
from evalkit.mixing.strategies import BY_RANK, SEARCHES, Setup, make_strategies
from evalkit.mixing.summary import KEEPS_OLD
from evalkit.mixing.sweep import Contest, sweep
from evalkit.mixing.tally import MOVED, NEW, UNMOVED, CountTally, StepTally, Tally
from evalkit.mixing.traces import FOUND, Trace, Yardstick, expected_trace, ranked_trace
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

    @property
    def depth(self) -> int:
        """The last rank that any number depends on."""
        return max(FOUND, *(measure.cutoff or FOUND for measure in self.measures))

    @property
    def removed(self) -> Ints:
        """(Q,) row of the document that is the query itself and leaves its results, −1 for none."""
        if self.golden.card.self_hits == "remove":
            return self.golden.self_hits
        return np.full(len(self.golden.queries), -1, dtype=np.int64)

    @property
    def steps(self) -> Ints | None:
        """(D,) number of the first share at which each document has moved, S if none; None when random."""
        positions = self.order.positions
        return None if positions is None else np.searchsorted(self.shares, positions, side="left")


def survey_lines(survey: Survey, names: Sequence[str]) -> tuple[tuple[Line, ...], tuple[Finding, ...]]:
    """Return the lines of the named strategies, and what fitting them has shown.

    Raises:
        NothingToEvaluateError: No query has a relevant document.
    """
    relevant = Relevant.of(survey.golden)
    if not relevant.counted.any():
        raise NothingToEvaluateError(
            f"no query of {survey.golden.name} has a relevant document",
            hint="judge documents with grade 1 or more, then run again",
        )
    made, findings = make_strategies(list(dict.fromkeys([KEEPS_OLD, *names])), survey.setup)
    swept = {found.strategy.name: found for found in _swept(survey, relevant, made)}
    old_ranks = _still_ranks(swept[KEEPS_OLD])
    yardstick = _yardstick(survey, relevant, old_ranks)
    old = _constant(survey, yardstick, old_ranks)
    traces = {KEEPS_OLD: old}
    for name in names:
        if name in BY_RANK:
            traces[name] = _by_rank(survey, yardstick, name)
        elif name != KEEPS_OLD:
            traces[name] = _by_score(survey, yardstick, swept[name])
    lines = [line for name in names for line in _lines(survey, yardstick, name, traces[name], old)]
    if survey.holdings:
        held = _holdings(survey, [swept[name].strategy for name in survey.holdings if name in swept])
        lines = [replace(line, held=held.get(line.strategy, {})) for line in lines]
    return tuple(lines), findings


def _holdings(survey: Survey, strategies: Sequence[Strategy]) -> dict[str, dict[str, Holding]]:
    """Return what each cohort holds of the first results half way, under strategies that merge by score."""
    fields, search = _fields(survey), cache(highest)  # strategies share columns, and so their searches
    return {
        strategy.name: held_half_way(strategy, survey.order, fields, removed=survey.removed, search=search)
        for strategy in strategies
    }


def _swept(survey: Survey, relevant: Relevant, strategies: Sequence[Strategy]) -> list[Contest]:
    removed, steps = survey.removed, survey.steps

    def tally(strategy: Strategy) -> Tally:
        if steps is None or strategy.still:
            return CountTally.empty(relevant)
        return StepTally.empty(relevant, steps, survey.shares.size)

    contests = [
        Contest(strategy, strategy.thresholds(relevant, removed), (tally(strategy), tally(strategy)))
        for strategy in strategies
    ]
    sweep(contests, relevant, removed=removed, steps=steps, enough=survey.depth)
    return contests


def _still_ranks(swept: Contest) -> Floats:
    """Return (J,) ranks under a strategy whose scores no move changes."""
    tally = swept.tallies[MOVED]
    counts = tally.counts[NEW] if isinstance(tally, CountTally) else 0
    return np.where(swept.own.new > -np.inf, 1.0 + counts, np.inf)


def _yardstick(survey: Survey, relevant: Relevant, old_ranks: Floats) -> Yardstick:
    golden = survey.golden
    weights = golden.weights if survey.use_weights else np.ones(len(golden.queries))
    return Yardstick(
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


def _chances(survey: Survey, relevant: Relevant) -> Floats:
    """Return (J, S) the probability that each relevant document has moved; 0 or 1 under a fixed order."""
    if survey.order.positions is None:
        return np.broadcast_to(survey.shares, (len(relevant), survey.shares.size))
    positions = survey.order.positions[relevant.doc_rows]
    return (positions[:, None] <= survey.shares).astype(np.float64)


def _constant(survey: Survey, yardstick: Yardstick, ranks: Floats) -> Trace:
    chances = _chances(survey, yardstick.relevant)
    everywhere = np.broadcast_to(ranks[:, None], chances.shape)
    return ranked_trace(yardstick, everywhere, chances, random=survey.order.positions is None)


def _by_score(survey: Survey, yardstick: Yardstick, swept: Contest) -> Trace:
    moved, unmoved = swept.tallies[MOVED], swept.tallies[UNMOVED]
    relevant, own = yardstick.relevant, swept.own
    if isinstance(moved, StepTally) and isinstance(unmoved, StepTally):
        chances = _chances(survey, relevant)
        ranks = np.where(
            chances > 0,
            moved.ranks(own, moved=True),
            unmoved.ranks(own, moved=False),
        )
        return ranked_trace(yardstick, ranks, chances, random=False)
    standings = [
        tally.standing(relevant, own, moved=state)
        for tally, state in ((moved, True), (unmoved, False))
        if isinstance(tally, CountTally)
    ]
    return expected_trace(yardstick, standings[0], standings[1], survey.shares)


def _by_rank(survey: Survey, yardstick: Yardstick, name: str) -> Trace:
    setup, relevant, removed = survey.setup, yardstick.relevant, survey.removed
    if name == "cascade":
        ranks = cascade_ranks(
            setup.old, setup.new, relevant, removed=removed, candidates=survey.cascade_depth
        )
        return _constant(survey, yardstick, ranks)
    lists = Lists.of(setup.old, setup.new, removed=removed, depth=survey.depth)

    def ranks_at(moved: Bools, share: float) -> Floats:
        weighed = share if name == "dual-rrf-share" else None
        return fused_ranks(lists, moved, relevant, depth=survey.depth, share=weighed)

    positions = survey.order.positions
    if positions is not None:
        columns = [ranks_at(positions <= share, share) for share in survey.shares.tolist()]
        return ranked_trace(yardstick, np.stack(columns, axis=1), _chances(survey, relevant), random=False)
    moves = Moves(documents=len(survey.golden.corpus), realisations=survey.realisations, seed=setup.seed)
    return simulated_trace(yardstick, ranks_at, survey.shares, moves)


def _lines(survey: Survey, yardstick: Yardstick, name: str, trace: Trace, old: Trace) -> list[Line]:
    sample = Sample.of(survey.golden, yardstick.relevant.counted, use_weights=survey.use_weights)
    weights = yardstick.weights / yardstick.weights.sum()
    cohorts = trace.cohorts
    lines = []
    for row, measure in enumerate(survey.measures):
        values, before = trace.values[row], old.values[row, 0]
        bands = [guard(sample.clusters(value - before, None), survey.alpha) for value in values]
        lines.append(
            Line(
                strategy=name,
                measure=measure,
                values=values,
                means=values @ weights,
                old_mean=float(before @ weights),
                lows=np.array([band.low for band in bands]),
                highs=np.array([band.high for band in bands]),
                cohorts=dict(zip(yardstick.cohorts, cohorts[row], strict=True)),
                blackout=trace.blackout,
                spread=trace.spread[row],
                errors=trace.errors[row],
                searches=SEARCHES[name],
            )
        )
    return lines
