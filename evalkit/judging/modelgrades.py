"""The grades of a model as a table: what it is asked for and what it said, apart from people's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import GoldenSetError, UsageError
from evalkit.figures import counted, plain
from evalkit.findings import PLACES_SHOWN, Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.columns import JUDGEMENTS, Columns
from evalkit.golden.reading.entries import as_id, cell
from evalkit.golden.reading.glance import has_columns, looked_at
from evalkit.golden.reading.records import Sheet
from evalkit.golden.reading.tables import suffix_of, table_rows
from evalkit.judging.modeljudge import Flag, ModelJudged, Pair
from evalkit.quoting import harmless, original

PAIRS = {role: JUDGEMENTS[role] for role in ("query", "document")}
HEADER = ("query", "document", "grade", "judged_by", "date", "flag", "said", "prompt")
MODEL_COLUMNS = ("judged_by", "flag", "said", "prompt")
DELIMITERS = {".tsv": "\t", ".csv": ","}
DOUBTS = {
    Flag.ADDRESSES: (
        "EK674",
        "with words that tell their judge what to do: what the model said of them is left out",
        "look at them; whoever fills in the column grade confirms one",
    ),
    Flag.NO_GRADE: (
        "EK675",
        "without a grade, asked for twice: nothing is guessed",
        "let people judge them, or ask anew with another --prompt",
    ),
    Flag.REFUSED: ("EK676", "that the server refuses", "let people judge them; see the server's log"),
}


@dataclass(frozen=True, slots=True)
class PairsToJudge:
    """Which pairs a model is to judge.

    Attributes:
        pairs: They, each once, in the order of the list.
        judged: How many are left out because people have judged them.
    """

    pairs: tuple[Pair, ...]
    judged: int


def read_pairs(path: Path, golden: GoldenSet) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a table with columns for query and document, such as a worklist or a pool.

    Raises:
        GoldenSetError: A row names a query or document that the set does not have, or there is none.
    """
    sheet, columns = Sheet(path), Columns(PAIRS)
    queries, documents = frozenset(golden.queries.ids), frozenset(golden.corpus.ids)
    found = []
    for number, row in looked_at(table_rows(sheet), columns):
        if not has_columns(sheet, row, number, columns, needed=("query", "document")):
            continue
        places = columns.of(tuple(row))
        pair = (
            _known(as_id(cell(row, places, "query")), queries),
            _known(as_id(cell(row, places, "document")), documents),
        )
        if pair[0] in queries and pair[1] in documents:
            found.append(pair)
        else:
            stranger = pair[1] if pair[0] in queries else pair[0]
            problem = "{n} row{s} of a query or document that the golden set does not have"
            sheet.report("EK294", problem, number, stranger, hint="name the pairs of this golden set")
    errors = [finding for finding in sheet.findings() if finding.severity is Severity.ERROR]
    if errors:
        raise GoldenSetError.of(errors)
    return tuple(found)


def pairs_to_judge(
    golden: GoldenSet, pairs: Iterable[tuple[str, str]], *, judged_too: bool = False
) -> PairsToJudge:
    """Return the pairs that nobody has judged, or all of them, with their texts."""
    qrels, ids = golden.qrels, golden.corpus.ids
    judged = {
        (golden.queries.ids[query], ids[document])
        for query, document in zip(qrels.query_rows.tolist(), qrels.doc_rows.tolist(), strict=True)
        if document < len(ids)
    }
    distinct = list(dict.fromkeys(pairs))
    open_ = [pair for pair in distinct if judged_too or pair not in judged]
    texts = [
        Pair(
            query,
            document,
            golden.queries.bodies[golden.queries.row(query)],
            golden.corpus.bodies[golden.corpus.row(document)],
        )
        for query, document in open_
    ]
    return PairsToJudge(tuple(texts), len(distinct) - len(open_))


def table_of(judged: ModelJudged, path: Path) -> bytes:
    """Return the table of what a model said, as the name of its file tells.

    A grade that is not to be used stands in the column `said` alone: `grade` is empty, as of a pair that
    nobody judged, until a person fills it in.

    Raises:
        UsageError: The file is neither CSV nor TSV.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter_of(path), lineterminator="\n")
    writer.writerow(HEADER)
    for item in judged.graded:
        grade, said = ("" if value is None else value for value in (item.grade, item.said))
        row = (item.pair.query, item.pair.document, grade, judged.model, item.date, str(item.flag), said)
        writer.writerow([harmless(value) for value in (*row, judged.prompt.digest)])
    return text.getvalue().encode("utf-8", "surrogatepass")


def delimiter_of(path: Path) -> str:
    """Return what parts the cells of a table.

    Raises:
        UsageError: Its name does not say it.
    """
    delimiter = DELIMITERS.get(suffix_of(path))
    if delimiter is None or path.suffix.casefold() not in DELIMITERS:
        raise UsageError(
            f"{path} says neither .tsv nor .csv", hint="name the table judged.tsv, for example", code="EK673"
        )
    return delimiter


def model_of(path: Path) -> str:
    """Return which model gave the grades of a table, "" where people did.

    A table that `golden judge` wrote says so by its columns; whoever renames them hides it.
    """
    rows: Iterable[Mapping[str, object]] = (row for _, row in table_rows(Sheet(path)))
    for row in rows:
        if not all(name in row for name in MODEL_COLUMNS):
            return ""
        if str(row["prompt"] or "").strip():
            return str(row["judged_by"] or "a model").strip() or "a model"
    return ""


def filled_in(path: Path) -> bool:
    """Return whether people have confirmed grades in a table that `golden judge` wrote."""
    rows: Iterable[Mapping[str, object]] = (row for _, row in table_rows(Sheet(path)))
    return any(str(row.get("flag") or "").strip() and str(row.get("grade") or "").strip() for row in rows)


def flag_findings(judged: ModelJudged) -> tuple[Finding, ...]:
    """Return what a reader of a model's grades must know before using them."""
    found = []
    for flag, (code, problem, hint) in DOUBTS.items():
        pairs = [item.pair for item in judged.graded if item.flag is flag]
        if pairs:
            shown = [place(f"query {pair.query}", (), [pair.document]) for pair in pairs[:PLACES_SHOWN]]
            text = f"{plain(counted(len(pairs), 'pair'))} {problem}"
            found.append(Finding(code, Severity.WARNING, text, tuple(shown), hint))
    return tuple(found)


def _known(text: str, known: frozenset[str]) -> str:
    """Return the id in a cell: the one that evalkit wrote harmless, or the text as it stands."""
    return original(text) if original(text) in known else text
