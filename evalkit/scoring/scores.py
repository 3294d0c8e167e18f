"""Scores: one number for each measure and query, in the golden set's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.arrays import Bools, Floats, check_shape, check_unit_interval, read_only
from evalkit.errors import NothingToEvaluateError, UnknownNameError, UsageError
from evalkit.findings import Finding, Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import judge
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
    """

    system: str
    measures: tuple[Measure, ...]
    values: Floats
    counted: Bools
    query_ids: tuple[str, ...]

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
        return float(self.row(measure)[self.counted].mean())

    def to_frame(self) -> pd.DataFrame:
        """Return a table with one row for each query and one column for each measure."""
        import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

        columns = {str(measure): self.values[row] for row, measure in enumerate(self.measures)}
        index = pd.Index(self.query_ids, name="query_id")
        return pd.DataFrame({**columns, "counted": self.counted}, index=index)


def depth_findings(run: Run, golden: GoldenSet, measures: Sequence[Measure]) -> tuple[Finding, ...]:
    """Return a finding where measures look further than a run that was read from a file goes.

    Of our own retrieval the depth is known, and `score` refuses to look beyond it.

    Args:
        run: What a system retrieved; how many it was asked for is not in its file, so its longest list tells.
        golden: The golden set that it was made for.
        measures: What is going to be scored.
    """
    longest = run.rows.shape[1]
    beyond = [str(m) for m in measures if m.cutoff is not None and m.cutoff > longest]
    if run.depth is not None or not beyond or longest >= len(golden.corpus):
        return ()
    look = "looks" if len(beyond) == 1 else "look"
    problem = (
        f"{run.system}: no query has more than {longest} results, and {', '.join(beyond)} {look} further"
    )
    hint = "what was retrieved below counts as not found; write longer runs, or ask for smaller cutoffs"
    return (Finding("EK438", Severity.WARNING, problem, hint=hint),)


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
    wanted = parse_measures(measures)
    beyond = [m for m in wanted if run.depth is not None and m.cutoff is not None and m.cutoff > run.depth]
    if beyond:
        raise UsageError(
            f"{beyond[0]} looks beyond the {run.depth} documents that were retrieved",
            hint=f"retrieve more with --depth {beyond[0].cutoff}",
            code="EK112",
        )
    counted = golden.counted
    if not counted.any():
        raise NothingToEvaluateError(
            f"no query of {golden.name} has a relevant document",
            hint="judge documents with grade 1 or more, then run again",
        )
    judged = judge(run, golden)
    values = (
        np.stack([measure.values(judged) for measure in wanted]) if wanted else np.zeros((0, counted.size))
    )
    return Scores(run.system, wanted, values, counted, golden.queries.ids)
