"""The tally: what the sweep adds up about the documents that beat each relevant one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.rivals import Rivals, Standing, Thresholds, fellow_rivals

NEW, OLD = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """When documents move, under an order that is fixed.

    Attributes:
        of: (D,) the step at which each document moves.
        count: How many steps there are; a document of this step never moves within them.
    """

    of: Ints
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A block of documents, those that move at the same step side by side.

    Attributes:
        doc_rows: (n,) their rows in the corpus.
        starts: (G,) the place where each run of equal steps begins.
        steps: (G,) the step of each run.
    """

    doc_rows: Ints
    starts: Ints
    steps: Ints

    @classmethod
    def of(cls, start: int, stop: int, steps: Steps | None) -> Block:
        """Return documents `start` to `stop`, laid out by the steps at which they move, if any."""
        if steps is None:
            return cls(np.arange(start, stop), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
        own = steps.of[start:stop]
        order = np.argsort(own, kind="stable")
        present, starts = np.unique(own[order], return_index=True)
        return cls(start + order, starts, present)


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """Documents that a first look left undecided and a second found to beat a relevant one.

    Attributes:
        rows: (n,) which relevant document is beaten.
        doc_rows: (n,) by which document.
        column: Which score beats: NEW or OLD.
        other: (n,) 1 where its other score beats, too, and the document is counted here for both; else 0.
    """

    rows: Ints
    doc_rows: Ints
    column: int
    other: Ints


class Found(NamedTuple):
    """(n,) pairs of a relevant document and the place, in a block or tile, of one that surely beats it."""

    rows: Ints
    places: Ints


class Tally(Protocol):
    """Adds up, for one strategy and one state, who beats the relevant documents.

    Whoever looks at a part of the queries or documents fills a tally of his own; tallies of parts that do
    not overlap add up to that of the whole.
    """

    def __add__(self, other: Self) -> Self:
        """Return what both have counted."""

    @property
    def certain(self) -> Ints:
        """(J,) how many documents, at least, stand above whatever has moved."""

    def add(self, row: int, block: Block, new: Bools | None, old: Bools | None) -> None:
        """Count the documents of one block that beat relevant document `row`."""

    def add_found(self, column: int, found: Found, block: Block) -> None:
        """Count documents of one block that beat with the score of a column, each by its place."""

    def add_both(self, rows: Ints) -> None:
        """Count documents that beat relevant documents `rows` with either score."""

    def correct(self, correction: Correction) -> None:
        """Count documents that were decided after their block."""


@dataclass(frozen=True, slots=True, eq=False)
class CountTally:
    """(3, J) numbers of documents that beat with the new score, with the old one, and with both."""

    counts: Ints

    @classmethod
    def empty(cls, relevant: Relevant) -> CountTally:
        """Return a tally of nothing yet."""
        return cls(np.zeros((3, len(relevant)), dtype=np.int64))

    def __add__(self, other: CountTally) -> CountTally:
        """Return what both have counted."""
        return CountTally(self.counts + other.counts)

    @property
    def certain(self) -> Ints:
        """(J,) how many documents, at least, stand above whatever has moved."""
        return np.asarray(self.counts[2])

    def add(self, row: int, block: Block, new: Bools | None, old: Bools | None) -> None:
        """Count one block."""
        del block
        if new is not None:
            self.counts[0, row] += np.count_nonzero(new)
        if old is not None:
            self.counts[1, row] += np.count_nonzero(old)
        if new is not None and old is not None:
            self.counts[2, row] += np.count_nonzero(new & old)

    def add_found(self, column: int, found: Found, block: Block) -> None:
        """Count documents of one block that beat with the score of a column."""
        del block
        np.add.at(self.counts[column], found.rows, 1)

    def add_both(self, rows: Ints) -> None:
        """Count documents that beat with either score."""
        np.add.at(self.counts[2], rows, 1)

    def correct(self, correction: Correction) -> None:
        """Count documents that were decided after their block."""
        np.add.at(self.counts[correction.column], correction.rows, 1)
        np.add.at(self.counts[2], correction.rows, correction.other)

    def standing(self, relevant: Relevant, own: Thresholds, *, moved: bool) -> Standing:
        """Return how the relevant documents stand, themselves not among their rivals."""
        bar, elsewhere = own.of_state(moved=moved), own.of_state(moved=not moved)
        counts = self.counts.copy()
        counts[OLD if moved else NEW] -= elsewhere > bar
        return Standing(
            reachable=np.asarray(bar > -np.inf),
            rivals=Rivals.counted(*counts),
            fellows=fellow_rivals(relevant, own, moved=moved),
        )


@dataclass(frozen=True, slots=True, eq=False)
class StepTally:
    """(2, J, S + 1) numbers of documents that beat, by score and by the step at which they move.

    Attributes:
        counts: With the new score, with the old one; the last step is "never, within these shares".
        certain: (J,) how many documents, at least, stand above whatever has moved.
        steps: When documents move.
    """

    counts: Ints
    certain: Ints
    steps: Steps

    @classmethod
    def empty(cls, relevant: Relevant, steps: Steps) -> StepTally:
        """Return a tally of nothing yet."""
        counts = np.zeros((2, len(relevant), steps.count + 1), dtype=np.int64)
        return cls(counts, np.zeros(len(relevant), dtype=np.int64), steps)

    def __add__(self, other: StepTally) -> StepTally:
        """Return what both have counted."""
        return StepTally(self.counts + other.counts, self.certain + other.certain, self.steps)

    def add(self, row: int, block: Block, new: Bools | None, old: Bools | None) -> None:
        """Count one block."""
        for column, mask in ((NEW, new), (OLD, old)):
            if mask is not None:
                runs = np.add.reduceat(mask.view(np.int8), block.starts, dtype=np.int32)
                self.counts[column, row, block.steps] += runs
        if new is not None and old is not None:
            self.certain[row] += np.count_nonzero(new & old)

    def add_found(self, column: int, found: Found, block: Block) -> None:
        """Count documents of one block that beat with the score of a column."""
        moves = self.steps.of[block.doc_rows[found.places]]
        np.add.at(self.counts[column], (found.rows, moves), 1)

    def add_both(self, rows: Ints) -> None:
        """Count documents that beat with either score."""
        np.add.at(self.certain, rows, 1)

    def correct(self, correction: Correction) -> None:
        """Count documents that were decided after their block."""
        np.add.at(self.counts[correction.column], (correction.rows, self.steps.of[correction.doc_rows]), 1)

    def ranks(self, own: Thresholds, *, moved: bool) -> Floats:
        """Return (J, S) the rank at every step at which the document itself is in this state; inf: nowhere.

        A document may have been counted as its own rival, with the score that it has not; at the steps where
        that score is not its own, it is not counted either.
        """
        with_old = self.counts[OLD].sum(axis=1, keepdims=True)
        above = with_old + np.cumsum(self.counts[NEW] - self.counts[OLD], axis=1)[:, :-1]
        return np.where(own.of_state(moved=moved)[:, None] > -np.inf, 1.0 + above, np.inf)
