"""The lab: what becomes of search while an index moves from one evaluated system to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evalkit import figures
from evalkit.arrays import Ints
from evalkit.defaults import MARGIN, MIXED_MEASURES, SEED, SHARES
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.encoder import VectorSource
from evalkit.errors import ModelError, UnknownNameError, UsageError
from evalkit.evaluation import Evaluation, Setting, System, results_of
from evalkit.findings import Finding, Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.live import logged_queries
from evalkit.mixing.controls import CONTROLS
from evalkit.mixing.curve import MixCurve, mix
from evalkit.mixing.options import MixOptions, check_measures
from evalkit.mixing.options import parse_shares as shares_of
from evalkit.mixing.orders import LAZY, RANDOM, Order, check_order
from evalkit.mixing.replay import TOUCHED, Replay, replay
from evalkit.mixing.starving import STARVING, check_starvation
from evalkit.mixing.strategies import DEFAULT_STRATEGIES, check_names
from evalkit.opening import FILE_FAULTS, is_file, numbered_bytes
from evalkit.spaces.calibration import PseudoQueries, encode_pseudo_queries

SUMMARY_KEYS = tuple(
    """
    strategy old start half end worst worst_share break_even blackout spread error lowest lowest_share
    never_below searches evaluated
    """.split()  # noqa: SIM905 - a list of names reads best as a paragraph
)
BRIEF_REALISATIONS = 8  # the error of a mean is then a third of its spread
CONTROL_STRATEGIES = ("new-query", "bridged", "stay-old")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the lab looks at a migration.

    Attributes:
        order: Which documents move first.
        strategies: How queries are answered meanwhile.
        shares: How many shares, or which.
        measures: What is measured.
        align: How vectors of different dimensions share a column, "" for not at all.
        controls: Names of controls that are shown beside: "float16", "rotated".
        cohorts: Document fields of which each value becomes a cohort.
        margin: Loss against the old index that is accepted.
        use_weights: Whether queries count by their traffic.
        seed: What every sample is addressed by.
        thorough: Whether to tell of every strategy, not of the first alone, what each cohort holds of the
            first results.
    """

    order: str = RANDOM
    strategies: tuple[str, ...] = DEFAULT_STRATEGIES
    shares: int | tuple[float, ...] = SHARES
    measures: tuple[str, ...] = MIXED_MEASURES
    align: str = ""
    controls: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    margin: float = MARGIN
    use_weights: bool = False
    seed: int = SEED
    thorough: bool = True

    def __post_init__(self) -> None:
        """Check every name and number that can be wrong before a vector is known."""
        MixOptions(margin=self.margin)
        check_order(self.order)
        if self.order.partition(":")[0] == LAZY:
            check_starvation(self.strategies)
        check_names(self.strategies)
        check_measures(self.measures)
        shares_of(self.shares)
        for name in self.controls:
            if name not in CONTROLS:
                raise UnknownNameError.among("control", name, CONTROLS)


def check_vectors(systems: Sequence[System]) -> None:
    """Raise unless all systems search vectors.

    Raises:
        ModelError: One is a run file or a function that searches.
    """
    for system in systems:
        if not system.embeds:
            raise ModelError(
                f"{system.name} has no vectors, and so no index that could be half migrated",
                hint="name two models; evalkit diff tells how much two runs differ",
                code="EK369",
            )


def check_fields(plan: Plan, golden: GoldenSet) -> None:
    """Raise where the order or a cohort goes by a field that no document has.

    Raises:
        UnknownNameError: One does; the nearest is offered.
    """
    kind, _, detail = plan.order.partition(":")
    if kind == LAZY and not is_file(detail):
        raise UsageError(
            f"{detail} is not a file", hint="lazy:LOG names a log of queries, one a line", code="EK126"
        )
    for name in (*plan.cohorts, *([detail] if kind == "field" else [])):
        if name not in golden.document_fields:
            raise UnknownNameError.among("field of the documents", name, golden.document_fields)


def curves_between(
    old: Evaluation, new: Evaluation, setting: Setting, plan: Plan, *, brief: bool = False
) -> tuple[MixCurve, ...]:
    """Return the curve of a migration, and those of the controls after it.

    Args:
        old: The system in production.
        new: The system to come.
        setting: What both were evaluated on.
        plan: How to look at it.
        brief: Whether curves alone are wanted, and soon: merges by rank are simulated a few times, and what
            cohorts hold is left out.

    Returns:
        Nothing where one of the two is a run file, which has no vectors.
    """
    if old.embedded is None or new.embedded is None:
        return ()
    options = MixOptions(
        old_name=old.system.name,
        new_name=new.system.name,
        align=plan.align,
        pseudo_queries=_pseudo_queries(old, new, setting, plan),
        cohorts=plan.cohorts,
        margin=plan.margin,
        use_weights=plan.use_weights,
        realisations=BRIEF_REALISATIONS if brief else MixOptions().realisations,
        holdings=() if brief else plan.strategies if plan.thorough else plan.strategies[:1],
        executor=setting.executor,
    )
    order: str | Order = plan.order
    told: tuple[Finding, ...] = ()
    if plan.order.partition(":")[0] == LAZY:
        order, told = lazy_order(old, setting, plan.order)
    curve = mix(
        setting.golden,
        old.embedded,
        new.embedded,
        order=order,
        strategies=plan.strategies,
        shares=plan.shares,
        measures=plan.measures,
        seed=plan.seed,
        options=options,
    )
    curve = replace(curve, findings=(*told, *curve.findings))
    return (curve, *(_control(name, new.system.name, new.embedded, setting, plan) for name in plan.controls))


def lazy_order(old: Evaluation, setting: Setting, name: str) -> tuple[Order, tuple[Finding, ...]]:
    """Return the order in which documents are first touched when a log is asked again.

    Args:
        old: The system in production, whose index answers the log throughout.
        setting: Whose documents they are.
        name: "lazy:LOG"; the log holds ids of the golden set's queries, one a line, or queries as
            `evalkit diff` reads them.

    Returns:
        The order, and how far the log comes: its share of the corpus and of the last results, how many
        documents a query embeds, and how many no query touches.
    """
    shown = shown_by(old, setting, Path(name.partition(":")[2]), TOUCHED)
    found = replay(shown, len(setting.golden.corpus))
    return Order.of_ranking(name, found.first_to_last), (_touched(found, name),)


def shown_by(old: Evaluation, setting: Setting, path: Path, depth: int) -> Ints:
    """Return (R, depth) document rows that the old system shows for the queries of a log, −1 for none.

    Args:
        old: The system in production.
        setting: Whose documents they are.
        path: The log, as for `lazy_order`.
        depth: How many results of a query count.
    """
    known = _known_queries(path, setting.golden)
    if known is None:
        asked, ids = logged_queries(setting.golden, path)
        setting = replace(setting, golden=asked)
        known = np.array([asked.queries.row(identity) for identity in ids])
    elif old.run.rows.shape[1] >= depth:
        return old.run.rows[known, :depth]
    run, _ = results_of(old.system, replace(setting, depth=depth), encoder=old.encoder)
    return run.rows[known, :depth]


def feeding(strategies: Sequence[str], order: str) -> tuple[str, ...]:
    """Return those of some strategies that get somewhere under an order; where it is lazy, with a cascade."""
    if order.partition(":")[0] != LAZY:
        return tuple(strategies)
    return tuple(dict.fromkeys([*(name for name in strategies if name not in STARVING), "cascade"]))


def _known_queries(path: Path, golden: GoldenSet) -> Ints | None:
    """Return the rows of the golden set's queries that a log names by id; None where it holds texts."""
    rows = {identity: row for row, identity in enumerate(golden.queries.ids)}
    if not is_file(path):
        return None
    try:
        lines = [line.decode("utf-8").strip() for _, line in numbered_bytes(path)]
    except FILE_FAULTS:
        return None
    named = [line for line in lines if line]
    if not named or any(line not in rows for line in named):
        return None
    return np.array([rows[line] for line in named])


def _touched(found: Replay, name: str) -> Finding:
    last = max(1, found.embedded.size // 10)
    problem = (
        f"{name}: {found.embedded.size} queries touch {_percent(found.corpus)} of the documents; of what the "
        f"last {last} show {_percent(found.traffic(last))} was touched before, and each of them embeds "
        f"{figures.number(float(found.embedded[-last:].mean()), 1)} of its first {TOUCHED}"
    )
    rest = found.first_to_last.size - found.touched
    hint = (
        f"{rest} documents are in no query's results and move last, by id: they need a sweep" if rest else ""
    )
    return Finding("EK758", Severity.NOTICE, problem, hint=hint)


def _percent(share: float) -> str:
    return figures.plain(figures.percent(share))


def parse_shares(texts: tuple[str, ...]) -> int | tuple[float, ...]:
    """Return how many shares or which shares a command line names: ("21",) or ("0", "0.5", "1").

    Raises:
        UsageError: One of them is no number.
    """
    try:
        if len(texts) == 1 and texts[0].isdecimal() and int(texts[0]) > 1:
            return int(texts[0])
        return tuple(float(text) for text in texts)
    except ValueError:
        raise UsageError(
            f"{','.join(texts)} are no shares",
            hint="--shares 21, or --shares 0,0.25,0.5,0.75,1",
            code="EK184",
        ) from None


def describe(curve: MixCurve) -> dict[str, Any]:
    """Return what a report says about a curve beside its rows: the sentence and the numbers of each line."""
    lines = [
        {
            "measure": str(summary.measure),
            **{name: getattr(summary, name) for name in SUMMARY_KEYS},
            "cohorts": dict(summary.cohorts),
            "held": {name: asdict(holding) for name, holding in summary.held.items()},
        }
        for summary in curve.summaries()
    ]
    return {
        "old": curve.old,
        "new": curve.new,
        "order": curve.order,
        "margin": curve.margin,
        "sentence": curve.sentence(),
        "valley": curve.valley(),
        "lines": lines,
    }


def _control(name: str, system: str, embedded: EmbeddedSet, setting: Setting, plan: Plan) -> MixCurve:
    twin = CONTROLS[name](embedded)
    options = MixOptions(
        old_name=system, new_name=f"{system}, {name}", margin=plan.margin, executor=setting.executor
    )
    return mix(
        setting.golden,
        embedded,
        twin,
        strategies=CONTROL_STRATEGIES,
        shares=plan.shares,
        measures=plan.measures,
        seed=plan.seed,
        options=options,
    )


def _pseudo_queries(old: Evaluation, new: Evaluation, setting: Setting, plan: Plan) -> PseudoQueries | None:
    """Return texts encoded by both models for calibration; None where it is not asked for or not possible."""
    if "dual-calibrated" not in plan.strategies:
        return None
    before, after = old.encoder, new.encoder
    if before is None or isinstance(before, VectorSource) or after is None or isinstance(after, VectorSource):
        return None
    return encode_pseudo_queries(setting.golden, before, after, seed=plan.seed, cache=setting.cache)
