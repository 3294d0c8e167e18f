"""The paired comparison of two systems: every measure, on the whole golden set and in each segment."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Bools, Floats
from evalkit.comparison.clusters import Clusters, number_groups
from evalkit.comparison.effect import Effect, Status, Terms, effects
from evalkit.comparison.intervals import plain
from evalkit.comparison.multiplicity import benjamini_hochberg
from evalkit.comparison.power import planning_sd, provable_margin, smallest_detectable
from evalkit.comparison.table import Comparison
from evalkit.errors import InvalidValueError, NothingToEvaluateError
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores

TIE = 1e-9


def compare(
    baseline: Scores, candidate: Scores, golden: GoldenSet, *, policy: Terms, seed: int
) -> tuple[Comparison, ...]:
    """Compare two systems, query by query.

    Args:
        baseline: Scores of the system in production.
        candidate: Scores of the system that may replace it, for the same queries and measures.
        golden: The golden set that both were scored on.
        policy: Level, margins, use of weights; a `Policy` has them.
        seed: What the random signs are addressed by.

    Returns:
        For each measure one comparison on the whole set and one for each segment that has a counted
        query. Two identical systems give a delta of 0 and p-values of 1.

    Raises:
        InvalidValueError: The scores do not belong to the same queries or measures.
        NothingToEvaluateError: No query is counted.
    """
    _check_pairing(baseline, candidate, golden)
    parts = tuple(_parts(golden, baseline.counted))
    weights = golden.weights if policy.use_weights else np.ones(len(golden.weights))
    groups = number_groups(golden.groups)
    pairs = [_Pair(measure, baseline, candidate) for measure in baseline.measures]
    columns = [
        Clusters.total(pair.deltas, np.where(part.members, weights, 0.0), groups, int(groups.max()) + 1)
        for pair in pairs
        for part in parts
    ]
    found = effects(columns, policy, seed=seed)
    cells = [(pair, part) for pair in pairs for part in parts]
    table = [
        _comparison(pair, part, weights, column, effect, policy)
        for (pair, part), column, effect in zip(cells, columns, found, strict=True)
    ]
    adjusted = benjamini_hochberg([row.p_two_sided for row in table])
    return tuple(replace(row, p_adjusted=float(p)) for row, p in zip(table, adjusted, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """The values of both systems in one measure, paired by query."""

    measure: Measure
    baseline: Scores
    candidate: Scores

    @property
    def deltas(self) -> Floats:
        """(Q,) candidate minus baseline."""
        return self.candidate.row(self.measure) - self.baseline.row(self.measure)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The counted queries of the whole set (no segment) or of one segment."""

    segment: str | None
    members: Bools


def _parts(golden: GoldenSet, counted: Bools) -> Iterator[_Part]:
    yield _Part(None, counted)
    for name, members in golden.segments.items():
        if np.any(members & counted):
            yield _Part(name, members & counted)


def _comparison(
    pair: _Pair, part: _Part, weights: Floats, column: Clusters, effect: Effect, policy: Terms
) -> Comparison:
    members = part.members
    deltas, heft = pair.deltas[members], weights[members]
    limit = policy.margin if part.segment is None else policy.segment_margin
    statistics = plain(column)
    sd = None if statistics is None else statistics.error * math.sqrt(column.effective)
    detectable, provable = _resolution(sd, column.effective, policy)
    row = Comparison(
        measure=pair.measure,
        segment=part.segment,
        baseline=pair.baseline.system,
        candidate=pair.candidate.system,
        queries=int(members.sum()),
        wins=int(np.sum(deltas > TIE)),
        ties=int(np.sum(np.abs(deltas) <= TIE)),
        losses=int(np.sum(deltas < -TIE)),
        baseline_mean=float(np.average(pair.baseline.row(pair.measure)[members], weights=heft)),
        candidate_mean=float(np.average(pair.candidate.row(pair.measure)[members], weights=heft)),
        effect=effect,
        limit=limit,
        sd=sd,
        ci_t=None
        if statistics is None
        else (statistics.low(2 * policy.level), statistics.high(2 * policy.level)),
        detectable=detectable,
        provable=provable,
        p_adjusted=effect.test.two_sided,
        status=effect.status(margin=limit, worthwhile=policy.worthwhile, level=policy.level),
    )
    return replace(row, status=Status.DESCRIPTIVE) if row.descriptive else row


def _resolution(sd: float | None, effective: float, policy: Terms) -> tuple[float | None, float | None]:
    """Return the smallest gain that can be shown and the smallest loss that can be excluded."""
    if sd is None or effective <= 1:
        return None, None
    planned, alpha = planning_sd(sd, effective), 2 * policy.level
    gain = smallest_detectable(planned, effective, alpha=alpha, power=policy.power)
    loss = provable_margin(planned, effective, alpha=alpha, power=policy.power)
    return (gain if gain <= 1 else None), (loss if loss <= 1 else None)


def _check_pairing(baseline: Scores, candidate: Scores, golden: GoldenSet) -> None:
    """Raise unless both systems were scored on the queries of `golden`, by id, in the same measures."""
    for scores in (baseline, candidate):
        if scores.query_ids != golden.queries.ids:
            strangers = sorted(set(scores.query_ids) ^ set(golden.queries.ids))
            raise InvalidValueError(
                f"{scores.system} was not scored on the queries of {golden.name}"
                + (f": only one of them has {strangers[0]!r}" if strangers else ": their order differs"),
                hint="score both systems on the same golden set",
                code="EK530",
            )
    if set(baseline.measures) != set(candidate.measures):
        missing = sorted(map(str, set(baseline.measures) ^ set(candidate.measures)))
        raise InvalidValueError(
            f"{baseline.system} and {candidate.system} were not scored in the same measures: {missing[0]}",
            hint="score both with the same list of measures",
            code="EK531",
        )
    if not np.array_equal(baseline.counted, candidate.counted):
        raise InvalidValueError(
            f"{baseline.system} and {candidate.system} do not count the same queries",
            hint="score both systems with the same judgements",
            code="EK532",
        )
    if not baseline.counted.any():
        raise NothingToEvaluateError(
            f"no query of {golden.name} has a relevant document", hint="judge documents with grade 1 or more"
        )
