"""The baseline: what a system scored on each query when its results were last accepted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from evalkit.arrays import Floats, check_shape, check_unit_interval, read_only
from evalkit.errors import UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.likeness import first_few, likeness
from evalkit.regression.asked import AskedQuery, Corpus
from evalkit.regression.stamp import Stamp
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores, silent_of
from evalkit.spaces.sketches import Sketch


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """The run before the repetitions, where it differs from them by more than they do among themselves.

    Attributes:
        means: Its mean of each measure.
        queries: The queries on which it differs from every repetition.
    """

    means: tuple[float, ...]
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How much the values of one and the same system differ between repetitions.

    Attributes:
        runs: How often it was repeated, 0 where nothing was.
        repeated: What was made afresh each time, or why nothing was, in words.
        variance: For each measure the mean over queries of the variance between repetitions.
        first: The run before them, where it differs from them by more than they do.
    """

    runs: int
    repeated: str
    variance: Mapping[Measure, float]
    first: FirstRun | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Baseline:
    """The values that later results are held against; no texts.

    Attributes:
        system: Name of the system.
        stamp: What they were made with: golden set, fingerprint, index, depth, policy, libraries.
        noise: How much they move by themselves.
        measures: The M measures.
        query_ids: The Q ids.
        values: (M, Q) values in [0, 1], at full precision: means over the repetitions where there are any.
        canaries: Sketches of some vectors, by which a change under one name is noticed.
        asked: What each query was, by id; empty in files of the first form.
        corpus: Which documents there were; None where that is not remembered.
    """

    system: str
    stamp: Stamp
    noise: Noise
    measures: tuple[Measure, ...]
    query_ids: tuple[str, ...]
    values: Floats
    canaries: tuple[Sketch, ...] = ()
    asked: Mapping[str, AskedQuery] = field(default_factory=dict)
    corpus: Corpus | None = None

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
        known = set(golden.queries.ids)
        strangers = [query for query in self.query_ids if query not in known]
        missing = [query for query in golden.queries.ids if query not in column]
        if strangers or missing:
            alike = likeness(strangers, missing) if strangers and missing else None
            told = f"{alike}; " if alike else ""
            raise UsageError(
                f"the baseline and {golden.name} do not hold the same queries",
                places=(
                    *((f"{golden.name}   has {first_few(missing)}",) if missing else ()),
                    *((f"the baseline   has {first_few(strangers)}",) if strangers else ()),
                ),
                hint=f"{told}the file was changed by hand or by a merge; store it again with --update",
                code="EK152",
            )
        order = [column[query] for query in golden.queries.ids]
        name = f"{self.system} (baseline)"
        values, ids = self.values[:, order], golden.queries.ids
        return Scores(name, self.measures, values, golden.counted, ids, silent_of(golden))

    def only(self, queries: Collection[str]) -> Baseline:
        """Return the baseline of some of its queries."""
        kept = [column for column, query in enumerate(self.query_ids) if query in queries]
        ids = tuple(self.query_ids[column] for column in kept)
        asked = {query: self.asked[query] for query in ids if query in self.asked}
        return replace(self, query_ids=ids, values=np.asarray(self.values[:, kept]), asked=asked)
