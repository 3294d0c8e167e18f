"""The name of a store of vectors, parted: its kind, where it is, which table, and what may be shown of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from evalkit.confidential import TYPED, keep_secret, show_instead, whole_of
from evalkit.errors import UnknownNameError, UsageError

FOLDER = "vectors"
LIVE = ("pgvector", "qdrant", "chroma", "lancedb", "sqlite-vec", "faiss")
KINDS = (*LIVE, FOLDER)
FORMS = (
    "pgvector://DSN#table, qdrant://URL#collection, chroma://PATH#collection, lancedb://PATH#table, "
    "sqlite-vec://FILE#table, faiss://INDEX, vectors/FOLDER or a Parquet file"
)
SERVERS = ("pgvector", "qdrant", "chroma")  # which may be named by an address
ROLES = ("id", "vector", "text", "digest", "version", "date", "tenant")
_ALIASES = {"postgresql": "pgvector", "postgres": "pgvector", "sqlite": "sqlite-vec"}
_PAIR = re.compile(r"(\w*(?:password|key|token|secret)\w*)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)", re.IGNORECASE)
_WEB = re.compile(r"(?:https?|s3|gs|az|abfss?|db)://", re.IGNORECASE)
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.+)", re.DOTALL)  # anywhere in a word, as in --bank A=…


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """A store by name.

    Attributes:
        kind: One of KINDS.
        place: The address or path, credentials included: never shown.
        table: The table or collection, "" where none is named.
        shown: The whole name without credentials.
        options: (name, value) pairs that stand behind the table, as in `#docs?version=model`.
    """

    kind: str
    place: str
    table: str
    shown: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> StoreSpec:
        """Return the parts of a store's name; what is secret in it is remembered, and shown nowhere.

        Raises:
            UsageError: It names no kind of store.
        """
        whole = whole_of(text)
        scheme = _SCHEME.match(whole)
        if not scheme:
            path = whole.removeprefix(f"{FOLDER}/")
            return cls(FOLDER, path, "", whole)
        kind = _ALIASES.get(scheme.group(1).lower(), scheme.group(1).lower())
        if kind not in LIVE:
            shown_place(whole[scheme.end() :])
            raise UnknownNameError.among("kind of store", kind, KINDS, hint=FORMS)
        place, fragment = _parted(whole[scheme.end() :])
        table, _, query = fragment.partition("?")
        options = tuple(_pair(part) for part in query.split("&") if part)
        told = shown_place(place) if kind in SERVERS or "://" in place else place
        shown = f"{kind}://{told}{f'#{fragment}' if fragment else ''}"
        return cls(kind, place, unquote(table), shown, options)

    @property
    def roles(self) -> dict[str, str]:
        """Role → column, as far as the name itself says so."""
        return {name: value for name, value in self.options if name in ROLES}

    @property
    def bare(self) -> str:
        """The name that may be shown, without the table."""
        return self.shown.partition("#")[0] if "#" in self.shown else self.shown

    def of(self, table: str) -> str:
        """Return the name, that may be shown, of a table of the same place."""
        return f"{self.bare}#{table}"


def shown_name(text: str) -> str:
    """Return a store's name as it may be shown, which from now on stands for the whole of it."""
    shown = StoreSpec.parse(text).shown
    show_instead(whole_of(text), shown)
    return shown


def hide_typed(word: str) -> None:
    """Remember what is secret in a word of the command line, whatever it is taken for there.

    An address with a user and a password may stand where nobody expects one: as a folder, as a command.
    """
    found = _ADDRESS.search(word)
    if found is None:
        return
    kind, rest = _ALIASES.get(found[1].lower(), found[1].lower()), found[2]
    if kind in SERVERS or "://" in rest or re.match(r"[^/@]*:[^/@]*@", rest):
        place, fragment = _parted(rest)
        shown = shown_place(place)
        if shown != place:
            TYPED[word] = f"{word[: found.start(2)]}{shown}{f'#{fragment}' if fragment else ''}"


def is_store(text: str) -> bool:
    """Return whether a name is that of a store by its scheme; folders and files are not."""
    scheme = _SCHEME.match(text)
    return scheme is not None and scheme.group(1).lower() in (*LIVE, *_ALIASES)


def _parted(rest: str) -> tuple[str, str]:
    """Part at the last "#": a password may hold one."""
    place, mark, fragment = rest.rpartition("#")
    table = fragment.partition("?")[0]
    return (place, fragment) if mark and "@" not in table and "/" not in table else (rest, "")


def _pair(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals or name not in (*ROLES, "queries"):
        raise UsageError(
            f"{part!r} behind the table of a store says nothing that is known",
            hint=f"NAME=VALUE, joined by &: {', '.join((*ROLES, 'queries'))}",
            code="EK615",
        )
    return name, unquote(value)


def shown_place(place: str) -> str:
    """Return an address without its user, password, keys and tokens, which are remembered as secrets.

    Whatever stands before the last "@" is taken for credentials: a password that nobody quoted may hold any
    sign, and rather too much is hidden than a part of it shown.
    """
    for match in _PAIR.finditer(place):
        _keep(match.group(2).strip("'"))
    bare = _PAIR.sub("", place)
    web = _WEB.match(bare)
    scheme = web.group() if web else ""
    user, at, rest = bare.removeprefix(scheme).rpartition("@")
    if not at:
        return bare.rstrip("?& ").replace("?&", "?")
    _keep(user.partition(":")[2] or user)
    _keep(user)
    return f"{scheme}{rest}".rstrip("?& ").replace("?&", "?")


def _keep(secret: str) -> None:
    keep_secret(secret)
    keep_secret(unquote(secret))


def parse_roles(pairs: Sequence[str]) -> dict[str, str]:
    """Return role → column of `--map ROLE=COLUMN`; a column "" says that nothing plays the role.

    Raises:
        UsageError: A pair is none, or names no role.
    """
    roles: dict[str, str] = {}
    for pair in pairs:
        role, equals, column = pair.partition("=")
        if not equals:
            raise UsageError(f"{pair!r} maps nothing", hint="ROLE=COLUMN, such as id=doc_id", code="EK615")
        if role not in ROLES:
            raise UnknownNameError.among("role of a store's column", role, ROLES)
        if role in roles and roles[role] != column:
            raise UsageError(
                f"{role} is mapped to {roles[role]} and to {column}", hint="name one of both", code="EK615"
            )
        roles[role] = column
    return roles


def pairs_of(roles: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what was read as what, in the order of the roles."""
    return tuple((role, roles[role]) for role in ROLES if roles.get(role))
