"""Settling: the fewest judgements of the worklist that could turn an open verdict into a GO or a NO-GO."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.decision.decide import decide
from evalkit.decision.evidence import Evidence
from evalkit.decision.policy import Policy
from evalkit.decision.verdict import Verdict
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.sensitivity import AGREEMENT, Settled, Trial
from evalkit.judging.unjudged import pair_numbers
from evalkit.judging.worklist import WorkItem, moves_of
from evalkit.scoring.judged import Retrieved

DRAWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """How many documents at the head of the worklist could settle an open verdict, if not by less.

    Attributes:
        listed: How many documents the worklist holds.
        go: The fewest of them whose grades could make it a GO, None where even all could not.
        no_go: The fewest whose grades could make it a NO-GO, None where even all could not.
    """

    listed: int
    go: int | None
    no_go: int | None


def settle(
    evidence: Sequence[Evidence],
    systems: Sequence[Retrieved],
    golden: GoldenSet,
    policy: Policy,
    items: Sequence[WorkItem],
    *,
    seed: int,
) -> tuple[Settling | None, ...]:
    """Return for each candidate whose verdict is open the fewest judgements that could settle it.

    The first n documents of the worklist are graded as well as can be for a GO, relevant where that helps
    the candidate and else not, or as badly as can be for a NO-GO; the rest stays unjudged, and a verdict
    counts that nine in ten of 20 draws repeat at the rates of `examine_holes`. The smallest n is found by
    halving: what a prefix settles a longer one settles too, but for rare exceptions.

    Args:
        evidence: What is known about each candidate, unjudged documents included.
        systems: What the baseline and then each candidate retrieved.
        golden: The golden set.
        policy: The question.
        items: The worklist, the most telling first; nothing is searched where it is empty.
        seed: What labels are addressed by.

    Returns:
        None for candidates whose verdict is GO or NO-GO.
    """
    decisions = decide(evidence, policy).decisions
    open_ = [decision.verdict == Verdict.INCONCLUSIVE for decision in decisions]
    if not items or not any(open_):
        return (None,) * len(evidence)
    trial = Trial.of(evidence, systems, golden, policy, seed=seed)
    queries = golden.queries.rows([item.query for item in items])
    documents = golden.corpus.rows([item.document for item in items])
    pairs = np.column_stack([queries, documents])
    return tuple(
        _settling(trial, index, pairs, moves_of((systems[0], systems[index + 1]), pairs, policy))
        if asked
        else None
        for index, asked in enumerate(open_)
    )


def _settling(trial: Trial, index: int, pairs: Ints, moves: Floats) -> Settling:
    def fewest(helps: Bools, verdict: Verdict) -> int | None:
        grades = helps.astype(np.int64)
        return smallest(len(pairs), lambda n: _settles(trial, index, (pairs[:n], grades[:n]), verdict))

    return Settling(
        listed=len(pairs), go=fewest(moves > 0, Verdict.GO), no_go=fewest(moves < 0, Verdict.NO_GO)
    )


def smallest(number: int, settles: Callable[[int], bool]) -> int | None:
    """Return the smallest n from 1 to `number` that settles, by halving; None where all of them do not."""
    if number < 1 or not settles(number):
        return None
    low, high = 0, number
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle, high)
    return high


def _settles(trial: Trial, index: int, graded: tuple[Ints, Ints], verdict: Verdict) -> bool:
    """Return whether pairs graded so give a verdict that labels of the others do not turn."""
    known = _known(trial, *graded)
    if trial.verdicts(known)[index] != verdict:
        return False
    own = known[index]
    if own is None or not (own < 0).any():
        return True
    rate = trial.expected_rates[index]
    return all(trial.agreement(part, known, DRAWS)[index] >= AGREEMENT for part in (rate / 2, rate) if part)


def _known(trial: Trial, pairs: Ints, grades: Ints) -> Settled:
    """Return for each candidate's holes the grades of those that are graded, −1 for the others."""
    numbers = pair_numbers(pairs[:, 0], pairs[:, 1])
    order = np.argsort(numbers)
    found = []
    for holes in trial.holes:
        known = np.full(len(holes.pairs), -1, dtype=np.int64)
        graded = np.isin(holes.pairs, numbers)
        known[graded] = grades[order][np.searchsorted(numbers[order], holes.pairs[graded])]
        found.append(known)
    return tuple(found)
