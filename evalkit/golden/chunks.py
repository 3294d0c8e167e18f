"""Chunks: documents that name a parent are searched for it, and the parent is what people judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from evalkit.findings import Severity
from evalkit.golden.entries import as_id
from evalkit.golden.records import Draft, Record, Sheet

PARENT = "parent"
BETWEEN_CHUNKS = "\n\n"


def with_chunks_apart(draft: Draft) -> Draft:
    """Return the draft with its chunks in a sheet of their own, and what they are parts of as the corpus.

    A record whose metadata name a `parent` is a chunk. A parent that is itself in the corpus gives its text
    and metadata, and is not searched; for one that is not, the text is that of its chunks in the order of the
    file, and the metadata are those that all its chunks share. A document that is nobody's parent is its own
    chunk. Without any chunk, the draft is returned as it is.
    """
    records = draft.corpus.records
    members = _members(draft.corpus)
    if not members:
        return draft
    own = {record.identity for record in records if PARENT not in record.fields}
    _report(draft, members, own)
    built = [_built(parent, chunks) for parent, chunks in members.items() if parent not in own]
    kept = [record for record in records if PARENT not in record.fields]
    searched = [record for record in records if PARENT in record.fields or record.identity not in members]
    path = draft.corpus.path
    problem = f"{len(built) + len(kept)} documents are searched by {len(searched)} chunks"
    hint = "each takes the rank of its best chunk; the mixed-index lab leaves such sets out"
    draft.corpus.report("EK277", problem, 0, hint=hint, severity=Severity.NOTICE)
    corpus = Sheet(path, records=[*kept, *built], parts=(draft.corpus,))
    return replace(draft, corpus=corpus, chunks=Sheet(path, records=searched))


def _members(corpus: Sheet) -> dict[str, list[Record]]:
    """Return parent → its chunks in the order of the file; a parent that is no id is reported."""
    members: dict[str, list[Record]] = {}
    for record in corpus.records:
        if PARENT not in record.fields:
            continue
        parent = as_id(record.fields[PARENT])
        if parent:
            members.setdefault(parent, []).append(record)
        else:
            hint = '"parent" is the id of the document that the chunk is a part of'
            corpus.report(
                "EK296", "{n} chunk{s} with a parent that is no id", record.line, record.identity, hint=hint
            )
    return members


def _report(draft: Draft, members: Mapping[str, Sequence[Record]], own: Collection[str]) -> None:
    """Report on the chunks what the checks of the corpus cannot see, since they look at the parents."""
    corpus = draft.corpus
    counts = Counter(record.identity for chunks in members.values() for record in chunks)
    parts = {
        record.identity
        for parent, chunks in members.items()
        for record in chunks
        if record.identity != parent
    }
    for parent, chunks in members.items():
        for record in chunks:
            line, identity = record.line, record.identity
            if counts[identity] > 1 or identity in own:
                hint = "ids are unique in their file; rename or drop the copies"
                corpus.report("EK202", "{n} chunk{s} share an id with another", line, identity, hint=hint)
            if parent in parts:
                hint = "a chunk names the document that people judge, not another chunk"
                corpus.report("EK297", "{n} chunk{s} of a chunk", line, identity, hint=hint)
            if not record.body.strip():
                hint, mild = (
                    "an empty text has no vector worth searching; write it or drop it",
                    Severity.WARNING,
                )
                corpus.report("EK208", "{n} chunk{s} empty", line, identity, hint=hint, severity=mild)
    lost = parts - set(own)
    for item in draft.qrels.judgements:
        if item.document in lost:
            hint = "people judge a document and search its chunks: name the parent"
            draft.qrels.report("EK298", "{n} judgement{s} of a chunk", item.line, item.document, hint=hint)


def _built(parent: str, chunks: Sequence[Record]) -> Record:
    """Return the document that chunks are the parts of: their bodies one after the other."""
    first = chunks[0]
    shared = {
        name: value
        for name, value in first.fields.items()
        if name != PARENT and all(chunk.fields.get(name) == value for chunk in chunks)
    }
    return Record(parent, BETWEEN_CHUNKS.join(chunk.body for chunk in chunks), shared, first.line)
