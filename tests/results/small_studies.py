"""A golden set of four queries and twelve documents, and two runs on it, small enough to reckon by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.decision.policy import Policy
from evalkit.embedding.modelspec import RUN_FILE, ModelSpec
from evalkit.evaluation import Evaluation, Setting, System, scored
from evalkit.experiment import Experiment, Outcome, conclude
from evalkit.golden.card import Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure

RR = Measure("MRR", 10)
DOCUMENTS = "abcdefghijkl"
QRELS = {
    "lost": {"a": 2, "b": 1},
    "later": {"c": 1},
    "sooner": {"d": 1, "e": 0},
    "nothing": {"f": 0},  # no relevant document: not counted
}
BEFORE = {"lost": "abc", "later": "ca", "sooner": "ed", "nothing": "f"}
AFTER = {"lost": "cdefghijkla", "later": "ac", "sooner": "de", "nothing": "g"}


def golden(**changes: Any) -> GoldenSet:
    """Return the golden set: two critical queries, one segment, one query of twice the weight."""
    made = GoldenSet.of(
        "small",
        queries={name: f"what of {name}?" for name in QRELS},
        corpus={name: f"title of {name}\nwords of {name}" for name in DOCUMENTS},
        qrels=QRELS,
    )
    row = made.queries.row
    names = made.queries.ids
    made = replace(
        made,
        critical=np.isin(names, ["lost", "sooner"]),
        weights=np.where(np.arange(4) == row("later"), 2.0, 1.0),
        segments={"short": np.isin(names, ["later", "sooner"])},
        card=Card(version="3", description="of four", license="CC0", segments={"short": "few words"}),
    )
    return replace(made, **changes)


def run(name: str, results: Mapping[str, str], on: GoldenSet) -> Run:
    """Return the run in which each query finds the documents of a word, its first letter first."""
    ranked = {
        query: {document: -float(rank) for rank, document in enumerate(found)}
        for query, found in results.items()
    }
    return Run.of(name, ranked, on)


def evaluation(name: str, results: Mapping[str, str], setting: Setting) -> Evaluation:
    """Return the evaluation of a run, as a run file is evaluated."""
    retrieved = Retrieved.of(run(name, results, setting.golden), setting.golden)
    return Evaluation(
        system=System(name=name, spec=ModelSpec(RUN_FILE, f"{name}.trec")),
        run=retrieved.run,
        retrieved=retrieved,
        scores=scored(retrieved, setting),
    )


def outcome(
    *candidates: Mapping[str, str],
    before: Mapping[str, str] = BEFORE,
    on: GoldenSet | None = None,
    policy: Policy | None = None,
    **asked: Any,
) -> Outcome:
    """Return what comparing runs finds; one candidate, AFTER, when none is given."""
    known = on or golden()
    runs = {f"new{place or ''}": found for place, found in enumerate(candidates or (AFTER,))}
    names = ("old", *runs)
    systems = [System(name=name, spec=ModelSpec(RUN_FILE, f"{name}.trec")) for name in names]
    experiment = Experiment(
        golden=known,
        baseline=systems[0],
        candidates=tuple(systems[1:]),
        policy=policy or Policy(primary=RR, guardrails=()),
        measures=(RR, Measure("Recall", 10)),
        **asked,
    )
    sides = [evaluation(name, found, experiment.setting) for name, found in (("old", before), *runs.items())]
    return conclude(experiment, sides[0], sides[1:])
