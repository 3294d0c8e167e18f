"""Scores: one number for each measure and query, in the golden set's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.arrays import Bools, Floats, check_shape, check_unit_interval, read_only
from evalkit.errors import NothingToEvaluateError, UnknownNameError, UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.fitting import check_fit
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure, parse_measures

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The values of M measures on Q queries; column j belongs to query j of the golden set.

    Attributes:
        system: Name of the system scored.
        measures: The M measures.
        values: (M, Q) values in [0, 1].
        counted: (Q,) queries with a relevant document; means and tests use these alone.
        query_ids: The Q ids, so that two systems are paired by id.
        silent: (Q,) queries whose right answer is nothing, on which `Silent` is taken; None for no query.
    """

    system: str
    measures: tuple[Measure, ...]
    values: Floats
    counted: Bools
    query_ids: tuple[str, ...]
    silent: Bools | None = None

    def __post_init__(self) -> None:
        """Check shapes and that every value lies in [0, 1]."""
        check_shape("values", self.values, (len(self.measures), len(self.query_ids)))
        check_shape("counted", self.counted, (len(self.query_ids),))
        check_unit_interval("values", self.values)
        object.__setattr__(self, "values", read_only(self.values))
        object.__setattr__(self, "counted", read_only(self.counted))

    def row(self, measure: Measure | str) -> Floats:
        """Return (Q,) the values of one measure.

        Raises:
            UnknownNameError: The measure was not scored.
        """
        wanted = Measure.parse(measure) if isinstance(measure, str) else measure
        if wanted not in self.measures:
            raise UnknownNameError.among("scored measure", str(wanted), map(str, self.measures))
        row: Floats = self.values[self.measures.index(wanted)]
        return row

    def mean(self, measure: Measure | str) -> float:
        """Return the mean of one measure over the counted queries."""
        return float(self.row(measure)[self.counted_in(measure)].mean())

    def counted_in(self, measure: Measure | str) -> Bools:
        """Return (Q,) the queries that count in a measure: in `Silent` those without an answer."""
        wanted = Measure.parse(measure) if isinstance(measure, str) else measure
        return self.silent if wanted.definition.apart and self.silent is not None else self.counted

    def to_frame(self) -> pd.DataFrame:
        """Return a table with one row for each query and one column for each measure."""
        import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

        columns = {str(measure): self.values[row] for row, measure in enumerate(self.measures)}
        index = pd.Index(self.query_ids, name="query_id")
        silent = {"silent": self.silent} if self.silent is not None else {}
        return pd.DataFrame({**columns, "counted": self.counted, **silent}, index=index)


def silent_of(golden: GoldenSet) -> Bools | None:
    """Return (Q,) the queries whose right answer is nothing, None where there are none."""
    silent = golden.silent
    return silent if silent.any() else None


def depth_findings(run: Run, golden: GoldenSet, measures: Sequence[Measure]) -> tuple[Finding, ...]:
    """Return a finding where a system gave fewer results than it was asked for, or than measures look at.

    A search may find less for some queries; where no query has more, something cuts the lists off.

    Args:
        run: What a system retrieved. How many it was asked for is not in a run file: the measures tell.
        golden: The golden set that it was made for.
        measures: What is going to be scored.
    """
    longest = int(run.returned.max(initial=0))
    beyond = [str(m) for m in measures if m.cutoff is not None and m.cutoff > longest]
    asked = min(run.depth or 0, len(golden.corpus))
    if longest >= len(golden.corpus) or not longest or not (beyond or longest < asked):
        return ()
    problem = f"{run.system}: no query has more than {longest} results"
    problem += f" of the {asked} that were asked for" if longest < asked else ""
    problem += f", and {', '.join(beyond)} look{'s' if len(beyond) == 1 else ''} further" if beyond else ""
    remedy = "raise the limit of the search (ef, nprobe, top_k)" if asked else "write longer runs"
    hint = f"what was retrieved below counts as not found; {remedy}, or ask for smaller cutoffs"
    return (Finding("EK438", Severity.WARNING if beyond else Severity.NOTICE, problem, hint=hint),)


def threshold_findings(golden: GoldenSet, measures: Sequence[Measure]) -> tuple[Finding, ...]:
    """Return a finding for each threshold that judged queries have no document for: they score 0.

    Args:
        golden: The golden set.
        measures: What is going to be scored.
    """
    told = []
    for rel in sorted({measure.rel for measure in measures if measure.rel > 1}):
        best = np.zeros(len(golden.queries), dtype=np.int64)
        np.maximum.at(best, golden.qrels.query_rows, golden.qrels.grades)
        rows = np.flatnonzero(golden.counted & (best < rel))
        names = ", ".join(str(measure) for measure in measures if measure.rel == rel)
        if rows.size:
            problem = (
                f"{rows.size} of {int(golden.counted.sum())} judged queries have no document of grade {rel} "
                f"or more: they score 0 in {names}"
            )
            where = (place(golden.name, (), [golden.queries.ids[row] for row in rows]),)
            hint = "both systems get the same 0; a lower threshold, or a segment without them, tells more"
            told.append(Finding("EK136", Severity.NOTICE, problem, where, hint))
    return tuple(told)


def empty_findings(run: Run, golden: GoldenSet) -> tuple[Finding, ...]:
    """Return a finding where a system found nothing at all for judged queries, however it searches.

    Args:
        run: What a system retrieved; queries that its file lacks are told when it is read.
        golden: The golden set that it was made for.
    """
    empty = np.flatnonzero(golden.counted & (run.returned == 0))
    if not empty.size or any(finding.code == "EK435" for finding in run.findings):
        return ()
    problem = (
        f"{run.system}: nothing was found for {empty.size} of {int(golden.counted.sum())} judged queries"
    )
    where = (place(golden.name, (), [golden.queries.ids[row] for row in empty]),)
    return (Finding("EK415", Severity.WARNING, problem, where, "they score 0 and are counted"),)


def score(run: Run, golden: GoldenSet, measures: Sequence[Measure | str]) -> Scores:
    """Score a run on the golden set that it was made for.

    Args:
        run: What a system retrieved.
        golden: Queries, corpus and judgements.
        measures: Measures or their names.

    Returns:
        One value for each measure and query. A query for which nothing was retrieved scores 0 and is
        counted; one without a relevant document is not counted.

    Raises:
        NothingToEvaluateError: No query has a relevant document.
        UsageError: A cutoff lies beyond the depth that was retrieved.

    Examples:
        >>> from evalkit import GoldenSet, Run
        >>> golden = GoldenSet.of(
        ...     "tiny", queries={"q": "pay"}, corpus={"a": "x", "b": "y"}, qrels={"q": {"a": 1}}
        ... )
        >>> run = Run.ranked("mine", np.array([[0, 1]]), np.array([[0.2, 0.9]]))  # b before a
        >>> score(run, golden, ["MRR@10", "Recall@10"]).values[:, 0].tolist()
        [0.5, 1.0]
    """
    return score_retrieved(Retrieved.of(run, golden), golden, measures)


def score_retrieved(retrieved: Retrieved, golden: GoldenSet, measures: Sequence[Measure | str]) -> Scores:
    """Score a run that is judged already; see `score`."""
    wanted, run = parse_measures(measures), retrieved.run
    beyond = [m for m in wanted if run.depth is not None and m.cutoff is not None and m.cutoff > run.depth]
    if beyond:
        raise UsageError(
            f"{beyond[0]} looks beyond the {run.depth} documents that were retrieved",
            hint=f"retrieve more with --depth {beyond[0].cutoff}",
            code="EK112",
        )
    check_fit(golden, wanted)
    counted = golden.counted
    if not counted.any():
        raise NothingToEvaluateError(
            f"no query of {golden.name} has a relevant document",
            hint="judge documents with grade 1 or more, then run again",
        )
    rows = [measure.values(retrieved.judged) for measure in wanted]
    values = np.stack(rows) if rows else np.zeros((0, counted.size))
    return Scores(run.system, wanted, values, counted, golden.queries.ids, silent_of(golden))
