"""Run columns: a TREC file in which nothing is odd, read by columns at once; None for any other.

Half a million lines are looked at one by one elsewhere, which takes five times as long. Here a file is good
where each line has six cells of ASCII with one blank or tab between, every id is known, no document stands
twice, every number is finite, the ranks of each query differ and one system made it. Of any other nothing is
said: the careful reader reads it again, and tells what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats, Ints
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.tables import suffix_of
from evalkit.opening import FILE_FAULTS, open_regular
from evalkit.retrieval.candidates import NOTHING
from evalkit.retrieval.listing import Listing, Stated

CELLS = 6
AT_ONCE = 2**22
BLANK, TAB, LINE_FEED, DELETE = 32, 9, 10, 127
MARKS = b'#"{}[],;|'  # of comments, JSON, tables and decimal commas
SUFFIXES = (".parquet", ".csv", ".json", ".jsonl")


class _OddError(Exception):
    """Something that is not of the plainest form."""


@dataclass(slots=True)
class _Columns:
    """The cells of all lines so far."""

    queries: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    ranks: list[Floats] = field(default_factory=list)
    scores: list[Floats] = field(default_factory=list)
    systems: set[str] = field(default_factory=set)

    def add(self, data: bytes) -> None:
        """Add whole lines.

        Raises:
            _OddError: They are not all of the plainest form.
        """
        codes = np.frombuffer(data, dtype=np.uint8)
        _check_cells(codes)
        if any(mark in data for mark in (MARKS[at : at + 1] for at in range(len(MARKS)))):
            raise _OddError
        cells = data.decode("ascii").split()
        self.queries += cells[0::CELLS]
        self.documents += cells[2::CELLS]
        self.ranks.append(_numbers(cells[3::CELLS]))
        self.scores.append(_numbers(cells[4::CELLS]))
        self.systems.update(cells[5::CELLS])
        if len(self.systems) > 1:
            raise _OddError


def plain_listing(path: Path, golden: GoldenSet) -> Listing | None:
    """Return what a TREC file lists, None where anything in it has to be looked at with care.

    Args:
        path: The file.
        golden: The golden set whose queries were run, its documents searched whole.
    """
    if golden.chunks is not None or suffix_of(path) in SUFFIXES:
        return None
    try:
        with open_regular(path) as file:
            columns = _read(file)
        return _listing(columns, golden)
    except (_OddError, *FILE_FAULTS):  # told by the careful reader
        return None


def _read(file: BinaryIO) -> _Columns:
    columns, rest = _Columns(), b""
    while data := file.read(AT_ONCE):
        lines, line_feed, last = data.rpartition(b"\n")
        if line_feed:
            columns.add(rest + lines + line_feed)
        rest = last if line_feed else rest + data
        if len(rest) > AT_ONCE:
            raise _OddError
    if rest:
        columns.add(rest + b"\n")
    return columns


def _check_cells(codes: npt.NDArray[np.uint8]) -> None:
    """Raise unless each line has six cells of printable ASCII with one blank or tab between."""
    marks = np.flatnonzero(codes <= BLANK)
    if marks.size % CELLS or codes.max() >= DELETE or marks[0] == 0 or (np.diff(marks) == 1).any():
        raise _OddError
    found = codes[marks].reshape(-1, CELLS)
    inside = found[:, :-1]
    if not (((inside == BLANK) | (inside == TAB)).all() and (found[:, -1] == LINE_FEED).all()):
        raise _OddError


def _numbers(cells: list[str]) -> Floats:
    """Return finite numbers; 1_000 is one to Python alone."""
    numbers = np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
    if not np.isfinite(numbers).all() or "_" in "".join(cells):
        raise _OddError
    return numbers


def _listing(columns: _Columns, golden: GoldenSet) -> Listing:
    """Return the results of every query in the order of their ranks, equal ones by score."""
    if not columns.queries:
        raise _OddError
    queries, documents = golden.queries.rows(columns.queries), golden.corpus.rows(columns.documents)
    ranks, scores = np.concatenate(columns.ranks), np.concatenate(columns.scores)
    if min(queries.min(), documents.min()) < 0:
        raise _OddError
    order = np.lexsort((-scores, ranks, queries))
    queries, documents, ranks, scores = queries[order], documents[order], ranks[order], scores[order]
    _check_once(queries * len(golden.corpus) + documents)
    starts = np.flatnonzero(np.diff(queries, prepend=-1))
    counts = np.diff(starts, append=queries.size)
    lasts = starts + counts - 1
    if counts.max() == 1 or (ranks[starts] == ranks[lasts])[counts > 1].any():
        raise _OddError
    silent = np.ones(len(golden.queries), dtype=bool)
    silent[queries] = False
    shape, place = (silent.size, int(counts.max())), np.arange(queries.size) - np.repeat(starts, counts)
    rows = np.full(shape, NOTHING, dtype=np.int64)
    found, places = np.full(shape, -np.inf), np.full(shape, np.inf)
    rows[queries, place], found[queries, place], places[queries, place] = documents, scores, ranks
    return Listing(rows, found, places, Stated.RANKS, silent)


def _check_once(pairs: Ints) -> None:
    """Raise where a document stands twice for a query."""
    ordered = np.sort(pairs)
    if (ordered[1:] == ordered[:-1]).any():
        raise _OddError
