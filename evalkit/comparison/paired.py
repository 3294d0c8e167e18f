"""The paired comparison of two systems: every measure, on the whole golden set and in each segment."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Floats
from evalkit.comparison.effect import Effect, Status, Terms, effects
from evalkit.comparison.intervals import plain
from evalkit.comparison.multiplicity import benjamini_hochberg
from evalkit.comparison.power import planning_sd
from evalkit.comparison.querygroups import Clusters
from evalkit.comparison.resolution import resolvable
from evalkit.comparison.sample import Sample
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

    Examples:
        >>> from evalkit import Policy, embed, read_golden, retrieve, score
        >>> from evalkit.embedding.modelspec import ModelSpec, open_encoder
        >>> from evalkit.indexing.faiss import build_index
        >>> golden = read_golden("helpdesk")
        >>> scores = []
        >>> for spec in ("hash/64", "hash/512"):
        ...     embedded = embed(golden, open_encoder(ModelSpec.parse(spec), golden))
        ...     run = retrieve(embedded, build_index(embedded.corpus), depth=10, system=spec)
        ...     scores.append(score(run, golden, ["nDCG@10", "Recall@10"]))
        >>> rows = compare(*scores, golden, policy=Policy(), seed=1)
        >>> str(rows[0].measure), rows[0].candidate, rows[0].queries
        ('nDCG@10', 'hash/512', 301)
    """
    _check_pairing(baseline, candidate, golden)
    samples = samples_of(golden, baseline, use_weights=policy.use_weights)
    cells = [
        _Cell(measure, segment, baseline, candidate, sample)
        for measure, sample in samples.items()
        for segment in sample.members
    ]
    found = effects([cell.clusters for cell in cells], policy, seed=seed)
    table = [_comparison(cell, effect, policy) for cell, effect in zip(cells, found, strict=True)]
    adjusted = benjamini_hochberg([row.p_two_sided for row in table])
    return tuple(replace(row, p_adjusted=float(p)) for row, p in zip(table, adjusted, strict=True))


def samples_of(golden: GoldenSet, scores: Scores, *, use_weights: bool) -> dict[Measure, Sample]:
    """Return the queries that count in each measure, as the statistics see them."""
    plain = Sample.of(golden, scores.counted, use_weights=use_weights)
    if scores.silent is None:
        return dict.fromkeys(scores.measures, plain)
    apart = Sample.of(golden, scores.silent, use_weights=use_weights)
    return {measure: apart if measure.definition.apart else plain for measure in scores.measures}


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """One measure on one set of queries, with the values of both systems."""

    measure: Measure
    segment: str | None
    baseline: Scores
    candidate: Scores
    sample: Sample

    @property
    def clusters(self) -> Clusters:
        """The cluster sums of candidate minus baseline."""
        deltas = self.candidate.row(self.measure) - self.baseline.row(self.measure)
        return self.sample.clusters(deltas, self.segment)

    def values(self, scores: Scores) -> Floats:
        """Return (n,) the values of one system on the n queries of this cell."""
        return scores.row(self.measure)[self.sample.members[self.segment]]

    def mean(self, scores: Scores) -> float:
        """Return the weighted mean of one system."""
        weights = self.sample.weights[self.sample.members[self.segment]]
        return float(np.average(self.values(scores), weights=weights))


def _comparison(cell: _Cell, effect: Effect, policy: Terms) -> Comparison:
    deltas = cell.values(cell.candidate) - cell.values(cell.baseline)
    limit = policy.margin if cell.segment is None else policy.segment_margin
    spread = plain(cell.clusters)
    alpha, effective = 2 * policy.level, effect.interval.effective
    sd = None if spread is None else spread.error * math.sqrt(effective)
    planned = planning_sd(sd, effective)
    detectable, provable = resolvable(planned, effective, alpha=alpha, power=policy.power)
    row = Comparison(
        measure=cell.measure,
        segment=cell.segment,
        baseline=cell.baseline.system,
        candidate=cell.candidate.system,
        queries=len(deltas),
        wins=int(np.sum(deltas > TIE)),
        ties=int(np.sum(np.abs(deltas) <= TIE)),
        losses=int(np.sum(deltas < -TIE)),
        baseline_mean=cell.mean(cell.baseline),
        candidate_mean=cell.mean(cell.candidate),
        effect=effect,
        limit=limit,
        sd=sd,
        ci_t=None if spread is None else (spread.low(alpha), spread.high(alpha)),
        detectable=detectable,
        provable=provable,
        p_adjusted=effect.test.two_sided,
        status=effect.status(margin=limit, worthwhile=policy.worthwhile, level=policy.level),
    )
    return replace(row, status=Status.DESCRIPTIVE) if row.descriptive else row


def _check_pairing(baseline: Scores, candidate: Scores, golden: GoldenSet) -> None:
    """Raise unless both systems were scored on the queries of `golden`, by id, in the same measures."""
    for scores in (baseline, candidate):
        if scores.query_ids != golden.queries.ids:
            strangers = sorted(set(scores.query_ids) ^ set(golden.queries.ids))
            raise InvalidValueError(
                f"{scores.system} was not scored on the queries of {golden.name}"
                + (f": only one of them has {strangers[0]!r}" if strangers else ": their order differs"),
                hint="score both systems on the same golden set",
                code="EK550",
            )
    if set(baseline.measures) != set(candidate.measures):
        missing = sorted(map(str, set(baseline.measures) ^ set(candidate.measures)))
        raise InvalidValueError(
            f"{baseline.system} and {candidate.system} were not scored in the same measures: {missing[0]}",
            hint="score both with the same list of measures",
            code="EK551",
        )
    if not np.array_equal(baseline.counted, candidate.counted):
        raise InvalidValueError(
            f"{baseline.system} and {candidate.system} do not count the same queries",
            hint="score both systems with the same judgements",
            code="EK552",
        )
    if not baseline.counted.any():
        raise NothingToEvaluateError(
            f"no query of {golden.name} has a relevant document", hint="judge documents with grade 1 or more"
        )
