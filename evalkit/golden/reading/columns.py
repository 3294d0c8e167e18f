"""Columns: which column of a table holds what, as the user maps it or by the names in common use."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from evalkit.errors import UsageError, nearest

# Role → names in common use, in tiers: a name of an earlier tier wins over later ones, two names of one tier
# could both be meant, and then nothing is chosen.
Aliases = Mapping[str, tuple[tuple[str, ...], ...]]

ID, GRADE, METADATA = "_id", "grade", "metadata."
_FURTHER: Aliases = {"title": (("title",),), "metadata": (("metadata",),)}
_QUERY_IDS = ("query_id", "qid", "topic_id")
_DOCUMENT_IDS = ("corpus_id", "doc_id", "docno", "document_id", "pid", "passage_id", "page_id")
_GRADES: Aliases = {GRADE: (("grade", "relevance", "rel", "judgement", "judgment", "label", "score"),)}
_BODIES = ("text", "contents", "content", "body", "passage")
QUERIES: Aliases = {
    "id": ((ID,), ("id", *_QUERY_IDS)),
    "text": ((*_BODIES[:-1], "query", "question", "query_text", "question_text"),),
    **_FURTHER,
}
DOCUMENTS: Aliases = {
    "id": ((ID,), ("id", *_DOCUMENT_IDS), ("document", "doc")),
    "text": ((*_BODIES, "document"),),
    **_FURTHER,
}
JUDGEMENTS: Aliases = {
    "query": (_QUERY_IDS, ("query", "topic", "question")),
    "document": (_DOCUMENT_IDS, ("document", "doc")),
    **_GRADES,
}
ASKED: Aliases = {
    "query_id": (_QUERY_IDS,),
    "query": (("query", "question", "query_text", "question_text"),),
    "document": (_DOCUMENT_IDS, ("document", "doc")),
    **_GRADES,
    "title": (("title", "document_title", "doc_title"),),
    "text": ((*_BODIES, "document", "document_text", "doc_text", "passage_text"),),
    **{name: ((name,),) for name in ("segment", "critical", "group", "weight")},
}
SAID_AS = {"doc": "document", ID: "id"}
# What people call a grade besides: beside a name in common use it leaves two readings.
GRADE_LIKE = re.compile(
    r"(rating|gain|relevan(t|ce|cy|z|za|cia|cja|tie|s)|relev[aâ]ncia|pertinence|grade|label|judge?ment|stars"
    r"|bewertung|punktzahl|valoraci[oó]n|calificaci[oó]n|puntuaci[oó]n|puntaje|pontua[cç][aã]o|valutazione"
    r"|beoordeling|ocena|оценка|релевантность|評価|関連度|相关(性|度)|相關性|评分|評分)s?(score|label|grade|id)?$"
)
QUEPID = {"query", "docid", "rating"}
QUEPID_CASE = {"teamname", "casename", "querytext", "docid", "rating"}
RANKS = ("rank", "position", "pos", "ranking")
ROLE_LIKE = 0.8  # "qury" is meant for "query", "source" is not meant for "score"


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of one table mean: a role such as "text" for each column that surely has one.

    Attributes:
        aliases: Role → the names in common use.
        stated: Role → the column that the user named; it wins over the aliases. Roles that begin with
            "metadata." are fields of their own.
        option: The option by which a user names columns of this table.
        folder: The golden-set folder that the table stands in, None where it is imported.
        shown: Column → its values in the first rows, for messages.
        in_order: Names of columns, and the roles that they had to have, of rows that were found in order.
    """

    aliases: Aliases
    stated: Mapping[str, str] = field(default_factory=dict)
    option: str = "--map"
    folder: Path | None = None
    shown: dict[str, list[object]] = field(default_factory=dict, init=False, repr=False)
    in_order: set[tuple[tuple[str, ...], tuple[str, ...]]] = field(
        default_factory=set, init=False, repr=False
    )
    _found: dict[tuple[str, ...], tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]] = field(
        default_factory=dict, init=False, repr=False
    )

    _nested: dict[str, bool] = field(default_factory=dict, init=False, repr=False)
    _sure: dict[tuple[tuple[str, ...], tuple[str, ...]], bool] = field(
        default_factory=dict, init=False, repr=False
    )
    _spoken_for: dict[tuple[str, ...], bool] = field(default_factory=dict, init=False, repr=False)

    def of(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return role → column for a row with these column names; roles without a sure column are absent."""
        return self._resolved(tuple(names))[0]

    def rivals(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Return role → the columns that could have it, where more than one could."""
        return self._resolved(tuple(names))[1]

    def _resolved(self, names: tuple[str, ...]) -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
        if names not in self._found:  # rows of JSON lines may differ, but few kinds of rows do
            found = {role: column for role, column in self.stated.items() if column in names}
            rivals: dict[str, tuple[str, ...]] = {}
            for role, tiers in self.aliases.items():
                if role in self.stated:
                    continue
                taken = {*found.values(), *self.stated.values()}
                fitting = _fitting(role, tiers, names, taken)
                if len(fitting) == 1:
                    found[role] = fitting[0]
                elif fitting:
                    rivals[role] = fitting
            self._found[names] = MappingProxyType(found), MappingProxyType(rivals)
        return self._found[names]

    def are_sure(self, names: tuple[str, ...], needed: tuple[str, ...]) -> bool:
        """Return whether columns of these names hold what is needed and what the user named, beyond doubt."""
        key = (names, needed)
        if key not in self._sure:
            found, rivals = self._resolved(names)
            self._sure[key] = not rivals and {*needed, *self.stated} <= found.keys()
        return self._sure[key]

    def are_spoken_for(self, names: tuple[str, ...]) -> bool:
        """Return whether each column of these names has a role, and none of them holds metadata."""
        if names not in self._spoken_for:
            found = self.of(names)
            about = any(role.startswith(METADATA.rstrip(".")) for role in found)
            self._spoken_for[names] = not about and len(set(found.values())) == len(names)
        return self._spoken_for[names]

    def is_nested(self, name: str) -> bool:
        """Return whether a column holds objects or lists, by its first values: no role is read from those."""
        if name not in self._nested:
            values = [value for value in self.shown.get(name, ()) if value is not None]
            self._nested[name] = bool(values) and all(isinstance(value, dict | list) for value in values)
        return self._nested[name]

    def spare(self, names: Sequence[str]) -> list[str]:
        """Return the columns that have no role."""
        taken = set(self.of(names).values())
        return [name for name in names if name and name not in taken]


def parse_map(pairs: Sequence[str], aliases: Aliases, *, option: str = "--map") -> dict[str, str]:
    """Return role → column from texts such as "query=question".

    A role is said by its name or by a name in common use for it alone ("label" for "grade"). Another name,
    with "metadata." before it or without, is a field of metadata, said as "metadata.NAME" in the result.

    Args:
        pairs: One text for each column, "ROLE=COLUMN".
        aliases: The roles that there are.
        option: How the user said it.

    Raises:
        UsageError: A text is no pair, a role is misspelt, or one is given twice.
    """
    stated: dict[str, str] = {}
    for pair in pairs:
        said, equals, column = (part.strip() for part in pair.partition("="))
        role = _role(said, aliases)
        near = nearest(said, aliases)
        misspelt = role.startswith(METADATA) and not said.startswith(METADATA) and _is_like(said, aliases)
        if not equals or not said or not column or misspelt or role in stated:
            known = (
                f"{option} takes ROLE=COLUMN; the roles are {', '.join(aliases)}, each once; "
                f"metadata.NAME=COLUMN keeps a column as metadata"
            )
            hint = f"did you mean {near}={column}? {known}" if near and near != role and misspelt else known
            raise UsageError(f"{option} {pair} says nothing that can be used", hint=hint, code="EK290")
        stated[role] = column
    return stated


def folded(name: str) -> str:
    """Return a column name as it is compared: small letters and digits alone; `_id` stays what it is."""
    bare = name.strip().strip("\ufeff\"'").strip().casefold()
    return ID if bare == ID else re.sub(r"[\W_]+", "", bare)


def is_known(name: str, aliases: Aliases) -> bool:
    """Return whether a name is in common use for any of the roles."""
    return any(folded(name) in _folded(tier) for tiers in aliases.values() for tier in tiers)


def _role(said: str, aliases: Aliases) -> str:
    if said in aliases:
        return said
    if SAID_AS.get(said) in aliases:
        return SAID_AS[said]
    meant = [role for role, tiers in aliases.items() if any(folded(said) in _folded(tier) for tier in tiers)]
    return meant[0] if len(meant) == 1 else f"{METADATA}{said.removeprefix(METADATA)}"


def _is_like(said: str, aliases: Aliases) -> bool:
    import difflib  # noqa: PLC0415 - only a map with a name of its own needs it

    return bool(difflib.get_close_matches(said.casefold(), [*aliases, *SAID_AS], n=1, cutoff=ROLE_LIKE))


def _quepid_rating(names: Sequence[str], all_names: Sequence[str]) -> str:
    """Return the column of ratings in a table that Quepid exports, "" where the header is not one of its."""
    found = {folded(name): name for name in all_names}
    its_own = found.keys() == QUEPID or found.keys() >= QUEPID_CASE
    return found["rating"] if its_own and found["rating"] in names else ""


def _folded(tier: tuple[str, ...]) -> set[str]:
    return {folded(alias) for alias in tier}


def _fitting(
    role: str, tiers: tuple[tuple[str, ...], ...], all_names: Sequence[str], taken: Collection[str]
) -> tuple[str, ...]:
    """Return the columns that could have a role: none, one, or several of which none is likelier."""
    names = [name for name in all_names if name not in taken]
    if role == "text" and ID in all_names and "text" in names:
        tiers = (("text",),)  # the two names that BEIR prescribes, whatever else stands beside them
    by_tier = ([name for name in names if folded(name) in _folded(tier)] for tier in tiers)
    fitting = next((tier for tier in by_tier if tier), [])
    if role == GRADE and (rated := _quepid_rating(names, all_names)):
        return (rated,)
    if role == GRADE and fitting:
        fitting += [name for name in names if name not in fitting and GRADE_LIKE.search(folded(name))]
        if [folded(name) for name in fitting] == ["score"]:  # beside a rank, it may be a search's own score
            fitting += [name for name in names if folded(name) in RANKS]
    return tuple(fitting)
