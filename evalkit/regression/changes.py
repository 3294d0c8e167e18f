"""Changes: what has become of the queries, judgements and documents that a baseline was stored on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from evalkit.decision.wording import counted
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.qrels import Qrels
from evalkit.golden.texts import Texts
from evalkit.regression.asked import AskedQuery, describe_queries
from evalkit.regression.baseline import Baseline

SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """A document that the corpus does not hold any more.

    Attributes:
        document: Its id.
        relevant: The queries that it answered.
        shown: The queries for which it was among the first results.
    """

    document: str
    relevant: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Queries that only one side holds, or both with another text or other judgements; documents that went.

    Attributes:
        known: Whether texts and judgements can be told apart: a file of the first form keeps ids alone.
        added: Queries that the baseline lacks.
        gone: Queries that it alone has.
        reworded: Queries whose text is another.
        rejudged: Queries whose judgements are others.
        common: Queries that are as they were; of a first form those of the same id.
        relevant_before: How many judgements of grade 1 and more the baseline's queries had.
        relevant_now: How many there are.
        vanished: Documents that answered a query or stood among its first results, and are gone.
    """

    known: bool = True
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    rejudged: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    relevant_before: int = 0
    relevant_now: int = 0
    vanished: tuple[Vanished, ...] = ()

    @classmethod
    def between(
        cls, before: Mapping[str, AskedQuery], ids: Collection[str], after: Mapping[str, AskedQuery]
    ) -> Changes:
        """Return what differs between the queries of a baseline and those of now.

        Args:
            before: What the baseline says of its queries; empty in a file of the first form.
            ids: The ids of its queries.
            after: The queries of now.
        """
        both = [query for query in after if query in ids]
        reworded = tuple(query for query in both if before and before[query].text != after[query].text)
        rejudged = tuple(
            query for query in both if before and before[query].judgements != after[query].judgements
        )
        changed = {*reworded, *rejudged}
        return cls(
            known=bool(before),
            added=tuple(query for query in after if query not in ids),
            gone=tuple(sorted(query for query in ids if query not in after)),
            reworded=reworded,
            rejudged=rejudged,
            common=tuple(query for query in both if query not in changed),
            relevant_before=sum(len(item.relevant) for item in before.values()),
            relevant_now=sum(len(item.relevant) for item in after.values()),
        )

    @property
    def any(self) -> bool:
        """Whether a query was added, taken out, reworded or judged anew."""
        return bool(self.added or self.gone or self.reworded or self.rejudged)

    @property
    def left_out(self) -> int:
        """How many queries are not compared."""
        return len({*self.added, *self.gone, *self.reworded, *self.rejudged})

    @property
    def by_corpus(self) -> tuple[str, ...]:
        """The documents whose leaving explains every judgement that changed; () where anything else did."""
        if not self.rejudged or self.added or self.gone or self.reworded:
            return ()
        left = tuple(item for item in self.vanished if item.relevant)
        lost = {query for item in left for query in item.relevant}
        return tuple(item.document for item in left) if lost >= set(self.rejudged) else ()

    @property
    def words(self) -> tuple[str, ...]:
        """Each change with the first ids it is about."""
        said = []
        for queries, what in (
            (self.added, "new"),
            (self.gone, "gone"),
            (self.reworded, "with another text"),
            (self.rejudged, "with other judgements"),
        ):
            if queries:
                said.append(f"{counted(len(queries), 'query')} {what}: {some(queries)}")
        if self.rejudged and self.relevant_before != self.relevant_now:
            said.append(f"judgements of grade 1 and more: {self.relevant_before}, now {self.relevant_now}")
        return (*said, *map(vanished_words, self.vanished[:SHOWN]), *_more(self.vanished))


def changes_of(baseline: Baseline, golden: GoldenSet) -> Changes:
    """Return what has become of a baseline's queries and documents."""
    found = Changes.between(baseline.asked, set(baseline.query_ids), describe_queries(golden))
    return replace(found, vanished=vanished_from(baseline, golden))


def vanished_from(baseline: Baseline, golden: GoldenSet) -> tuple[Vanished, ...]:
    """Return the documents that answered a query or stood among its first results, and are gone."""
    relevant: dict[str, list[str]] = {}
    shown: dict[str, list[str]] = {}
    for query, item in baseline.asked.items():
        for name in item.relevant:
            relevant.setdefault(name, []).append(query)
        for name in item.shown:
            shown.setdefault(name, []).append(query)
    names = sorted({*relevant, *shown})
    gone = [name for name, row in zip(names, golden.corpus.rows(names), strict=True) if row < 0]
    return tuple(
        Vanished(document=name, relevant=tuple(relevant.get(name, ())), shown=tuple(shown.get(name, ())))
        for name in gone
    )


def narrowed(golden: GoldenSet, queries: Collection[str]) -> GoldenSet:
    """Return the golden set of some of its queries; its corpus stays whole."""
    kept = np.array([query in queries for query in golden.queries.ids], dtype=bool)
    rows = np.flatnonzero(kept)
    place = np.cumsum(kept) - 1
    judged = kept[golden.qrels.query_rows]
    qrels = golden.qrels
    return replace(
        golden,
        queries=Texts(
            tuple(golden.queries.ids[row] for row in rows), tuple(golden.queries.bodies[row] for row in rows)
        ),
        qrels=Qrels(place[qrels.query_rows[judged]], qrels.doc_rows[judged], qrels.grades[judged]),
        weights=golden.weights[kept],
        groups=np.unique(golden.groups[kept], return_inverse=True)[1].astype(np.int64),
        critical=golden.critical[kept],
        segments={name: members[kept] for name, members in golden.segments.items()},
        query_fields={
            name: tuple(values[row] for row in rows) for name, values in golden.query_fields.items()
        },
    )


def some(ids: Collection[str]) -> str:
    """Return the first few ids with a count of the rest."""
    names = list(ids)
    return ", ".join(names[:SHOWN]) + "".join(_more(names, " and "))


def vanished_words(item: Vanished) -> str:
    """Return a document that is gone, and which queries lost it."""
    answered = (
        f"it answered {some(item.relevant)}" if item.relevant else f"it was shown for {some(item.shown)}"
    )
    return f"document {item.document} is gone: {answered}"


def _more(items: Collection[object], before: str = "") -> Iterator[str]:
    if len(items) > SHOWN:
        yield f"{before}{len(items) - SHOWN} more"
