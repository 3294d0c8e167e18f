"""Chunks: documents that the card calls parts of others are searched for them, and the others are judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from evalkit.findings import Severity
from evalkit.golden.reading.entries import as_id
from evalkit.golden.reading.records import Draft, Sheet, TextRecord

PARENT = "parent"  # what such a field is often called; it means other things in forums and file trees
BETWEEN_CHUNKS = "\n\n"


def with_chunks_apart(draft: Draft) -> Draft:
    """Return the draft with its chunks in a sheet of their own, and what they are parts of as the corpus.

    The card says by which metadata field a chunk names its document (`chunks_of`); without it, every document
    is searched whole, and a field called `parent` is a notice. A document that is itself in the corpus gives
    its text and metadata, and is not searched; for one that is not, the text is that of its chunks in the
    order of the file, and the metadata are those that all its chunks share. A document that is nobody's
    parent is its own chunk.
    """
    records, field = draft.corpus.records, draft.card.chunks_of
    if not field:
        _tell_how(draft)
        return draft
    members = _members(draft.corpus, field)
    if not members:
        hint = "name the metadata field that says what a document is a chunk of, or take the key out"
        draft.corpus.report("EK256", f"no document has the field {field!r} of chunks_of", 0, hint=hint)
        return draft
    own = {record.identity for record in records if field not in record.fields}
    _report(draft, members, own)
    built = [_built(parent, chunks, field) for parent, chunks in members.items() if parent not in own]
    kept = [record for record in records if field not in record.fields]
    searched = [record for record in records if field in record.fields or record.identity not in members]
    path = draft.corpus.path
    problem = f"{len(built) + len(kept)} documents are searched by {len(searched)} chunks"
    hint = "each takes the rank of its best chunk; the mixed-index lab leaves such sets out"
    draft.corpus.report("EK277", problem, 0, hint=hint, severity=Severity.NOTICE)
    corpus = Sheet(path, records=[*kept, *built], parts=(draft.corpus,))
    return replace(draft, corpus=corpus, chunks=Sheet(path, records=searched))


def _tell_how(draft: Draft) -> None:
    """Tell what a field called `parent` does not do unless the card says so."""
    naming = [record for record in draft.corpus.records if PARENT in record.fields]
    if naming:
        number = f"{len(naming)} of {len(draft.corpus.records)}"
        problem = f"{number} documents have a field {PARENT!r}; each is searched and judged as it is"
        hint = f'if they are chunks of documents that people judge, say chunks_of = "{PARENT}" in golden.toml'
        draft.corpus.report("EK255", problem, 0, hint=hint, severity=Severity.NOTICE)


def _members(corpus: Sheet, field: str) -> dict[str, list[TextRecord]]:
    """Return parent → its chunks in the order of the file; a parent that is no id is reported."""
    members: dict[str, list[TextRecord]] = {}
    for record in corpus.records:
        if field not in record.fields:
            continue
        parent = as_id(record.fields[field])
        if parent:
            members.setdefault(parent, []).append(record)
        else:
            hint = f'"{field}" is the id of the document that the chunk is a part of'
            corpus.report(
                "EK296", "{n} chunk{s} whose document is no id", record.line, record.identity, hint=hint
            )
    return members


def _report(draft: Draft, members: Mapping[str, Sequence[TextRecord]], own: Collection[str]) -> None:
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


def _built(parent: str, chunks: Sequence[TextRecord], field: str) -> TextRecord:
    """Return the document that chunks are the parts of: their bodies one after the other."""
    first = chunks[0]
    shared = {
        name: value
        for name, value in first.fields.items()
        if name != field and all(chunk.fields.get(name) == value for chunk in chunks)
    }
    return TextRecord(parent, BETWEEN_CHUNKS.join(chunk.body for chunk in chunks), shared, first.line)
