"""Drafts of golden sets as a reader would leave them, for checks that are asked directly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from evalkit.golden.assembly import assemble
from evalkit.golden.card import Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.records import Draft, Judgement, Sheet, TextRecord

Fields = Mapping[str, Mapping[str, object]]
Row = tuple[str, str] | tuple[str, str, Mapping[str, object]]


def draft(
    queries: Mapping[str, str],
    corpus: Mapping[str, str],
    judged: Sequence[tuple[str, str, int]] = (),
    *,
    fields: Fields | None = None,
    card: Card | None = None,
) -> Draft:
    """Return a draft whose records stand on the lines 1, 2, 3 … of their files.

    Args:
        queries: Id → text.
        corpus: Id → body.
        judged: Query, document and grade.
        fields: Id of a query or document → its metadata.
        card: What the set says about itself.
    """
    known = fields or {}
    queries_rows, corpus_rows = (
        [(identity, body, known.get(identity, {})) for identity, body in texts.items()]
        for texts in (queries, corpus)
    )
    return draft_of(queries_rows, corpus_rows, judged, card or Card(), folder="", first=1)


def draft_of(
    queries: Iterable[Row],
    corpus: Iterable[Row],
    qrels: Iterable[tuple[str, str, int]],
    card: Card | None = None,
    *,
    folder: str = "set",
    first: int = 2,
) -> Draft:
    """Return a draft as three files of these rows would give.

    Args:
        queries: Id, text and perhaps metadata.
        corpus: Likewise.
        qrels: Query, document and grade.
        card: What the set says about itself; that it is complete, unless stated.
        folder: Where the files lie.
        first: The line of the first judgement, below a header.
    """
    judgements = [Judgement(*row, line) for line, row in enumerate(qrels, first)]
    return Draft(
        card or Card(judgments="complete"),
        Sheet(Path(folder, "queries.jsonl"), _records(queries)),
        Sheet(Path(folder, "corpus.jsonl"), _records(corpus)),
        Sheet(Path(folder, "qrels/test.tsv" if folder else "test.tsv"), judgements=judgements),
    )


def set_of(draft: Draft) -> GoldenSet:
    """Return the golden set that a draft becomes."""
    return assemble(draft, name="made", findings=())


def _records(rows: Iterable[Row]) -> list[TextRecord]:
    return [
        TextRecord(row[0], row[1], dict(row[2]) if len(row) > 2 else {}, line)
        for line, row in enumerate(rows, start=1)
    ]
