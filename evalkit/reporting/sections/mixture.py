"""The mixture: what search is worth while an index holds vectors of two models, in pictures and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.curves import LABEL_GAP, Curve, CurveChart
from evalkit.reporting.sections import mixwords
from evalkit.reporting.sections.strategies import CARELESS, KEEPS_OLD, strategy_of
from evalkit.reporting.tables import Column, Row, Table
from evalkit.results.curves import CurveSummary, LineSummary, MixRow
from evalkit.results.result import Result

_MOST_SHARES = 41
_MOST_COHORTS = 8
_MOST_COHORTS_TOLD = 20
_NAME_SHOWN = 40
_FLAT = 1e-6
_HALF, _NEARLY = 0.5, 0.05
_HALVES = {"moved": "good", "unmoved": "other dashed"}
_HALF_LABELS = {"moved": "have moved", "unmoved": "have not moved"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyLine:
    """One strategy in the numbers that a choice needs; `look` is how its line is drawn."""

    name: str
    label: str
    about: str
    look: str
    start: str
    half: str
    worst: str
    break_even: str
    blackout: str
    searches: str
    safe: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with the words above it, and the same as a table."""

    title: str
    words: str
    chart: CurveChart
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The way from one model to another: in a sentence, in pictures and in numbers."""

    old: str
    new: str
    measure: str
    sentences: tuple[str, ...]
    short: str
    within: str
    overview: Picture
    halves: Picture | None
    cohorts: Table | None
    lines: tuple[StrategyLine, ...]
    controls: tuple[Picture, ...]


def mixture(result: Result) -> tuple[Migration, ...]:
    """Return the way to each candidate; () where the lab was not asked."""
    told = [curve for curve in result.mix_summary if curve.lines]
    controls = [curve for curve in told if mixwords.control_of(curve)]
    ways = [curve for curve in told if curve not in controls]
    return tuple(
        migration(result, curve, [control for control in controls if control.old == curve.new])
        for curve in ways
    )


def migration(result: Result, curve: CurveSummary, controls: Sequence[CurveSummary] = ()) -> Migration:
    """Return one way from an old model to a new one.

    Args:
        result: The result that holds the rows of the curve.
        curve: Its summary.
        controls: Summaries of the controls that are shown beside it.
    """
    series = _Series.of(result, curve)
    return Migration(
        old=curve.old,
        new=curve.new,
        measure=series.measure,
        sentences=mixwords.sentences(curve, series.lines, _dims(result, curve)),
        short=mixwords.short(series.lines, curve.margin),
        within=mixwords.within(curve.margin),
        overview=_overview(curve, series),
        halves=_halves(series),
        cohorts=_cohorts(series),
        lines=tuple(_line(line) for line in series.lines),
        controls=tuple(_control(control, _Series.of(result, control)) for control in controls),
    )


@dataclass(frozen=True, slots=True)
class _Series:
    """One curve in its first measure: its lines, its shares and its rows by strategy and cohort."""

    measure: str
    lines: list[LineSummary]
    shares: tuple[float, ...]
    rows: dict[tuple[str, str | None], list[MixRow]]

    @classmethod
    def of(cls, result: Result, curve: CurveSummary) -> _Series:
        """Return the rows that belong to `curve`, thinned to as many shares as a page has room for."""
        measure = curve.lines[0].measure
        key = (curve.old, curve.new, curve.order, measure)
        own = [row for row in result.mix if (row.old, row.new, row.order, row.measure) == key]
        shares = _thinned(sorted({row.share for row in own}))
        rows: dict[tuple[str, str | None], list[MixRow]] = {}
        for row in own:
            if row.share in shares:
                rows.setdefault((row.strategy, row.cohort), []).append(row)
        lines = [line for line in curve.lines if line.measure == measure]
        return cls(measure, lines, shares, rows)

    def values(self, strategy: str, cohort: str | None = None) -> tuple[float | None, ...]:
        """Return the (S,) values of a strategy, those of the mean over queries when no cohort is named."""
        return tuple(row.value for row in self.rows[strategy, cohort])

    def cohorts(self, strategy: str) -> list[str]:
        """Return the names of a strategy's cohorts."""
        return [cohort for name, cohort in self.rows if name == strategy and cohort is not None]

    def half_way(self, strategy: str) -> dict[str, float | None]:
        """Return what each cohort gets when half has moved; results of earlier versions know only shares."""
        line = next(line for line in self.lines if line.strategy == strategy)
        if line.cohorts:
            return dict(line.cohorts)
        if min(abs(share - _HALF) for share in self.shares) > _NEARLY:
            return {}
        return {name: _at_half(self.shares, self.values(strategy, name)) for name in self.cohorts(strategy)}

    def curve(self, strategy: str, *, banded: bool = False) -> Curve:
        """Return the mean of a strategy as it is drawn."""
        known, rows = strategy_of(strategy), self.rows[strategy, None]
        banded = banded and all(row.low is not None and row.high is not None for row in rows)
        return Curve(
            label=known.label,
            look=known.look,
            values=self.values(strategy),
            lows=tuple(row.low or 0.0 for row in rows) if banded else (),
            highs=tuple(row.high or 0.0 for row in rows) if banded else (),
        )

    def means(self) -> list[Curve]:
        """Return every strategy's mean, the highest first, and the old index among them.

        Lines that end together have their names in the order in which the lines lie before.
        """
        old = self.lines[0].old
        drawn = [line.strategy for line in self.lines if line.strategy != KEEPS_OLD]
        drawn.sort(key=lambda name: -fmean(value or 0.0 for value in self.values(name)))
        flat = Curve(label="the old index", look="ink dashed", values=(old,) * len(self.shares))
        return [self.curve(name, banded=name == CARELESS) for name in drawn] + [flat]


def _overview(curve: CurveSummary, series: _Series) -> Picture:
    order = (
        "each moving independently of the others"
        if curve.order == "random"
        else f"in the order {curve.order}"
    )
    banded = " The pale band is the thick line's interval." if CARELESS in _names(series) else ""
    words = (
        f"Mean {series.measure} by the share of documents that have moved, {order}. Below the old index, "
        f"in the shaded part, search is worse than if nothing had been touched.{banded}"
    )
    told = "; ".join(f"{strategy_of(line.strategy).label} {mixwords.journey(line)}" for line in series.lines)
    summary = f"{series.measure} by the share of documents moved: {told}"
    level = series.lines[0].old
    chart = CurveChart.of(series.means(), series.shares, level=level, summary=summary, gap=LABEL_GAP)
    columns = [Column("Moved", numeric=True), *(Column(name, numeric=True) for name in _names(series))]
    table = _by_share(
        f"Mean {series.measure} by share moved", columns, series, [(n, None) for n in _names(series)]
    )
    return Picture("", words, chart, table)


def _halves(series: _Series) -> Picture | None:
    """Return the picture of moved and unmoved documents, None where queries were not simply switched."""
    if CARELESS not in _names(series) or not set(_HALVES) <= set(series.cohorts(CARELESS)):
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
    return Picture("The same line by document, if queries are switched first", words, chart, table)


def _cohorts(series: _Series) -> Table | None:
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


def _control(curve: CurveSummary, series: _Series) -> Picture:
    kind = mixwords.control_of(curve)
    told = "; ".join(f"{strategy_of(line.strategy).label} {mixwords.journey(line)}" for line in series.lines)
    chart = CurveChart.of(
        series.means(), series.shares, level=series.lines[0].old, summary=f"{series.measure}: {told}"
    )
    columns = [Column("Moved", numeric=True), *(Column(name, numeric=True) for name in _names(series))]
    keys: list[tuple[str, str | None]] = [(name, None) for name in _names(series)]
    table = _by_share(f"{kind}: mean {series.measure} by share moved", columns, series, keys)
    return Picture(mixwords.control_title(kind), mixwords.control_words(kind, series.lines), chart, table)


def _line(line: LineSummary) -> StrategyLine:
    known = strategy_of(line.strategy)
    return StrategyLine(
        name=line.strategy,
        label=known.label,
        about=known.about,
        look=known.look,
        start=figures.number(line.start),
        half=figures.number(line.half),
        worst=_worst(line),
        break_even=mixwords.break_even(line.break_even),
        blackout=figures.percent(line.blackout),
        searches=figures.count(line.searches),
        safe=line.never_below,
    )


def _worst(line: LineSummary) -> str:
    """Return the worst mean and where it is reached, which a flat line cannot say."""
    worst, ends = line.worst, (line.start, line.half, line.end)
    if worst is None or all(end is not None and abs(worst - end) < _FLAT for end in ends):
        return figures.number(worst)
    return f"{figures.number(worst)} at {figures.percent(line.worst_share)}"


def _by_share(
    caption: str, columns: Sequence[Column], series: _Series, keys: Sequence[tuple[str, str | None]]
) -> Table:
    values = [series.values(*key) for key in keys]
    rows = [
        Row((figures.percent(share), *(figures.number(column[index]) for column in values)))
        for index, share in enumerate(series.shares)
    ]
    return Table(caption, tuple(columns), tuple(rows))


def _names(series: _Series) -> list[str]:
    return [line.strategy for line in series.lines]


def _dims(result: Result, curve: CurveSummary) -> tuple[int, int] | None:
    """Return the lengths of the two models' vectors where they differ, so that no column can hold both."""
    known = (result.systems.get(name) for name in (curve.old, curve.new))
    old, new = (system.dims if system else None for system in known)
    return (old, new) if old and new and old != new else None


def _at_half(shares: Sequence[float], values: Sequence[float | None]) -> float | None:
    known = [
        (abs(share - _HALF), value) for share, value in zip(shares, values, strict=True) if value is not None
    ]
    return min(known)[1] if known else None


def _thinned(shares: Sequence[float]) -> tuple[float, ...]:
    """Return at most so many of the shares as fit, evenly picked, both ends among them."""
    if len(shares) <= _MOST_SHARES:
        return tuple(shares)
    last = len(shares) - 1
    return tuple(shares[round(index * last / (_MOST_SHARES - 1))] for index in range(_MOST_SHARES))
