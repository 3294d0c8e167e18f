"""Drafts made in memory for a test: rows as tuples, each on a line of its own below a header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from evalkit.golden.assembly import assemble
from evalkit.golden.card import Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.records import Draft, Judgement, Sheet, TextRecord

Fields = Mapping[str, object]


def draft_of(
    queries: Iterable[tuple[str, str] | tuple[str, str, Fields]],
    corpus: Iterable[tuple[str, str] | tuple[str, str, Fields]],
    qrels: Iterable[tuple[str, str, int]],
    card: Card | None = None,
) -> Draft:
    """Return a draft as three files of these rows would give; the judgements begin on line 2."""
    judgements = [Judgement(*row, line) for line, row in enumerate(qrels, start=2)]
    return Draft(
        card or Card(judgments="complete"),
        Sheet(Path("set/queries.jsonl"), _records(queries)),
        Sheet(Path("set/corpus.jsonl"), _records(corpus)),
        Sheet(Path("set/qrels/test.tsv"), judgements=judgements),
    )


def set_of(draft: Draft) -> GoldenSet:
    return assemble(draft, name="made", findings=())


def _records(rows: Iterable[tuple[str, str] | tuple[str, str, Fields]]) -> list[TextRecord]:
    return [
        TextRecord(row[0], row[1], dict(row[2]) if len(row) > 2 else {}, line)
        for line, row in enumerate(rows, start=1)
    ]
