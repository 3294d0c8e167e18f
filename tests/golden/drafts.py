"""Drafts of golden sets as a reader would leave them, for checks that are asked directly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.golden.card import Card
from evalkit.golden.reading.records import Draft, Judgement, Sheet, TextRecord

Fields = Mapping[str, Mapping[str, object]]


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
    judgements = [Judgement(*item, line) for line, item in enumerate(judged, 1)]
    return Draft(
        card or Card(),
        Sheet(Path("queries.jsonl"), _records(queries, fields or {})),
        Sheet(Path("corpus.jsonl"), _records(corpus, fields or {})),
        Sheet(Path("test.tsv"), judgements=judgements),
    )


def _records(texts: Mapping[str, str], fields: Fields) -> list[TextRecord]:
    return [
        TextRecord(identity, body, fields.get(identity, {}), line)
        for line, (identity, body) in enumerate(texts.items(), 1)
    ]
