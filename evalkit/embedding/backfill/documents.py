"""The documents of a corpus, one after the other, so that it may be larger than memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError, GoldenSetError, MissingExtraError, UsageError
from evalkit.findings import place
from evalkit.golden.reading.columns import DOCUMENTS, ID, Aliases, Columns
from evalkit.golden.reading.entries import as_id, kind_of
from evalkit.golden.texts import Texts
from evalkit.opening import FILE_FAULTS, fault, numbered_bytes, open_regular, open_unpacked
from evalkit.parsing import csv_rows, parse_json

BATCH = 1_000
LONGEST_BODY = 2**25  # characters; a quote that nothing closes would read the rest of the file as one text
JSON_LINES, TABLES, PARQUET = (".jsonl", ".ndjson"), {".csv": ",", ".tsv": "\t"}, ".parquet"
_PACKED = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True, slots=True)
class Document:
    """A document's id and body, and the line or row that it stands in."""

    id: str
    body: str
    line: int


Source = Callable[[], Iterator[Document]]  # may be read more than once


def documents_of(texts: Texts) -> Source:
    """Return a source of texts that are in memory."""
    pairs = list(zip(texts.ids, texts.bodies, strict=True))
    return lambda: (Document(identity, body, row) for row, (identity, body) in enumerate(pairs, 1))


def stream_documents(
    path: Path, stated: Mapping[str, str] | None = None, *, aliases: Aliases = DOCUMENTS
) -> Source:
    """Return a source of the documents of a file: JSON lines, CSV, TSV or Parquet, packed or not.

    Args:
        path: The file.
        stated: Role → column (id, title, text), for names that do not tell.
        aliases: What columns are usually called.

    Raises:
        UsageError: Its ending is that of no such file.
    """
    suffixes = [suffix for suffix in path.suffixes if suffix not in _PACKED]
    suffix = suffixes[-1] if suffixes else ""
    columns = Columns(aliases, dict(stated or {}))
    if suffix in JSON_LINES:
        rows: Callable[[], Iterator[tuple[int, Mapping[str, Any]]]] = lambda: _json_rows(path)  # noqa: E731 - one of three
    elif suffix in TABLES:
        rows = lambda: _table_rows(path, TABLES[suffix])  # noqa: E731 - the second of three
    elif suffix == PARQUET:
        rows = lambda: _parquet_rows(path, columns)  # noqa: E731 - the third
    else:
        raise UsageError(
            f"{path} is no corpus that can be read row by row",
            hint="a golden set, or a file in .jsonl, .csv, .tsv or .parquet with the columns id, title, text",
            code="EK724",
        )
    return lambda: _documents(path, rows(), columns)


def _documents(
    path: Path, rows: Iterator[tuple[int, Mapping[str, Any]]], columns: Columns
) -> Iterator[Document]:
    try:
        for line, row in rows:
            yield _document(path, line, row, columns)
    except EvalkitError:
        raise
    except FILE_FAULTS as error:
        raise GoldenSetError(
            f"{path} cannot be read: {fault(error)}", hint="is it whole, and may you read it?", code="EK201"
        ) from error


def _document(path: Path, line: int, row: Mapping[str, Any], columns: Columns) -> Document:
    names = list(row)
    found = columns.of(names)
    if "id" not in found or "text" not in found:
        missing = [role for role in ("id", "text") if role not in found]
        raise GoldenSetError(
            f"{path.name} has no column that surely holds {' and '.join(missing)}",
            places=(place(path, [line], names),),
            hint=f"say it by  --map {','.join(f'{role}=COLUMN' for role in missing)}",
            code="EK724",
        )
    value, text = row[found["id"]], row[found["text"]]
    title = row.get(found["title"]) if "title" in found else None
    identity = as_id(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not identity or not isinstance(text or "", str) or not isinstance(title or "", str):
        what = f"{ID} {value!r}" if not identity else f"a text that is {kind_of(text)}"
        raise GoldenSetError(
            f"a document of {path.name} cannot be embedded: {what}",
            places=(place(path, [line]),),
            hint="ids and texts are texts",
            code="EK724",
        )
    body = text or ""
    return Document(identity, f"{title}\n{body}" if title else body, line)


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, raw in numbered_bytes(path):
        if not raw.strip():
            continue
        try:
            row = parse_json(raw)
        except ValueError as error:
            row = fault(error)
        if not isinstance(row, dict):
            raise GoldenSetError(
                f"{path.name} holds a line that is no JSON object",
                places=(place(path, [number], [raw[:40].decode("utf-8", "replace")]),),
                hint="one document a line; was the file cut off?",
                code="EK724",
            )
        yield number, row


def _table_rows(path: Path, delimiter: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with io.TextIOWrapper(open_unpacked(path), encoding="utf-8-sig", newline="") as file:
        quoted = delimiter != "\t"  # in TSV each line is a row
        rows = csv_rows(file, delimiter, quoted=quoted, longest=LONGEST_BODY)
        _, header = next(rows, (1, []))
        names = [name.strip() for name in header]
        for number, cells in rows:
            if not cells:
                continue
            if len(cells) != len(names):
                raise GoldenSetError(
                    f"a line of {path.name} has {len(cells)} cells, its header {len(names)}",
                    places=(place(path, [number]),),
                    hint="write it again; was the file cut off?",
                    code="EK724",
                )
            yield number, dict(zip(names, cells, strict=True))


def _parquet_rows(path: Path, columns: Columns) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        from pyarrow import parquet  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError.for_extra("parquet", f"reading {path.name}") from error
    with open_regular(path) as file:
        held = parquet.ParquetFile(file)
        names = list(held.schema_arrow.names)
        found = columns.of(names)
        wanted = sorted({found[role] for role in ("id", "title", "text") if role in found}) or names
        number = 0
        for batch in held.iter_batches(batch_size=BATCH, columns=wanted):
            for row in batch.to_pylist():
                number += 1
                yield number, row
