"""The portrait: how large a golden set is, how it was judged and how its texts and weights are spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools
from evalkit.golden.checks.effective import effective_queries
from evalkit.golden.goldenset import GoldenSet


@dataclass(frozen=True, slots=True)
class Distribution:
    """The least, the middle, the mean, the 95th percentile and the largest of some numbers."""

    low: float
    median: float
    mean: float
    p95: float
    high: float

    @classmethod
    def of(cls, numbers: Iterable[float]) -> Distribution:
        """Return the spread of `numbers`; of none at all, zeros."""
        values = np.array(list(numbers) or [0.0], dtype=np.float64)
        middle, late = np.percentile(values, [50, 95])
        return cls(float(values.min()), float(middle), float(values.mean()), float(late), float(values.max()))


@dataclass(frozen=True, slots=True)
class PortraitPart:
    """The counted queries of the whole set (`segment` None) or of a segment, and how many they are worth.

    `effective` allows for groups alone, `effective_weighted` for groups and weights.
    """

    segment: str | None
    queries: int
    effective: float
    effective_weighted: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What `golden stats` shows of a golden set, before anything is measured on it.

    Attributes:
        queries: How many there are.
        counted: How many of them have a relevant document.
        critical: How many of them may not be lost.
        documents: How many documents the corpus holds.
        judgements: How many (query, document) pairs were judged.
        grades: Grade → how many judgements have it, by grade.
        relevant_per_query: Relevant documents of the counted queries.
        judged_per_query: Judged documents of all queries.
        weights: Traffic weights, None where all are equal.
        groups: How many groups hold more than one query.
        largest_group: Size of the largest group, 1 where no two queries share one.
        query_words: Words of the queries.
        document_words: Words of the documents.
        parts: The whole set, then each segment.
    """

    queries: int
    counted: int
    critical: int
    documents: int
    judgements: int
    grades: Mapping[int, int]
    relevant_per_query: Distribution
    judged_per_query: Distribution
    weights: Distribution | None
    groups: int
    largest_group: int
    query_words: Distribution
    document_words: Distribution
    parts: tuple[PortraitPart, ...]

    @classmethod
    def of(cls, golden: GoldenSet) -> Portrait:
        """Return the portrait of a golden set."""
        queries, counted = len(golden.queries), golden.counted
        members = Counter(golden.groups.tolist())
        equal = np.all(golden.weights == golden.weights[:1])
        return cls(
            queries=queries,
            counted=int(counted.sum()),
            critical=int(golden.critical.sum()),
            documents=len(golden.corpus),
            judgements=len(golden.qrels),
            grades=dict(sorted(Counter(golden.qrels.grades.tolist()).items())),
            relevant_per_query=Distribution.of(golden.qrels.relevant_per_query(queries)[counted]),
            judged_per_query=Distribution.of(np.bincount(golden.qrels.query_rows, minlength=queries)),
            weights=None if equal else Distribution.of(golden.weights),
            groups=sum(size > 1 for size in members.values()),
            largest_group=max(members.values(), default=0),
            query_words=Distribution.of(len(body.split()) for body in golden.queries.bodies),
            document_words=Distribution.of(len(body.split()) for body in golden.corpus.bodies),
            parts=parts_of(golden),
        )


def parts_of(golden: GoldenSet) -> tuple[PortraitPart, ...]:
    """Return the counted queries of the whole set, then of each segment, with what they are worth."""
    segments = [_part(golden, name, members & golden.counted) for name, members in golden.segments.items()]
    return (_part(golden, None, golden.counted), *segments)


def _part(golden: GoldenSet, segment: str | None, members: Bools) -> PortraitPart:
    groups, weights = golden.groups[members], golden.weights[members]
    plain = effective_queries(np.ones(weights.size), groups)
    return PortraitPart(segment, int(members.sum()), plain, effective_queries(weights, groups))
