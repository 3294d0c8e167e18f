"""Imagined labels for unjudged documents: the same label for a pair wherever it is retrieved."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Bools, Floats, Ints
from evalkit.scoring.judged import JudgedRun, Retrieved
from evalkit.streams import stream

_DOCUMENT_BITS = np.uint64(32)


@dataclass(frozen=True, slots=True, eq=False)
class Holes:
    """The unjudged pairs that one of two systems retrieves at the first ranks.

    A pair is followed wherever it stands: what one system shows at the first ranks and the other further
    down gets one label, or measures that look deeper would be told two truths.

    Attributes:
        systems: Both systems.
        masks: For each system (Q, K) where one of the pairs stands, at any rank.
        pairs: (P,) the distinct unjudged pairs, sorted.
        places: For each system, which of the pairs stands in each of those places.
        grade: The grade of a pair that is imagined to be relevant, the lowest that counts.
    """

    systems: tuple[Retrieved, Retrieved]
    masks: tuple[Bools, Bools]
    pairs: npt.NDArray[np.uint64]
    places: tuple[Ints, Ints]
    grade: int = 1

    @classmethod
    def between(cls, baseline: Retrieved, candidate: Retrieved, cutoff: int | None, grade: int = 1) -> Holes:
        """Return the holes of two systems at the first `cutoff` ranks."""
        systems = baseline, candidate
        pairs = np.unique(np.concatenate([_pairs(system, system.holes(cutoff)) for system in systems]))
        (first, first_places), (second, second_places) = (_find(system, pairs) for system in systems)
        return cls(systems, (first, second), pairs, (first_places, second_places), grade)

    @property
    def queries(self) -> Ints:
        """(P,) the query row of each pair."""
        return (self.pairs >> _DOCUMENT_BITS).astype(np.int64)

    def shown_by_baseline(self, cutoff: int | None) -> Bools:
        """Return (P,) which pairs the baseline shows at the first `cutoff` ranks."""
        baseline = self.systems[0]
        shown: Bools = np.isin(self.pairs, _pairs(baseline, baseline.holes(cutoff)))
        return shown

    def labelled(
        self, rate: float, draw: int, seed: int, *, settled: Ints | None = None
    ) -> tuple[JudgedRun, JudgedRun]:
        """Return both systems judged anew, each unjudged pair relevant with probability `rate`.

        Pairs that are `settled` (P,), as not relevant (0) or as relevant (1), keep that; −1 is drawn.

        The ideal of a query grows by the documents that became relevant. A pair's label depends on the
        seed, the draw and the pair alone, and a label given at one rate is given at all higher ones.
        """
        relevant = _uniform(self.pairs, draw, seed) < rate
        if settled is not None:
            relevant = np.where(settled < 0, relevant, settled > 0)
        ideal = self.systems[0].judged.ideal
        ideal = _grown(ideal, np.bincount(self.queries[relevant], minlength=len(ideal)), self.grade)
        first, second = (
            _relabelled(system.judged, mask, relevant[place] * self.grade, ideal)
            for system, mask, place in zip(self.systems, self.masks, self.places, strict=True)
        )
        return first, second


def pair_numbers(queries: Ints, documents: Ints) -> npt.NDArray[np.uint64]:
    """Return one number for each pair of a query row and a document row."""
    return (queries.astype(np.uint64) << _DOCUMENT_BITS) | documents.astype(np.uint64)


def _pairs(system: Retrieved, holes: Bools) -> npt.NDArray[np.uint64]:
    """Return one number for each hole, equal for equal (query, document) pairs."""
    queries, ranks = np.nonzero(holes)
    return pair_numbers(queries, system.rows[queries, ranks])


def _find(system: Retrieved, pairs: npt.NDArray[np.uint64]) -> tuple[Bools, Ints]:
    """Return (Q, K) where one of the sorted `pairs` stands, and for each such place which one."""
    mask = system.holes(None)
    own = _pairs(system, mask)
    known = np.isin(own, pairs)
    mask[mask] = known
    return mask, np.searchsorted(pairs, own[known]).astype(np.int64)


def _relabelled(judged: JudgedRun, mask: Bools, labels: Ints, ideal: Ints) -> JudgedRun:
    grades = judged.grades.copy()
    grades[mask] = labels
    return replace(judged, grades=grades, ideal=ideal)


def _grown(ideal: Ints, extra: Ints, grade: int) -> Ints:
    """Return ideal grades (Q, R') with `extra` (Q,) further documents of one grade."""
    filled = np.count_nonzero(ideal >= 1, axis=1)
    columns = np.arange(int((filled + extra).max(initial=0)))
    grown = np.zeros((len(ideal), len(columns)), dtype=np.int64)
    width = min(ideal.shape[1], len(columns))
    grown[:, :width] = ideal[:, :width]
    grown[(columns >= filled[:, None]) & (columns < (filled + extra)[:, None])] = grade
    return grown if grade == 1 else np.ascontiguousarray(-np.sort(-grown, axis=1))


def _uniform(pairs: npt.NDArray[np.uint64], draw: int, seed: int) -> Floats:
    """Return (P,) numbers in [0, 1), one for each pair, from the finaliser of SplitMix64.

    A pair is hashed, not drawn in turn, so that its label does not depend on what else was retrieved.

    Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014.
    """
    start = np.uint64(stream(seed, "labels", str(draw)).bit_generator.random_raw())
    state = pairs * np.uint64(0x9E3779B97F4A7C15) + start
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53
