"""Run tables: runs in CSV, TSV and Parquet files with a header, columns told by their names and their ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from evalkit.errors import RunError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.reading.columns import folded
from evalkit.golden.reading.records import Sheet
from evalkit.parsing import csv_cells
from evalkit.retrieval.rundraft import RunDraft, RunRow, number_of

ALIASES = {
    "query": ("query_id", "queryid", "qid", "q_id", "topic_id", "topic", "query"),
    "document": (
        *("doc_id", "docid", "docno", "document_id", "documentid", "doc", "document", "did"),
        *("corpus_id", "corpusid", "pid", "passage_id"),
    ),
    "score": ("score", "similarity", "sim", "cosine", "cosine_similarity"),
    "rank": ("rank", "position", "ranking"),
    "distance": ("distance", "dist"),
}
SEPARATORS = ("\t", ",", ";", "|")
LOOKED_AT = 1_000
Rows = Iterable[tuple[int, Mapping[str, object]]]


def header_of(line: str, stated: object) -> tuple[list[str], str] | None:
    """Return the names of columns and their separator where a first line is a header, else None.

    It is one where a cell is called as queries are and another as documents are, or as the user says.
    """
    named = set(stated.values()) if isinstance(stated, dict) else set()
    for separator in (*SEPARATORS, None):
        cells = [cell.strip().strip('"') for cell in line.split(separator)]
        names = {folded(cell) for cell in cells}
        known = all(names & set(ALIASES[role]) for role in ("query", "document"))
        if len(cells) > 1 and (known or (named and named <= set(cells))):
            return cells, separator or " "
    return None


def separated_rows(
    sheet: Sheet, header: tuple[list[str], str], lines: Iterator[tuple[int, str]]
) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield (line, row) of the lines after a header; cells may be quoted, and blanks may stand for tabs."""
    names, separator = header
    for number, line in lines:
        cells = line.split() if separator == " " else csv_cells(line, separator)
        if len(cells) == len(names):
            yield number, dict(zip(names, (cell.strip() for cell in cells), strict=True))
        else:
            problem = f"{{n}} line{{s}} without the {len(names)} cells that the header names"
            sheet.report("EK431", problem, number, line, hint="quote cells that hold a separator")


def add_table(draft: RunDraft, rows: Rows, stated: Mapping[str, str]) -> None:
    """Add the rows of a table to a draft.

    Args:
        draft: What takes the rows.
        rows: Line and row, column names to values.
        stated: Role → column, as the user says.

    Raises:
        RunError: A role has no column, or several.
    """
    rows = iter(rows)
    first = list(islice(rows, LOOKED_AT))
    if not first:
        return
    roles = _roles(draft, first, stated)
    for number, row in chain(first, rows):
        draft.add(run_row(number, row, roles))
    if "distance" in roles:
        problem = f"the column {roles['distance']} holds distances; they are read as scores of −distance"
        where = (str(draft.sheet.path),)
        draft.findings.append(Finding("EK452", Severity.NOTICE, problem, where, "nothing, if they are"))


def run_row(number: int, row: Mapping[str, object], roles: Mapping[str, str]) -> RunRow:
    """Return one row of a table as a result."""
    score = row.get(roles["score"]) if "score" in roles else None
    if "distance" in roles:
        away = number_of(row.get(roles["distance"]))
        score = row.get(roles["distance"]) if away is None else -away
    rank = row.get(roles["rank"]) if "rank" in roles else None
    if "score" in roles and score is None:
        score = ""  # an empty cell is no score, though ranks stand beside it
    return RunRow(number, said(row.get(roles["query"])), said(row.get(roles["document"])), score, rank)


def said(identity: object) -> str:
    """Return an id as text, that of a number included."""
    return identity if isinstance(identity, str) else "" if identity is None else str(identity)


def _roles(
    draft: RunDraft, first: Sequence[tuple[int, Mapping[str, object]]], stated: Mapping[str, str]
) -> dict[str, str]:
    names = list(first[0][1])
    roles = {role: name for role, name in stated.items() if name in names}
    absent = [name for name in stated.values() if name not in names]
    if absent:
        raise _unsettled(draft, names, f"no column is called {absent[0]!r}")
    for role in ("query", "document", "score", "rank", "distance"):
        if role in roles or (role == "distance" and ("score" in roles or "rank" in stated)):
            continue
        found = [name for name in names if folded(name) in ALIASES[role] and name not in roles.values()]
        found = _with_ids(draft, first, role, found) if len(found) > 1 else found
        if len(found) > 1:
            raise _unsettled(draft, names, f"{' and '.join(found)} may both hold the {role}")
        roles |= {role: found[0]} if found else {}
    missing = [role for role in ("query", "document") if role not in roles]
    if missing or not {"score", "rank", "distance"} & set(roles):
        what = " and ".join(missing) if missing else "score or rank"
        raise _unsettled(draft, names, f"no column is known to hold the {what}")
    return roles


def _with_ids(
    draft: RunDraft, first: Sequence[tuple[int, Mapping[str, object]]], role: str, found: list[str]
) -> list[str]:
    """Return those of several columns that hold ids of the golden set, where some do."""
    golden = draft.golden
    known = {
        "query": lambda name: golden.queries.row(name) >= 0,
        "document": lambda name: golden.corpus.row(name) >= 0 or golden.searched.row(name) >= 0,
    }.get(role)
    if known is None:
        return found
    share = {name: sum(known(said(row.get(name))) for _, row in first) for name in found}
    best = [name for name in found if share[name] == max(share.values())]
    clear = all(2 * share[name] < max(share.values()) for name in found if name not in best)
    return best if clear else found


def _unsettled(draft: RunDraft, names: Sequence[str], problem: str) -> RunError:
    shown = ",".join(f"{role}=COLUMN" for role in ("query", "document", "score"))
    return RunError(
        problem,
        places=(place(draft.sheet.path, (), names),),
        hint=f"say which column holds what:  --run-columns {shown}  (or rank=COLUMN)",
        code="EK453",
    )
