"""Copies: identical documents that are judged differently, and how much of a score their order decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit import figures
from evalkit.arrays import Bools, Floats, Ints
from evalkit.findings import Finding, Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import JudgedRun, judge
from evalkit.scoring.measure import Measure

NEAR = 1e-5  # of a score: what another batch, kernel or machine moves
BELOW = 50  # ranks after the cutoff in which copies are looked for
MATTERS = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """What a measure is in the worst and in the best order of identical documents.

    Attributes:
        measure: Which one.
        worst: (Q,) its values where of identical documents those judged least stand first.
        best: (Q,) its values where those judged most do.
        open_to_order: (Q,) for which queries such documents stand within the cutoff.
    """

    measure: Measure
    worst: Floats
    best: Floats
    open_to_order: Bools

    def mean(self, counted: Bools) -> float:
        """Return the mean difference of the two over counted queries."""
        return float((self.best - self.worst)[counted].mean()) if counted.any() else 0.0


def spread_by_copies(run: Run, golden: GoldenSet, measure: Measure) -> Spread | None:
    """Return how much the order of identical documents decides, None where there are none of several grades.

    Documents are identical when their texts are, and change places when their scores for a query are equal
    within 1e-5: the order of copies that a system tells apart is its own.

    Args:
        run: What a system retrieved.
        golden: Queries, corpus and judgements; an unjudged copy counts as not relevant, as it does in scores.
        measure: One with a cutoff.
    """
    seen = run.without(golden.self_hits) if golden.card.self_hits == "remove" else run
    cutoff = measure.cutoff or seen.rows.shape[1]
    copies = _copies(seen.rows[:, : cutoff + BELOW], golden)
    if copies is None:
        return None
    judged = judge(seen, golden)
    worst, best = judged.grades.copy(), judged.grades.copy()
    open_to_order = np.zeros(len(worst), dtype=bool)
    for query in np.flatnonzero(_repeated(copies)):
        for ranks in _exchangeable(copies[query], seen.scores[query]):
            grades = np.sort(judged.grades[query, ranks])
            if ranks[0] < cutoff and max(grades[-1], 0) > max(grades[0], 0):
                worst[query, ranks], best[query, ranks] = grades, grades[::-1]
                open_to_order[query] = True
    if not open_to_order.any():
        return None
    low, high = (measure.values(JudgedRun(grades, judged.ideal, judged.returned)) for grades in (worst, best))
    return Spread(measure, low, high, open_to_order)


def copy_findings(run: Run, golden: GoldenSet, measure: Measure) -> tuple[Finding, ...]:
    """Return a finding where the order of identical documents that are judged differently decides a score."""
    spread = spread_by_copies(run, golden, measure)
    counted = golden.counted
    if spread is None or not (spread.open_to_order & counted).any():
        return ()
    number, decides = int((spread.open_to_order & counted).sum()), spread.mean(counted)
    verb = "has" if number == 1 else "have"
    worst_mean, best_mean = (float(side[counted].mean()) for side in (spread.worst, spread.best))
    worst, best, between = figures.change(worst_mean, best_mean, decides)
    problem = (
        f"{run.system}: {number} of {int(counted.sum())} queries {verb} identical documents judged "
        f"differently in the first {measure.cutoff}; their order decides {between.removeprefix('+')} of "
        f"{measure} ({worst} to {best})"
    )
    hint = "judge every copy alike, or keep one of each: such a difference says nothing of a model"
    severity = Severity.WARNING if decides >= MATTERS else Severity.NOTICE
    return (Finding("EK416", severity, problem, hint=hint),)


def orders_of_copies(seen: Run, golden: GoldenSet) -> Iterator[tuple[int, Ints]]:
    """Yield the row of a query and ranks whose documents are identical and nearly tie, two or more of them.

    Args:
        seen: What a system retrieved, self-hits taken out where they go.
        golden: Whose corpus.
    """
    copies = _copies(seen.rows, golden)
    if copies is not None:
        for query in np.flatnonzero(_repeated(copies)).tolist():
            for ranks in _exchangeable(copies[query], seen.scores[query]):
                yield query, ranks


def _copies(rows: Ints, golden: GoldenSet) -> Ints | None:
    """Return (Q, K) which text each result has, −1 where no other retrieved document has it."""
    first: dict[str, int] = {}
    of_row = np.full(len(golden.corpus) + 1, -1, dtype=np.int64)  # the last for rows of −1
    repeated = set()
    for row in np.unique(rows[rows >= 0]).tolist():
        body = golden.corpus.bodies[row].strip()
        if body and first.setdefault(body, row) != row:
            repeated.add(first[body])
        of_row[row] = first.get(body, -1)
    if not repeated:
        return None
    of_row[~np.isin(of_row, list(repeated))] = -1
    return of_row[rows]


def _repeated(copies: Ints) -> Bools:
    """Return (Q,) for which queries two results have one text."""
    by_text = np.sort(copies, axis=1)
    return np.asarray(np.any((by_text[:, 1:] == by_text[:, :-1]) & (by_text[:, 1:] >= 0), axis=1))


def _exchangeable(copies: Ints, scores: Floats) -> Sequence[Ints]:
    """Return the ranks of each set of results with one text and, nearly, one score."""
    found = []
    for text in np.unique(copies[copies >= 0]):
        ranks = np.flatnonzero(copies == text)
        near = np.diff(-scores[ranks]) <= NEAR * np.maximum(1.0, np.abs(scores[ranks[1:]]))
        found += [part for part in np.split(ranks, np.flatnonzero(~near) + 1) if part.size > 1]
    return found
