"""Shared counting: the sweep over a corpus in parts, whose counts add up to those of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Ints
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.sweep import Part, SweepEntry, Swept, sweep
from evalkit.mixing.tally import Steps, StepTally, Tally
from evalkit.scaling.executor import Executor


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """What is counted, as `sweep` takes it; the whole corpus stands in the strategies' columns."""

    entries: tuple[SweepEntry, ...]
    relevant: Relevant
    removed: Ints
    steps: Steps | None
    enough: int


def count_shard(counting: Counting, documents: range) -> tuple[tuple[Tally, Tally], ...]:
    """Return what the documents of one shard add for each strategy: once moved, and before."""
    part = Part(range(counting.relevant.queries), documents)
    found = sweep(
        counting.entries,
        counting.relevant,
        removed=counting.removed,
        steps=counting.steps,
        enough=counting.enough,
        part=part,
    )
    return tuple((_bare(swept.moved), _bare(swept.unmoved)) for swept in found)


def shared_sweep(counting: Counting, executor: Executor) -> tuple[Swept, ...]:
    """Return what `sweep` finds, counted shard by shard.

    Counts of all relevant documents that fewer than `enough` others beat are those of one pass, to the bit.

    Args:
        counting: What is counted.
        executor: Where shards are counted.
    """
    entries, relevant, steps = counting.entries, counting.relevant, counting.steps
    swept = [Swept(entry, entry.tally(relevant, steps), entry.tally(relevant, steps)) for entry in entries]
    documents, row_bytes = _size(entries)
    for _, tallies in executor.map(count_shard, counting, executor.partition(documents, row_bytes)):
        swept = [
            Swept(found.entry, found.moved + moved, found.unmoved + unmoved)
            for found, (moved, unmoved) in zip(swept, tallies, strict=True)
        ]
    return tuple(swept)


def _size(entries: Sequence[SweepEntry]) -> tuple[int, int]:
    """Return how many documents there are, and how many bytes the vectors of one take in all columns."""
    columns = [column for entry in entries for column in entry.strategy.columns if column is not None]
    corpora = {id(column.product.corpus): column.product.corpus for column in columns}
    documents = max((corpus.shape[0] for corpus in corpora.values()), default=0)
    return documents, 4 * sum(corpus.shape[1] for corpus in corpora.values())


def _bare(tally: Tally) -> Tally:
    """Return a tally without what the driver knows itself: when each document moves."""
    if isinstance(tally, StepTally):
        return replace(tally, steps=Steps(np.zeros(0, dtype=np.int64), tally.steps.count))
    return tally
