"""Holes: what documents that nobody judged, and that the baseline did not show, could do to a failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.comparison.paired import compare
from evalkit.figures import number
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.worklist import WorkItem, worklist
from evalkit.regression.asked import SHOWN
from evalkit.regression.baseline import Baseline
from evalkit.regression.checks import Check, GateVerdict, examine, verdict_of
from evalkit.regression.gate import Gate
from evalkit.regression.look import Look, lost_queries
from evalkit.scoring.judged import JudgedRun, ideal_grades
from evalkit.scoring.scores import Scores
from evalkit.streams import stream

DRAWS = 50
RESAMPLES = 2_000
AGREEMENT = 0.9
RATES = (0.5, 1.0)
_ABSENT = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """Documents among the first results that nobody judged, then and now.

    Attributes:
        cutoff: How many ranks are looked at.
        before: How many of them a query had on average when the baseline was stored.
        now: How many it has.
        fresh: How many of now's the corpus did not hold then.
        pairs: How many (query, document) pairs are unjudged now and were not shown then.
        relevant_share: Share of the baseline's judged first results that are relevant.
        agreement: (rate, share of draws that fail too) where a failure was examined.
        stands: Whether the failure stands against the labels that these documents may get.
        items: These pairs as a list to judge, the weightiest first.
    """

    cutoff: int
    before: float
    now: float
    fresh: float
    pairs: int
    relevant_share: float
    agreement: tuple[tuple[float, float], ...] = ()
    stands: bool = True
    items: tuple[WorkItem, ...] = ()

    @property
    def words(self) -> str:
        """How many there are, "4.0 of the first 10 are unjudged (baseline: 0.0)"."""
        fresh = f", {number(self.fresh, 1)} of them documents that were not there then" if self.fresh else ""
        return (
            f"{number(self.now, 1)} of a query's first {self.cutoff} documents are unjudged (baseline: "
            f"{number(self.before, 1)}){fresh}"
        )


def look_for_holes(gate: Gate, baseline: Baseline, look: Look, checks: Sequence[Check]) -> Unjudged | None:
    """Return what nobody judged among the first results, and whether a failure stands against it.

    A label is drawn for each unjudged document that the baseline did not show, the same in every measure: one
    that the corpus did not hold then has the grade of a judged result that the baseline showed at its rank,
    any other that of a judged result at any rank, where some of these were judged not relevant. All of them
    are labelled so in one half of the draws, every second one in the other; a failure stands if nine in
    ten of each fail too.

    Args:
        gate: What is guarded.
        baseline: What it is held against; one of the first form does not say what it showed.
        look: The look that counts.
        checks: What each check says.

    Returns:
        None where nothing is known of what was shown, or nothing differs.

    Source: in the manner of judging/sensitivity.py, whose draws ask the same of a comparison.
    """
    if not baseline.asked:
        return None
    trial = _Trial.of(gate, baseline, look)
    found = trial.unjudged
    if not found.pairs:
        return None
    if gate.golden.card.judgments != "pooled" or verdict_of(checks) is not GateVerdict.FAIL:
        return found
    agreement = tuple((rate, trial.agreement(rate)) for rate in RATES)
    stands = all(share >= AGREEMENT for _, share in agreement)
    return replace(found, agreement=agreement, stands=stands, items=trial.items)


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """Everything that one imagined labelling is examined with.

    Attributes:
        gate: What is guarded.
        baseline: What it is held against.
        look: The look that counts.
        holes: (Q, K) where an unjudged document stands at the first ranks that the baseline did not show.
        fresh: (Q, K) where the corpus did not hold it then.
        shown: What the baseline showed first, judged.
    """

    gate: Gate
    baseline: Baseline
    look: Look
    holes: Bools
    fresh: Bools
    shown: JudgedRun

    @classmethod
    def of(cls, gate: Gate, baseline: Baseline, look: Look) -> _Trial:
        """Find the holes of a look."""
        golden, cutoff = gate.golden, gate.policy.primary.cutoff or SHOWN
        run, grades = look.evaluation.run, look.evaluation.judged.grades
        unjudged = (run.rows >= 0) & (grades < 0) & golden.counted[:, None]
        unjudged[:, cutoff:] = False
        holes, fresh = np.zeros_like(unjudged), np.zeros_like(unjudged)
        renewed = baseline.stamp["golden"].get("corpus_digest") != golden.corpus.digest
        for query, rank in np.argwhere(unjudged).tolist():
            document = golden.corpus.ids[run.rows[query, rank]]
            if document in baseline.asked[golden.queries.ids[query]].shown[:cutoff]:
                continue
            holes[query, rank] = True
            known = baseline.corpus
            fresh[query, rank] = renewed and (known is None or document not in known)
        return cls(gate, baseline, look, holes, fresh, _judged_then(golden, baseline, cutoff))

    @property
    def cutoff(self) -> int:
        """How many ranks are looked at."""
        return self.gate.policy.primary.cutoff or SHOWN

    @property
    def unjudged(self) -> Unjudged:
        """The counts."""
        counted, run = self.gate.golden.counted, self.look.evaluation.run
        judged = self.look.evaluation.judged.grades[counted, : self.cutoff]
        present = run.rows[counted, : self.cutoff] >= 0
        grades = self.shown.grades[counted]
        return Unjudged(
            cutoff=self.cutoff,
            before=float((grades == -1).sum() / counted.sum()),
            now=float((present & (judged < 0)).sum() / counted.sum()),
            fresh=float(self.fresh.sum() / counted.sum()),
            pairs=int(self.holes.sum()),
            relevant_share=float((grades >= 1).sum() / max(1, (grades >= 0).sum())),
        )

    @property
    def items(self) -> tuple[WorkItem, ...]:
        """The holes as a list to judge."""
        golden, rows = self.gate.golden, self.look.evaluation.run.rows
        pairs = {
            (golden.queries.ids[query], golden.corpus.ids[rows[query, rank]])
            for query, rank in np.argwhere(self.holes).tolist()
        }
        every = worklist([self.look.evaluation.retrieved], golden, self.gate.policy)
        return tuple(item for item in every if (item.query, item.document) in pairs)

    def agreement(self, rate: float) -> float:
        """Return the share of draws that fail too."""
        failed = [
            self._fails(self._labels(stream(self.gate.seed, "gate labels", str(rate), str(draw)), rate))
            for draw in range(DRAWS)
        ]
        return float(np.mean(failed))

    def _labels(self, rng: np.random.Generator, rate: float) -> Ints:
        """Return (Q, K) the grade that each hole gets, −1 for none."""
        labels = np.full(self.holes.shape, -1, dtype=np.int64)
        grades = self.shown.grades[self.gate.golden.counted]
        anywhere = grades[grades >= 0]
        elsewhere = (
            anywhere if (anywhere == 0).any() else anywhere[:0]
        )  # unknown where all judged are relevant
        for rank in range(min(self.cutoff, self.holes.shape[1])):
            here = grades[:, rank][grades[:, rank] >= 0] if rank < grades.shape[1] else anywhere
            for places, pool in (
                (self.fresh[:, rank], here if here.size else anywhere),
                (self.holes[:, rank] & ~self.fresh[:, rank], elsewhere),
            ):
                rows = np.flatnonzero(places & (rng.random(len(places)) < rate))
                if rows.size and pool.size:
                    labels[rows, rank] = rng.choice(pool, size=rows.size)
        return labels

    def _fails(self, labels: Ints) -> bool:
        """Return whether the gate fails under some labels."""
        gate, golden, policy = self.gate, self.gate.golden, replace(self.gate.policy, resamples=RESAMPLES)
        judged, labelled = self.look.evaluation.judged, labels >= 0
        then = np.where(labelled & ~self.fresh, labels, -1)
        plain = replace(self.shown, grades=self.shown.grades.clip(min=-1))
        then_judged = replace(plain, ideal=_grown(self.shown.ideal, then))
        now_judged = replace(
            judged, grades=np.where(labelled, labels, judged.grades), ideal=_grown(judged.ideal, labels)
        )
        before = self._moved(self.baseline.scores(golden), plain, then_judged)
        now = self._moved(self.look.evaluation.scores, judged, now_judged)
        rows = compare(before, now, golden, policy=policy, seed=gate.seed)
        losses = lost_queries(golden, policy, before, now)
        said = examine(rows, losses, policy, lambda row: gate.tolerance_of(row, self.baseline))
        return verdict_of(said) is GateVerdict.FAIL

    def _moved(self, scores: Scores, plain: JudgedRun, labelled: JudgedRun) -> Scores:
        """Return scores moved by what labels change; measures deeper than what is known of stay."""
        width = plain.grades.shape[1]
        change = [
            measure.values(labelled) - measure.values(plain)
            if measure.cutoff is not None and measure.cutoff <= width
            else np.zeros(len(plain.returned))
            for measure in scores.measures
        ]
        values: Floats = np.clip(scores.values + np.array(change), 0.0, 1.0)
        return replace(scores, values=values)


def _judged_then(golden: GoldenSet, baseline: Baseline, cutoff: int) -> JudgedRun:
    """Return what the baseline showed first, judged as it is today; −2 after the last document."""
    qrels = golden.qrels
    pairs = zip(qrels.query_rows.tolist(), qrels.doc_rows.tolist(), strict=True)
    known = dict(zip(pairs, qrels.grades.tolist(), strict=True))
    shown = [baseline.asked[query].shown[:cutoff] for query in golden.queries.ids]
    grades = np.full((len(shown), cutoff), _ABSENT, dtype=np.int64)
    for query, documents in enumerate(shown):
        relevant = baseline.asked[golden.queries.ids[query]].relevant
        for rank, (document, row) in enumerate(
            zip(documents, golden.corpus.rows(documents).tolist(), strict=True)
        ):
            grades[query, rank] = known.get((query, row), relevant.get(document, -1))
    returned = np.array([len(documents) for documents in shown], dtype=np.int64)
    return JudgedRun(grades, ideal_grades(golden), returned, gains=golden.gains)


def _grown(ideal: Ints, labels: Ints) -> Ints:
    """Return ideal grades (Q, R + K) with the relevant among some labels added."""
    return -np.sort(-np.concatenate([ideal, labels.clip(min=0)], axis=1), axis=1)
