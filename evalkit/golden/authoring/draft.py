"""The draft: the queries of a log as a golden set to be judged, and a list for a person to look through."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.golden.authoring.paraphrases import paraphrases
from evalkit.golden.authoring.querylog import LoggedQuery, QueryLog
from evalkit.golden.authoring.redaction import looks_like_name, redact
from evalkit.golden.authoring.selection import select
from evalkit.golden.card import CARD, Card
from evalkit.golden.reading.formats import read_documents
from evalkit.golden.reading.records import TextRecord
from evalkit.golden.writing.export import QRELS_HEADER, json_lines
from evalkit.golden.writing.importing import statement
from evalkit.quoting import harmless

__all__ = ["DraftQuery", "LogDraft", "draft_of"]

REVIEW = "review.csv"


@dataclass(frozen=True, slots=True)
class DraftQuery:
    """One query of a draft.

    Attributes:
        identity: Its id, all equally long.
        text: What was asked, without what was recognised as personal.
        weight: How many lines of the log it stands for.
        group: The id of the first query that asks nearly the same.
        redacted: What was taken out of it: "email", "card" and so on.
    """

    identity: str
    text: str
    weight: float
    group: str
    redacted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogDraft:
    """The queries that were taken of a log.

    Attributes:
        queries: They, the commonest first.
        certain: How many of them were taken for certain, as the commonest.
        lines: How often anything was asked in the log.
        distinct: How many distinct queries it holds, once redacted.
    """

    queries: tuple[DraftQuery, ...]
    certain: int
    lines: int
    distinct: int

    def files(self, name: str, origins: Sequence[str], corpus: Sequence[Path] = ()) -> dict[str, bytes]:
        """Return the files of the draft, by their names inside the folder.

        Args:
            name: How reports call the set.
            origins: Where it comes from, a line each, for its card.
            corpus: Files of the documents that will be searched; none: they are added later.
        """
        records = [
            TextRecord(query.identity, query.text, {"weight": query.weight, "group": query.group}, 0)
            for query in self.queries
        ]
        files = {
            CARD: statement(Card(name=name, judgments="pooled"), origins).encode(),
            "queries.jsonl": json_lines(records),
            "qrels/test.tsv": ("\t".join(QRELS_HEADER) + "\n").encode(),
            REVIEW: _review(self.queries),
        }
        return files | ({"corpus.jsonl": json_lines(read_documents(corpus).records)} if corpus else {})


def draft_of(
    log: QueryLog, size: int, *, seed: int = 0, redacts: bool = True, language: str = "english"
) -> LogDraft:
    """Return the draft of a golden set: redacted, selected, grouped.

    Args:
        log: What was asked.
        size: How many queries to take.
        seed: Names the random stream of the selection.
        redacts: Whether addresses, numbers and keys are taken out; queries that become equal are one.
        language: Whose endings are taken off where queries are compared.

    Raises:
        InvalidValueError: Nothing is to be taken.
        MissingExtraError: The extra "authoring" is not installed.
    """
    known = _redacted(log) if redacts else [(query, ()) for query in log.queries]
    chosen = select([query.count for query, _ in known], size, seed=seed)
    taken = [known[row] for row in chosen.rows]
    width = len(str(len(taken)))
    ids = [f"q-{number:0{width}d}" for number in range(1, len(taken) + 1)]
    groups = paraphrases([query.text for query, _ in taken], language=language)
    queries = tuple(
        DraftQuery(identity, query.text, float(weight), ids[group], kinds)
        for identity, (query, kinds), weight, group in zip(ids, taken, chosen.weights, groups, strict=True)
    )
    return LogDraft(queries, chosen.certain, log.lines, len(known))


def _redacted(log: QueryLog) -> list[tuple[LoggedQuery, tuple[str, ...]]]:
    """Return the queries without what was recognised in them; those that are equal then are one."""
    counts: Counter[str] = Counter()
    kinds: dict[str, tuple[str, ...]] = {}
    for query in log.queries:
        found = redact(query.text)
        counts[found.text] += query.count
        kinds[found.text] = found.kinds
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(LoggedQuery(text, count), kinds[text]) for text, count in ordered]


def _review(queries: Sequence[DraftQuery]) -> bytes:
    """Return the table for a person: what was taken out where, and what may be somebody's name."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("id", "why", "query"))
    writer.writerows([harmless(cell) for cell in row] for row in _doubtful(queries))
    return text.getvalue().encode()


def _doubtful(queries: Sequence[DraftQuery]) -> Iterator[tuple[str, str, str]]:
    for query in queries:
        if query.redacted:
            yield query.identity, f"taken out: {', '.join(query.redacted)}", query.text
        elif looks_like_name(query.text):
            yield query.identity, "a name?", query.text
