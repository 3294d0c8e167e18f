"""Sources: what people bring, a folder or single files with their own columns, read as one draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import GoldenSetError, UsageError
from evalkit.findings import Severity
from evalkit.golden.card import CARD, Card, read_card
from evalkit.golden.chunks import with_chunks_apart
from evalkit.golden.columns import ASKED, DOCUMENTS, JUDGEMENTS, QUERIES, Columns, parse_map
from evalkit.golden.entries import Bench, as_id, cell, has_columns
from evalkit.golden.folder import read_draft
from evalkit.golden.formats import read_documents, read_judgements, read_queries
from evalkit.golden.jsonforms import Row
from evalkit.golden.jsonrows import holds_whole_set
from evalkit.golden.layout import CORPUS, PIECES, QRELS, find_pieces, piece_of
from evalkit.golden.layout import QUERIES as QUERIES_PIECE
from evalkit.golden.records import Draft, Record, Sheet
from evalkit.golden.tables import table_rows

WANTED = (
    "name a folder, or --queries, --corpus and --qrels; or one table of questions and documents with --corpus"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the pieces of a golden set are.

    Attributes:
        folder: A folder in any layout that is read by path alone, None where all are files.
        files: Name of a piece → its file; these win over what the folder holds.
        maps: Name of a piece → "ROLE=COLUMN" texts, for tables whose column names do not tell.
    """

    folder: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    maps: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, paths: Sequence[Path], files: Mapping[str, Path | None], maps: Mapping[str, Sequence[str]]
    ) -> Sources:
        """Return the sources that a user named.

        Args:
            paths: One folder, or files whose names say which piece they are; one that does not say is a
                table of judgements.
            files: Name of a piece → the file that was named for it, or None.
            maps: Name of a piece → "ROLE=COLUMN" texts.

        Raises:
            UsageError: A path does not exist, or two of them are the same piece.
        """
        named = {name: path for name, path in files.items() if path is not None}
        folders = [path for path in paths if path.is_dir()]
        absent = [path for path in (*paths, *named.values()) if not path.exists()]
        if absent or len(folders) > 1:
            problem = f"{absent[0]} does not exist" if absent else f"{len(folders)} folders are named"
            raise UsageError(problem, hint=WANTED, code="EK276")
        for path in paths:
            name = (piece_of(path) or QRELS).name
            if path in folders:
                continue
            if name in named:
                problem = f"{named[name]} and {path} would both be the {name}"
                raise UsageError(problem, hint=WANTED, code="EK276")
            named[name] = path
        if len(paths) == 1 and not folders and len(named) == 1 and holds_whole_set(paths[0]):
            named = dict.fromkeys((piece.name for piece in PIECES), paths[0])
        return cls(folder=folders[0] if folders else None, files=named, maps=maps)


def card_of(sources: Sources) -> Card:
    """Return the card in the folder, or that of sources which say nothing about themselves."""
    return Card() if sources.folder is None else read_card(sources.folder / CARD)


def read_sources(sources: Sources, card: Card) -> Draft:
    """Read a golden set from what people bring; nothing is checked yet.

    Args:
        sources: A folder, files, or both.
        card: What the set says about itself, and which split to take.

    Raises:
        GoldenSetError: A piece is missing or a file cannot be read.
        UsageError: A map of columns says nothing that can be used.
    """
    folder = sources.folder
    if folder is not None and not sources.files and not any(sources.maps.values()):
        return read_draft(folder, card)
    if folder is None and not {CORPUS.name, QRELS.name} <= sources.files.keys():
        missing = next(name for name in (CORPUS.name, QRELS.name) if name not in sources.files)
        raise UsageError(f"nothing names the {missing}", hint=WANTED, code="EK276")
    paths = {name: [path] for name, path in sources.files.items()}
    if folder is not None:
        wanted = [piece for piece in PIECES if piece.name not in paths]
        found = find_pieces(folder, wanted, card.split)
        paths |= {piece.name: files for piece, files in zip(wanted, found, strict=True)}
    return with_chunks_apart(_read(paths, sources.maps, card))


def _read(paths: Mapping[str, list[Path]], maps: Mapping[str, Sequence[str]], card: Card) -> Draft:
    stated = parse_map(maps.get(CORPUS.name, ()), DOCUMENTS, option="--corpus-map")
    corpus = read_documents(paths[CORPUS.name], stated)
    judged = maps.get(QRELS.name, ())
    if QUERIES_PIECE.name not in paths:
        queries, qrels = read_asked(paths[QRELS.name][0], parse_map(judged, ASKED))
        return Draft(card, queries, corpus, qrels)
    stated = parse_map(maps.get(QUERIES_PIECE.name, ()), QUERIES, option="--queries-map")
    queries = read_queries(paths[QUERIES_PIECE.name], stated)
    qrels = read_judgements(paths[QRELS.name], stated=parse_map(judged, JUDGEMENTS))
    return Draft(card, queries, corpus, qrels)


def read_asked(path: Path, stated: Mapping[str, str]) -> tuple[Sheet, Sheet]:
    """Read one table in which each row is a question and a document that was judged for it.

    Args:
        path: The table.
        stated: Role → column, for the roles "query" (the text), "query_id", "document" and "grade".

    Returns:
        Queries and judgements. Without a column for ids, questions are numbered in the order in which they
        first stand, q1, q2 …, with as many digits as the last one needs.

    Raises:
        GoldenSetError: No row can be used.
    """
    queries, qrels, columns = Sheet(path), Sheet(path, holds="asked"), Columns(ASKED, stated)
    rows = [
        (number, row)
        for number, row in table_rows(qrels)
        if has_columns(qrels, row, number, columns, needed=("query", "document"))
    ]
    bench, names = Bench(qrels), _numbered(rows, columns)
    asked: dict[str, Record] = {}
    for number, row in rows:
        found = columns.of(tuple(row))
        text, document = _question(row, columns), as_id(cell(row, found, "document"))
        query = as_id(cell(row, found, "query_id")) if "query_id" in found else names.get(text, "")
        if not text or not document or not query:
            hint = "each row holds a question and the document that was judged for it"
            qrels.report("EK212", "{n} line{s} without query or document", number, hint=hint)
            continue
        first = asked.setdefault(query, Record(query, text, {}, number))
        if first.body != text:
            hint = "one id, one text: give the other question an id of its own"
            detail = f"{query} (first on line {first.line})"
            qrels.report(
                "EK274", "{n} row{s} with another text for the same query id", number, detail, hint=hint
            )
        bench.add(query, document, bench.grade_in(row, number, columns), number)
    queries.records.extend(asked.values())
    _report_left_out(qrels, rows, columns)
    if not asked and (problems := qrels.findings()):
        raise GoldenSetError.of(problems)
    return queries, qrels


def _question(row: Row, columns: Columns) -> str:
    text = cell(row, columns.of(tuple(row)), "query")
    return text.strip() if isinstance(text, str) else ""


def _numbered(rows: Sequence[tuple[int, Row]], columns: Columns) -> dict[str, str]:
    """Return question → id, in the order in which the questions first stand."""
    texts = list(dict.fromkeys(text for _, row in rows if (text := _question(row, columns))))
    width = len(str(len(texts)))
    return {text: f"q{number:0{width}}" for number, text in enumerate(texts, start=1)}


def _report_left_out(sheet: Sheet, rows: Sequence[tuple[int, Row]], columns: Columns) -> None:
    names = dict.fromkeys(
        name for _, row in rows for name in row if name and name not in columns.of(tuple(row)).values()
    )
    if names:
        hint = (
            "to keep what they say of a query or a document, bring it in a file of queries or in the corpus"
        )
        told = ", ".join(names)
        sheet.report("EK275", "further columns are left out", 0, told, hint=hint, severity=Severity.NOTICE)
