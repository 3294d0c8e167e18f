"""The experiment: the whole way from a golden set and models to a verdict, readable top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.comparison.assay import assay, check_above_chance
from evalkit.comparison.intervals import guarded_interval
from evalkit.comparison.paired import compare
from evalkit.comparison.table import Comparison
from evalkit.decision.copies import examine_copies
from evalkit.decision.critical import critical_losses
from evalkit.decision.decide import decide
from evalkit.decision.evidence import Evidence, doubtful_source, gather
from evalkit.decision.policy import Judge, Policy
from evalkit.decision.verdict import Conclusion
from evalkit.defaults import DEPTH, SEED
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.encoding import Progress
from evalkit.errors import UsageError
from evalkit.evaluation import BY_ID, DEFAULT_MEASURES, Evaluation, Setting, System, evaluate
from evalkit.figures import count, interval
from evalkit.findings import Finding, Severity
from evalkit.golden.checks.threads import REPAIR_HINT, find_threads
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.modelqrels import ModelGrades
from evalkit.judging.prediction import Prediction
from evalkit.judging.sensitivity import examine_holes
from evalkit.judging.settling import Settling, settle
from evalkit.judging.worklist import WorkItem, worklist
from evalkit.reports import report_of
from evalkit.scaling.executor import Executor
from evalkit.scoring.measure import Measure

if TYPE_CHECKING:
    import pandas as pd


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
        ties: What orders results that nothing tells apart, "id" or "expected".
        model_grades: What a model said of the queries, where the policy's judge is "ppi"; else None.
        executor: Who searches and counts in parts, with the same result; None: this process as a whole.
    """

    golden: GoldenSet
    baseline: System
    candidates: tuple[System, ...]
    policy: Policy = field(default_factory=Policy)
    measures: tuple[Measure, ...] = DEFAULT_MEASURES
    depth: int = DEPTH
    seed: int = SEED
    cache: VectorCache | None = None
    ties: str = BY_ID
    model_grades: ModelGrades | None = None
    executor: Executor | None = None

    def __post_init__(self) -> None:
        """Check that there is a candidate and that every system has a name of its own."""
        names = [system.name for system in self.systems]
        repeated = {name for name in names if names.count(name) > 1}
        if not self.candidates or repeated:
            problem = f"two systems are called {min(repeated)!r}" if repeated else "there is no candidate"
            raise UsageError(problem, hint="compare a baseline with one or more other systems", code="EK117")
        wants = self.policy.judge == Judge.PPI
        if wants != (self.model_grades is not None) or (wants and self.ties != BY_ID):
            raise UsageError(
                "a model's grades count where the policy's judge is 'ppi', with ties by id, and nowhere else",
                hint="--judge ppi --model-grades judged.tsv, both or neither",
                code="EK679",
            )

    @property
    def systems(self) -> tuple[System, ...]:
        """The baseline, then the candidates."""
        return (self.baseline, *self.candidates)

    @property
    def setting(self) -> Setting:
        """What every system is evaluated on; the measures of the policy come first."""
        measures = tuple(dict.fromkeys([*self.policy.measures, *self.measures]))
        return Setting(
            golden=self.golden,
            measures=measures,
            depth=self.depth,
            cache=self.cache,
            ties=self.ties,
            executor=self.executor,
        )


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
        settling: For each candidate whose verdict is open the fewest of them that could settle it; else None.
    """

    experiment: Experiment
    baseline: Evaluation
    candidates: tuple[Evaluation, ...]
    comparisons: tuple[tuple[Comparison, ...], ...]
    conclusion: Conclusion
    worklist: tuple[WorkItem, ...] = ()
    settling: tuple[Settling | None, ...] = ()

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
        told += self._threads()
        return tuple(dict.fromkeys(told))

    def _threads(self) -> list[Finding]:
        """Return, where queries share their answers, the intervals that grouping them would give."""
        experiment = self.experiment
        threads = find_threads(experiment.golden)
        if not threads.matter:
            return []
        primary, counted = experiment.policy.primary, experiment.golden.counted
        labels = threads.labels[counted].tolist()
        before = self.baseline.scores.row(primary)[counted]
        found = []
        for candidate, row in zip(self.candidates, self.primaries, strict=True):
            deltas = candidate.scores.row(primary)[counted] - before
            grouped = guarded_interval(deltas, groups=labels, alpha=experiment.policy.alpha)
            problem = (
                f"{count(threads.queries)} queries share their relevant documents in {count(threads.blocks)} "
                f"blocks; with one group for each, the interval of {primary} for {row.candidate} would be "
                f"{interval(grouped.low, grouped.high)} instead of {interval(row.low, row.high)}"
            )
            found.append(Finding("EK568", Severity.WARNING, problem, hint=REPAIR_HINT))
        return found

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each query and system, one column for each measure."""
        import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

        frames = [
            evaluation.scores.to_frame().assign(system=evaluation.system.name).reset_index()
            for evaluation in self.evaluations
        ]
        return pd.concat(frames, ignore_index=True)

    def report(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the report into a folder, as `evalkit compare` does: page, result, summary and tables.

        Args:
            folder: Where to; it is made where there is none.
            force: Whether the report of another experiment may be overwritten.

        Returns:
            The path of the page.

        Raises:
            OutputError: Another experiment or a graded worklist lies there, or nothing can be written.
        """
        return report_of(self, folder, force=force)


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
        >>> from evalkit import Policy, System, read_golden
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
    spec = baseline.system.spec
    check_above_chance(baseline.judged, experiment.golden, baseline.system.name, provider=spec.provider)
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
    comparisons = _with_model(comparisons, baseline, candidates, experiment)
    pairs = zip(comparisons, candidates, strict=True)
    evidence = [_evidence(rows, baseline, candidate, experiment) for rows, candidate in pairs]
    every = [baseline.retrieved, *(candidate.retrieved for candidate in candidates)]
    if experiment.model_grades is None:  # else people's queries have no holes, which is checked
        evidence = [*examine_holes(evidence, every, golden, policy, seed=seed)]
    if experiment.ties == BY_ID and experiment.model_grades is None:
        evidence = [*examine_copies(evidence, every, golden, policy, seed=seed)]
    pooled = golden.card.judgments == "pooled"
    lost = [loss for item in evidence for loss in item.losses]
    items = worklist(every, golden, policy, losses=lost) if pooled else ()
    return Outcome(
        experiment=experiment,
        baseline=baseline,
        candidates=tuple(candidates),
        comparisons=comparisons,
        conclusion=decide(evidence, policy),
        worklist=items,
        settling=settle(evidence, every, golden, policy, items, seed=seed),
    )


def _with_model(
    comparisons: tuple[tuple[Comparison, ...], ...],
    baseline: Evaluation,
    candidates: Sequence[Evaluation],
    experiment: Experiment,
) -> tuple[tuple[Comparison, ...], ...]:
    """Return the comparisons with what a model's grades add, where the policy asks for it."""
    grades = experiment.model_grades
    if grades is None:
        return comparisons
    found = []
    for rows, candidate in zip(comparisons, candidates, strict=True):
        runs = baseline.retrieved.run, candidate.retrieved.run
        prediction = Prediction(experiment.golden, grades, runs, experiment.policy)
        prediction.check()
        found.append(prediction.applied(rows))
    return tuple(found)


def _evidence(
    rows: tuple[Comparison, ...], baseline: Evaluation, candidate: Evaluation, experiment: Experiment
) -> Evidence:
    golden, policy = experiment.golden, experiment.policy
    names = {baseline.system.name, str(baseline.system.spec)}
    evidence = gather(
        rows,
        policy,
        losses=critical_losses(baseline.judged, candidate.judged, golden, policy, exact=candidate.exact),
        source_doubtful=doubtful_source(golden, names),
    )
    return replace(evidence, at_chance=bool(candidate.at_chance), source_stated=bool(golden.card.pooled_from))
