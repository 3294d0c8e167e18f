"""Export: a golden set as the files that other tools read, from which the same set is read again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.card import CARD, card_text
from evalkit.golden.reading.markup import topics_text
from evalkit.golden.reading.records import Draft, TextRecord
from evalkit.golden.reading.tables import tsv_line

QRELS_HEADER = ("query-id", "corpus-id", "score")
Files = dict[str, bytes]


def exported_files(draft: Draft, form: str) -> Files:
    """Return the files of a golden set, by their names inside the folder.

    Args:
        draft: What was read, without errors.
        form: "native", "beir", "trec" or "csv". Each holds all that bears on scores, so that reading it gives
            the same content digest: what a form has no place for stands in a field `metadata`, and the card
            beside the files. A corpus that is built at run time is written out; files in which documents were
            searched by chunk hold both.

    Raises:
        GoldenSetError: An id or a text holds characters that the form cannot hold; all are told.
    """
    problems = _unfit(draft, form)
    if problems:
        raise GoldenSetError.of(problems)
    card = replace(draft.card, corpus="")
    return {CARD: card_text(card).encode(), **WRITERS[form](draft)}


def searchable(draft: Draft) -> list[TextRecord]:
    """Return the records of the corpus file: documents, and the chunks of those that are searched by chunk.

    A document that was put together from its chunks is left out, since it will be again.
    """
    if draft.chunks is None:
        return draft.corpus.records
    stated = {id(record) for part in draft.corpus.parts for record in part.records}
    parents = [record for record in draft.corpus.records if id(record) in stated]
    searched = {id(record) for record in parents}
    return [*parents, *(record for record in draft.chunks.records if id(record) not in searched)]


def _native(draft: Draft) -> Files:
    rows = [QRELS_HEADER, *((item.query, item.document, item.text) for item in draft.qrels.judgements)]
    return {
        "queries.jsonl": json_lines(draft.queries.records),
        "corpus.jsonl": json_lines(searchable(draft)),
        f"qrels/{draft.card.split}.tsv": "".join(f"{tsv_line(row)}\n" for row in rows).encode(),
    }


def _trec(draft: Draft) -> Files:
    lines = (f"{item.query} 0 {item.document} {item.text}\n" for item in draft.qrels.judgements)
    documents = (
        {"id": record.identity, "contents": record.body, **_metadata(record)} for record in searchable(draft)
    )
    return {
        "topics.xml": topics_text(draft.queries.records).encode(),
        "documents.jsonl": b"".join(map(_json_line, documents)),
        "qrels.txt": "".join(lines).encode(),
    }


def _csv(draft: Draft) -> Files:
    queries = ((record.identity, record.body, _json_cell(record)) for record in draft.queries.records)
    documents = (
        (record.identity, record.title, record.text, _json_cell(record)) for record in searchable(draft)
    )
    judgements = ((item.query, item.document, item.text) for item in draft.qrels.judgements)
    return {
        "queries.csv": csv_lines(("_id", "text", "metadata"), queries),
        "corpus.csv": csv_lines(("_id", "title", "text", "metadata"), documents),
        "qrels.csv": csv_lines(QRELS_HEADER, judgements),
    }


def json_lines(records: Iterable[TextRecord]) -> bytes:
    """Return the file of queries or documents in the native form."""
    rows = (
        {"_id": record.identity, **_title(record), "text": record.text, **_metadata(record)}
        for record in records
    )
    return b"".join(map(_json_line, rows))


def _json_line(row: Mapping[str, object]) -> bytes:
    try:
        return (json.dumps(row, ensure_ascii=False, default=str) + "\n").encode()
    except UnicodeEncodeError:  # half of a character pair, which JSON can name and UTF-8 cannot hold
        return (json.dumps(row, default=str) + "\n").encode()


def _json_cell(record: TextRecord) -> str:
    return json.dumps(dict(record.fields), default=str) if record.fields else ""


def _title(record: TextRecord) -> dict[str, object]:
    return {"title": record.title} if record.title else {}


def _metadata(record: TextRecord) -> dict[str, object]:
    return {"metadata": dict(record.fields)} if record.fields else {}


def csv_lines(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> bytes:
    """Return a table as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # lines end as in RFC 4180; lone carriage returns are quoted then
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _unfit(draft: Draft, form: str) -> list[Finding]:
    """Return findings on ids and texts that the form cannot hold."""
    if draft.card.split != Path(draft.card.split).name:
        problem, hint = f"the split {draft.card.split!r} is no file name", "say another split in golden.toml"
        return [Finding("EK293", Severity.ERROR, problem, (), hint)]
    judged = dict.fromkeys(name for item in draft.qrels.judgements for name in (item.query, item.document))
    if form == "csv":
        records = [*draft.queries.records, *searchable(draft)]
        bad = [record.identity for record in records if not _is_text(f"{record.identity}{record.body}")]
        bad += [name for name in judged if not _is_text(name)]
        return _told(draft, form, bad, "NUL characters or halves of a character pair")
    if form == "trec":
        bad = [name for name in judged if not _is_text(name) or name.split() != [name]]
        return _told(draft, form, bad, "white space or control characters in an id")
    bad = [name for name in judged if not _is_text(name) or "\n" in name]
    return _told(draft, form, bad, "line breaks or NUL characters in an id")


def _told(draft: Draft, form: str, bad: Collection[str], what: str) -> list[Finding]:
    if not bad:
        return []
    where = (place(draft.qrels.path, (), sorted(set(bad))),)
    problem = f"{form} files cannot hold {what}"
    hint = "rename them, or take another --format: native holds any text, csv any id without NUL"
    return [Finding("EK293", Severity.ERROR, problem, where, hint)]


def _is_text(text: str) -> bool:
    """Return whether UTF-8 can hold a text and readers of lines will take it."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


WRITERS: dict[str, Callable[[Draft], Files]] = {
    "native": _native,
    "beir": _native,
    "trec": _trec,
    "csv": _csv,
}
