"""Run files: read into a run of a golden set, and written from one in TREC form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from evalkit.embedding.modelspec import ModelSpec, Options, check_options, one_of
from evalkit.errors import GoldenSetError, RunError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.likeness import likeness
from evalkit.golden.reading.records import Sheet, numbered_lines
from evalkit.packing import bare
from evalkit.retrieval.candidates import NOTHING, best_chunks
from evalkit.retrieval.chunknames import CHUNK_OPTIONS, ChunkNames
from evalkit.retrieval.listing import ORDERS, Listing, settled
from evalkit.retrieval.run import Run
from evalkit.retrieval.runcolumns import plain_listing
from evalkit.retrieval.rundraft import NO_RESULTS, RunDraft, chunk_findings
from evalkit.retrieval.runforms import TREC, fill

MISSING_ALLOWED = 0.01
OPTIONS = {
    "base": str,
    "missing_queries": str,
    "order": str,
    "columns": str,
    **CHUNK_OPTIONS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReading:
    """How a run file is read where it leaves something open.

    Attributes:
        missing_queries: "zero" where a query that the file lacks got nothing, however many there are; else
            more than one in a hundred are an error.
        order: "score" or "rank", which of the two counts where they disagree; None where that is an error.
        columns: What the columns hold, as `--run-columns` says it.
        chunk_separator: What parts the id of a document from the number of its chunk, where results are
            chunks.
        chunk_map: A file that maps chunks to documents, in its place.
    """

    missing_queries: str = "error"
    order: str | None = None
    columns: str | None = None
    chunk_separator: str | None = None
    chunk_map: str | None = None

    @classmethod
    def of(cls, spec: ModelSpec, options: Options) -> RunReading:
        """Return what the options of a run file say.

        Raises:
            UsageError: An option is unknown, or has a value that it cannot have.
        """
        check_options(spec, options, OPTIONS)
        one_of(spec, options, "missing_queries", ("error", "zero"))
        one_of(spec, options, "order", ORDERS)
        stated = {name: str(value) for name, value in options.items() if name != "base"}
        if "chunk_map" in stated:
            stated["chunk_map"] = str(Path(str(options.get("base", "")), stated["chunk_map"]))
        return cls(**stated)

    @property
    def chunk_names(self) -> ChunkNames:
        """How results name the documents that they are chunks of.

        Raises:
            UsageError: Two things say so.
            RunError: The map cannot be read.
        """
        return ChunkNames.of(self.chunk_separator, Path(self.chunk_map) if self.chunk_map else None)


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run file in the place of a model.

    Attributes:
        spec: `run/` and the file.
        options: `base`, the folder that its path is relative to, and those of `RunReading`.
    """

    spec: ModelSpec
    options: Options

    fixed: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, object]:
        """What identifies it: its name."""
        return {"provider": self.spec.provider, "model": self.spec.model}

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return Path(str(self.options.get("base", "")), self.spec.model)

    def check(self) -> None:
        """Raise where an option is wrong, or there is no such file."""
        reading = RunReading.of(self.spec, self.options)
        check_file(self.path)
        _ = reading.chunk_names

    def search(self, golden: GoldenSet, *, depth: int, system: str) -> Run:
        """Return what the file holds, however deep it is."""
        del depth
        reading = RunReading.of(self.spec, self.options)
        return read_run(self.path, golden, system=system, reading=reading)


def check_file(path: Path) -> None:
    """Raise unless there is such a file.

    Raises:
        RunError: There is none.
    """
    if not path.is_file():
        raise RunError(f"{path} is not a file", hint="name a run file after run/", code="EK430")


def read_run(
    path: str | Path, golden: GoldenSet, *, system: str | None = None, reading: RunReading | None = None
) -> Run:
    """Read a run file, packed or not: TREC or MS MARCO lines, JSON, or a table with a header.

    Results are ordered by score and then by document id, descending, as trec_eval does; ranks are held
    against that order. A result that is a chunk counts for its document, the best chunk of each: a document's
    score is that of its best chunk (MaxP), and ranks are made anew.

    Args:
        path: The file: query, Q0, document, rank, score and system in each line; or another form.
        golden: The golden set whose queries were run.
        system: Name of the system; the file's name when left out.
        reading: What the user says where the file leaves something open.

    Returns:
        A run with as many columns as the longest result list. A query that the file lacks got nothing
        and scores 0; queries that the golden set does not have are left out. Both are findings.

    Raises:
        RunError: A line is malformed, a score is not finite, a result stands twice or is not in the corpus
            (all told at once), scores contradict ranks for nearly all queries, or the file lacks more than
            one in a hundred queries.
    """
    path, reading = Path(path), reading or RunReading()
    check_file(path)
    draft = RunDraft(golden, Sheet(path), reading.chunk_names)
    plain = None if reading.columns or draft.names else plain_listing(path, golden)
    if plain is None:
        fill(draft, reading.columns)
    else:
        draft.by_query = {row: {} for row in np.flatnonzero(~plain.silent).tolist()}
    draft.report_unknown()
    draft.report_spelling()
    draft.tell_systems()
    problems = [finding for finding in draft.sheet.findings() if finding.severity is Severity.ERROR]
    if problems:
        raise RunError.of([*problems, *(finding for finding in draft.findings if finding.code == "EK193")])
    told = (*draft.sheet.findings(), *draft.findings, *_queries_told(draft, reading))
    name = system or bare(path).name
    listing, contradictions = settled(plain or draft.listing(), name, reading.order)
    run = _run(listing, draft, name, (*told, *contradictions))
    return replace(run, findings=(*run.findings, *chunk_findings(draft, run)))


def trec_lines(run: Run, golden: GoldenSet) -> Iterator[str]:
    """Yield the lines of a TREC run file; scores keep every digit, so that reading gives the run back.

    A query for which nothing was found has one line, whose document is `__no_results__`: to trec_eval an
    unjudged document, so that the query scores 0 there too.

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
        if not run.returned[query_row]:
            yield f"{query} Q0 {NO_RESULTS} 1 0.0 {tag}\n"
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
            query, *_, tag = line.split() if line.count(" ") == len(TREC) - 1 else ("", "")
            counts[query] += 1
            tags.add(tag)
    except GoldenSetError:  # it cannot be read
        return False
    returned = {query: max(int(n), 1) for query, n in zip(golden.queries.ids, run.returned, strict=True)}
    return tags == {tag_of(run.system)} and counts == returned


def tag_of(system: str) -> str:
    """Return a system's name as the last column shows it, without white space."""
    return "_".join(system.split())


def _run(listing: Listing, draft: RunDraft, system: str, findings: tuple[Finding, ...]) -> Run:
    rows, scores, golden = listing.rows, listing.scores, draft.golden
    if golden.chunks is not None or draft.parts:
        rows, scores = best_chunks(rows, scores, np.arange(len(golden.corpus)))
    return Run.ranked(system, rows, scores, findings=findings)


def _silent_told(draft: RunDraft, reading: RunReading) -> list[Finding]:
    """Return a finding on queries whose right answer is nothing and that the file does not name.

    Raises:
        RunError: More than one in a hundred of them, and nobody says that they were asked.
    """
    golden, path = draft.golden, draft.sheet.path
    silent = np.flatnonzero(golden.silent)
    missing = [golden.queries.ids[row] for row in silent if row not in draft.by_query]
    if not missing:
        return []
    problem = f"the run does not name {len(missing)} of {len(silent)} queries whose right answer is nothing"
    where = (place(path, (), missing),)
    if reading.missing_queries != "zero" and len(missing) > MISSING_ALLOWED * len(silent):
        hint = (
            f"were they asked? A line with the document {NO_RESULTS} says that nothing was found;  "
            "--missing-queries zero  says so of all that are absent"
        )
        raise RunError(problem, places=where, hint=hint, code="EK386")
    return [Finding("EK386", Severity.NOTICE, problem, where, "taken for queries that found nothing")]


def _queries_told(draft: RunDraft, reading: RunReading) -> list[Finding]:
    """Return findings on queries that only one side has; too many missing ones are an error."""
    golden, path, findings = draft.golden, draft.sheet.path, _silent_told(draft, reading)
    missing = [row for row in np.flatnonzero(golden.counted) if row not in draft.by_query]
    if missing:
        problem = f"the run lacks {len(missing)} of {int(golden.counted.sum())} judged queries"
        where = [place(path, (), [golden.queries.ids[row] for row in missing])]
        of_another = bool(draft.strangers) and not draft.by_query  # whatever may be missing otherwise
        alike = likeness(draft.strangers, [golden.queries.ids[row] for row in missing])
        told = f"{alike}; write the ids alike, or " if alike else ""
        if of_another or (
            reading.missing_queries != "zero" and len(missing) > MISSING_ALLOWED * golden.counted.sum()
        ):
            zero = "Where nothing was found for them,  --missing-queries zero  lets them score 0"
            told = told if draft.strangers or draft.by_query else "the file holds no results at all; "
            hint = f"{told}run all queries; dropping the hard ones would lift the mean. {zero}"
            if of_another:
                hint = f"{told}run the queries of this golden set: the file holds none of them"
            if draft.strangers:
                lines, names = list(draft.strangers.values()), list(draft.strangers)
                where.append(f"{place(path, lines, names)}   are not in the golden set")
            raise RunError(problem, places=where, hint=hint, code="EK435")
        findings.append(Finding("EK435", Severity.WARNING, problem, tuple(where), f"{told}they score 0"))
    if draft.strangers:
        number = len(draft.strangers)
        one = "query of the run is" if number == 1 else "queries of the run are"
        problem = f"{number} {one} not in {golden.name}; left out"
        strangers = (place(path, list(draft.strangers.values()), list(draft.strangers)),)
        hint = "nothing to do if the run was made for a larger golden set; else check its ids"
        findings.append(Finding("EK436", Severity.NOTICE, problem, strangers, hint))
    return findings
