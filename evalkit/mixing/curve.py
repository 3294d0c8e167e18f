"""The mixed curve: what becomes of search while part of the corpus carries old vectors and part new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evalkit import figures
from evalkit.arrays import Floats, check_shape, read_only
from evalkit.defaults import MARGIN, MIXED_MEASURES, SEED, SHARES
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.errors import ModelError, UnknownNameError
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet
from evalkit.mixing.line import Line
from evalkit.mixing.options import (
    MixOptions,
    check_measures,
    parse_shares,
)
from evalkit.mixing.orders import RANDOM, Order, make_order
from evalkit.mixing.strategies import Setup, check_names, norm_findings, possible
from evalkit.mixing.summary import MixSummary, never_below, summarise, valley
from evalkit.mixing.survey import Survey, survey_lines
from evalkit.scoring.measure import Measure

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MixCurve:
    """The lab's result: one line for each strategy and measure.

    Attributes:
        old: Name of the model in production.
        new: Name of the model to come.
        order: Which documents move first.
        shares: (S,) fractions of the corpus that have moved, increasing.
        lines: Strategy by strategy, measures in the order asked for.
        query_ids: The Q ids that the values of a line belong to.
        margin: The loss against the old index that is accepted.
        findings: What is worth knowing: lengths of the vectors, errors of fitted maps, strategies left out.
        valleys: Measure → the valley of the better of `new-query` and `old-query`, whatever shares are shown;
            empty where both were not run, or nothing is known between the shares.
    """

    old: str
    new: str
    order: str
    shares: Floats
    lines: tuple[Line, ...]
    query_ids: tuple[str, ...]
    margin: float = MARGIN
    findings: tuple[Finding, ...] = field(default=())
    valleys: Mapping[Measure, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that every line runs along the shares."""
        for line in self.lines:
            check_shape("values", line.values, (self.shares.size, len(self.query_ids)))
        object.__setattr__(self, "shares", read_only(self.shares))

    @property
    def strategies(self) -> tuple[str, ...]:
        """The strategies that were run."""
        return tuple(dict.fromkeys(line.strategy for line in self.lines))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures, in the order asked for."""
        return tuple(dict.fromkeys(line.measure for line in self.lines))

    def line(self, strategy: str, measure: Measure | str | None = None) -> Line:
        """Return one line; that of the first measure when none is named.

        Raises:
            UnknownNameError: It was not asked for.
        """
        wanted = self._measure(measure)
        for line in self.lines:
            if line.strategy == strategy and line.measure == wanted:
                return line
        known = [f"{line.strategy} in {line.measure}" for line in self.lines]
        raise UnknownNameError.among("line", f"{strategy} in {wanted}", known)

    def summary(self, strategy: str, measure: Measure | str | None = None) -> MixSummary:
        """Return the numbers of one line that a decision needs."""
        return summarise(self.line(strategy, measure), self.shares, margin=self.margin)

    def summaries(self) -> tuple[MixSummary, ...]:
        """Return the summary of every line."""
        return tuple(summarise(line, self.shares, margin=self.margin) for line in self.lines)

    def summary_frame(self) -> pd.DataFrame:
        """Return the summary of every line as a table: a row for each strategy and measure.

        Columns: old, new, order, strategy, measure; the mean of the old index as `before`; the numbers of
        `MixSummary` by its names.
        """
        import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

        named = {"old": self.old, "new": self.new, "order": self.order}
        numbers = ("start", "half", "worst", "worst_share", "end", "break_even", "blackout", "lowest")
        rows = [
            {
                **named,
                "strategy": told.strategy,
                "measure": str(told.measure),
                "before": told.old,
                **{name: getattr(told, name) for name in numbers},
                "never_below": told.never_below,
                "searches": told.searches,
            }
            for told in self.summaries()
        ]
        return pd.DataFrame(rows)

    def valley(self, measure: Measure | str | None = None) -> tuple[float, float] | None:
        """Return mean and share of the worst point of the better of `new-query` and `old-query`.

        It is what the best careless policy cannot avoid; None unless both strategies were run.
        """
        if not {"new-query", "old-query"} <= set(self.strategies):
            return None
        if self.valleys:
            return self.valleys[self._measure(measure)]
        first, second = (self.line(name, measure).means for name in ("new-query", "old-query"))
        return valley(self.shares, first, second)

    def sentence(self, measure: Measure | str | None = None) -> str:
        """Return one sentence: what carelessness costs, and what never falls below the old index."""
        summaries = [self.summary(name, measure) for name in self.strategies]
        careless = [told for told in summaries if told.strategy in {"new-query", "old-query"}]
        parts = [told.opening for told in careless]
        dip = self.valley(measure)
        if dip is not None:
            parts.append(f"valley {figures.number(dip[0], 2)} at {figures.tight_percent(dip[1])}")
        return "; ".join([*parts, never_below(summaries, self.margin)])

    def rows(self) -> list[dict[str, object]]:
        """Return the curve as plain rows, None where there is no number."""
        return [row for line in self.lines for row in self._rows_of(line)]

    def to_frame(self) -> pd.DataFrame:
        """Return a table: old, new, order, strategy, measure, cohort, share, value, low, high.

        `cohort` is None for the mean over queries, whose band is the old index's mean plus the guarded
        interval of the difference to it, held to [0, 1]; cohorts have no band.
        """
        import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

        columns = ["old", "new", "order", "strategy", "measure", "cohort", "share", "value", "low", "high"]
        frame = pd.DataFrame(self.rows(), columns=columns)
        numbers = dict.fromkeys(("share", "value", "low", "high"), "float64")
        return frame.astype({**numbers, "cohort": object})

    def _measure(self, measure: Measure | str | None) -> Measure:
        if measure is None:
            return self.measures[0]
        return Measure.parse(measure) if isinstance(measure, str) else measure

    def _rows_of(self, line: Line) -> list[dict[str, object]]:
        lows, highs = line.band
        series: list[tuple[str | None, Floats, Floats, Floats]] = [(None, line.means, lows, highs)]
        nothing = np.full(self.shares.size, np.nan)
        series += [(name, values, nothing, nothing) for name, values in line.cohorts.items()]
        return [
            {
                "old": self.old,
                "new": self.new,
                "order": self.order,
                "strategy": line.strategy,
                "measure": str(line.measure),
                "cohort": cohort,
                "share": float(share),
                **{
                    name: None if np.isnan(number) else float(number)
                    for name, number in (("value", value), ("low", low), ("high", high))
                },
            }
            for cohort, *columns in series
            for share, value, low, high in zip(self.shares, *columns, strict=True)
        ]


def mix(  # noqa: PLR0913 - the design fixes these names; all that is rarely said is in the options
    golden: GoldenSet,
    old: EmbeddedSet,
    new: EmbeddedSet,
    *,
    order: str | Order = RANDOM,
    strategies: Sequence[str] = ("new-query",),
    shares: npt.ArrayLike = SHARES,
    measures: Sequence[Measure | str] = MIXED_MEASURES,
    seed: int = SEED,
    options: MixOptions | None = None,
) -> MixCurve:
    """Return what search is worth while the corpus moves from one embedding model to another.

    Args:
        golden: Queries, corpus and judgements.
        old: Its vectors in the model in production.
        new: Its vectors in the model to come.
        order: "random" (each document independently: exact expectations), or one that `make_order` knows.
        strategies: Names of strategies, see `SEARCHES`.
        shares: (S,) fractions in [0, 1], or how many, evenly from 0 to 1.
        measures: Measures or their names, with a cutoff.
        seed: What every sample and simulation is addressed by.
        options: Whatever else there is to say.

    Returns:
        One line for each strategy and measure. Under the random order values are exact expectations, but
        for strategies that merge by rank, which are simulated and carry a standard error. Under a fixed
        order they equal a rebuild and search at each share.

    Raises:
        ModelError: The sets do not fit the golden set, or no strategy can work with their dimensions.
        UnknownNameError: A strategy, an order or a measure does not exist.
        NothingToEvaluateError: No query has a relevant document.

    Examples:
        >>> from evalkit import embed, read_golden
        >>> from evalkit.embedding.modelspec import ModelSpec, open_encoder
        >>> from evalkit.mixing.controls import rotated
        >>> golden = read_golden("helpdesk")
        >>> new = embed(golden, open_encoder(ModelSpec.parse("hash/64"), golden))
        >>> curve = mix(golden, new, rotated(new), shares=3)  # the same model in other coordinates
        >>> summary = curve.summary("new-query")
        >>> summary.half < summary.old
        True
    """
    said = options or MixOptions()
    _check_fit(golden, old, new)
    setup = Setup(old=old, new=new, aligned=said.align, pseudo=said.pseudo_queries, seed=seed)
    names, refused = possible(check_names(strategies), setup)
    made = order if isinstance(order, Order) else make_order(order, golden, old, new, seed=seed)
    if made.positions is not None:
        check_shape("positions", made.positions, (len(golden.corpus),))
    survey = Survey(
        golden=golden,
        setup=setup,
        order=made,
        shares=parse_shares(shares),
        measures=check_measures(measures),
        cohorts=said.cohorts,
        cascade_depth=said.cascade_depth,
        realisations=said.realisations,
        alpha=said.alpha,
        use_weights=said.use_weights,
        holdings=said.holdings,
        executor=said.executor,
    )
    found = survey_lines(survey, names)
    return MixCurve(
        old=said.old_name or str(old.fingerprint),
        new=said.new_name or str(new.fingerprint),
        order=made.name,
        shares=survey.shares,
        lines=found.lines,
        query_ids=golden.queries.ids,
        margin=said.margin,
        findings=(*refused, *norm_findings(old, new), *found.findings),
        valleys=found.valleys,
    )


def _check_fit(golden: GoldenSet, old: EmbeddedSet, new: EmbeddedSet) -> None:
    if golden.chunks is not None:
        raise ModelError(
            f"the documents of {golden.name} are searched by chunk, which the lab does not mix",
            hint="compare the two models with --no-mix, or mix a golden set whose documents are whole",
            code="EK368",
        )
    wanted = (len(golden.queries), len(golden.corpus))
    for name, side in (("old", old), ("new", new)):
        found = (side.queries.vectors.shape[0], side.corpus.vectors.shape[0])
        if found != wanted:
            raise ModelError(
                f"the {name} set holds vectors of {found} queries and documents, {golden.name} {wanted}",
                hint="embed this golden set with both models",
                code="EK368",
            )
