"""The task: a pool as the plain value that a judging page holds; who found what, where, is not in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.digests import digest_settings
from evalkit.errors import UsageError
from evalkit.golden.texts import Texts
from evalkit.judging.gradescale import GradeScale
from evalkit.judging.pool import UNJUDGED, Pool
from evalkit.quoting import visible

__all__ = ["Task", "judge_names", "task_of"]

LONGEST_TEXT = 20_000
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a judging page holds.

    Attributes:
        name: How the set is called.
        content: Queries, documents, pairs, scale and known grades, as a JSON-like value.
        judges: Who may judge; one: it is he; none: the page asks.
        digest: What the work on it is kept under: the same for the same content, whoever judges.
        cut: How many documents are longer than is shown.
        pairs: How many pairs are to be judged.
        queries: How many queries have one.
    """

    name: str
    content: dict[str, object]
    judges: tuple[str, ...]
    digest: str
    cut: int
    pairs: int
    queries: int

    @property
    def record(self) -> dict[str, object]:
        """Everything that the page reads, as one JSON-like value."""
        return {"name": self.name, "digest": self.digest, "judges": list(self.judges), **self.content}


def task_of(
    pool: Pool, scale: GradeScale, judges: Sequence[str] = (), *, longest: int = LONGEST_TEXT
) -> Task:
    """Return the task of a pool: each text once, whatever a terminal or a line obeys written out in it.

    Args:
        pool: What is to be judged.
        scale: The grades to choose from.
        judges: Who judges, where that is known.
        longest: How many characters of a document are kept.

    Raises:
        UsageError: A judge's name is none.
    """
    queries, corpus = pool.golden.queries, pool.golden.corpus
    asked = list(dict.fromkeys(pool.pairs[:, 0].tolist()))
    shown = np.unique(pool.pairs[:, 1])  # in the order of ids, which says nothing of any system
    places = np.searchsorted(shown, pool.pairs[:, 1])
    ends = np.flatnonzero(np.diff(pool.pairs[:, 0], append=-1)) + 1
    parts = np.split(places, ends[:-1]) if asked else []
    cut = sum(len(corpus.bodies[row]) > longest for row in shown)
    content: dict[str, object] = {
        "scale": [list(pair) for pair in zip(scale.grades, scale.meanings, strict=True)],
        "queries": [[*_query(queries, row), part.tolist()] for row, part in zip(asked, parts, strict=True)],
        "documents": [_document(corpus, row, longest) for row in shown.tolist()],
        "known": {
            str(place): int(pool.grades[place]) for place in np.flatnonzero(pool.grades != UNJUDGED).tolist()
        },
        "empty": [_query(queries, row) for row in pool.empty],
        "settled": len(pool.settled),
    }
    name = visible(pool.golden.name)
    digest = digest_settings({"name": name, **content})
    return Task(name, content, judge_names(judges), digest, cut, pool.open, len(asked))


def _query(texts: Texts, row: int) -> list[str]:
    """Return id, id as it is shown, and text of a query."""
    identity = texts.ids[row]
    return [identity, _shown(identity), visible(texts.bodies[row])]


def _document(texts: Texts, row: int, longest: int) -> list[object]:
    """Return id, id as it is shown, title, text and, where the text is cut, the length of the whole."""
    identity, body = texts.ids[row], texts.bodies[row]
    title, _, rest = body.partition("\n")
    if not rest.strip():
        title, rest = "", body
    text = "\n".join(map(visible, rest[:longest].strip().splitlines()))
    return [
        identity,
        _shown(identity),
        visible(title[:longest]),
        text,
        *([len(body)] if len(body) > longest else []),
    ]


def _shown(identity: str) -> str:
    """Return an id as it is shown, "" where that is as it stands."""
    shown = visible(identity)
    return "" if shown == identity else shown


def judge_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of judges, each once, their blanks evened.

    Raises:
        UsageError: One is blank, longer than is sensible, or holds what no line shows.
    """
    return tuple(dict.fromkeys(map(_name, names)))


def _name(name: str) -> str:
    """Return the name of a judge.

    Raises:
        UsageError: It is blank, longer than is sensible, or holds what no line shows.
    """
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or visible(plain) != plain:
        raise UsageError(
            f"{visible(name)[:LONGEST_NAME]!r} is no name of a judge",
            hint=f"--judge takes names of up to {LONGEST_NAME} letters, such as  --judge ann,bo",
            code="EK654",
        )
    return plain
