"""Whole cases made from ranks: golden set, runs, scores, comparisons, evidence and verdicts.

Each query has one relevant document; a system is given by the rank at which it shows it, 0 for never.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from evalkit.comparison.paired import compare
from evalkit.decision.critical import critical_losses
from evalkit.decision.decide import decide
from evalkit.decision.evidence import Evidence, doubtful_source, gather
from evalkit.decision.policy import Policy
from evalkit.decision.verdict import Conclusion, Decision
from evalkit.golden.card import Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.sensitivity import examine_holes
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved, judge
from evalkit.scoring.scores import score

DEPTH = 12
SEED = 20240501
Ranks = Sequence[int] | npt.NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """A golden set with the runs of a baseline and of candidates."""

    golden: GoldenSet
    baseline: Run
    candidates: tuple[Run, ...]

    @property
    def systems(self) -> list[Retrieved]:
        """What the baseline and then each candidate retrieved, judged."""
        return [Retrieved.of(run, self.golden) for run in (self.baseline, *self.candidates)]

    def evidence(self, policy: Policy) -> tuple[Evidence, ...]:
        """Return the evidence on every candidate, unjudged documents included."""
        first = score(self.baseline, self.golden, policy.measures)
        stated = bool(self.golden.card.pooled_from)
        gathered = [
            gather(
                compare(
                    first, score(run, self.golden, policy.measures), self.golden, policy=policy, seed=SEED
                ),
                policy,
                losses=critical_losses(
                    judge(self.baseline, self.golden), judge(run, self.golden), self.golden, policy
                ),
                source_doubtful=doubtful_source(self.golden, ["prod"]),
            )
            for run in self.candidates
        ]
        gathered = [replace(known, source_stated=stated) for known in gathered]
        return examine_holes(gathered, self.systems, self.golden, policy, seed=SEED)

    def conclude(self, policy: Policy) -> Conclusion:
        """Return the verdict over all candidates."""
        return decide(self.evidence(policy), policy)

    def decide(self, policy: Policy) -> Decision:
        """Return the decision on the only candidate."""
        (decision,) = self.conclude(policy).decisions
        return decision


def case(
    baseline: Ranks,
    *candidates: Ranks,
    card: Mapping[str, Any] | None = None,
    judged_fillers: int = 0,
    miss_noted: bool = False,
    **fields: Any,
) -> Case:
    """Return the case of a baseline and candidates that are given by their ranks.

    Args:
        baseline: The rank of each query's relevant document, 0 for never.
        candidates: The same for each candidate.
        card: What the golden set's card says.
        miss_noted: Whether each query has a judged miss that nobody shows among the first ten, so that what
            is judged says how often it is relevant.
        judged_fillers: How many of the other documents, the first ones, are judged and not relevant.
        fields: Further fields of the golden set, such as `critical` or `segments`.
    """
    queries = len(baseline)
    ids = [f"q{number:05}" for number in range(queries)]
    answers = [f"answer{number:05}" for number in range(queries)]
    fillers = [f"filler{number:02}" for number in range(DEPTH)]
    golden = GoldenSet.of(
        "toy",
        queries=dict.fromkeys(ids, "how?"),
        corpus=dict.fromkeys([*answers, *fillers], "so"),
        qrels={
            identity: {answer: 1, **dict.fromkeys([*fillers[:judged_fillers], *fillers[-1:] * miss_noted], 0)}
            for identity, answer in zip(ids, answers, strict=True)
        },
    )
    golden = replace(golden, card=Card(**(card or {})), **fields)
    runs = [_run(f"candidate{number}", ranks, queries) for number, ranks in enumerate(candidates, start=1)]
    return Case(golden, _run("prod", baseline, queries), tuple(runs))


def _run(system: str, ranks: Ranks, queries: int) -> Run:
    rows = np.tile(np.arange(queries, queries + DEPTH), (queries, 1))
    for query, rank in enumerate(ranks):
        if rank:
            rows[query] = np.insert(rows[query], rank - 1, query)[:DEPTH]
    scores = np.tile(np.arange(DEPTH, 0.0, -1.0), (queries, 1))
    return Run.ranked(system, rows, scores, depth=DEPTH)


def ranks(queries: int, *, seed: int = 0, worst: int = 5) -> npt.NDArray[np.int64]:
    """Return (Q,) ranks from 1 to `worst`."""
    return np.random.default_rng(seed).integers(1, worst + 1, queries)
