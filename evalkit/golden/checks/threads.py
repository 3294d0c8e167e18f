"""Threads: queries that share their relevant documents and so succeed or fail together, ungrouped.

The rule: queries are one thread where their sets of relevant documents are the same, and

- these hold two documents or more, which hardly two independent questions have in common; or
- these hold one document, and the texts share half of their words or more, from one to the next; or
- these hold one document, and half of all queries or more lie in such sets of three or more: then whoever
  wrote the set wrote several questions to each answer. A few popular answers alone are no threads.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Ints
from evalkit.figures import count, number
from evalkit.findings import Finding, Severity, place
from evalkit.golden.checks.effective import effective_number
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.records import Draft

ALIKE = 0.5
SEVERAL = 3
FEWEST_BLOCKS = 5
WORTH_TELLING = 0.9
MOST_PAIRS = 400
REPAIR_HINT = "say so with  evalkit golden check GOLDEN --fix groups , which writes one group for each thread"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, eq=False)
class Threads:
    """(Q,) the thread of each query, its own where it has none, beside what the groups say today.

    Attributes:
        labels: (Q,) numbers; queries of one thread, or of one group, share theirs.
        blocks: How many threads hold two queries or more of different groups.
        queries: How many queries these hold.
        before: Effective queries as the groups are.
        after: Effective queries if each thread were a group.
    """

    labels: Ints
    blocks: int
    queries: int
    before: float
    after: float

    @property
    def matter(self) -> bool:
        """Whether so many queries depend on each other that an interval would change."""
        return self.blocks > 0 and self.after <= WORTH_TELLING * self.before


def find_threads(golden: GoldenSet) -> Threads:
    """Return the threads of a golden set, by the rule above; queries without an answer are their own."""
    qrels = golden.qrels
    answers: dict[int, list[int]] = defaultdict(list)
    for query, doc, grade in zip(
        qrels.query_rows.tolist(), qrels.doc_rows.tolist(), qrels.grades.tolist(), strict=True
    ):
        if grade >= 1:
            answers[query].append(doc)
    texts = golden.queries.bodies
    blocks = threads_of({row: frozenset(docs) for row, docs in answers.items()}, texts.__getitem__)
    told = [block for block in blocks if len(set(golden.groups[block].tolist())) > 1]
    labels = golden.groups.astype(np.int64).copy()
    for block in told:  # a group that meets a thread is one with it, whole
        labels[np.isin(labels, labels[block])] = labels[block].min()
    scored = np.array(sorted(answers), dtype=np.int64)
    before, after = (_worth(part[scored]) for part in (golden.groups, labels))
    return Threads(labels, len(told), sum(map(len, told)), before, after)


def threads_of(answers: Mapping[int, frozenset[Hashable]], text: Callable[[int], str]) -> list[list[int]]:
    """Return the rows of each thread of two queries or more.

    Args:
        answers: Row of a query → its relevant documents, at least one.
        text: Gives the text of a row.
    """
    same: dict[frozenset[Hashable], list[int]] = defaultdict(list)
    for row, documents in answers.items():
        same[documents].append(row)
    shared = [(docs, rows) for docs, rows in same.items() if len(rows) > 1]
    several = [rows for _, rows in shared if len(rows) >= SEVERAL]
    habit = len(several) >= FEWEST_BLOCKS and 2 * sum(map(len, several)) >= len(answers)
    found: list[list[int]] = []
    for documents, rows in shared:
        if len(documents) > 1 or (habit and len(rows) >= SEVERAL):
            found.append(rows)
        else:
            found += [part for part in _alike(rows, [text(row) for row in rows]) if len(part) > 1]
    return found


def thread_findings(draft: Draft, golden: GoldenSet) -> list[Finding]:
    """Return a finding where threads make the queries fewer than they look."""
    threads = find_threads(golden)
    if not threads.matter:
        return []
    problem = (
        f"{count(threads.queries)} queries share their relevant documents in {count(threads.blocks)} blocks: "
        f"they succeed or fail together, so that all queries are worth {count(threads.after)} independent "
        f"ones, not {count(threads.before)}; "
        f"intervals would be about {number(float(np.sqrt(threads.before / threads.after)), 1)} times as wide"
    )
    rows = np.flatnonzero(np.isin(threads.labels, _repeated(threads.labels)))
    ids = [golden.queries.ids[row] for row in rows.tolist()]
    where = place(draft.queries.path, (), ids)
    return [Finding("EK228", Severity.WARNING, problem, (where,), REPAIR_HINT)]


def _alike(rows: Sequence[int], texts: Sequence[str]) -> list[list[int]]:
    """Return the rows in parts whose texts share half of their words, from one to the next."""
    words = [frozenset(_WORD.findall(text.casefold())) for text in texts[:MOST_PAIRS]]
    part = list(range(len(words)))
    for second in range(len(words)):  # few queries share one answer: each pair is looked at
        for first in range(second):
            both, either = len(words[first] & words[second]), len(words[first] | words[second])
            if part[first] != part[second] and either and both >= ALIKE * either:
                part = [part[first] if block == part[second] else block for block in part]
    parts: dict[int, list[int]] = defaultdict(list)
    for block, row in zip(part, rows, strict=False):
        parts[block].append(row)
    return list(parts.values())


def _worth(labels: Ints) -> float:
    return (
        effective_number(np.unique(labels, return_counts=True)[1].astype(np.float64)) if labels.size else 0.0
    )


def _repeated(labels: Ints) -> Ints:
    values, counts = np.unique(labels, return_counts=True)
    return np.asarray(values[counts > 1])
