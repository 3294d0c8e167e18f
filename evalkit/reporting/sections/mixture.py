"""The mixture: what search is worth while an index holds vectors of two models, in pictures and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.blocks import Beside, Block, Curves, Folded, Grid, Heading, Sentences
from evalkit.reporting.curves import LABEL_GAP, Curve, CurveChart
from evalkit.reporting.page import Section
from evalkit.reporting.sections import mixwords
from evalkit.reporting.sections.recommending import Recommended, falls, recommend
from evalkit.reporting.sections.series import Series
from evalkit.reporting.sections.strategies import CARELESS, strategy_of
from evalkit.reporting.tables import Column, Row, Table
from evalkit.results.curves import CurveSummary, LineSummary
from evalkit.results.result import Result

_MOST_COHORTS = 8
_MOST_COHORTS_TOLD = 20
_NAME_SHOWN = 40
_FLAT = 1e-6
_HALVES = {"moved": "good", "unmoved": "other dashed"}
_HALF_LABELS = {"moved": "have moved", "unmoved": "have not moved"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedWay:
    """The way from one model to another: in a sentence, in pictures and in numbers."""

    old: str
    new: str
    measure: str
    sentences: tuple[str, ...]
    short: str
    overview: Curves
    halves: Curves | None
    cohorts: Table | None
    strategies: Table
    controls: tuple[Curves, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What a page shows of it."""
        return (Sentences(self.sentences, leading=True), self.overview, *self.tables)

    @property
    def opening(self) -> tuple[Block, ...]:
        """What a page about nothing else begins with: the first sentence and the curve."""
        return (Sentences(self.sentences[:1], leading=True), self.overview)

    @property
    def rest(self) -> tuple[Block, ...]:
        """What such a page shows behind that."""
        return (Sentences(self.sentences[1:]), *self.tables)

    @property
    def tables(self) -> tuple[Block, ...]:
        """The numbers behind the curve."""
        blocks: list[Block] = [Grid(self.strategies, "strategies")]
        detail: list[Block] = [self.halves] if self.halves else []
        detail += [Grid(self.cohorts, "plain cohorts")] if self.cohorts else []
        blocks += (
            [Folded("Who is found meanwhile, moved documents or others", tuple(detail), printed=True)]
            if detail
            else []
        )
        blocks += [Beside(self.controls, "multiples")] if self.controls else []
        return tuple(blocks)


def mixture(result: Result) -> tuple[MixedWay, ...]:
    """Return the way to each candidate; () where the lab was not asked."""
    told = [curve for curve in result.mix_summary if curve.lines]
    controls = [curve for curve in told if mixwords.control_of(curve)]
    ways = [curve for curve in told if curve not in controls]
    return tuple(
        migration(result, curve, [control for control in controls if control.old == curve.new])
        for curve in ways
    )


def mixed_index(result: Result, title: str, *, opened: bool = False) -> Section:
    """Return the section that explains a mixed index and shows every way; nothing where nobody asked.

    Args:
        result: What the lab found.
        title: The section's title.
        opened: Whether the page has begun with the curve of the first way.
    """
    ways = mixture(result)
    blocks: list[Block] = [Sentences((mixwords.WHAT,))] if ways else []
    for number, way in enumerate(ways):
        blocks += [Heading(f"{way.old} → {way.new}")] if len(ways) > 1 else []
        blocks += way.rest if opened and not number else way.blocks
    return Section("mixed", title, tuple(blocks))


def migration(result: Result, curve: CurveSummary, controls: Sequence[CurveSummary] = ()) -> MixedWay:
    """Return one way from an old model to a new one.

    Args:
        result: The result that holds the rows of the curve.
        curve: Its summary.
        controls: Summaries of the controls that are shown beside it.
    """
    series = Series.of(result, curve)
    chosen = recommend(series.lines, curve.margin)
    return MixedWay(
        old=curve.old,
        new=curve.new,
        measure=series.measure,
        sentences=(*mixwords.sentences(curve, series.lines, _dims(result, curve)), chosen.sentence),
        short=mixwords.short(series.lines, curve.margin),
        overview=_overview(curve, series),
        halves=_halves(series),
        cohorts=_cohorts(series),
        strategies=_strategies(series, curve.margin, chosen),
        controls=tuple(_control(control, Series.of(result, control)) for control in controls),
    )


def _overview(curve: CurveSummary, series: Series) -> Curves:
    order = (
        "each moving independently of the others"
        if curve.order == "random"
        else f"in the order {curve.order}"
    )
    banded = " The pale band is the thick line's interval." if CARELESS in series.names else ""
    words = (
        f"Mean {series.measure} by the share of documents that have moved, {order}. Below the old index, "
        f"in the shaded part, search is worse than if nothing had been touched.{banded}"
    )
    told = "; ".join(f"{strategy_of(line.strategy).label} {mixwords.journey(line)}" for line in series.lines)
    summary = f"{series.measure} by the share of documents moved: {told}"
    level = series.lines[0].old
    chart = CurveChart.of(series.means(), series.shares, level=level, summary=summary, gap=LABEL_GAP)
    columns = [Column("Moved", numeric=True), *(Column(name, numeric=True) for name in series.names)]
    table = _by_share(
        f"Mean {series.measure} by share moved", columns, series, [(n, None) for n in series.names]
    )
    return Curves(title="", words=words, chart=chart, table=table, wide=True)


def _halves(series: Series) -> Curves | None:
    """Return the picture of moved and unmoved documents, None where queries were not simply switched."""
    if CARELESS not in series.names or not set(_HALVES) <= set(series.cohorts(CARELESS)):
        return None
    found = {name: series.values(CARELESS, name) for name in _HALVES}
    curves = [
        Curve(label=_HALF_LABELS[name], look=look, values=found[name]) for name, look in _HALVES.items()
    ]
    curves.insert(0, Curve(label="average", look="bad heavy", values=series.values(CARELESS)))
    half = series.half_way(CARELESS)
    found_half = mixwords.blackout(half.get("moved"), half.get("unmoved"))
    words = f"{found_half} {mixwords.COHORTS_COUNT}"
    chart = CurveChart.of(curves, series.shares, level=None, summary=f"{series.measure}: {found_half}")
    names = [*_HALVES, *(name for name in series.cohorts(CARELESS) if name not in _HALVES)][:_MOST_COHORTS]
    columns = [Column("Moved", numeric=True), Column("average", numeric=True)]
    columns += [Column(_HALF_LABELS.get(name, shortened(name, _NAME_SHOWN)), numeric=True) for name in names]
    keys = [(CARELESS, None), *((CARELESS, name) for name in names)]
    table = _by_share(
        f"{series.measure} of documents by share moved, queries switched first", columns, series, keys
    )
    title = "The same line by document, if queries are switched first"
    return Curves(title=title, words=words, chart=chart, table=table)


def _cohorts(series: Series) -> Table | None:
    """Return what each cohort gets half way under the first strategy, None where nobody asked."""
    line = series.lines[0]
    held = line.held or {}
    if not held:
        return None
    columns = [
        Column("Documents"),
        Column(series.measure, numeric=True),
        Column("Of all first ten results", numeric=True),
        Column("Of the corpus", numeric=True),
    ]
    values = series.half_way(line.strategy)
    rows = [
        (
            _HALF_LABELS.get(name, shortened(name, _NAME_SHOWN)),
            figures.number(values.get(name)),
            figures.percent(holding.first),
            figures.percent(holding.corpus),
        )
        for name, holding in list(held.items())[:_MOST_COHORTS_TOLD]
    ]
    label = strategy_of(line.strategy).label
    return Table.of(f"Who is found half way: “{label}”", columns, rows)


def _control(curve: CurveSummary, series: Series) -> Curves:
    kind = mixwords.control_of(curve)
    told = "; ".join(f"{strategy_of(line.strategy).label} {mixwords.journey(line)}" for line in series.lines)
    chart = CurveChart.of(
        series.means(), series.shares, level=series.lines[0].old, summary=f"{series.measure}: {told}"
    )
    columns = [Column("Moved", numeric=True), *(Column(name, numeric=True) for name in series.names)]
    keys: list[tuple[str, str | None]] = [(name, None) for name in series.names]
    table = _by_share(f"{kind}: mean {series.measure} by share moved", columns, series, keys)
    return Curves(
        title=mixwords.control_title(kind),
        words=mixwords.control_words(kind, series.lines),
        chart=chart,
        table=table,
    )


def _strategies(series: Series, margin: float, chosen: Recommended) -> Table:
    columns = (
        Column("Strategy"),
        Column("Nothing moved", numeric=True),
        Column("Half way", numeric=True),
        Column("Worst", numeric=True, term="worst"),
        Column("As good as the old index", numeric=True, term="break-even"),
        Column("Blackout half way", numeric=True, term="blackout"),
        Column("Searches a query", numeric=True),
        Column("Never below the old index", term="never-below"),
    )
    below = f"; below means below{mixwords.within(margin)}" if margin else ""
    caption = f"Ways to answer queries meanwhile, {series.measure}{below}"
    return Table(caption, columns, tuple(_line(line, margin, chosen) for line in series.lines))


def _line(line: LineSummary, margin: float, chosen: Recommended) -> Row:
    known, fallen = strategy_of(line.strategy), falls(line, margin)
    cells = (
        known.label,
        figures.number(line.start),
        figures.number(line.half),
        _worst(line),
        mixwords.break_even(line.break_even),
        figures.percent(line.blackout),
        figures.count(line.searches),
        "shown" if line.never_below else "falls below" if fallen else "not shown",
    )
    state = "holds" if line.never_below else "fails" if fallen else "silent"
    says = "recommended" if line.strategy == chosen.strategy else ""
    tone = "good" if says else ""
    return Row(
        cells, about=known.about, code=line.strategy, look=known.look, state=state, says=says, tone=tone
    )


def _worst(line: LineSummary) -> str:
    """Return the worst mean and where it is reached, which a flat line cannot say."""
    worst, ends = line.worst, (line.start, line.half, line.end)
    if worst is None or all(end is not None and abs(worst - end) < _FLAT for end in ends):
        return figures.number(worst)
    return f"{figures.number(worst)} at {figures.percent(line.worst_share)}"


def _by_share(
    caption: str, columns: Sequence[Column], series: Series, keys: Sequence[tuple[str, str | None]]
) -> Table:
    values = [series.values(*key) for key in keys]
    rows = [
        Row((figures.percent(share), *(figures.number(column[index]) for column in values)))
        for index, share in enumerate(series.shares)
    ]
    return Table(caption, tuple(columns), tuple(rows))


def _dims(result: Result, curve: CurveSummary) -> tuple[int, int] | None:
    """Return the lengths of the two models' vectors where they differ, so that no column can hold both."""
    known = (result.systems.get(name) for name in (curve.old, curve.new))
    old, new = (system.dims if system else None for system in known)
    return (old, new) if old and new and old != new else None
