"""Prediction: comparisons that a model's grades of all queries make sharper, as far as people bear it out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit import figures
from evalkit.arrays import Bools, Floats, Ints
from evalkit.comparison.effect import Effect, Status
from evalkit.comparison.intervals import GuardedInterval, Student
from evalkit.comparison.multiplicity import benjamini_hochberg
from evalkit.comparison.power import planning_sd
from evalkit.comparison.querygroups import number_groups
from evalkit.comparison.resolution import resolvable
from evalkit.comparison.signflip import SignFlip
from evalkit.comparison.table import Comparison
from evalkit.decision.policy import Policy
from evalkit.errors import UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.inference import PredictedMean, predicted_mean
from evalkit.judging.modelqrels import ModelGrades
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure

LEAST = 2  # queries on either side: a spread takes two
HALF = 0.5
Values = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Two systems under people's grades of some queries and a model's grades of all.

    Attributes:
        golden: The golden set, with people's judgements.
        grades: What the model said.
        runs: What the baseline and the candidate retrieved.
        policy: The question.
    """

    golden: GoldenSet
    grades: ModelGrades
    runs: tuple[Run, Run]
    policy: Policy

    @property
    def people(self) -> Bools:
        """(Q,) which queries people have judged, whether or not they found anything relevant."""
        judged = np.zeros(len(self.golden.queries), dtype=bool)
        judged[self.golden.qrels.query_rows] = True
        return judged & ~self.golden.silent

    @property
    def others(self) -> Bools:
        """(Q,) which queries a model alone has judged; those whose right answer is nothing need no grade."""
        return ~self.people & ~self.golden.silent

    def check(self) -> None:
        """Raise where people's sample or the model's grades cannot carry an inference.

        Raises:
            UsageError: A query was judged by people in part only, all were judged by them, or the model was
                not asked about the queries that they judged.
        """
        people, others, depth = self.people, self.others, self.policy.primary.cutoff
        holes = sum(int(Retrieved.of(run, self.golden).holes(depth)[people].sum()) for run in self.runs)
        if holes:
            raise UsageError(
                f"{holes} results of the queries that people judged are unjudged: ppi takes whole queries",
                hint="evalkit golden pool GOLDEN --system …  lists them; judge all of a query, or none",
                code="EK681",
            )
        if min(int(people.sum()), int(others.sum())) < LEAST:
            raise UsageError(
                f"people judged {int(people.sum())} of {people.size} queries: ppi takes some of both",
                hint="judge a random sample of whole queries; where all are judged, leave --judge ppi out",
                code="EK681",
            )
        known, rest = (
            min(self.grades.covered(run, self.golden, part, depth) for run in self.runs)
            for part in (people, others)
        )
        if rest == 0 or known < HALF * rest:
            raise UsageError(
                f"{self.grades.model} graded {figures.percent(known)} of what is shown for queries that "
                f"people judged, and {figures.percent(rest)} for the others: it must have judged both alike",
                hint="evalkit golden judge … --all  asks it about pairs that people have judged, too",
                code="EK682",
            )

    def applied(self, rows: Sequence[Comparison]) -> tuple[Comparison, ...]:
        """Return comparisons of people's queries with what the model's grades add to each."""
        values = {measure: self._values(measure) for measure in {row.measure for row in rows}}
        found = [
            row if row.measure.definition.apart else self._row(row, *values[row.measure]) for row in rows
        ]
        adjusted = benjamini_hochberg([row.p_two_sided for row in found])
        return tuple(replace(row, p_adjusted=float(p)) for row, p in zip(found, adjusted, strict=True))

    def _row(self, row: Comparison, human: Values, model: Values) -> Comparison:
        """Return one row; as it is where a segment has too few queries of either kind."""
        members = np.ones(len(self.golden.queries), dtype=bool)
        members = members if row.segment is None else self.golden.segments[row.segment]
        people, others = self.people & members, self.others & members
        if min(int(people.sum()), int(others.sum())) < LEAST:
            return row
        parts = Parts(self.golden.counted, number_groups(self.golden.groups), people, others)
        delta = parts.effect(human[1] - human[0], model[1] - model[0], 2 * self.policy.level)
        start = parts.mean(human[0], model[0]).mean
        effective = delta.interval.effective
        plain = parts.mean(human[1] - human[0], model[1] - model[0])
        student = Student(plain.mean, plain.error, plain.df)
        sd, alpha = plain.error * math.sqrt(effective), 2 * self.policy.level
        detectable, provable = resolvable(
            planning_sd(sd, effective), effective, alpha=alpha, power=self.policy.power
        )
        limit = row.limit
        status = delta.status(margin=limit, worthwhile=self.policy.worthwhile, level=self.policy.level)
        changed = replace(
            row,
            effect=delta,
            baseline_mean=start,
            candidate_mean=start + plain.mean,
            sd=sd,
            ci_t=(student.low(alpha), student.high(alpha)),
            detectable=detectable,
            provable=provable,
            status=status,
            by_model=int(others.sum()),
        )
        return replace(changed, status=Status.DESCRIPTIVE) if changed.descriptive else changed

    def _values(self, measure: Measure) -> tuple[Values, Values]:
        """Return (Q,) values of baseline and candidate under people's grades, and under the model's."""
        judging = self.grades.judging(self.golden)
        human, model = (
            tuple(measure.values(Retrieved.of(run, golden).judged) for run in self.runs)
            for golden in (self.golden, judging)
        )
        return (human[0], human[1]), (model[0], model[1])


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Which queries people judged and which the model alone, by groups.

    Queries for which people found nothing relevant do not enter means. Which of the others they would be is
    not known, so that the mean of all, in which they are 0, is divided by the share that counts in the
    sample; what that share is unsure by enters the error (a ratio, linearised).

    Attributes:
        counted: (Q,) which queries have a document that people call relevant.
        groups: (Q,) number of each query's group; queries of a group are one unit.
        people: (Q,) which queries people judged.
        others: (Q,) which the model alone did.
    """

    counted: Bools
    groups: Ints
    people: Bools
    others: Bools

    def mean(self, human: Floats, model: Floats, extreme: float | None = None) -> PredictedMean:
        """Return the mean of (Q,) values that people would find, from theirs and the model's."""
        found = 0.0
        share = self._units(self.counted.astype(np.float64), self.people)
        part = float(share.mean())
        if part == 0:
            return PredictedMean(0.0, math.inf, 1.0, 0.0)
        y = self._units(np.where(self.counted, human, 0.0), self.people) / part
        f, g = self._units(model, self.people) / part, self._units(model, self.others) / part
        linear = y
        for _ in range(3):  # the ratio itself stands in its linear form; it settles at once
            linear = y - found * (share - part) / part
            found = predicted_mean(linear, f, g).mean
        return predicted_mean(linear, f, g, extreme=None if extreme is None else extreme / part)

    def effect(self, human: Floats, model: Floats, alpha: float) -> Effect:
        """Return the effect of (Q,) deltas, guarded as every interval that decides, with plain p-values."""
        plain = self.mean(human, model)
        low, high = (self.mean(human, model, extreme) for extreme in (-1.0, 1.0))
        sides = [Student(side.mean, side.error, max(side.df, 1.0)) for side in (low, high)]
        middle = Student(plain.mean, plain.error, max(plain.df, 1.0))
        greater, less = middle.p_above(0.0), middle.p_below(0.0)
        test = SignFlip(greater, less, min(1.0, 2 * min(greater, less)), exact=False)
        units = float(len(np.unique(self.groups[self.people & self.counted])))
        return Effect(GuardedInterval(plain.mean, units, alpha, sides[0], sides[1]), test)

    def _units(self, values: Floats, members: Bools) -> Floats:
        """Return one value for each group of some queries, whose mean is the mean over the queries."""
        _, places = np.unique(self.groups[members], return_inverse=True)
        sums = np.bincount(places, weights=values[members])
        return np.asarray(sums * len(sums) / int(members.sum()))
