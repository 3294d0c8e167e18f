"""Run forms: which form a run file has, and the rows of one whose columns are parted by blanks or tabs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from evalkit.errors import RunError, UsageError
from evalkit.findings import place
from evalkit.golden.reading.comments import without_remarks
from evalkit.golden.reading.records import Sheet, fenced, numbered_lines
from evalkit.golden.reading.tables import suffix_of, table_rows
from evalkit.opening import open_regular
from evalkit.parsing import csv_cells
from evalkit.retrieval.rundraft import RunDraft, RunRow
from evalkit.retrieval.runjson import add_json
from evalkit.retrieval.runtables import add_table, header_of, separated_rows

ROLES = ("query", "document", "score", "rank")
SAID_AS = {"doc": "document", "docno": "document", "qid": "query", "q0": "-", "system": "-", "tag": "-"}
TREC = ("query", "-", "document", "rank", "score", "-")
SIX, THREE, FOUR = 6, 3, 4
TREC_HINT = "six columns: query Q0 document rank score system"
SUGGESTED = {
    (FOUR, False): "query,document,rank,score",
    (5, True): "query,-,document,rank,score",
    (5, False): "query,document,rank,score,-",
}


def fill(draft: RunDraft, columns: str | None = None) -> None:
    """Read a run file into a draft, in whichever form it is.

    Args:
        draft: What takes the rows.
        columns: What the columns hold, where the file does not tell: roles in their order with "-" for what
            is not read, "query,document,score"; or names of a header, "query=topic,document=page".

    Raises:
        RunError: The form cannot be told, or a column could be read in two ways.
        GoldenSetError: The file cannot be read.
    """
    stated, sheet = _stated(columns), draft.sheet
    if suffix_of(sheet.path) == ".parquet" or _begins(sheet, b"PAR1"):
        add_table(draft, table_rows(sheet, ".parquet"), _named(stated))
        return
    lines = without_remarks(sheet, numbered_lines(sheet), is_id=draft.golden.queries.row("#") >= 0)
    first = next(lines, None)
    if first is None:
        return
    if first[1].lstrip()[:1] in ("{", "["):
        add_json(draft, _named(stated))
    elif (header := header_of(first[1], stated)) is not None:
        add_table(draft, separated_rows(sheet, header, lines), _named(stated))
    else:
        _add_lines(draft, chain([first], lines), stated)


def _begins(sheet: Sheet, mark: bytes) -> bool:
    with fenced(sheet.path), open_regular(sheet.path) as file:
        return file.read(len(mark)) == mark


def _stated(columns: str | None) -> dict[str, str] | tuple[str, ...]:
    """Return what a user says of the columns: role → name, or roles in their order; nothing for nothing.

    Raises:
        UsageError: A role is unknown or stands twice, or none is the query or the document.
    """
    parts = [part.strip() for part in (columns or "").split(",") if part.strip()]
    pairs = [part.partition("=") for part in parts]
    roles = [SAID_AS.get(said.casefold(), said.casefold()) for said, _, _ in pairs]
    known = [role for role in roles if role in ROLES]
    mixed = len({equals for _, equals, _ in pairs}) > 1
    strange = [role for role in roles if role not in (*ROLES, "-")]
    enough = {"query", "document"} <= set(known) or (pairs and pairs[0][1])
    if parts and (strange or mixed or len(set(known)) < len(known) or not enough):
        raise UsageError(
            f"--run-columns {columns} does not say what the columns hold",
            hint="roles in their order, - for what is not read, such as query,-,document,rank,score; or the "
            "names of a header, such as query=topic,document=page,score=bm25",
            code="EK450",
        )
    if pairs and pairs[0][1]:
        return {role: name.strip() for role, (_, _, name) in zip(roles, pairs, strict=True)}
    return tuple(roles)


def _named(stated: dict[str, str] | tuple[str, ...]) -> dict[str, str]:
    return stated if isinstance(stated, dict) else {}


def _add_lines(
    draft: RunDraft, lines: Iterable[tuple[int, str]], stated: dict[str, str] | tuple[str, ...]
) -> None:
    """Add lines of as many columns as the first one has."""
    lines = iter(lines)
    first = next(lines)
    roles = stated if isinstance(stated, tuple) else ()
    mark = _mark_of(draft.sheet, first[1], len(roles))
    roles = roles or _roles_of(draft, first, mark)
    rows = _split(draft.sheet, chain([first], lines), roles, mark)
    for row in _third_column_told(draft, list(rows)) if len(roles) == THREE and not stated else rows:
        draft.add(row)


def _mark_of(sheet: Sheet, line: str, wanted: int) -> str:
    """Return what parts the cells of a line in place of blanks: a comma, a semicolon, a bar; else ""."""
    widths = (wanted,) if wanted else range(THREE, SIX + 1)
    parted = [mark for mark in ",;|" if len(_cells(line, SIX, mark)) in widths]
    by_blanks = len(_cells(line, wanted or SIX)) in widths
    return parted[0] if parted and (not by_blanks or suffix_of(sheet.path) == ".csv") else ""


def _roles_of(draft: RunDraft, first: tuple[int, str], mark: str) -> tuple[str, ...]:
    """Return what the columns of the first line hold.

    Raises:
        RunError: No form of run has so many.
    """
    cells = _cells(first[1], SIX, mark)
    if len(cells) in (SIX, THREE):
        return TREC if len(cells) == SIX else ("query", "document", "score")
    quoted = cells[1:2] in (["Q0"], ["q0"], ["0"])
    suggested = SUGGESTED.get((len(cells), quoted))
    hint = f"{TREC_HINT}; tables with a header and JSON {{query: {{document: score}}}} are read too"
    if len(cells) == FOUR and quoted:
        hint = "query 0 document grade are judgements, no run; else say  --run-columns query,-,document,score"
    elif suggested:
        hint = f"{TREC_HINT}; or say what the {len(cells)} columns hold, such as  --run-columns {suggested}"
    raise RunError(
        f"a line of {len(cells)} column{'s' if len(cells) != 1 else ''} is no form of run that is known",
        places=(place(draft.sheet.path, [first[0]], [first[1].strip()]),),
        hint=hint,
        code="EK431",
    )


def _cells(line: str, wanted: int, mark: str = "") -> list[str]:
    """Return the cells of a line; where tabs alone part as many as wanted, ids may hold blanks."""
    if mark:
        return [cell.strip() for cell in csv_cells(line, mark)]
    cells = line.split()
    if len(cells) == wanted or line.count("\t") != wanted - 1:
        return cells
    return [cell.strip() for cell in line.split("\t")]


def _split(
    sheet: Sheet, lines: Iterable[tuple[int, str]], roles: Sequence[str], mark: str
) -> Iterator[RunRow]:
    count = len(roles)
    problem = f"{{n}} line{{s}} without {'six' if count == SIX else count} columns"
    hint = TREC_HINT if count == SIX else "as many as the first line has"
    where = {role: roles.index(role) for role in ROLES if role in roles}
    where |= {"system": SIX - 1} if roles is TREC else {}
    for number, line in lines:
        cells = _cells(line, count, mark)
        if len(cells) == count:
            found = {role: cells[column] for role, column in where.items()}
            yield RunRow(number, **found)
        else:
            sheet.report("EK431", problem, number, line, hint=hint)


def _third_column_told(draft: RunDraft, rows: list[RunRow]) -> list[RunRow]:
    """Return rows of query, document and a number, read as a rank where it counts 1, 2, 3 … down every query.

    Raises:
        RunError: The numbers are whole and do not count: they may be either.
    """
    by_query: dict[str, list[str]] = {}
    for row in rows:
        by_query.setdefault(row.query, []).append(str(row.score))
    if not all(text.lstrip("+").isdecimal() for texts in by_query.values() for text in texts):
        return rows
    ranks = [list(map(int, texts)) for texts in by_query.values()]  # 3, 2, 1 are scores, or ranks from below
    if all(found == list(range(found[0], found[0] + len(found))) and found[0] <= 1 for found in ranks):
        return [row._replace(rank=row.score, score=None) for row in rows]
    raise RunError(
        "the third column holds whole numbers that may be ranks or scores",
        places=(
            place(draft.sheet.path, (), [f"{row.query} {row.document} {row.score}" for row in rows[:3]]),
        ),
        hint="say which:  --run-columns query,document,rank  or  --run-columns query,document,score",
        code="EK451",
    )
