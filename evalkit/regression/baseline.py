"""The baseline: what a system scored on each query when its results were last accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.arrays import Floats, check_shape, check_unit_interval, read_only
from evalkit.errors import UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.regression.canary import Canary
from evalkit.regression.stamp import Stamp
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How much the values of one and the same system differ between repetitions.

    Attributes:
        runs: How often it was repeated, 0 where nothing was.
        repeated: What was made afresh each time, or why nothing was, in words.
        variance: For each measure the mean over queries of the variance between repetitions.
    """

    runs: int
    repeated: str
    variance: Mapping[Measure, float]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Baseline:
    """The values that later results are held against; no texts.

    Attributes:
        system: Name of the system.
        stamp: What they were made with: golden set, fingerprint, index, depth, policy, libraries.
        noise: How much they move by themselves.
        measures: The M measures.
        query_ids: The Q ids.
        values: (M, Q) values in [0, 1], at full precision.
        canaries: Sketches of some vectors, by which a change under one name is noticed.
    """

    system: str
    stamp: Stamp
    noise: Noise
    measures: tuple[Measure, ...]
    query_ids: tuple[str, ...]
    values: Floats
    canaries: tuple[Canary, ...] = ()

    def __post_init__(self) -> None:
        """Check shapes and that every value lies in [0, 1]."""
        check_shape("values", self.values, (len(self.measures), len(self.query_ids)))
        check_unit_interval("values", self.values)
        object.__setattr__(self, "values", read_only(self.values))

    def scores(self, golden: GoldenSet) -> Scores:
        """Return the values as scores of `golden`, in its order.

        Raises:
            UsageError: A query has no value, or there is one of a query that the golden set does not have.
        """
        column = {query: number for number, query in enumerate(self.query_ids)}
        strangers = sorted(column.keys() ^ set(golden.queries.ids))
        if strangers:
            raise UsageError(
                f"the baseline and {golden.name} do not hold the same queries: {strangers[0]!r}",
                hint="the file was changed by hand or by a merge; store it again with --update",
                code="EK152",
            )
        order = [column[query] for query in golden.queries.ids]
        name = f"{self.system} (baseline)"
        return Scores(name, self.measures, self.values[:, order], golden.counted, golden.queries.ids)
