"""The experiment: the whole way from a golden set and models to a verdict, readable top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evalkit.comparison.paired import compare
from evalkit.comparison.table import Comparison
from evalkit.decision.critical import critical_losses
from evalkit.decision.evidence import Evidence, doubtful_source, gather
from evalkit.decision.holes import examine_holes
from evalkit.decision.policy import Policy
from evalkit.decision.rules import decide
from evalkit.decision.verdict import Conclusion
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddings import EmbeddedSet, Progress, embed
from evalkit.embedding.modelspec import RUN_FILE, ModelSpec, open_encoder
from evalkit.errors import ModelError, UsageError
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.faiss import open_index
from evalkit.indexing.index import EXACT
from evalkit.retrieval.run import Run, retrieve
from evalkit.retrieval.trec import read_run
from evalkit.scoring.judged import JudgedRun, judge
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores, score
from evalkit.streams import DEFAULT_SEED

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_MEASURES = tuple(
    Measure.parse(name) for name in ("nDCG@10", "Recall@10", "MRR@10", "Recall@100", "Judged@10")
)
DEPTH = 100
CHANCE_QUERIES = 30
CHANCE_DEVIATIONS = 1.645


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A model with its index, by the name it goes by in this experiment.

    Attributes:
        name: Its alias, else its spec.
        spec: Which model, or which run file.
        options: The provider's own options.
        factory: FAISS factory string of its index.
    """

    name: str
    spec: ModelSpec
    options: Mapping[str, object] = field(default_factory=dict)
    factory: str = EXACT

    @classmethod
    def parse(cls, text: str, *, factory: str = EXACT) -> System:
        """Return the system that a model spec names."""
        return cls(name=text, spec=ModelSpec.parse(text), factory=factory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What systems are evaluated on, the same for all of them.

    Attributes:
        golden: Queries, corpus and judgements.
        measures: What is measured.
        depth: How many documents are retrieved.
        cache: Where vectors and indexes are kept, None for nowhere.
    """

    golden: GoldenSet
    measures: tuple[Measure, ...] = DEFAULT_MEASURES
    depth: int = DEPTH
    cache: VectorCache | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A question put to a golden set: may one of the candidates replace the baseline?

    Attributes:
        golden: What everything is measured on.
        baseline: The system in production.
        candidates: The systems that may replace it, at least one, names distinct.
        policy: The question, fixed before any score is seen.
        measures: What is measured; those that the policy needs are added.
        depth: How many documents are retrieved.
        seed: What every random number is addressed by.
        cache: Where vectors and indexes are kept, None for nowhere.
    """

    golden: GoldenSet
    baseline: System
    candidates: tuple[System, ...]
    policy: Policy = field(default_factory=Policy)
    measures: tuple[Measure, ...] = DEFAULT_MEASURES
    depth: int = DEPTH
    seed: int = DEFAULT_SEED
    cache: VectorCache | None = None

    def __post_init__(self) -> None:
        """Check that there is a candidate and that every system has a name of its own."""
        names = [system.name for system in self.systems]
        repeated = {name for name in names if names.count(name) > 1}
        if not self.candidates or repeated:
            problem = f"two systems are called {min(repeated)!r}" if repeated else "there is no candidate"
            raise UsageError(problem, hint="compare a baseline with one or more other systems", code="EK117")

    @property
    def systems(self) -> tuple[System, ...]:
        """The baseline, then the candidates."""
        return (self.baseline, *self.candidates)

    @property
    def setting(self) -> Setting:
        """What every system is evaluated on; the measures of the policy come first."""
        measures = tuple(dict.fromkeys([*self.policy.measures, *self.measures]))
        return Setting(golden=self.golden, measures=measures, depth=self.depth, cache=self.cache)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation:
    """One system on the golden set: what it retrieved and how that scores.

    Attributes:
        system: Which system.
        run: What it retrieved.
        judged: The same joined with the judgements.
        scores: One value for each measure and query.
        embedded: Its vectors; None for a run file.
        exact: Its judged run under exact search, where its index is not exact; else None.
    """

    system: System
    run: Run
    judged: JudgedRun
    scores: Scores
    embedded: EmbeddedSet | None = None
    exact: JudgedRun | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What embedding and retrieving noticed."""
        return (self.embedded.findings if self.embedded else ()) + self.run.findings


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outcome:
    """Everything that one experiment found.

    Attributes:
        experiment: What was asked.
        baseline: The evaluation of the system in production.
        candidates: Those of the candidates, in the order given.
        comparisons: For each candidate its comparisons with the baseline.
        conclusion: The verdict over all candidates, and each decision with its reasons.
    """

    experiment: Experiment
    baseline: Evaluation
    candidates: tuple[Evaluation, ...]
    comparisons: tuple[tuple[Comparison, ...], ...]
    conclusion: Conclusion

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """The baseline's, then the candidates'."""
        return (self.baseline, *self.candidates)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed on the way and is no error, each once."""
        told = [*self.experiment.golden.findings]
        for evaluation in self.evaluations:
            told += evaluation.findings
        return tuple(dict.fromkeys(told))

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each query and system, one column for each measure."""
        import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

        frames = [
            evaluation.scores.to_frame().assign(system=evaluation.system.name).reset_index()
            for evaluation in self.evaluations
        ]
        return pd.concat(frames, ignore_index=True)


def run_experiment(experiment: Experiment, *, progress: Progress | None = None) -> Outcome:
    """Embed, index, retrieve, score, compare and decide.

    Args:
        experiment: The question.
        progress: Called with role, texts done and texts to do while a model encodes.

    Returns:
        The outcome, the same for the same experiment on every machine.

    Raises:
        ModelError: Among others, the baseline finds no more than chance would.
    """
    golden, policy = experiment.golden, experiment.policy
    baseline, *candidates = (
        evaluate(system, experiment.setting, progress=progress) for system in experiment.systems
    )
    refuse_chance(baseline, golden)
    comparisons = tuple(
        compare(baseline.scores, candidate.scores, golden, policy=policy, seed=experiment.seed)
        for candidate in candidates
    )
    pairs = zip(comparisons, candidates, strict=True)
    evidence = examine_holes(
        [_evidence(rows, baseline, candidate, experiment) for rows, candidate in pairs],
        baseline.run,
        [candidate.run for candidate in candidates],
        golden,
        policy,
        seed=experiment.seed,
    )
    return Outcome(
        experiment=experiment,
        baseline=baseline,
        candidates=tuple(candidates),
        comparisons=comparisons,
        conclusion=decide(evidence, policy),
    )


def evaluate(system: System, setting: Setting, *, progress: Progress | None = None) -> Evaluation:
    """Return what one system retrieves on the golden set, and its scores."""
    golden, embedded, exact = setting.golden, None, None
    if system.spec.provider == RUN_FILE:
        run = read_run(_path(system), golden, system=system.name)
    else:
        encoder = open_encoder(system.spec, golden, system.options)
        embedded = embed(golden, encoder, cache=setting.cache, progress=progress)
        run = search(system, embedded, setting, factory=system.factory)
        if system.factory != EXACT:
            exact = judge(search(system, embedded, setting, factory=EXACT), golden)
    return Evaluation(
        system=system,
        run=run,
        judged=judge(run, golden),
        scores=score(run, golden, setting.measures),
        embedded=embedded,
        exact=exact,
    )


def search(system: System, embedded: EmbeddedSet, setting: Setting, *, factory: str) -> Run:
    """Return the system's run; where a query is itself a document and that is to go, it goes."""
    golden, depth = setting.golden, setting.depth
    folder = setting.cache.folder / "indexes" if setting.cache else None
    index = open_index(embedded.corpus, factory, folder)
    if golden.card.self_hits != "remove":
        return retrieve(embedded, index, depth=depth, system=system.name)
    return retrieve(embedded, index, depth=depth + 1, system=system.name).without(golden.self_hits).top(depth)


def refuse_chance(baseline: Evaluation, golden: GoldenSet) -> None:
    """Raise when the baseline finds no more relevant documents than a random order would.

    Against such a baseline any candidate wins: most often its query vectors come from another model than
    its document vectors. Fewer than 30 counted queries say too little and are let through.

    Raises:
        ModelError: The number of relevant documents among the first results lies below the mean of random
            orders plus 1.645 standard deviations (hypergeometric, one-sided level 0.05).
    """
    documents, counted = len(golden.corpus), golden.counted
    cutoff = min(10, documents // 10)
    if counted.sum() < CHANCE_QUERIES or cutoff < 1:
        return
    relevant = np.minimum(baseline.judged.relevant[counted], documents)
    found = int((baseline.judged.grades[counted, :cutoff] >= 1).sum())
    share = cutoff / documents
    expected = float((relevant * share).sum())
    variance = float((relevant * share * (1 - share) * (documents - relevant) / (documents - 1)).sum())
    if found <= expected + CHANCE_DEVIATIONS * variance**0.5:
        raise ModelError(
            f"the baseline {baseline.system.name} finds {found} relevant documents in its first {cutoff} "
            f"results, a random order {expected:.1f}",
            hint="these query vectors do not live in this space: queries and documents must come from one "
            "model, each with its prompt",
            code="EK520",
        )


def _evidence(
    rows: tuple[Comparison, ...], baseline: Evaluation, candidate: Evaluation, experiment: Experiment
) -> Evidence:
    golden, policy = experiment.golden, experiment.policy
    names = {baseline.system.name, str(baseline.system.spec)}
    return gather(
        rows,
        policy,
        losses=critical_losses(baseline.judged, candidate.judged, golden, policy, exact=candidate.exact),
        source_doubtful=doubtful_source(golden, names),
    )


def _path(system: System) -> Path:
    return Path(str(system.options.get("base", "")), system.spec.model)
