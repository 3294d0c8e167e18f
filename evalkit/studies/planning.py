"""The plan as a study: which path to the new model, how long, how much, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

import numpy as np

from evalkit.arrays import Floats
from evalkit.defaults import SHARES
from evalkit.embedding.encoding import Progress
from evalkit.errors import UsageError
from evalkit.evaluation import Evaluation, Setting, System, evaluate
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet
from evalkit.lab import Plan, check_vectors, curves_between, feeding
from evalkit.mixing.claims import SAME
from evalkit.mixing.curve import MixCurve
from evalkit.mixing.strategies import SEARCHES
from evalkit.mixing.summary import KEEPS_OLD
from evalkit.planning.choice import Choice, choose
from evalkit.planning.exposure import delay, harm
from evalkit.planning.inputs import Inputs
from evalkit.planning.paths import Exposure, Path, Question, paths_of
from evalkit.planning.ranges import Ranges, ranges_of
from evalkit.planning.schedule import Schedule
from evalkit.planning.subsample import SizeStep, size_steps
from evalkit.planning.workload import schedule_of
from evalkit.planning.zipf import ZipfFit
from evalkit.reports import report_of
from evalkit.studies.planbuild import Build, build_of
from evalkit.studies.planinputs import Asked, inputs_of, store_of
from evalkit.studies.planlog import exponent_of, fitted, told_of
from evalkit.studies.planremarks import about_index, remarks_on

__all__ = ["Asked"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MigrationPlan:
    """A plan, whole.

    Attributes:
        old: The system in production, evaluated.
        new: The system to come.
        setting: What both were evaluated on.
        asked: What the plan was asked.
        curves: The lab's curve of each order.
        question: The inputs, the store and the exposures.
        exposures: Every strategy under every order.
        schedule: The backfill at the value of each input.
        paths: The six paths.
        ranges: P10, P50 and P90 of each.
        choice: What is recommended.
        sizes: Gain and break-even by the size of the corpus.
        build: What the graph of the new index takes; None for an index without one.
        fit: Zipf's exponent of a log; None where none was named.
        remarks: What is worth knowing of the inputs.
    """

    old: Evaluation
    new: Evaluation
    setting: Setting
    asked: Asked
    curves: tuple[MixCurve, ...]
    question: Question
    exposures: tuple[Exposure, ...]
    schedule: Schedule
    paths: tuple[Path, ...]
    ranges: Mapping[str, Ranges]
    choice: Choice
    sizes: tuple[SizeStep, ...]
    build: Build | None
    fit: ZipfFit | None
    remarks: tuple[Finding, ...]

    @property
    def golden(self) -> GoldenSet:
        """Queries, documents and judgements."""
        return self.setting.golden

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed on the way, each once."""
        told = [*self.golden.findings, *self.old.findings, *self.new.findings]
        told += [finding for curve in self.curves for finding in curve.findings]
        return tuple(dict.fromkeys([*self.remarks, *told]))

    def report(self, folder: str | FilePath, *, force: bool = False) -> FilePath:
        """Write the page, the plan and the runbook into a folder; return the page's path."""
        return report_of(self, folder, force=force)


def run_plan(
    old: System,
    new: System,
    setting: Setting,
    asked: Asked | None = None,
    *,
    progress: Progress | None = None,
) -> MigrationPlan:
    """Plan the way from one model to another.

    Args:
        old: The system in production.
        new: The system to come.
        setting: The golden set, and where vectors are kept.
        asked: What is known of provider, traffic, prices and store; assumptions stand for the rest.
        progress: Called with role, texts done and texts to do while a model encodes.

    Raises:
        ModelError: One of the two has no vectors.
        UsageError: Both are one.
        EvalkitError: An input is impossible, or contradicts another; it is named.
    """
    check_vectors((old, new))
    if old.name == new.name:
        raise UsageError(
            f"{old.name} is both the old and the new model: there is no way to plan",
            hint="--old is the model in production, --new the one to come",
            code="EK756",
        )
    wanted = asked or Asked()
    before, after = (evaluate(system, setting, progress=progress) for system in (old, new))
    fit = fitted(before, setting, wanted)
    inputs = inputs_of(after, setting, wanted, () if fit is None else (exponent_of(fit, wanted),))
    store = store_of(before, after, wanted)
    schedule = schedule_of(inputs)
    store.old_bytes(inputs), store.new_bytes(inputs)
    curves = tuple(_curve(before, after, setting, wanted, inputs, order) for order in wanted.orders)
    exposures = [exposures_of(curve) for curve in curves]
    question = Question(
        inputs=inputs,
        store=store,
        exposures={item.strategy: item for item in exposures[0]},
        lazy_strategy=wanted.file.lazy_strategy,
    )
    paths = paths_of(question)
    build = build_of(after, setting, store, inputs, seed=wanted.seed)
    sizes = _sizes(before, after, setting, wanted)
    return MigrationPlan(
        old=before,
        new=after,
        setting=setting,
        asked=wanted,
        curves=curves,
        question=question,
        exposures=tuple(item for told in exposures for item in told),
        schedule=schedule,
        paths=paths,
        ranges=ranges_of(question, paths, seed=wanted.seed),
        choice=choose(question),
        sizes=sizes,
        build=build,
        fit=fit,
        remarks=(
            *remarks_on(question, schedule, sizes, curves[0], wanted),
            *told_of(fit),
            *about_index(question, schedule, build),
        ),
    )


def exposures_of(curve: MixCurve) -> tuple[Exposure, ...]:
    """Return harm and delay of every strategy of a curve, for each hour of the migration.

    The low end of a harm is that of the upper end of the curve's band, and the other way round.
    """
    new = float(curve.line("dual-raw").means[-1])
    shares = curve.shares
    found = []
    for name in curve.strategies:
        line, told = curve.line(name), curve.summary(name)
        means, (lows, highs) = _snapped(line.means, line.old_mean), line.band
        if name == KEEPS_OLD:  # it is the old index: no interval is needed
            lows = highs = means
        found.append(
            Exposure(
                strategy=name,
                order=curve.order,
                harm=(
                    harm(shares, np.maximum(highs, means), line.old_mean),
                    harm(shares, means, line.old_mean),
                    harm(shares, np.minimum(lows, means), line.old_mean),
                ),
                delay=(
                    delay(shares, np.maximum(highs, means), new),
                    delay(shares, means, new),
                    delay(shares, np.minimum(lows, means), new),
                ),
                never_below=told.never_below,
                searches=line.searches,
                start=float(means[0]),
                worst=told.worst,
            )
        )
    return tuple(found)


def _snapped(means: Floats, old: float) -> Floats:
    """Return means in which what differs from the old index by rounding alone equals it."""
    return np.where(np.abs(means - old) < SAME, old, means)


def _curve(
    old: Evaluation, new: Evaluation, setting: Setting, asked: Asked, inputs: Inputs, order: str
) -> MixCurve:
    """Return all thirteen strategies, traffic weighted; those that two spaces do not allow are told of."""
    plan = Plan(
        order=order,
        strategies=feeding(tuple(SEARCHES), order),
        shares=SHARES,
        measures=(asked.measure,),
        align=asked.align,
        margin=inputs["margin"],
        use_weights=True,
        seed=asked.seed,
        thorough=False,
    )
    (curve, *_) = curves_between(old, new, setting, plan, brief=True)
    return curve


def _sizes(old: Evaluation, new: Evaluation, setting: Setting, asked: Asked) -> tuple[SizeStep, ...]:
    if old.embedded is None or new.embedded is None:
        return ()
    return size_steps(setting.golden, old.embedded, new.embedded, measure=asked.measure, seed=asked.seed)
