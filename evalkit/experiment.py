"""The experiment: the whole way from a golden set and models to a verdict, readable top to bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.comparison.assay import assay, check_above_chance
from evalkit.comparison.paired import compare
from evalkit.comparison.table import Comparison
from evalkit.decision.critical import critical_losses
from evalkit.decision.evidence import Evidence, doubtful_source, gather
from evalkit.decision.holes import examine_holes
from evalkit.decision.policy import Policy
from evalkit.decision.rules import decide
from evalkit.decision.verdict import Conclusion
from evalkit.decision.worklist import WorkItem, worklist
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddings import EmbeddedSet, embed
from evalkit.embedding.encoding import Progress
from evalkit.embedding.modelspec import RUN_FILE, SEARCH, ModelSpec, open_encoder
from evalkit.errors import UsageError
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.faiss import open_index
from evalkit.indexing.index import EXACT, INDEXES
from evalkit.retrieval.callable import call_search
from evalkit.retrieval.loss import recall_by_distance
from evalkit.retrieval.run import Run, retrieve
from evalkit.retrieval.ties import tie_findings
from evalkit.retrieval.trec import read_run
from evalkit.scoring.judged import JudgedRun, judge
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores, depth_findings, score
from evalkit.streams import DEFAULT_SEED

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_MEASURES = tuple(
    Measure.parse(name) for name in ("nDCG@10", "Recall@10", "MRR@10", "Recall@100", "Judged@10")
)
DEPTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A model with its index, by the name it goes by in this experiment.

    Attributes:
        name: Its alias, else its spec.
        spec: Which model, run file or function that searches.
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

    @property
    def embeds(self) -> bool:
        """Whether it searches vectors; run files and functions that search do not."""
        return self.spec.provider not in (RUN_FILE, SEARCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What systems are evaluated on, the same for all of them.

    Attributes:
        golden: Queries, corpus and judgements.
        measures: What is measured.
        depth: How many documents are retrieved.
        cache: Where vectors and indexes are kept, None for nowhere.
        fresh_index: Whether indexes are built anew and kept nowhere.
    """

    golden: GoldenSet
    measures: tuple[Measure, ...] = DEFAULT_MEASURES
    depth: int = DEPTH
    cache: VectorCache | None = None
    fresh_index: bool = False

    @property
    def index_folder(self) -> Path | None:
        """Where indexes are kept, None for nowhere."""
        return self.cache.folder / INDEXES if self.cache and not self.fresh_index else None


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
        embedded: Its vectors; None for a run file or a function that searches.
        exact: Its judged run under exact search, where its index is not exact; else None.
        index_recall: Share of the exact top ten that its index finds, by distance; None for an exact index.
    """

    system: System
    run: Run
    judged: JudgedRun
    scores: Scores
    embedded: EmbeddedSet | None = None
    exact: JudgedRun | None = None
    index_recall: float | None = None

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
        worklist: Unjudged documents that both sides' first results show, where judgements are pooled.
    """

    experiment: Experiment
    baseline: Evaluation
    candidates: tuple[Evaluation, ...]
    comparisons: tuple[tuple[Comparison, ...], ...]
    conclusion: Conclusion
    worklist: tuple[WorkItem, ...] = ()

    @property
    def primaries(self) -> tuple[Comparison, ...]:
        """For each candidate the comparison of the primary measure on the whole golden set."""
        primary = self.experiment.policy.primary
        return tuple(
            next(row for row in rows if row.measure == primary and row.segment is None)
            for rows in self.comparisons
        )

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
        for comparison in self.primaries:
            told += assay(comparison)
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

    Examples:
        >>> from evalkit import Policy, read_golden
        >>> outcome = run_experiment(
        ...     Experiment(
        ...         golden=read_golden("helpdesk"),
        ...         baseline=System.parse("lsa/64"),
        ...         candidates=(System.parse("hash/64"),),
        ...         policy=Policy(objective="maintain"),
        ...     )
        ... )
        >>> str(outcome.conclusion.verdict)
        'NO-GO'
    """
    setting = experiment.setting
    baseline, *candidates = (evaluate(system, setting, progress=progress) for system in experiment.systems)
    check_above_chance(baseline.judged, experiment.golden, baseline.system.name)
    return conclude(experiment, baseline, candidates)


def conclude(experiment: Experiment, baseline: Evaluation, candidates: Sequence[Evaluation]) -> Outcome:
    """Compare evaluations with the baseline's, and decide.

    Args:
        experiment: The question.
        baseline: The evaluation of the system in production.
        candidates: Those of the candidates, in the experiment's order.
    """
    golden, policy, seed = experiment.golden, experiment.policy, experiment.seed
    comparisons = tuple(
        compare(baseline.scores, candidate.scores, golden, policy=policy, seed=seed)
        for candidate in candidates
    )
    pairs = zip(comparisons, candidates, strict=True)
    evidence = [_evidence(rows, baseline, candidate, experiment) for rows, candidate in pairs]
    runs = [candidate.run for candidate in candidates]
    evidence = [*examine_holes(evidence, baseline.run, runs, golden, policy, seed=seed)]
    pooled = golden.card.judgments == "pooled"
    return Outcome(
        experiment=experiment,
        baseline=baseline,
        candidates=tuple(candidates),
        comparisons=comparisons,
        conclusion=decide(evidence, policy),
        worklist=worklist([baseline.run, *runs], golden, policy) if pooled else (),
    )


def evaluate(system: System, setting: Setting, *, progress: Progress | None = None) -> Evaluation:
    """Return what one system retrieves on the golden set, and its scores."""
    golden, exact, index_recall = setting.golden, None, None
    run, embedded = results_of(system, setting, progress=progress)
    cutoff = next((measure.cutoff for measure in setting.measures if measure.cutoff), None)
    ties = tie_findings(run, golden.counted, cutoff) if cutoff else ()
    run = replace(run, findings=(*run.findings, *depth_findings(run, golden, setting.measures), *ties))
    if embedded is not None and system.factory != EXACT:
        exact_run = search(system, embedded, setting, factory=EXACT)
        exact, index_recall = judge(exact_run, golden), recall_by_distance(run, exact_run)
    return Evaluation(
        system=system,
        run=run,
        judged=judge(run, golden),
        scores=score(run, golden, setting.measures),
        embedded=embedded,
        exact=exact,
        index_recall=index_recall,
    )


def results_of(
    system: System, setting: Setting, *, progress: Progress | None = None
) -> tuple[Run, EmbeddedSet | None]:
    """Return what one system retrieves, judged or not, and its vectors where it has any."""
    golden = setting.golden
    if system.spec.provider == RUN_FILE:
        path = Path(str(system.options.get("base", "")), system.spec.model)
        return read_run(path, golden, system=system.name), None
    if system.spec.provider == SEARCH:
        run = call_search(system.spec, golden, system.options, depth=setting.depth, system=system.name)
        return run, None
    encoder = open_encoder(system.spec, golden, system.options)
    embedded = embed(golden, encoder, cache=setting.cache, progress=progress)
    return search(system, embedded, setting, factory=system.factory), embedded


def search(system: System, embedded: EmbeddedSet, setting: Setting, *, factory: str) -> Run:
    """Return the system's run; where a query is itself a document and that is to go, it goes."""
    golden, depth = setting.golden, setting.depth
    index = open_index(embedded.corpus, factory, setting.index_folder)
    if golden.card.self_hits != "remove":
        return retrieve(embedded, index, depth=depth, system=system.name)
    return retrieve(embedded, index, depth=depth + 1, system=system.name).without(golden.self_hits).top(depth)


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
