"""Run draft: what a run file holds, query by query, while its rows are read and checked."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Container
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from evalkit.arrays import Floats
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.likeness import unlike
from evalkit.golden.reading.records import Sheet
from evalkit.retrieval.candidates import NOTHING
from evalkit.retrieval.chunknames import MAP_OPTION, OPTION, ChunkNames, Documents, likely_separator
from evalkit.retrieval.listing import Listing, Stated
from evalkit.retrieval.run import Run

# 1,234 and 12,345 may be thousands; 0,345 and 12,3456 cannot.
DECIMAL_COMMA = re.compile(
    r"[+-]?(?:[0-9]*,(?:[0-9]{1,2}|[0-9]{4,})|0*,[0-9]+|[0-9]{4,},[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"|[+-]?[0-9]+,[0-9]+[eE][+-]?[0-9]+"
)
NO_RESULTS = "__no_results__"  # in place of a document, it says that a query was asked and nothing was found


class RunRow(NamedTuple):
    """One result as its file states it; None for what the form has no place for."""

    number: int
    query: str
    document: str
    score: object = None
    rank: object = None
    system: str = ""


class DraftResult(NamedTuple):
    """One result, its numbers read."""

    score: float
    rank: float | None
    number: int


@dataclass(slots=True)
class RunDraft:
    """What a run file holds, by query row: id of a document or chunk → its result.

    A query in which nothing was found has an entry without results. `parts` holds the results that name
    documents by their chunks, `uncut` those that could and are documents themselves.
    """

    golden: GoldenSet
    sheet: Sheet
    names: ChunkNames = field(default_factory=ChunkNames)
    by_query: dict[int, dict[str, DraftResult]] = field(default_factory=dict)
    strangers: dict[str, int] = field(default_factory=dict)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    systems: dict[str, int] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    uncut: dict[str, int] = field(default_factory=dict)
    _spelt: dict[str, tuple[int, object]] = field(default_factory=dict)

    def add(self, row: RunRow) -> None:
        """Take in one row, or report what is wrong with it."""
        rank = number_of(row.rank)
        score = self._score(row) if row.score is not None else _from_rank(rank)
        query_row = self.golden.queries.row(row.query)
        if row.system not in self.systems and query_row >= 0:
            self.systems[row.system] = row.number
        if score is None:
            hint = "scores are finite numbers, larger is better"
            if isinstance(row.score, str) and "," in row.score:
                hint = "write a decimal point, and nothing between thousands; larger is better"
            shown = row.rank if row.score is None else row.score
            self.sheet.report("EK432", "{n} score{s} not a finite number", row.number, shown, hint=hint)
        elif query_row < 0:
            self.strangers.setdefault(row.query, row.number)
        elif self._is_known(row.document, row.number):
            self._keep(query_row, row.document, DraftResult(score, rank, row.number))
        elif row.document == NO_RESULTS:
            self.by_query.setdefault(query_row, {})
        else:
            self.unknown.append((row.number, row.document))

    def _score(self, row: RunRow) -> float | None:
        """Return a score, a decimal comma read as a point; None for none, and for 1,234, which may be two."""
        if not isinstance(row.score, str) or not ("," in row.score or "." in row.score):
            return number_of(row.score)
        mark = "," if "," in row.score else "."
        self._spelt.setdefault(mark, (row.number, row.score))
        return number_of(
            row.score.replace(",", ".") if DECIMAL_COMMA.fullmatch(row.score.strip()) else row.score
        )

    def tell_systems(self) -> None:
        """Tell of a file whose lines name several systems, which are read as one."""
        if len(self.systems) > 1:
            problem = f"its lines name {len(self.systems)} systems, and are read as the run of one"
            where = place(self.sheet.path, list(self.systems.values()), list(self.systems))
            hint = "if these are several runs, write each to a file of its own"
            self.findings.append(Finding("EK193", Severity.WARNING, problem, (where,), hint))

    def report_spelling(self) -> None:
        """Report scores of which some have a decimal comma and others a point, which may part thousands."""
        if len(self._spelt) > 1:
            hint = "write all of them with a decimal point, and nothing between thousands"
            for number, score in self._spelt.values():
                problem = "scores with a comma and scores with a point stand in one file"
                self.sheet.report("EK189", problem, number, score, hint=hint)

    def asked(self, query: str, number: int) -> None:
        """Note that a query was asked, whether or not results follow."""
        query_row = self.golden.queries.row(query)
        if query_row < 0:
            self.strangers.setdefault(query, number)
        else:
            self.by_query.setdefault(query_row, {})

    def listing(self) -> Listing:
        """Return the results of every query of the golden set, in the order that the file states."""
        queries = len(self.golden.queries)
        longest = max((len(found) for found in self.by_query.values()), default=0)
        rows = np.full((queries, longest), NOTHING, dtype=np.int64)
        scores, places = np.full(rows.shape, -np.inf), np.full(rows.shape, np.inf)
        silent = np.ones(queries, dtype=bool)
        for query_row, found in self.by_query.items():
            ids = _in_stated_order(found)
            rows[query_row, : len(ids)] = self.golden.document_rows([self.parts.get(n, n) for n in ids])
            scores[query_row, : len(ids)] = [found[name].score for name in ids]
            places[query_row, : len(ids)], silent[query_row] = _places([found[name] for name in ids])
        if silent[[len(found) > 1 for found in map(self._found, range(queries))]].all():
            # no ranks that differ: what order there is, is that of the lines
            places = np.where(rows >= 0, np.arange(1.0, longest + 1), np.inf)
            return Listing(rows, scores, places, Stated.LINES, np.zeros(queries, dtype=bool))
        return Listing(rows, scores, places, Stated.RANKS, silent)

    def report_unknown(self) -> None:
        """Report the documents that the corpus does not hold, with what they may mean."""
        if not self.unknown:
            return
        told = unlike((name for _, name in self.unknown), self.golden.corpus.ids, noun="the corpus")
        hint = f"{told}; write the ids alike, or retrieve again on this corpus"
        mark = likely_separator([name for _, name in self.unknown], self.known)
        if mark and mark != self.names.separator:
            hint = f"if these are chunks of documents, say  {OPTION} {shlex.quote(mark)}; or else {hint}"
        for number, document in self.unknown:
            problem = "{n} result{s} that the corpus does not hold"
            self.sheet.report("EK433", problem, number, document, hint=hint)

    def _found(self, query_row: int) -> dict[str, DraftResult]:
        return self.by_query.get(query_row, {})

    @property
    def known(self) -> Container[str]:
        """The ids of the golden set's documents."""
        return Documents(self.golden)

    def _is_known(self, identity: str, number: int) -> bool:
        """Return whether a result is a document, a chunk of the golden set, or a chunk by its name."""
        golden = self.golden
        there = golden.corpus.row(identity) >= 0 or golden.searched.row(identity) >= 0
        if not self.names or identity in self.parts:
            return there or bool(self.names)
        found = self.names.candidates(identity, self.known)
        if there and (found or self.names.parts_it(identity)):
            self.uncut.setdefault(identity, number)
        self._report_doubtful(identity, number, found, there=there)
        if found and not there:
            self.parts[identity] = found[0]
        return there or bool(found)

    def _report_doubtful(self, identity: str, number: int, found: list[str], *, there: bool) -> None:
        """Report an id that may be a chunk of two documents, or that a map calls a chunk of another."""
        mapped = there and self.names.documents.get(identity, identity) != identity
        if mapped or (len(found) > 1 and not there):
            problem = "{n} result{s} that may be of two documents"
            hint = f"say which chunk is whose:  {MAP_OPTION} FILE, with the columns chunk and document"
            if mapped:
                found, hint = [identity, *found], "the map calls a document a chunk: take that line out of it"
            self.sheet.report("EK699", problem, number, f"{identity}: {' or '.join(found)}", hint=hint)

    def _keep(self, query_row: int, document: str, result: DraftResult) -> None:
        results = self.by_query.setdefault(query_row, {})
        if document in results:
            query = self.golden.queries.ids[query_row]
            detail = f"{query} {document} (first on line {results[document].number})"
            hint = "a system returns a document once for a query"
            self.sheet.report("EK434", "{n} result{s} repeated", result.number, detail, hint=hint)
        else:
            results[document] = result


def chunk_findings(draft: RunDraft, run: Run) -> tuple[Finding, ...]:
    """Return what is told of results that name chunks, where the user says how: what became of them.

    Args:
        draft: The results as they were read.
        run: What became of them.
    """
    if not draft.names:
        return ()
    path, told = draft.sheet.path, []
    results = sum(map(len, draft.by_query.values()))
    by_chunk = sum(name in draft.parts for found in draft.by_query.values() for name in found)
    documents = int(run.returned.sum())
    problem = f"{by_chunk} of {results} results name chunks; {documents} documents are left, each by its best"
    hint = "a document's score is that of its best chunk, and ranks are made anew; more chunks bring more"
    told.append(Finding("EK380", Severity.NOTICE, problem, (str(path),), hint))
    if draft.uncut:
        doubtful = any(draft.names.candidates(name, draft.known) for name in draft.uncut)
        where = place(path, list(draft.uncut.values()), list(draft.uncut))
        problem = f"{len(draft.uncut)} ids are documents themselves: they are not cut at the separator"
        hint = f"nothing, if that is so; else say which chunk is whose with  {MAP_OPTION} FILE"
        grave = Severity.WARNING if doubtful else Severity.NOTICE
        told.append(Finding("EK381", grave, problem, (where,), hint))
    return tuple(told)


def number_of(value: object) -> float | None:
    """Return a finite number, None for anything else; 1_000 is a number to Python alone."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | np.number):
        return None
    if isinstance(value, str) and "_" in value:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _from_rank(rank: float | None) -> float | None:
    """Return the score of a result of which a file states its rank alone."""
    return None if rank is None else -rank


def _in_stated_order(found: dict[str, DraftResult]) -> list[str]:
    """Return ids by rank where ranks differ, equal ones by score; else in the order of the file."""
    ranks = {result.rank for result in found.values()}
    if None in ranks or len(ranks) == 1:
        return list(found)
    return sorted(found, key=lambda name: (found[name].rank, -found[name].score))


def _places(results: list[DraftResult]) -> tuple[Floats, bool]:
    """Return the ranks of a query's results, and whether they say nothing: absent or all the same."""
    ranks = [result.rank for result in results if result.rank is not None]
    if len(ranks) < len(results):
        return np.arange(1.0, len(results) + 1), True
    return np.asarray(ranks, dtype=np.float64), len(set(ranks)) < min(2, len(ranks))
