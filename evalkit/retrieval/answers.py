"""Answers: what a search gave, one list of (document id, score) pairs for each query, checked."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evalkit.arrays import Ints
from evalkit.errors import RunError
from evalkit.findings import place
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.likeness import unlike
from evalkit.retrieval.candidates import NOTHING, best_chunks
from evalkit.retrieval.chunknames import OPTION, ChunkNames, Documents, likely_separator
from evalkit.retrieval.listing import Listing, Stated, settled
from evalkit.retrieval.run import Run

PAIR = 2
FORM = "return for each query, in their order, a list of (document id, score) pairs, larger scores better"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a search gave.

    Attributes:
        source: How the search is called in messages.
        golden: Whose queries were asked.
        lists: For each query a list of pairs.
        form: What to do where a result is none.
        names: How results name the documents that they are chunks of.
    """

    source: str
    golden: GoldenSet
    lists: Sequence[Sequence[Any]]
    form: str = FORM
    names: ChunkNames = field(default_factory=ChunkNames)

    def run(self, system: str, depth: int, order: str | None = None) -> Run:
        """Return the answers as a run, in the order of every run; a chunk counts for its document.

        Args:
            system: Name of the run.
            depth: How many documents were asked for; what is given beyond is cut off.
            order: "score" or "rank" where the user says which counts, the scores or the lists' order.

        Raises:
            RunError: Something is no pair of an id of this corpus and a finite score, or a document stands
                twice, or scores contradict the order of nearly all lists.
        """
        listing, findings = settled(self.listing(), system, order)
        rows, scores = listing.rows, listing.scores
        if self.golden.chunks is not None or self.names:
            rows, scores = best_chunks(rows, scores, np.arange(len(self.golden.corpus)))
        return Run.ranked(system, rows, scores, depth=depth, findings=findings)

    def listing(self) -> Listing:
        """Return document rows and scores in the order of the lists."""
        longest = max((len(found) for found in self.lists), default=0)
        rows = np.full((len(self.lists), longest), NOTHING, dtype=np.int64)
        scores = np.full(rows.shape, -np.inf)
        for query, found in enumerate(self.lists):  # the results of each query are objects of Python
            ids, values = self._parsed(query, found)
            rows[query, : len(ids)], scores[query, : len(ids)] = self._known(query, ids), values
        places = np.where(rows >= 0, np.arange(1.0, longest + 1), np.inf)
        return Listing(rows, scores, places, Stated.LIST, np.zeros(len(rows), dtype=bool))

    def _parsed(self, query: int, found: Sequence[Any]) -> tuple[list[str], list[float]]:
        """Return ids and scores of one query's results."""
        pairs = [pair for pair in found if isinstance(pair, list | tuple) and len(pair) == PAIR]
        ids, scores = [_text_of(identity) for identity, _ in pairs], [_number_of(score) for _, score in pairs]
        wrong = [item for item in found if not (isinstance(item, list | tuple) and len(item) == PAIR)]
        wrong += [
            pair
            for pair, identity, score in zip(pairs, ids, scores, strict=True)
            if identity is None or not math.isfinite(score)
        ]
        if wrong:
            raise self._wrong(
                "EK442", "a result that is no document id with a finite score", query, wrong[:1]
            )
        named = [identity for identity in ids if identity is not None]
        if len(set(named)) != len(named):
            repeated = [identity for identity in dict.fromkeys(named) if named.count(identity) > 1]
            raise self._wrong("EK444", "a document twice", query, repeated)
        return named, scores

    def _known(self, query: int, ids: Sequence[str]) -> Ints:
        """Return (n,) document rows of ids, all of which the corpus must hold."""
        meant = [self._document(query, identity) for identity in ids] if self.names else ids
        rows = self.golden.document_rows(meant)
        strangers = [identity for identity, row in zip(ids, rows, strict=True) if row < 0]
        if strangers:
            told = unlike(strangers, self.golden.corpus.ids, noun="the corpus")
            if not self.names and (mark := likely_separator(strangers, Documents(self.golden))):
                told = f"if these are chunks of documents, say  {OPTION} {shlex.quote(mark)}; or else {told}"
            raise self._wrong("EK443", "documents that the corpus does not hold", query, strangers, told)
        return rows

    def _document(self, query: int, identity: str) -> str:
        """Return the document that a result is, or is a chunk of."""
        golden = self.golden
        if golden.corpus.row(identity) >= 0 or golden.searched.row(identity) >= 0:
            return identity
        found = self.names.candidates(identity, Documents(golden))
        if len(found) > 1:
            raise self._wrong("EK699", "a result that may be a chunk of two documents", query, found)
        return found[0] if found else identity

    def _wrong(self, code: str, what: str, query: int, shown: Sequence[object], told: str = "") -> RunError:
        where = (place(f"query {self.golden.queries.ids[query]}", (), shown),)
        hint = f"{told}; {self.form}" if told else self.form
        return RunError(f"{self.source} gave {what}", places=where, hint=hint, code=code)


def listed(source: str, found: Any, queries: int, form: str = FORM) -> list[list[Any]]:  # noqa: ANN401 - whatever a search gave
    """Return what a search gave as one list for each query.

    Raises:
        RunError: It is something else, or of another number of queries.
    """
    if isinstance(found, Mapping | str | bytes) or not hasattr(found, "__iter__"):
        given_as = "a mapping" if isinstance(found, Mapping) else type(found).__name__
        raise RunError(f"{source} gave {given_as}, no lists of results", hint=form, code="EK442")
    given = list(found)
    strange = [type(results).__name__ for results in given if not _is_list(results)]
    if strange:
        raise RunError(f"{source} gave {strange[0]}, no lists of results", hint=form, code="EK442")
    if len(given) != queries:
        raise RunError(f"{source} gave {len(given)} lists for {queries} queries", hint=form, code="EK442")
    return [list(results) for results in given]


def _is_list(results: object) -> bool:
    return hasattr(results, "__iter__") and not isinstance(results, Mapping | str | bytes)


def _text_of(identity: object) -> str | None:
    """Return an id as text; whole numbers are ids too, other things are none."""
    if isinstance(identity, str):
        return str(identity)
    whole = isinstance(identity, int | np.integer) and not isinstance(identity, bool)
    return str(identity) if whole else None


def _number_of(score: object) -> float:
    """Return a score as a number, NaN for what is none; a text of digits is one."""
    try:
        return float(score)  # type: ignore[arg-type] # what is no number is told
    except (TypeError, ValueError, OverflowError):
        return math.nan
