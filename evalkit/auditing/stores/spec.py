"""The name of a store, parted: its kind, where it is, which table, and what may be shown of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from evalkit.auditing.stores.cells import ROLES
from evalkit.confidential import keep_secret
from evalkit.errors import UnknownNameError, UsageError

FOLDER = "vectors"
KINDS = ("pgvector", "qdrant", "chroma", "lancedb", "sqlite-vec", "faiss", FOLDER)
FORMS = (
    "pgvector://DSN#table, qdrant://URL#collection, chroma://PATH#collection, lancedb://PATH#table, "
    "sqlite-vec://FILE#table, faiss://INDEX, vectors/FOLDER or a Parquet file"
)
SERVERS = ("pgvector", "qdrant", "chroma")  # which may be named by an address
_ALIASES = {"postgresql": "pgvector", "postgres": "pgvector", "sqlite": "sqlite-vec"}
_PAIR = re.compile(r"(\w*(?:password|key|token|secret)\w*)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """A store by name.

    Attributes:
        kind: One of KINDS.
        place: The address or path, credentials included: never shown.
        table: The table or collection, "" where none is named.
        shown: The whole name without credentials.
    """

    kind: str
    place: str
    table: str
    shown: str

    @classmethod
    def parse(cls, text: str) -> StoreSpec:
        """Return the parts of a store's name; what is secret in it is remembered, and shown nowhere.

        Raises:
            UsageError: It names no kind of store.
        """
        scheme = _SCHEME.match(text)
        if not scheme:
            path = text.removeprefix(f"{FOLDER}/") if text.startswith(f"{FOLDER}/") else text
            return cls(FOLDER, path, "", text)
        kind = scheme.group(1).lower()
        kind = _ALIASES.get(kind, kind)
        if kind not in KINDS or kind == FOLDER:
            shown_place(text[scheme.end() :])
            raise UnknownNameError.among("kind of store", kind, KINDS, hint=FORMS)
        place, _, table = _parted(text[scheme.end() :])
        shown = shown_place(place) if kind in SERVERS else place
        return cls(kind, place, unquote(table), f"{kind}://{shown}{f'#{table}' if table else ''}")


def is_store(text: str) -> bool:
    """Return whether a name is that of a store by its scheme; folders and files are not."""
    scheme = _SCHEME.match(text)
    return scheme is not None and scheme.group(1).lower() in (*KINDS, *_ALIASES)


def _parted(rest: str) -> tuple[str, str, str]:
    """Part at the last "#": a password may hold one."""
    place, mark, table = rest.rpartition("#")
    return (place, mark, table) if mark and "@" not in table and "/" not in table else (rest, "", "")


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
