"""Rivals: how many documents stand above a relevant one always, only if they moved, or only if not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.mixing.relevant import Relevant

BLOCK_BYTES = 64_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rivals:
    """(J,) numbers A, B and C of the documents that beat each relevant one.

    Attributes:
        always: A, whether they have moved or not.
        if_moved: B, only once they have moved.
        if_unmoved: C, only as long as they have not.
    """

    always: Ints
    if_moved: Ints
    if_unmoved: Ints

    @classmethod
    def counted(cls, moved: Ints, unmoved: Ints, both: Ints) -> Rivals:
        """Return them from the numbers that beat with the new score, with the old one, and with both."""
        return cls(both, moved - both, unmoved - both)

    @classmethod
    def joined(cls, parts: Sequence[Rivals]) -> Rivals:
        """Return the rivals of several groups of documents, one after the other."""
        return cls(
            np.concatenate([part.always for part in parts]),
            np.concatenate([part.if_moved for part in parts]),
            np.concatenate([part.if_unmoved for part in parts]),
        )

    def without(self, others: Rivals) -> Rivals:
        """Return the rivals that are not among `others`."""
        return Rivals(
            self.always - others.always, self.if_moved - others.if_moved, self.if_unmoved - others.if_unmoved
        )

    def take(self, rows: Ints | Bools) -> Rivals:
        """Return the rivals of some of the relevant documents."""
        return Rivals(self.always[rows], self.if_moved[rows], self.if_unmoved[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How J relevant documents stand in one state, moved or not.

    Attributes:
        reachable: (J,) False where the document has no score in this state and is never retrieved.
        rivals: All documents that may stand above.
        fellows: Those of them that are relevant to the same query.
    """

    reachable: Bools
    rivals: Rivals
    fellows: Rivals


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """(J,) the scores of the relevant documents themselves, before and after they move."""

    old: Floats
    new: Floats

    def of_state(self, *, moved: bool) -> Floats:
        """Return (J,) what a rival has to beat."""
        return self.new if moved else self.old


def standings_of_matrices(s_old: Floats, s_new: Floats, relevant: Relevant) -> tuple[Standing, Standing]:
    """Return how the relevant documents stand once moved, and before, from whole (Q, D) matrices.

    Meant for corpora that fit; `mixing.sweep` gives the same numbers from vectors, block by block.
    """
    own = Thresholds(
        s_old[relevant.query_rows, relevant.doc_rows], s_new[relevant.query_rows, relevant.doc_rows]
    )
    return (
        _standing(s_old, s_new, relevant, own, moved=True),
        _standing(s_old, s_new, relevant, own, moved=False),
    )


def fellow_rivals(relevant: Relevant, own: Thresholds, *, moved: bool) -> Rivals:
    """Return the rivals of each relevant document that are relevant to the same query."""
    bar = own.of_state(moved=moved)
    beaten_by = np.zeros((3, len(relevant)), dtype=np.int64)
    for first, second in relevant.fellows():
        for rival, target in ((first, second), (second, first)):
            # Rows are sorted by document: of two equal scores the one further down stands first.
            tie_wins = rival > target
            new = _beats(own.new[rival], bar[target], tie_wins)
            old = _beats(own.old[rival], bar[target], tie_wins)
            beaten_by[:, target] += np.stack([new, old, new & old])
    return Rivals.counted(*beaten_by)


def _standing(s_old: Floats, s_new: Floats, relevant: Relevant, own: Thresholds, *, moved: bool) -> Standing:
    bar = own.of_state(moved=moved)
    counts = np.zeros((3, len(relevant)), dtype=np.int64)
    documents = np.arange(s_old.shape[1])
    step = max(1, BLOCK_BYTES // max(1, 8 * documents.size))
    for start in range(0, len(relevant), step):  # blocks, so that the gathered rows stay small
        block = slice(start, start + step)
        queries, docs = relevant.query_rows[block], relevant.doc_rows[block, None]
        others = documents != docs
        new = _beats(s_new[queries], bar[block, None], documents > docs) & others
        old = _beats(s_old[queries], bar[block, None], documents > docs) & others
        counts[:, block] = [mask.sum(axis=1) for mask in (new, old, new & old)]
    return Standing(
        reachable=np.asarray(bar > -np.inf),
        rivals=Rivals.counted(*counts),
        fellows=fellow_rivals(relevant, own, moved=moved),
    )


def _beats(scores: Floats, bar: Floats, tie_wins: Bools) -> Bools:
    """Return where a score stands above the bar; a bar of −inf (a document without a score) is not read."""
    return np.asarray((scores > bar) | ((scores == bar) & tie_wins))
