"""The comparison of a test: two systems, and what may be demanded of the second."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evalkit import figures
from evalkit.arrays import Floats
from evalkit.assertions.bench import Bench, tie_rule
from evalkit.comparison.paired import compare
from evalkit.comparison.table import Comparison
from evalkit.defaults import DEPTH, MEASURES, SEED
from evalkit.errors import UnknownNameError
from evalkit.evaluation import BY_ID, Evaluation, scored
from evalkit.experiment import Experiment, Outcome, run_experiment
from evalkit.golden.goldenset import GoldenSet
from evalkit.quoting import excerpt, one_line, visible
from evalkit.regression.offline import check_cached
from evalkit.scoring.measure import Measure, parse_measures
from evalkit.scoring.scores import Scores

WORST = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ComparisonCheck:
    """Two systems compared for a test.

    Attributes:
        outcome: Everything that the experiment found.
        command: What does the same on the command line.
    """

    outcome: Outcome
    command: str

    @property
    def numbers(self) -> Mapping[str, Any]:
        """The figures of the primary measure."""
        (row,) = self.outcome.primaries
        return {
            "verdict": str(self.outcome.conclusion.verdict),
            "measure": str(row.measure),
            "baseline": row.baseline_mean,
            "now": row.candidate_mean,
            "delta": row.delta,
            "low": row.low,
            "high": row.high,
        }

    def assert_non_inferior(self, measure: str, *, margin: float, segment: str | None = None) -> None:
        """Demand that a loss beyond the margin is excluded.

        Args:
            measure: Any measure, scored with the comparison or not.
            margin: The loss that is accepted, in [0, 1].
            segment: Where, None for the whole golden set.

        Raises:
            AssertionError: A larger loss is not excluded at the policy's level.
        """
        __tracebackhide__ = True
        row = self._row(Measure.parse(measure), segment)
        policy = self.outcome.experiment.policy
        p = row.effect.p_non_inferior(margin)
        if p <= policy.level:
            return
        where = f" in {segment}" if segment else ""
        because = (
            f"a loss of {figures.as_set(margin)} in {row.measure}{where} is not excluded "
            f"({figures.told_p(p, policy.level)} > {figures.as_set(policy.level)})"
        )
        objective = ("--objective", "maintain", "--margin", str(margin), "--primary", measure)
        raise AssertionError(self._told(because, row, self.command + " " + shlex.join(objective)))

    def assert_no_critical_losses(self) -> None:
        """Demand that no critical query loses every relevant document from the top ten; waivers hold.

        Raises:
            AssertionError: One does.
        """
        __tracebackhide__ = True
        (decision,) = self.outcome.conclusion.decisions
        lost = [loss.query for loss in decision.evidence.losses if loss.stands]
        if lost:
            queries = "query" if len(lost) == 1 else "queries"
            because = f"{len(lost)} critical {queries} lost every relevant document from the top ten"
            golden = self.outcome.experiment.golden
            rows = golden.queries.row
            told = [one_line(f'  lost   {query}  "{_text(golden, rows(query))}"') for query in lost]
            text = self._told(because, self.outcome.primaries[0], self.command)
            raise AssertionError("\n".join([text, *told]))

    def _row(self, measure: Measure, segment: str | None) -> Comparison:
        """Return the comparison of a measure, computed now where the experiment did not ask for it."""
        (rows,) = self.outcome.comparisons
        if measure not in {row.measure for row in rows}:
            experiment, (candidate,) = self.outcome.experiment, self.outcome.candidates
            sides = [self._scores(item, measure) for item in (self.outcome.baseline, candidate)]
            rows = compare(
                sides[0], sides[1], experiment.golden, policy=experiment.policy, seed=experiment.seed
            )
        found = [row for row in rows if (row.measure, row.segment) == (measure, segment)]
        if not found:
            known = {row.segment for row in rows if row.segment}
            raise UnknownNameError.among("segment", str(segment), known)
        return found[0]

    def _scores(self, evaluation: Evaluation, measure: Measure) -> Scores:
        return scored(evaluation.retrieved, replace(self.outcome.experiment.setting, measures=(measure,)))

    def _told(self, because: str, row: Comparison, command: str) -> str:
        baseline, (candidate,) = self.outcome.baseline, self.outcome.candidates
        golden, level = self.outcome.experiment.golden, 1 - self.outcome.experiment.policy.alpha
        sides = [self._scores(item, row.measure).row(row.measure) for item in (baseline, candidate)]
        before, after, delta, interval = figures.comparison(
            row.baseline_mean, row.candidate_mean, row.delta, row.low, row.high
        )
        means = f"{row.baseline} {before}, {row.candidate} {after}"
        lines = [
            because,
            f"  {golden.name}  {row.measure}: {means}",
            f"  difference {delta}, {figures.percent(level)} interval {interval}",
            f"  won/tied/lost {row.wins}/{row.ties}/{row.losses}",
            *_worst(golden, sides, row),
            f"  again  {command}",
        ]
        return figures.plain("\n".join(map(one_line, lines)))


def check_comparison(
    bench: Bench,
    golden: str,
    *,
    baseline: str,
    candidate: str,
    index: str | None = None,
    ties: str | None = None,
) -> ComparisonCheck:
    """Compare two systems.

    Args:
        bench: Where.
        golden: A folder, a name in the config or a shipped name.
        baseline: The system in production, an alias or a spec.
        candidate: The system that may replace it.
        index: FAISS factory string; the configured one when left out.
        ties: What orders results that nothing tells apart: "id", as when left out, or "expected".
    """
    stated, cache, known = bench.config.defaults(), bench.open_cache(), bench.golden(golden)
    systems = [bench.system(name, index) for name in (baseline, candidate)]
    if not bench.live:
        for system in systems:
            command = bench.command("run", golden, "--model", system.name)
            check_cached(system, known, cache, command=command)
    experiment = Experiment(
        golden=known,
        baseline=systems[0],
        candidates=(systems[1],),
        policy=bench.policy(),
        measures=parse_measures(stated.get("measures", MEASURES)),
        depth=stated.get("depth", DEPTH),
        seed=stated.get("seed", SEED),
        cache=cache,
        ties=tie_rule(ties) or BY_ID,
    )
    options = ["--index", index] if index else []
    options += ["--ties", ties] if ties else []
    command = bench.command("compare", golden, "--baseline", baseline, "--candidate", candidate, *options)
    return ComparisonCheck(outcome=run_experiment(experiment), command=command)


def _worst(golden: GoldenSet, sides: Sequence[Floats], row: Comparison) -> list[str]:
    """Return a line for each of the three queries that lost most."""
    members = golden.silent if row.measure.definition.apart else golden.counted
    members = members if row.segment is None else members & golden.segments[row.segment]
    rows = np.flatnonzero(members)
    before, now = sides
    order = rows[np.argsort((now - before)[rows], kind="stable")][:WORST]
    ids = golden.queries.ids
    return [
        f'  worst  {ids[query]}  {_ends(before[query], now[query])}  "{_text(golden, query)}"'
        for query in order
        if now[query] < before[query]
    ]


def _ends(before: float, now: float) -> str:
    first, second, _ = figures.change(before, now, now - before)
    return f"{first} → {second}"


def _text(golden: GoldenSet, row: int) -> str:
    return visible(excerpt(golden.queries.bodies[row]))
