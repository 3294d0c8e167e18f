"""Unjudged documents: what their labels could do to a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Ints
from evalkit.comparison.effect import Effect, effects
from evalkit.comparison.querygroups import Clusters
from evalkit.comparison.sample import Sample
from evalkit.decision.bound import bounded_rate
from evalkit.decision.critical import SHOWN, critical_losses
from evalkit.decision.decide import decide
from evalkit.decision.evidence import Component, CriticalLoss, Evidence, Sensitivity
from evalkit.decision.policy import Policy
from evalkit.decision.verdict import Verdict
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.unjudged import Holes
from evalkit.scoring.judged import JudgedRun, Retrieved
from evalkit.scoring.measure import Measure

DRAWS = 50
RESAMPLES = 2_000
EXACT_UP_TO = 16
AGREEMENT = 0.9
COLUMN_BYTES = 64_000_000
Settled = tuple[Ints | None, ...]
RATES = tuple(step / 20 for step in range(1, 21))


def examine_holes(
    evidence: Sequence[Evidence],
    systems: Sequence[Retrieved],
    golden: GoldenSet,
    policy: Policy,
    *,
    seed: int,
) -> tuple[Evidence, ...]:
    """Add to the evidence how firmly each verdict stands against labels of unjudged documents.

    For each rate, 50 times, every unjudged document among the first results of the baseline or a
    candidate becomes relevant with that probability, and everything is decided anew. A verdict is stable
    if nine in ten draws repeat it at the rate seen among judged results, and at half of it.

    Args:
        evidence: What is known about each candidate.
        systems: What the baseline and then each candidate retrieved, in the order of `evidence`.
        golden: The golden set; only one whose judgements are `pooled` is examined.
        policy: The question.
        seed: What the labels are addressed by.

    Returns:
        The evidence with its sensitivity; unchanged where judgements are complete or sparse.

    Source: in the manner of Fröbe et al., Bootstrapped nDCG estimation in the presence of unjudged
        documents, ECIR 2023.
    """
    if golden.card.judgments != "pooled":
        return tuple(evidence)
    trial = Trial.of(evidence, systems, golden, policy, seed=seed)
    expected = sorted({share for rate in trial.expected_rates for share in (rate / 2, rate)} - {0.0})
    agreement = {rate: trial.agreement(rate) for rate in expected}
    scanned = _scan(trial)
    return tuple(
        replace(item, sensitivity=_sensitivity(trial, index, agreement, scanned))
        for index, item in enumerate(evidence)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Everything that one imagined labelling is decided with.

    Attributes:
        evidence: What is known about each candidate when unjudged documents are not relevant.
        holes: The unjudged pairs of the baseline and each candidate.
        golden: The golden set.
        policy: The question, with fewer random signs: the same ones in every draw.
        sample: Which queries count, and how.
        silent: The same of those whose right answer is nothing, None where there are none.
        seed: What labels and signs are addressed by.
    """

    evidence: tuple[Evidence, ...]
    holes: tuple[Holes, ...]
    golden: GoldenSet
    policy: Policy
    sample: Sample
    seed: int
    silent: Sample | None = None

    @classmethod
    def of(
        cls,
        evidence: Sequence[Evidence],
        systems: Sequence[Retrieved],
        golden: GoldenSet,
        policy: Policy,
        *,
        seed: int,
    ) -> Trial:
        """Return the trial of the candidates that follow the baseline in `systems`."""
        baseline, *candidates = (system.top(_depth(evidence)) for system in systems)
        return cls(
            evidence=tuple(evidence),
            holes=tuple(
                Holes.between(baseline, candidate, policy.primary.cutoff, policy.primary.rel)
                for candidate in candidates
            ),
            golden=golden,
            policy=replace(policy, resamples=RESAMPLES),
            sample=Sample.of(golden, golden.counted, use_weights=policy.use_weights),
            seed=seed,
            silent=Sample.of(golden, golden.silent, use_weights=policy.use_weights)
            if golden.silent.any()
            else None,
        )

    def sample_of(self, measure: Measure) -> Sample:
        """Return the queries that count in a measure."""
        return self.silent if measure.definition.apart and self.silent is not None else self.sample

    @property
    def expected_rates(self) -> tuple[float, ...]:
        """For each candidate the rate at which unjudged documents are expected to be relevant, at most.

        It is the share of the baseline's judged first results that are relevant, 1 where none is judged.
        Where misses were not written down that share says little. Then it is bounded by what a candidate
        that finds few of the known relevant documents can find of unknown ones (`bounded_rate`).
        """
        grades = self._first_grades(self.holes[0].systems[0])
        judged = int(np.sum(grades >= 0))
        share = float(np.sum(grades >= 1)) / judged if judged else 1.0
        if self.rate_known:
            return (share,) * len(self.holes)
        return tuple(min(share, self._bound(holes)) for holes in self.holes)

    def _bound(self, holes: Holes) -> float:
        """Return the rate among a candidate's unjudged documents that its known relevant ones allow."""
        golden, candidate, counted = self.golden, holes.systems[1], self.golden.counted
        shown = np.sum(candidate.rows[counted, : self.policy.primary.cutoff] >= 0, axis=1)
        known = golden.qrels.relevant_per_query(len(golden.queries))[counted]
        unjudged = candidate.holes(self.policy.primary.cutoff)[counted]
        return bounded_rate(
            int(np.sum(self._first_grades(candidate) >= 1)),
            by_chance=float(np.sum(shown * known)) / max(1, len(golden.corpus)),
            unjudged=int(unjudged.sum()),
        )

    @property
    def rate_known(self) -> bool:
        """Whether half of the queries that count have a grade 0: whether misses were written down."""
        noted = np.zeros(len(self.golden.queries), dtype=bool)
        noted[self.golden.qrels.query_rows[self.golden.qrels.grades == 0]] = True
        return bool(2 * np.sum(noted & self.golden.counted) >= np.sum(self.golden.counted))

    def _first_grades(self, system: Retrieved) -> Ints:
        return system.judged.grades[self.golden.counted, : self.policy.primary.cutoff]

    def agreement(self, rate: float, graded: Settled | None = None, draws: int = DRAWS) -> tuple[float, ...]:
        """Return for each candidate the share of draws that repeat its verdict of rate 0.

        Pairs that are `graded` are no longer drawn. Where misses were not written down, what the baseline
        shows may have been looked at and found not relevant, or not: the lower share of the two counts.
        """
        known = graded or (None,) * len(self.holes)
        shares = self._agreement(rate, known, draws)
        if not self.rate_known:
            looked_at = tuple(map(self._looked_at, self.holes, known))
            shares = tuple(map(min, shares, self._agreement(rate, looked_at, draws)))
        return shares

    def _looked_at(self, holes: Holes, graded: Ints | None) -> Ints:
        """Return grades in which what the baseline shows is not relevant where it has no other grade."""
        known = np.full(len(holes.pairs), -1, dtype=np.int64) if graded is None else graded
        shown = holes.shown_by_baseline(self.policy.primary.cutoff) & (known < 0)
        return np.where(shown, 0, known)

    def verdicts(self, graded: Settled) -> tuple[Verdict, ...]:
        """Return the verdicts where pairs are graded so, and all others are not relevant."""
        (found,) = self._verdicts(0.0, range(1), graded)
        return found

    def _agreement(self, rate: float, settled: Settled, draws: int) -> tuple[float, ...]:
        (reference,) = self._verdicts(0.0, range(1), settled)
        step = max(
            1,
            COLUMN_BYTES
            // (16 * len(self.sample.groups) * sum(len(item.components) for item in self.evidence)),
        )
        blocks = (range(first, min(first + step, draws)) for first in range(0, draws, step))
        drawn = [verdicts for block in blocks for verdicts in self._verdicts(rate, block, settled)]
        repeated = np.array(drawn) == np.array(reference)
        return tuple(repeated.mean(axis=0).tolist())

    def _verdicts(self, rate: float, draws: range, settled: Settled) -> list[tuple[Verdict, ...]]:
        """Return the verdicts on all candidates in each draw."""
        imagined = [
            [
                _Imagined.of(item, holes.labelled(rate, draw, self.seed, settled=known), self)
                for (item, holes), known in zip(self._sheets, settled, strict=True)
            ]
            for draw in draws
        ]
        columns = [column for draw in imagined for sheet in draw for column in sheet.columns]
        found = iter(effects(columns, self.policy, seed=self.seed, exact_up_to=EXACT_UP_TO))
        verdicts = []
        for draw in imagined:
            evidence = [sheet.evidence([next(found) for _ in sheet.columns]) for sheet in draw]
            verdicts.append(tuple(d.verdict for d in decide(evidence, self.policy, worded=False).decisions))
        return verdicts

    @property
    def _sheets(self) -> list[tuple[Evidence, Holes]]:
        return list(zip(self.evidence, self.holes, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Imagined:
    """One candidate under imagined labels: its cluster sums, still to be tested, and its critical losses."""

    known: Evidence
    columns: tuple[Clusters, ...]
    losses: tuple[CriticalLoss, ...]

    @classmethod
    def of(cls, known: Evidence, judged: tuple[JudgedRun, JudgedRun], trial: Trial) -> _Imagined:
        """Score both systems under their labels."""
        measures = {component.measure for component in known.components}
        deltas = {m: m.values(judged[1]) - m.values(judged[0]) for m in measures}
        # what the index and not the model loses stays excused
        excused = {loss.query for loss in known.losses if not loss.confirmed}
        losses = critical_losses(*judged, trial.golden, trial.policy)
        return cls(
            known=known,
            columns=tuple(
                trial.sample_of(component.measure).clusters(deltas[component.measure], component.segment)
                for component in known.components
            ),
            losses=tuple(loss for loss in losses if loss.query not in excused),
        )

    def evidence(self, found: Sequence[Effect]) -> Evidence:
        """Return the evidence with the effects `found` for the columns."""
        primary, *rails = (
            Component.of(component.place, effect, queries=component.queries)
            for component, effect in zip(self.known.components, found, strict=True)
        )
        # what earlier labels did to a verdict must not withhold it here
        return replace(
            self.known, primary=primary, guardrails=tuple(rails), losses=self.losses, sensitivity=None
        )


def _depth(evidence: Sequence[Evidence]) -> int | None:
    """Return how many ranks any measure looks at, None for all."""
    cutoffs = {component.measure.cutoff for item in evidence for component in item.components}
    return None if None in cutoffs else max({cutoff for cutoff in cutoffs if cutoff} | {SHOWN})


def _scan(trial: Trial) -> dict[float, tuple[float, ...]]:
    """Return the agreement at rising rates, until every candidate's verdict has turned once."""
    scanned: dict[float, tuple[float, ...]] = {}
    for rate in RATES:
        scanned[rate] = trial.agreement(rate)
        lowest = np.min(list(scanned.values()), axis=0)
        if np.all(lowest < AGREEMENT):
            break
    return scanned


def _sensitivity(
    trial: Trial,
    index: int,
    expected: Mapping[float, tuple[float, ...]],
    scanned: Mapping[float, tuple[float, ...]],
) -> Sensitivity:
    holes, cutoff = trial.holes[index], trial.policy.primary.cutoff
    shares = [
        float(Measure("Judged", cutoff).values(system.judged)[trial.golden.counted].mean())
        for system in holes.systems
    ]
    expected_rate = trial.expected_rates[index]
    own = {
        rate: agreement for rate, agreement in expected.items() if rate in (expected_rate / 2, expected_rate)
    }
    tipping = [rate for rate, agreement in scanned.items() if agreement[index] < AGREEMENT]
    tried = sorted({**own, **scanned}.items())
    return Sensitivity(
        cutoff=cutoff,
        judged_baseline=shares[0],
        judged_candidate=shares[1],
        unjudged=int(trial.golden.counted[holes.queries].sum()),
        relevant_share=expected_rate,
        agreement=tuple((rate, agreement[index]) for rate, agreement in tried),
        tipping=min(tipping, default=None),
        rate_known=trial.rate_known,
        stable=all(agreement[index] >= AGREEMENT for agreement in own.values()),
    )
