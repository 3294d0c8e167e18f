"""The plan as a study: which path to the new model, how long, how much, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

import numpy as np

from evalkit import figures
from evalkit.arrays import Floats
from evalkit.defaults import ORDER, PRIMARY, SEED, SHARES
from evalkit.embedding.encoder import Counting, Role
from evalkit.embedding.encoding import Progress
from evalkit.errors import UsageError
from evalkit.evaluation import Evaluation, Setting, System, evaluate
from evalkit.findings import Finding, Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.lab import Plan, check_vectors, curves_between, feeding
from evalkit.mixing.claims import SAME
from evalkit.mixing.curve import MixCurve
from evalkit.mixing.starving import FUSION
from evalkit.mixing.strategies import SEARCHES
from evalkit.mixing.summary import KEEPS_OLD
from evalkit.planning.choice import Choice, choose
from evalkit.planning.exposure import delay, harm
from evalkit.planning.inputs import ASSUMED, MEASURED, Input, Inputs
from evalkit.planning.paths import Exposure, Path, Question, paths_of
from evalkit.planning.planfile import PlanFile
from evalkit.planning.ranges import Ranges, ranges_of
from evalkit.planning.schedule import Schedule
from evalkit.planning.subsample import SizeStep, size_steps, unsettled
from evalkit.planning.tokens import token_ratio
from evalkit.planning.workload import Store, schedule_of
from evalkit.reports import report_of

DEFAULT_ORDERS = (ORDER,)
_CHARACTERS_A_TOKEN = (4.0, 3.4, 4.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a plan is asked.

    Attributes:
        file: What plan.toml says.
        told: Numbers of the command line, which win over the file.
        orders: Which documents move first; the first one is reckoned with, the others are shown beside.
        measure: What quality is measured by.
        seed: What every draw is addressed by.
        align: How vectors of different dimensions share a column, "" for not at all.
        golden_name: The golden set as people name it in commands; its own name where left out.
    """

    file: PlanFile = PlanFile()  # noqa: RUF009 - frozen
    told: tuple[Input, ...] = ()
    orders: tuple[str, ...] = DEFAULT_ORDERS
    measure: str = PRIMARY
    seed: int = SEED
    align: str = ""
    golden_name: str = ""


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
    inputs = _inputs(after, setting, wanted)
    store = _store(before, after, wanted)
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
        remarks=tuple(_remarks(question, schedule, sizes, curves[0], wanted)),
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


def _inputs(new: Evaluation, setting: Setting, asked: Asked) -> Inputs:
    """Return all numbers: measured ones, then those of the file, then those of the command line."""
    given = {item.name: item for item in (*asked.file.numbers, *asked.told)}
    found = Inputs.of([*_measured(new, setting, asked, given), *given.values()])
    if "tokens_per_s" not in given:
        return found
    of_providers = {"tpm", "rpm", "latency_s"}  # a model of one's own has a speed and no limits
    return Inputs({name: item for name, item in found.by_name.items() if name not in of_providers})


def _measured(new: Evaluation, setting: Setting, asked: Asked, given: Mapping[str, Input]) -> list[Input]:
    """Return documents and tokens as the golden set has them."""
    golden = setting.golden
    texts, queries = golden.corpus.bodies, golden.queries.bodies
    count = float(len(texts))
    found = [_point("documents", count, MEASURED, f"the corpus of {golden.name}")]
    characters = sum(map(len, texts)) / max(1, len(texts))
    encoder: object = new.encoder
    counter = encoder if isinstance(encoder, Counting) else None
    if "tokens_per_document" not in given:
        found += _document_tokens(texts, characters, counter, asked, given)
    counted = counter.count_tokens(queries, Role.query) if counter else None
    if counted:
        found.append(
            _point(
                "live_tokens",
                float(np.mean(counted)),
                MEASURED,
                f"the tokenizer of {new.system.name}, all queries",
            )
        )
    else:
        mean = max(1.0, sum(map(len, queries)) / max(1, len(queries)))
        middle, low, high = (mean / each for each in _CHARACTERS_A_TOKEN)
        source = f"{figures.count(mean)} characters a query, four to a token"
        found.append(
            Input(
                name="live_tokens",
                value=middle,
                low=min(high, middle),
                high=max(low, middle),
                kind=ASSUMED,
                source=source,
            )
        )
    return found


def _document_tokens(
    texts: Sequence[str],
    characters: float,
    counter: Counting | None,
    asked: Asked,
    given: Mapping[str, Input],
) -> list[Input]:
    """Return tokens of a document, by the tokenizer, by a ratio that was given, or by an assumed one."""
    ratio = given.get("tokens_per_character")
    if ratio is None and counter is not None and counter.count_tokens(texts[:1], Role.document):
        told = token_ratio(
            texts, lambda some: counter.count_tokens(some, Role.document) or [], seed=asked.seed
        )
        source = f"{told.documents} documents drawn by their length, by the model's tokenizer"
        ratio = Input(
            name="tokens_per_character",
            value=told.ratio,
            low=told.low,
            high=told.high,
            kind=MEASURED,
            source=source,
        )
    used = Inputs.of([] if ratio is None else [ratio]).by_name["tokens_per_character"]
    each = Input(
        name="tokens_per_document",
        value=characters * used.value,
        low=characters * used.low,
        high=characters * used.high,
        kind=used.kind,
        source=f"{figures.count(characters)} characters a document × tokens_per_character",
    )
    return [used, each]


def _point(name: str, value: float, kind: str, source: str) -> Input:
    return Input(name=name, value=value, low=value, high=value, kind=kind, source=source)


def _store(old: Evaluation, new: Evaluation, asked: Asked) -> Store:
    dims = [side.embedded.fingerprint.dims if side.embedded else 0 for side in (old, new)]
    return Store(engine=asked.file.engine, kind=asked.file.kind, old_dims=dims[0], new_dims=dims[1])


def _sizes(old: Evaluation, new: Evaluation, setting: Setting, asked: Asked) -> tuple[SizeStep, ...]:
    if old.embedded is None or new.embedded is None:
        return ()
    return size_steps(setting.golden, old.embedded, new.embedded, measure=asked.measure, seed=asked.seed)


def _remarks(
    question: Question, schedule: Schedule, sizes: tuple[SizeStep, ...], curve: MixCurve, asked: Asked
) -> list[Finding]:
    """Return what is worth knowing of the inputs and of what the plan rests on."""
    inputs, told = question.inputs, []
    if not schedule.converges:
        needed = 3600 * inputs["writes_per_s"]
        told.append(
            Finding(
                "EK743",
                Severity.WARNING,
                f"writes_per_s = {figures.as_set(inputs['writes_per_s'])} is "
                f"{figures.count(needed)} documents an hour, and "
                f"{figures.count(schedule.rate)} an hour are embedded: a backfill never catches up",
                hint=(
                    f"it converges above {figures.count(needed)} documents an hour, "
                    f"{schedule.binding} bind now"
                ),
            )
        )
    assumed = [item.name for item in inputs.by_name.values() if item.kind == ASSUMED and not item.is_certain]
    if assumed:
        problem = f"{len(assumed)} inputs are assumed, and the ranges say so: {', '.join(assumed)}"
        told.append(Finding("EK750", Severity.NOTICE, problem, hint="state them in plan.toml"))
    if "price" not in inputs:
        hint = "price = { value = 0.02, date = 2026-11-01 } in plan.toml, or --price 0.02@2026-11-01"
        told.append(Finding("EK751", Severity.WARNING, "no price is known, and so no cost", hint=hint))
    elif not inputs.by_name["price"].date:
        hint = "--price 0.02@2026-11-01: the day on which you read it"
        problem = f"price = {figures.as_set(inputs['price'])} has no date, and prices change"
        told.append(Finding("EK749", Severity.WARNING, problem, hint=hint))
    told += _about_quality(question, sizes, curve)
    told += _about_lazy(asked)
    if inputs["tokens_per_document"] > inputs["input_tokens"]:
        problem = (
            f"a document has {figures.count(inputs['tokens_per_document'])} tokens on average, "
            "and a provider takes "
            f"input_tokens = {figures.count(inputs['input_tokens'])}"
        )
        told.append(
            Finding("EK742", Severity.WARNING, problem, hint="split documents before they are embedded")
        )
    return told


def _about_quality(question: Question, sizes: tuple[SizeStep, ...], curve: MixCurve) -> list[Finding]:
    old, new = curve.line("stay-old").old_mean, float(curve.line("dual-raw").means[-1])
    told = []
    if new <= old:
        problem = (
            f"the new model is not better on this golden set: {figures.number(old)} → {figures.number(new)}"
        )
        hint = "evalkit compare decides whether it may replace the old one; no path is worth a loss"
        told.append(Finding("EK752", Severity.WARNING, problem, hint=hint))
    moving = unsettled(sizes)
    known, planned = len(curve.query_ids), question.documents
    if moving:
        problem = f"quality has not settled at the size of this corpus: from half of it to all of it {moving}"
        hint = "a larger sample of the corpus tells more; harm and delay are those of this one"
        told.append(Finding("EK753", Severity.WARNING, problem, hint=hint))
    if sizes and planned > 2 * sizes[-1].documents:
        problem = (
            f"the plan is for {figures.count(planned)} documents, and the lab has seen "
            f"{figures.count(sizes[-1].documents)} with "
            f"{known} queries: hours, money and bytes scale, quality does not"
        )
        hint = "more documents compete for the first ten; see how quality depends on the corpus"
        told.append(Finding("EK754", Severity.NOTICE, problem, hint=hint))
    return told


def _about_lazy(asked: Asked) -> list[Finding]:
    name = asked.file.lazy_strategy
    if name not in FUSION:
        return []
    problem = f"lazy_strategy = {name}: {FUSION[name]}"
    return [Finding("EK755", Severity.WARNING, problem, hint="cascade has neither fault")]
