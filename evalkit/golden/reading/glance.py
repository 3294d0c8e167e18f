"""The glance: what the first rows of a table show, and what is told where its columns leave doubts."""

from __future__ import annotations

import functools
import itertools
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from evalkit.findings import Severity
from evalkit.golden.reading.columns import (
    ASKED,
    DOCUMENTS,
    GRADE,
    GRADE_LIKE,
    JUDGEMENTS,
    QUERIES,
    RANKS,
    Aliases,
    Columns,
    folded,
    is_known,
)
from evalkit.golden.reading.jsonforms import Row
from evalkit.golden.reading.records import Sheet
from evalkit.golden.reading.tables import JSON_LINES, suffix_of
from evalkit.golden.reading.toolforms import refuse_tool_form

ROWS, VALUES, WIDTH = 50, 3, 24
# Columns that say nothing of how relevant a document is: a table of these alone lists what is relevant.
HARMLESS = ("url", "uri", "link", "split")
CONSTANT = ("iteration", "iter", "q0")
NUMBERING = ("", "index", "indexlevel0", "unnamed0")
OFFERED = 4
JUDGED_IN = ("judgements", "asked")
HIGHEST_USUAL = 10  # grade; a column of such numbers beside a `score` may be what people said
WEIGHT = "weight"
UNSURE = ("EK278", "EK279", "EK291")  # whoever is asked for a column has been shown all of them
# What the columns are often called that have a role and no name in common use: these are offered first.
LIKELY = {
    GRADE: GRADE_LIKE,
    **dict.fromkeys(("id", "query_id"), re.compile("(id|no|nr|key|number|url)$")),
    "document": re.compile("(id|no|nr|key|number|url)$|do[ck]u?m|item|page|seite|passage|文書|文档|документ"),
    "text": re.compile("text|desc|body|content|abstract|passage|question|query|inhalt|texte|texto"),
    "query": re.compile(
        "text|question|query|search|term|id$|frage|requ[eê]te|consulta|pregunta|domanda|zapyt|запрос|クエリ|质问|查询"
    ),
}
Rows = Iterator[tuple[int, Row]]


def looked_at(rows: Iterable[tuple[int, Row]], columns: Columns) -> Rows:
    """Yield the rows as they are; what the first of them hold is noted in `columns.shown`."""
    rows = iter(rows)
    first = list(itertools.islice(rows, ROWS))
    for _, row in first:
        for name, value in row.items():
            columns.shown.setdefault(name, []).append(value)
    yield from itertools.chain(first, rows)


def evened(rows: Rows, sheet: Sheet) -> Iterable[tuple[int, Row]]:
    """Return rows that all have the same columns: a line of JSON may lack what others have."""
    if suffix_of(sheet.path) in (".csv", ".tsv", ".parquet"):
        return rows
    read = list(rows)
    blank = dict.fromkeys(name for _, row in read for name in row)
    return [(number, {**blank, **row}) for number, row in read]


def has_columns(sheet: Sheet, row: Row, number: int, columns: Columns, *, needed: tuple[str, ...]) -> bool:
    """Return whether a row has the columns that the user named and those `needed`, or report what is absent.

    Where several columns could have a role, none has it, and that is reported too. A line of JSON may lack
    what the others have, which is told of the line, not of the table.
    """
    names = tuple(row)
    if sheet.holds in JUDGED_IN and any(isinstance(value, dict | list) for value in row.values()):
        refuse_tool_form(sheet.path, names, number)
    return (names, needed) in columns.in_order or _are_in_order(sheet, row, number, columns, needed)


def _are_in_order(sheet: Sheet, row: Row, number: int, columns: Columns, needed: tuple[str, ...]) -> bool:
    """Return the same of a row whose names were not met before, or are in doubt."""
    names = tuple(row)
    found, rivals = columns.of(names), columns.rivals(names)
    wanted = (*needed, GRADE)
    nested = {role: found[role] for role in wanted if role in found and columns.is_nested(found[role])}
    numbered = [name for name in columns.stated.values() if reads_as_row(names) and _is_number(name)]
    if columns.are_sure(names, needed) and not (nested or numbered):
        columns.in_order.add((names, needed))
        return True
    misnamed = [f"{role}={name}" for role, name in columns.stated.items() if name not in row]
    spare = columns.spare(names)
    unnamed = [role for role in needed if role not in {*found, *rivals, *columns.stated}]
    if suffix_of(sheet.path) in JSON_LINES and not [name for name in spare if folded(name) != "metadata"]:
        unnamed = []
    if nested:
        _report_nested(sheet, row, number, columns, nested)
    elif numbered:
        problem = (
            f"{{n}} row{{s}} below a first line that holds the number {numbered[0]} and is read as names"
        )
        sheet.report("EK291", problem, number, hint=f"{_line_above(columns)}; {_table(row, columns)}")
    elif misnamed:
        hint = f"{misnamed[0]} is not there; {_table(row, columns)}"
        sheet.report("EK291", "{n} row{s} without a column that is needed", number, hint=hint)
    elif unnamed:
        graded = GRADE not in columns.aliases or GRADE in {*found, *rivals}
        unsettled = dict.fromkeys([*unnamed, *([] if graded else [GRADE])], spare) | dict(rivals)
        hint = f"{_settled(columns, unsettled)}; {_table(row, columns)}"
        if reads_as_row(names):
            hint = f"is the first line a row? then {_line_above(columns)}; else {hint}"
        what = " and ".join(f"the {role.replace('_', ' ')}" for role in unnamed)
        sheet.report("EK291", f"{{n}} row{{s}} in which no column is surely {what}", number, hint=hint)
    elif rivals:
        hint = f"{_settled(columns, rivals)}; {_table(row, columns)}"
        sheet.report("EK279", f"{{n}} row{{s}} in which {_contest(rivals)}", number, hint=hint)
    return not (nested or numbered or misnamed or unnamed or rivals)


@functools.lru_cache(maxsize=64)
def reads_as_row(names: tuple[str, ...]) -> bool:
    """Return whether names of columns look like a row: one is a number, and they do not count from 0 or 1."""
    numbers = [name for name in names if _is_number(name)]
    counts = any(list(names) == [str(n + first) for n in range(len(names))] for first in (0, 1))
    return bool(numbers) and not counts


def _report_nested(sheet: Sheet, row: Row, number: int, columns: Columns, nested: Mapping[str, str]) -> None:
    for role, name in nested.items():
        hint = f"write one row for each query and document, its values flat; {_table(row, columns)}"
        problem = f"{{n}} row{{s}} whose {role.replace('_', ' ')} {name!r} is an object or a list"
        sheet.report("EK291", problem, number, row[name], hint=hint)


def _line_above(columns: Columns) -> str:
    """Return what to do about a first line that is a row: to read it as names of columns would lose it."""
    named = "id,text" if "id" in columns.aliases else "query_id,doc_id,grade"
    return f"put a line above it that names the columns, such as {named}"


def says_grades(sheet: Sheet, row: Row, number: int, columns: Columns) -> bool:
    """Return whether a row has a column for grades or surely none; report a column that may hold them.

    Surely none has a table of ids and texts alone: what it names is relevant.
    """
    if GRADE in columns.of(tuple(row)):
        return not _is_contested(sheet, row, number, columns)
    doubtful = [name for name in columns.spare(tuple(row)) if not _is_harmless(name, row, columns)]
    doubtful += [name for role, name in columns.of(tuple(row)).items() if _may_be_grades(role, columns)]
    if "" in row and not _is_harmless("", row, columns):
        hint = f"give the column a name, such as grade; {_table(row, columns)}"
        sheet.report(
            "EK278", "{n} row{s} with a value in a column without a name", number, row[""], hint=hint
        )
        return False
    if doubtful:
        hint = f"{_settled(columns, {GRADE: doubtful})}; {_table(row, columns)}"
        if columns.of(tuple(row)).get(WEIGHT) in doubtful:
            hint = f"where every document named is relevant, say --map {WEIGHT}={WEIGHT}; {hint}"
        sheet.report("EK278", "{n} row{s} in which no column is surely the grade", number, hint=hint)
    return not doubtful


def _is_contested(sheet: Sheet, row: Row, number: int, columns: Columns) -> bool:
    """Report a `score` that may be what a search scored, beside a column of small whole numbers."""
    score = columns.of(tuple(row))[GRADE]
    if folded(score) != "score" or GRADE in columns.stated:
        return False
    rivals = [name for name in columns.spare(tuple(row)) if may_hold_grades(name, columns)]
    if rivals:
        fitting = {GRADE: [*rivals, score]}
        hint = f"{_settled(columns, fitting)}; {_table(row, columns)}"
        sheet.report("EK279", f"{{n}} row{{s}} in which {_contest(fitting)}", number, hint=hint)
    return bool(rivals)


def may_hold_grades(name: str, columns: Columns) -> bool:
    """Return whether the first values of a column are whole numbers from 0 to 10, and not all the same."""
    values = {str(value).strip() for value in columns.shown.get(name, ()) if value not in (None, "")}
    compact = folded(name)
    named_otherwise = compact in (*NUMBERING, *CONSTANT, *HARMLESS) or compact.endswith("id")
    return (
        not named_otherwise
        and len(values) > 1
        and all(value.isdecimal() and int(value) <= HIGHEST_USUAL for value in values)
    )


def report_left_out(sheet: Sheet, columns: Columns) -> None:
    """Tell of the columns that nothing is made of; numbers of rows and TREC's iterations say nothing."""
    if any(finding.code in UNSURE for finding in sheet.findings()):
        return
    names = tuple(columns.shown)
    spare = [name for name in columns.spare(names) if folded(name) not in (*NUMBERING, *CONSTANT)]
    if spare:
        hint = "what belongs to a query or document is kept in its own file"
        if "segment" in columns.aliases:
            hint = "keep one with --map NAME=COLUMN, such as --map source=channel"
        told, severity = ", ".join(spare), Severity.NOTICE
        sheet.report("EK275", "further columns are left out", 0, told, hint=hint, severity=severity)


def described(row: Row, columns: Columns) -> str:
    """Return the columns of a table, each with its first values."""
    return "; ".join(_column(name, columns.shown.get(name, [row[name]])) for name in row if name)


def _may_be_grades(role: str, columns: Columns) -> bool:
    """Return whether a column of a role that nobody stated may hold the grades, where no other one does."""
    return role == WEIGHT and role not in columns.stated


def _is_harmless(name: str, row: Row, columns: Columns) -> bool:
    """Return whether a column holds texts or numbers of rows, by its name and by what it holds."""
    values = [str(value) for value in columns.shown.get(name, [row[name]]) if value not in (None, "")]
    compact = folded(name)
    if compact in NUMBERING:
        numbers = [int(value) for value in values if value.isdecimal()]
        return len(numbers) == len(values) and all(b - a == 1 for a, b in itertools.pairwise(numbers))
    if compact in CONSTANT:
        return len(set(values)) <= 1
    known = any(is_known(name, aliases) for aliases in _without_grades())
    return (known or compact in HARMLESS) and not (values and all(_is_number(value) for value in values))


def _without_grades() -> Iterator[Aliases]:
    for aliases in (QUERIES, DOCUMENTS, JUDGEMENTS, ASKED):
        yield {role: tiers for role, tiers in aliases.items() if role not in (GRADE, WEIGHT, "critical")}


def _is_number(text: str) -> bool:
    return text.strip().lstrip("+-").replace(".", "", 1).isdecimal()


def _contest(rivals: Mapping[str, Sequence[str]]) -> str:
    told = []
    for role, names in rivals.items():
        ranks = [name for name in names if role == GRADE and folded(name) in RANKS]
        if ranks:
            rest = " and ".join(repr(name) for name in names if name not in ranks)
            told.append(f"{rest} beside {ranks[0]!r} could be what a search scored, not the grade")
        else:
            told.append(f"{' and '.join(map(repr, names))} could each be the {role.replace('_', ' ')}")
    return ", and ".join(told).replace("{", "{{").replace("}", "}}")


def _settled(columns: Columns, fitting: Mapping[str, Sequence[str]]) -> str:
    """Return the options, one alternative after the other, that say which column has a role."""
    wanted = []
    for role, names in fitting.items():
        flat = [name for name in names if not columns.is_nested(name)]
        likely = sorted(
            (name for name in flat if len(flat) == 1 or role != GRADE or folded(name) not in RANKS),
            key=functools.partial(_is_unlikely, role),
        )[:OFFERED] or ["COLUMN"]
        wanted.append(" or ".join(f"{columns.option} {shlex.quote(f'{role}={name}')}" for name in likely))
    options = ", and ".join(wanted)
    nested = [name for name in columns.shown if columns.is_nested(name)]
    flat_names = {name for names in fitting.values() for name in names if not columns.is_nested(name)}
    if nested and len(flat_names) < len(fitting):
        hold = "hold objects or lists" if len(nested) > 1 else "holds an object or a list"
        return f"{', '.join(nested)} {hold}: write their values flat, one row for each query and document"
    if columns.folder is None:
        return f"say which it is: {options}"
    return (
        f"rename the column to {', '.join(fitting)}, or say which it is:  "
        f"evalkit golden import {shlex.quote(str(columns.folder))} {options} -o NEW"
    )


def _is_unlikely(role: str, name: str) -> bool:
    return role in LIKELY and not LIKELY[role].search(folded(name))


def _table(row: Row, columns: Columns) -> str:
    return f"the columns and their first values: {described(row, columns)}"


def _column(name: str, values: Sequence[object]) -> str:
    firsts = list(dict.fromkeys(_shown(value) for value in values))[:VALUES]
    return f"{_shown(name)} ({', '.join(firsts)})"


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    text = "".join(char if char.isprintable() else " " for char in text)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
