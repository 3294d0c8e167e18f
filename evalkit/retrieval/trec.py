"""TREC run files: read into a run of a golden set, and written from one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evalkit.errors import GoldenSetError, RunError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.likeness import first_few, likeness
from evalkit.golden.records import Sheet, numbered_lines
from evalkit.packing import bare
from evalkit.retrieval.candidates import NOTHING, best_chunks
from evalkit.retrieval.run import Run

COLUMNS = 6
MISSING_ALLOWED = 0.01


@dataclass(slots=True)
class _Results:
    """What a run file holds, by query row: id of a document or chunk → (score, line)."""

    golden: GoldenSet
    sheet: Sheet
    by_query: dict[int, dict[str, tuple[float, int]]] = field(default_factory=dict)
    strangers: dict[str, int] = field(default_factory=dict)
    unknown: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, line: str) -> None:
        """Take in one line, or report what is wrong with it."""
        cells = line.split()
        if len(cells) != COLUMNS:
            hint = "six columns: query Q0 document rank score system"
            self.sheet.report("EK431", "{n} line{s} without six columns", number, line, hint=hint)
            return
        query, _, document, _, text, _ = cells
        score, query_row = _number(text), self.golden.queries.row(query)
        if score is None:
            hint = "scores are finite numbers, larger is better"
            self.sheet.report("EK432", "{n} score{s} not a finite number", number, text, hint=hint)
        elif query_row < 0:
            self.strangers.setdefault(query, number)
        elif not self._is_known(document):
            self.unknown.append((number, document))
        else:
            self._keep(query_row, document, score, number)

    def _is_known(self, document: str) -> bool:
        golden = self.golden
        return golden.corpus.row(document) >= 0 or golden.searched.row(document) >= 0

    def report_unknown(self) -> None:
        """Report the documents that the corpus does not hold, with what they may mean."""
        if not self.unknown:
            return
        ids = self.golden.corpus.ids
        alike = likeness((name for _, name in self.unknown), ids)
        told = f"{alike}; " if alike else f"the corpus has {first_few(ids)}; "
        hint = f"{told}write the ids alike, or retrieve again on this corpus"
        for number, document in self.unknown:
            problem = "{n} result{s} that the corpus does not hold"
            self.sheet.report("EK433", problem, number, document, hint=hint)

    def _keep(self, query_row: int, document: str, score: float, number: int) -> None:
        results = self.by_query.setdefault(query_row, {})
        if document in results:
            query = self.golden.queries.ids[query_row]
            detail = f"{query} {document} (first on line {results[document][1]})"
            hint = "a system returns a document once for a query"
            self.sheet.report("EK434", "{n} result{s} repeated", number, detail, hint=hint)
        else:
            results[document] = (score, number)


def read_run(path: str | Path, golden: GoldenSet, *, system: str | None = None) -> Run:
    """Read a TREC run file, gzipped or not.

    Results are ordered by score and then by document id, descending, as trec_eval does; the rank column
    is not read. A result that is a chunk counts for its document, the best chunk of each.

    Args:
        path: The file: query, Q0, document, rank, score and system in each line.
        golden: The golden set whose queries were run.
        system: Name of the system; the file's name when left out.

    Returns:
        A run with as many columns as the longest result list. A query that the file lacks got nothing
        and scores 0; queries that the golden set does not have are left out. Both are findings.

    Raises:
        RunError: A line is malformed, a score is not finite, a result stands twice or is not in the corpus
            (all told at once), or the file lacks more than one in a hundred queries.
    """
    path = Path(path)
    if not path.is_file():
        raise RunError(f"{path} is not a file", hint="name a TREC run file after run/", code="EK430")
    results = _Results(golden, Sheet(path))
    for number, line in numbered_lines(results.sheet):
        results.add(number, line)
    results.report_unknown()
    problems = results.sheet.findings()
    if problems:
        raise RunError.of(problems)
    return _run(results, system or bare(path).name, tuple(_queries_told(results)))


def trec_lines(run: Run, golden: GoldenSet) -> Iterator[str]:
    """Yield the lines of a TREC run file; scores keep every digit, so that reading gives the run back.

    Args:
        run: What a system retrieved; its name becomes the last column.
        golden: The golden set that it was made for, which knows the ids.

    Raises:
        RunError: An id holds white space, by which readers of run files part their columns.
    """
    spaced = [name for name in (*golden.queries.ids, *golden.corpus.ids) if name.split() != [name]]
    if spaced:
        raise RunError(
            f"{len(spaced)} ids hold white space, which a run file cannot name",
            places=(place(golden.name, (), spaced),),
            hint="rename them, in the judgements too",
            code="EK437",
        )
    tag = tag_of(run.system)
    for query_row, query in enumerate(golden.queries.ids):
        for rank, (doc_row, score) in enumerate(
            zip(run.rows[query_row], run.scores[query_row], strict=True), 1
        ):
            if doc_row == NOTHING:
                break
            yield f"{query} Q0 {golden.corpus.ids[doc_row]} {rank} {float(score)!r} {tag}\n"


def holds_such_a_run(path: Path, run: Run, golden: GoldenSet) -> bool:
    """Return whether a file is a run of the same system, for the same queries and as long.

    Files that are no run files, or of bytes without end such as a device, are not.
    """
    if not path.is_file():
        return False
    counts: Counter[str] = Counter()
    tags = set()
    try:
        for _, line in numbered_lines(Sheet(path)):
            query, *_, tag = line.split() if line.count(" ") == COLUMNS - 1 else ("", "")
            counts[query] += 1
            tags.add(tag)
    except GoldenSetError:  # it cannot be read
        return False
    returned = {query: int(n) for query, n in zip(golden.queries.ids, run.returned, strict=True) if n}
    return tags == {tag_of(run.system)} and counts == returned


def tag_of(system: str) -> str:
    """Return a system's name as the last column shows it, without white space."""
    return "_".join(system.split())


def _run(results: _Results, system: str, findings: tuple[Finding, ...]) -> Run:
    queries = len(results.golden.queries)
    longest = max((len(found) for found in results.by_query.values()), default=0)
    rows = np.full((queries, longest), NOTHING, dtype=np.int64)
    scores = np.full(rows.shape, -np.inf)
    for query_row, found in results.by_query.items():
        rows[query_row, : len(found)] = results.golden.document_rows(found)
        scores[query_row, : len(found)] = [score for score, _ in found.values()]
    if results.golden.chunks is not None:
        rows, scores = best_chunks(rows, scores, np.arange(len(results.golden.corpus)))
    return Run.ranked(system, rows, scores, findings=findings)


def _queries_told(results: _Results) -> list[Finding]:
    """Return findings on queries that only one side has; too many missing ones are an error."""
    golden, path, findings = results.golden, results.sheet.path, []
    missing = [row for row in np.flatnonzero(golden.counted) if row not in results.by_query]
    if missing:
        problem = f"the run lacks {len(missing)} of {int(golden.counted.sum())} judged queries"
        where = (place(path, (), [golden.queries.ids[row] for row in missing]),)
        if len(missing) > MISSING_ALLOWED * golden.counted.sum():
            alike = likeness(results.strangers, [golden.queries.ids[row] for row in missing])
            told = f"{alike}; write the ids alike, or " if alike else ""
            hint = f"{told}run all queries; dropping the hard ones would lift the mean"
            raise RunError(problem, places=where, hint=hint, code="EK435")
        findings.append(Finding("EK435", Severity.WARNING, problem, where, "they score 0"))
    if results.strangers:
        number = len(results.strangers)
        one = "query of the run is" if number == 1 else "queries of the run are"
        problem = f"{number} {one} not in {golden.name}; left out"
        where = (place(path, list(results.strangers.values()), list(results.strangers)),)
        hint = "nothing to do if the run was made for a larger golden set; else check its ids"
        findings.append(Finding("EK436", Severity.NOTICE, problem, where, hint))
    return findings


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
