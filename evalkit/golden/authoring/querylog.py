"""The query log: what people asked and how often, out of the forms in which searches log it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_plus

from evalkit.errors import GoldenSetError, UsageError
from evalkit.findings import Finding, Severity
from evalkit.golden.reading.columns import Aliases, Columns
from evalkit.golden.reading.formats import TSV, form_of
from evalkit.golden.reading.records import Sheet, numbered_lines
from evalkit.golden.reading.tables import READERS, table_rows
from evalkit.opening import is_file

__all__ = ["LOG_COLUMNS", "LoggedQuery", "QueryLog", "read_logs"]

LOG_COLUMNS: Aliases = {
    "query": (
        ("query", "user_query", "search_term", "search_query", "query_text", "search_terms"),
        ("term", "keyword", "keywords", "q", "search", "text", "suchbegriff", "suchanfrage"),
    ),
    "count": (
        ("count", "searches", "total_unique_searches", "event_count", "search_count", "frequency", "freq"),
        ("hits", "total", "number", "n", "views", "sessions", "anzahl"),
    ),
}
_SOLR = re.compile(r"params=\{(?P<parameters>.*?)\}(?: |$)")
_SOLR_QUERY = re.compile(r"(?:^|&)q=(?P<query>[^&]*)")
_ALL = {"*:*", "*", ""}  # what asks for everything asks nothing
_MOST = 10**12  # that anybody counts; sums of more are no numbers of NumPy's
_GROUPED = re.compile(r"\d{1,3}(?:[,. \u00a0\u202f]\d{3})+")


@dataclass(frozen=True, slots=True)
class LoggedQuery:
    """A query as most people wrote it, and how often it was asked in whatever writing.

    Attributes:
        text: The commonest writing, white space folded.
        count: How often it was asked, ≥ 1.
    """

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class QueryLog:
    """All distinct queries of a log, the commonest first; equal counts by text.

    Attributes:
        queries: They.
        lines: How often anything was asked.
        findings: What was left out, and why.
    """

    queries: tuple[LoggedQuery, ...]
    lines: int
    findings: tuple[Finding, ...] = ()


def read_logs(paths: Sequence[Path], stated: Mapping[str, str] | None = None) -> QueryLog:
    """Return what several files hold together.

    Read are tables (CSV, TSV, JSON lines, Parquet; GA4's export of search terms and UBI's `ubi_queries` are
    such), request logs of Solr, and plain lines, one query each; packed by gzip and the like or not.

    Args:
        paths: The files.
        stated: Role, query or count, → column, where names do not tell.

    Raises:
        UsageError: A file is not there.
        GoldenSetError: A file cannot be read, its columns leave open which is which, or nothing was asked.
    """
    sheets = [Sheet(path, holds="queries") for path in paths]
    asked: list[tuple[str, int]] = []
    for sheet in sheets:
        if not is_file(sheet.path):
            raise UsageError(
                f"{sheet.path} is not a file", hint="name a log of queries: a table, or lines", code="EK126"
            )
        asked += _asked(sheet, stated or {})
    findings = tuple(finding for sheet in sheets for finding in sheet.findings())
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise GoldenSetError.of(errors)
    if not asked:
        raise GoldenSetError(
            "nobody asked anything in this log",
            places=tuple(str(path) for path in paths),
            hint="one query a line, or a table with a column query and perhaps count",
            code="EK207",
        )
    queries = tuple(_merged(asked))
    return QueryLog(queries, sum(query.count for query in queries), findings)


def _merged(asked: Iterable[tuple[str, int]]) -> list[LoggedQuery]:
    """Return queries that differ in case and white space alone as one, in their commonest writing."""
    writings: dict[str, Counter[str]] = {}
    for text, count in asked:
        writings.setdefault(text.casefold(), Counter())[text] += count
    merged = [
        LoggedQuery(max(written, key=lambda text: (written[text], text)), written.total())
        for written in writings.values()
    ]
    return sorted(merged, key=lambda query: (-query.count, query.text))


def _asked(sheet: Sheet, stated: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield every query of a file with how often its row says that it was asked."""
    form = form_of(sheet.path)
    named = form in READERS and (form != TSV or bool(stated) or _has_header(sheet.path))
    for text, count in _rows(sheet, form, stated) if named else _lines(sheet):
        folded = " ".join(text.split())
        if folded not in _ALL and count > 0:
            yield folded, count


def _has_header(path: Path) -> bool:
    """Return whether the first line of a table names a column of queries."""
    first = next((line for _, line in numbered_lines(Sheet(path))), "")
    return "query" in Columns(LOG_COLUMNS).of([cell.strip() for cell in first.split("\t")])


def _rows(sheet: Sheet, form: str, stated: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    columns = Columns(LOG_COLUMNS, stated)
    for number, raw in table_rows(sheet, form):
        row = _unnested(raw)
        roles = _roles(columns, tuple(row), sheet.path)
        text = row[roles["query"]]
        if not isinstance(text, str):
            sheet.report(
                "EK217", "{n} row{s} without a query, left out", number, text, hint="they were not searches",
                severity=Severity.NOTICE,
            )  # fmt: skip
            continue
        count = _count(row.get(roles.get("count", "")), counted="count" in roles)
        if count is None:
            hint = "counts are whole numbers; --map count=COLUMN names another column"
            sheet.report(
                "EK225", "{n} count{s} that are no whole numbers", number, row[roles["count"]], hint=hint
            )
            continue
        yield text, count


def _unnested(row: Mapping[str, object]) -> Mapping[str, object]:
    """Return a row; of a hit of OpenSearch or Elasticsearch its source."""
    source = row.get("_source")
    return source if isinstance(source, dict) else row


def _roles(columns: Columns, names: tuple[str, ...], path: Path) -> Mapping[str, str]:
    roles, rivals = columns.of(names), columns.rivals(names)
    if "query" not in roles or rivals.get("count"):
        role = "count" if "query" in roles else "query"
        between = f": {', '.join(rivals[role])} could be" if rivals.get(role) else ""
        raise GoldenSetError(
            f"which column holds the {'counts' if role == 'count' else 'queries'} cannot be told{between}",
            places=(str(path), f"columns: {', '.join(names)}"),
            hint=f"say it with  --map {role}=COLUMN",
            code="EK229",
        )
    return roles


def _count(value: object, *, counted: bool) -> int | None:
    """Return how often a row says that its query was asked; None where it is no whole number ≥ 0."""
    if not counted:
        return 1
    text = str(value if value is not None else "").strip()
    if _GROUPED.fullmatch(text):
        text = re.sub(r"\D", "", text)
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() and 0 <= number <= _MOST else None


def _lines(sheet: Sheet) -> Iterator[tuple[str, int]]:
    """Yield a query for each line: the parameter q of a request of Solr, else the line."""
    lines = list(numbered_lines(sheet))
    requests = [_SOLR.search(line) for _, line in lines]
    if not any(requests):
        yield from ((line, 1) for _, line in lines)
        return
    for (number, line), request in zip(lines, requests, strict=True):
        query = _SOLR_QUERY.search(request["parameters"]) if request else None
        if query is not None:
            yield unquote_plus(query["query"]), 1
        else:
            sheet.report(
                "EK217", "{n} line{s} without a query, left out", number, line[:60],
                hint="they were not searches", severity=Severity.NOTICE,
            )  # fmt: skip
