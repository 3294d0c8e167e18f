"""Columns: which column of a table holds what, as the user maps it or by the names in common use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from evalkit.errors import UsageError, nearest

Aliases = Mapping[str, tuple[str, ...]]

_METADATA = {"title": ("title",), "metadata": ("metadata",)}
_DOCUMENT_IDS = ("corpus_id", "doc_id", "docid", "docno", "document_id", "document", "doc", "pid", "page_id")
_GRADES = ("score", "grade", "relevance", "rel", "label", "judgement", "judgment")
# The first name that a table has wins, so that names which say more stand first.
QUERIES: Aliases = {
    "id": ("_id", "id", "query_id", "qid", "topic_id"),
    "text": ("text", "query", "question", "contents", "content", "body"),
    **_METADATA,
}
DOCUMENTS: Aliases = {
    "id": ("_id", "id", *_DOCUMENT_IDS),
    "text": ("text", "contents", "content", "body", "passage", "document"),
    **_METADATA,
}
JUDGEMENTS: Aliases = {
    "query": ("query_id", "qid", "query", "topic", "question"),
    "document": _DOCUMENT_IDS,
    "grade": _GRADES,
}
ASKED: Aliases = {
    "query_id": ("query_id", "qid"),
    "query": ("query", "question", "query_text", "text"),
    "document": _DOCUMENT_IDS,
    "grade": _GRADES,
}
SAID_AS = {"doc": "document", "_id": "id", "score": "grade"}


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of one table mean: a role such as "text" for each column that has one.

    Attributes:
        aliases: Role → the names in common use, the likeliest first.
        stated: Role → the column that the user named; it wins over the aliases.
    """

    aliases: Aliases
    stated: Mapping[str, str] = field(default_factory=dict)
    _found: dict[tuple[str, ...], Mapping[str, str]] = field(default_factory=dict, init=False, repr=False)

    def of(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return role → column for a row with these column names; roles without a column are absent."""
        key = tuple(names)
        if key not in self._found:  # rows of JSON lines may differ, but few kinds of rows do
            self._found[key] = MappingProxyType(self._resolved(key))
        return self._found[key]

    def _resolved(self, names: tuple[str, ...]) -> dict[str, str]:
        by_folded = {folded(name): name for name in reversed(names)}
        found: dict[str, str] = {}
        for role, aliases in self.aliases.items():
            if role in self.stated:
                found |= {role: self.stated[role]} if self.stated[role] in names else {}
                continue
            taken = {*found.values(), *self.stated.values()}
            known = (by_folded[alias] for alias in aliases if alias in by_folded)
            name = next((name for name in known if name not in taken), None)
            found |= {role: name} if name is not None else {}
        return found


def parse_map(pairs: Sequence[str], aliases: Aliases, *, option: str = "--map") -> dict[str, str]:
    """Return role → column from texts such as "query=question".

    Args:
        pairs: One text for each column, "ROLE=COLUMN".
        aliases: The roles that there are.
        option: How the user said it.

    Raises:
        UsageError: A text is no pair, a role is unknown, or one is given twice.
    """
    stated: dict[str, str] = {}
    for pair in pairs:
        said, equals, column = (part.strip() for part in pair.partition("="))
        role = SAID_AS.get(said, said)
        if not equals or not column or role not in aliases or role in stated:
            near = nearest(role, aliases)
            known = f"{option} takes ROLE=COLUMN; the roles are {', '.join(aliases)}, each once"
            hint = f"did you mean {near}={column}? {known}" if near and near != role else known
            raise UsageError(f"{option} {pair} says nothing that can be used", hint=hint, code="EK290")
        stated[role] = column
    return stated


def folded(name: str) -> str:
    """Return a column name in small letters, with one underscore between its words; `_id` stays apart."""
    return re.sub(r"[\s.-]+", "_", name.strip().casefold())
