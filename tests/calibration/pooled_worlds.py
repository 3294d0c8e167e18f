"""Worlds with known complete truth, judged by a pool of the baseline in which misses were not written down.

Each query has relevant documents that nobody needs to know; x = mu + N(0, 1.5²) per query + own quality of
the document for a system + shift gives its rank 1 + floor(exp(-x)), ranks made distinct; other documents fill
the rest. `shared` is how much of a document's quality two systems agree on: 1 for models of one family, 0 for
a pair that finds other documents by chance alone, below 0 for one that finds what the other misses.
"""

from dataclasses import dataclass, replace
from unittest import mock

import numpy as np
import numpy.typing as npt

from evalkit.comparison.paired import compare
from evalkit.decision.critical import critical_losses
from evalkit.decision.decide import decide
from evalkit.decision.evidence import Evidence, gather
from evalkit.decision.policy import Policy
from evalkit.decision.verdict import Verdict
from evalkit.golden.card import Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging import sensitivity
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved, judge
from evalkit.scoring.scores import score

CUTOFF = 10
FILLERS = 40
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """How many relevant documents a query has, and how the candidate differs from the baseline.

    A `random` candidate shows documents of no query in particular.
    """

    name: str
    relevant: int = 8
    shared: float = 0.9
    shift: float = 0.0
    random: bool = False
    mean: float = 0.0
    spread: float = 1.5


@dataclass(frozen=True, eq=False)
class Judged:
    """A world as a comparison sees it, and what nobody sees.

    Attributes:
        golden: What the pool knows.
        baseline: The run of the system whose results were judged.
        candidate: The run of the other.
        truth: The true difference in nDCG@10.
        overlap: How much of the first ten both share.
        known: How much of what the candidate shows that is relevant the pool knows.
    """

    golden: GoldenSet
    baseline: Run
    candidate: Run
    truth: float
    overlap: float
    known: float

    def evidence(self, policy: Policy, seed: int) -> Evidence:
        """Return the evidence as it is before unjudged documents are examined."""
        first, second = (score(run, self.golden, policy.measures) for run in (self.baseline, self.candidate))
        judged = (judge(self.baseline, self.golden), judge(self.candidate, self.golden))
        rows = compare(first, second, self.golden, policy=policy, seed=seed)
        return gather(rows, policy, losses=critical_losses(*judged, self.golden, policy))

    def verdict(self, policy: Policy, seed: int) -> Verdict:
        """Return the verdict once they are examined."""
        evidence = [self.evidence(policy, seed)]
        with mock.patch.object(sensitivity, "RATES", ()):  # the tipping rate: decides nothing, takes longest
            systems = [Retrieved.of(run, self.golden) for run in (self.baseline, self.candidate)]
            known = sensitivity.examine_holes(evidence, systems, self.golden, policy, seed=seed)
        return decide(known, policy).verdict


def judged_world(rng: np.random.Generator, world: World, queries: int) -> Judged:
    """Return a world judged by its baseline's first ten results, only the relevant ones written down."""
    size = (queries, world.relevant)
    hard = world.mean + rng.normal(0, 1.5, (queries, 1))
    own = rng.normal(0, world.spread, (2, *size))
    rest = np.sqrt(1 - world.shared**2)
    quality = np.stack([own[0], world.shared * own[0] + rest * own[1]])
    before = _ranks(hard + quality[0])
    after = _ranks(hard + quality[1] + world.shift)
    first, second = _shown(rng, before, 0), _shown(rng, after, 0 if world.shared > 0.5 else CUTOFF)
    if world.random:
        total = queries * (world.relevant + FILLERS)
        second = np.stack([rng.choice(total, CUTOFF, replace=False) for _ in range(queries)])
    width = world.relevant + FILLERS
    offset = np.arange(queries)[:, None] * width
    rows = first + offset, second + (0 if world.random else offset)
    golden = _golden(rows[0], world, queries)
    order = np.broadcast_to(-np.arange(float(CUTOFF)), rows[0].shape)
    runs = [Run.ranked(name, shown, order) for name, shown in zip(("prod", "new"), rows, strict=True)]
    true = [_ndcg(shown, queries, world.relevant) for shown in rows]
    both = np.mean([len(np.intersect1d(a, b)) for a, b in zip(*rows, strict=True)]) / CUTOFF
    found = int(_relevant(rows[1], queries, world.relevant).sum())
    known = int((judge(runs[1], golden).grades >= 1).sum())
    return Judged(
        golden, runs[0], runs[1], float(np.mean(true[1] - true[0])), float(both), known / max(1, found)
    )


def _ranks(quality: Floats) -> Floats:
    """Return (Q, R) distinct ranks from 1."""
    ranks = 1 + np.floor(np.exp(-quality))
    order = np.argsort(ranks, axis=1, kind="stable")
    ranks = np.take_along_axis(ranks, order, axis=1)
    for column in range(1, ranks.shape[1]):
        ranks[:, column] = np.maximum(ranks[:, column], ranks[:, column - 1] + 1)
    placed = np.empty_like(ranks)
    np.put_along_axis(placed, order, ranks, axis=1)
    return placed


def _shown(rng: np.random.Generator, ranks: Floats, start: int) -> Ints:
    """Return (Q, 10) the documents shown: relevant ones at their ranks, fillers from `start` elsewhere."""
    queries, relevant = ranks.shape
    fillers = np.argsort(rng.random((queries, CUTOFF)), axis=1) + relevant + start
    shown: Ints = fillers.astype(np.int64)
    for query, document in np.argwhere(ranks <= CUTOFF):
        shown[query, int(ranks[query, document]) - 1] = document
    return shown


def _golden(first: Ints, world: World, queries: int) -> GoldenSet:
    width = world.relevant + FILLERS
    ids = [f"q{query:04}" for query in range(queries)]
    names = [f"d{document:06}" for document in range(queries * width)]
    qrels = {
        ids[query]: {
            names[document]: 1 for document in first[query].tolist() if document % width < world.relevant
        }
        for query in range(queries)
    }
    golden = GoldenSet.of(
        world.name,
        queries=dict.fromkeys(ids, "?"),
        corpus=dict.fromkeys(names, "so"),
        qrels={query: grades for query, grades in qrels.items() if grades},
    )
    return replace(golden, card=Card(judgments="pooled", pooled_from=("prod",)))


def _relevant(shown: Ints, queries: int, relevant: int) -> npt.NDArray[np.bool_]:
    width = relevant + FILLERS
    found: npt.NDArray[np.bool_] = shown // width == np.arange(queries)[:, None]
    return found & (shown % width < relevant)


def _ndcg(shown: Ints, queries: int, relevant: int) -> Floats:
    discount = 1 / np.log2(np.arange(2, CUTOFF + 2))
    gained = (_relevant(shown, queries, relevant) * discount).sum(axis=1)
    return np.asarray(gained / discount[:relevant].sum())
