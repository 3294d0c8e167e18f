"""Chroma as a store: a server, or a copy of a folder, since Chroma writes into each folder that it opens.

That is a row in `acquire_write`, and index files where there are few records.
"""

from __future__ import annotations

import bisect
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from evalkit import figures
from evalkit.auditing.stores.cells import ID, TEXT, USUAL, VECTOR, VERSION, records_of, rows_of
from evalkit.auditing.stores.faults import Client, missing_extra, null_ids, unreachable, which_table
from evalkit.auditing.stores.roles import settled_roles
from evalkit.auditing.stores.store import Description, Records
from evalkit.auditing.stores.streamed import StreamedStore
from evalkit.confidential import keep_secret
from evalkit.embedding.sqlitefaults import SQLITE_FAULTS
from evalkit.embedding.storespec import StoreSpec, pairs_of
from evalkit.errors import EvalkitError, ModelError, UsageError
from evalkit.findings import Finding
from evalkit.opening import resolved

TOKEN = "CHROMA_TOKEN"  # noqa: S105 - the name of the variable that holds it
PAGE = 1_000
DATABASE = "chroma.sqlite3"
_DOCUMENT = "document"
_USUAL = {role: names for role, names in USUAL.items() if role != TEXT}
_SOME = 500
_WHOLE = re.compile(r"-?\d{1,18}")
_HINT = "chroma://FOLDER#collection or chroma://http://HOST:8000#collection"
_CLIENT = Client(
    refuses=lambda error: type(error).__name__ in ("AuthorizationError", "ChromaAuthError"),
    needed=f"a token that may read, in {TOKEN}",
    hint=f"is it running? {_HINT}",
)


@dataclass(frozen=True, slots=True, eq=False)
class ChromaStore(StreamedStore):
    """A collection; Chroma itself counts nothing by its metadata.

    Attributes:
        client: Of chromadb.
        collection: Of the client, without a function that embeds.
        roles: Role → key of the metadata.
        copy: Of the folder, removed with the store; None for a server.
        findings: What is worth knowing about it.
    """

    client: Any
    collection: Any
    roles: Mapping[str, str]
    copy: TemporaryDirectory[str] | None = None
    findings: tuple[Finding, ...] = ()

    def fetch(self, ids: Sequence[str]) -> Records:
        """Return the records of some ids, in their order."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, tuple[Any, ...]] = {}
        for start in range(0, len(wanted), PAGE):
            some = wanted[start : start + PAGE]
            asked: Any = {"where": self._within(some)} if ID in self.roles else {"ids": some}
            rows = self._rows(asked, vectors=True, texts=True)
            found |= {str(self._identity(row)): row for row in rows}
        return self._records([found[name] for name in ids if name in found], vectors=True, checkpoint="")

    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches, by id."""
        ids = sorted(self._asked(include=[])["ids"])
        for start in range(bisect.bisect_right(ids, after) if after else 0, len(ids), PAGE):
            some = ids[start : start + PAGE]
            # What `get` gives has an order of its own.
            asked = {"ids": some}
            rows = sorted(self._rows(asked, vectors=vectors, texts=texts), key=lambda row: str(row[0]))
            yield self._records(rows, vectors=vectors, checkpoint=some[-1])

    def close(self) -> None:
        """Let go of the server, or of the copy, which is removed."""
        _closed(self.client, self.copy)

    def _asked(self, **options: Any) -> Any:
        return _CLIENT.asked(self.description.name, self.collection.get, **options)

    def _identity(self, row: Sequence[Any]) -> Any:
        """Return the id of a row: Chroma's own, or what lies in the metadata."""
        return (row[1] or {}).get(self.roles[ID]) if ID in self.roles else row[0]

    def _within(self, ids: Sequence[str]) -> dict[str, Any]:
        """Return the filter for ids that lie in the metadata, as texts or as whole numbers."""
        key, whole = self.roles[ID], [int(name) for name in ids if _WHOLE.fullmatch(name)]
        as_texts = {key: {"$in": list(ids)}}
        return {"$or": [as_texts, {key: {"$in": whole}}]} if whole else as_texts

    def _rows(self, asked: Mapping[str, Any], *, vectors: bool, texts: bool) -> list[tuple[Any, ...]]:
        """Return (id, metadata, document, vector) of the records that are asked for, in any order."""
        texts = texts and self.roles.get(TEXT) == _DOCUMENT
        include = ["metadatas", *(["documents"] if texts else []), *(["embeddings"] if vectors else [])]
        got = self._asked(**asked, include=include)
        none = [None] * len(got["ids"])
        documents = got["documents"] if texts else none
        embeddings = got["embeddings"] if vectors else none
        return list(zip(got["ids"], got["metadatas"], documents, embeddings, strict=True))

    def _records(self, rows: Sequence[tuple[Any, ...]], *, vectors: bool, checkpoint: str) -> Records:
        width = self.description.width
        cells: dict[str, list[Any]] = {
            role: [(row[1] or {}).get(name) for row in rows]
            for role, name in self.roles.items()
            if role != ID and name != _DOCUMENT
        }
        if self.roles.get(TEXT) == _DOCUMENT:
            cells[TEXT] = [row[2] for row in rows]
        ids = [self._identity(row) for row in rows]
        if None in ids:
            raise null_ids(self.description.name, self.roles[ID])
        if vectors:
            found, widths = rows_of([row[3] for row in rows], width)
            return records_of(ids, cells, vectors=found, widths=widths, checkpoint=checkpoint)
        return records_of(ids, cells, widths=np.full(len(ids), width, dtype=np.int64), checkpoint=checkpoint)


def open_store(spec: StoreSpec, asked: Mapping[str, str]) -> ChromaStore:
    """Return a collection of Chroma as a store.

    Args:
        spec: `chroma://FOLDER#collection` or `chroma://http://HOST:8000#collection`; a token stands in
            CHROMA_TOKEN.
        asked: Role → key of the metadata as somebody said; ids are Chroma's own unless one is named.

    Raises:
        MissingExtraError: chromadb is not installed.
        UsageError: There is no such collection.
        ModelError: The folder is none of Chroma's.
        ProviderError: It does not answer, or refuses.
    """
    try:
        import chromadb
    except ImportError:
        raise missing_extra(spec.kind) from None
    client, copy = _client(spec, chromadb)
    place = spec.bare
    try:
        held = [str(getattr(one, "name", one)) for one in _CLIENT.asked(spec.shown, client.list_collections)]
        name = which_table(place, spec.table, held, "collection")
        # Without the function that made its vectors: that of the collection may be a model to download.
        collection = _CLIENT.asked(spec.shown, client.get_collection, name, embedding_function=None)
        description, roles, told = _described(f"{place}#{name}", collection, asked, copied=copy is not None)
        return ChromaStore(description, client, collection, roles, copy, told)
    except Exception:
        _closed(client, copy)
        raise


def _closed(client: Any, copy: TemporaryDirectory[str] | None) -> None:
    parts = (client, getattr(client, "_admin_client", None))
    sessions = [getattr(getattr(part, "_server", None), "_session", None) for part in parts]
    client.close()
    for session in sessions:  # which the client of a server forgets
        if session is not None:
            session.close()
    if copy is not None:
        copy.cleanup()


def _client(spec: StoreSpec, library: Any) -> tuple[Any, TemporaryDirectory[str] | None]:
    """Return a client, and the copy that it reads where a folder is named."""
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if "://" in spec.place:
        return _server(spec, library, settings), None
    copy = _copied(spec)
    try:
        return library.PersistentClient(copy.name, settings=settings), copy
    except Exception as error:
        copy.cleanup()
        hint = "does the installed chromadb read what that version of it wrote?"
        raise unreachable(spec.shown, error, hint) from error


def _copied(spec: StoreSpec) -> TemporaryDirectory[str]:
    """Return a copy of a folder, its database as of one moment, also beside a server that writes.

    Raises:
        ModelError: It is no folder of Chroma's.
        ProviderError: There is no room for a copy, or the database is locked.
    """
    folder = Path(spec.place)
    database = folder / DATABASE
    if not database.is_file():  # Chroma would make one
        raise ModelError(f"{spec.shown} is no folder of Chroma's", hint=_HINT, code="EK557")
    size = sum(path.stat().st_size for path in _plain_files(spec, folder))
    copy = TemporaryDirectory(prefix="evalkit-chroma-", ignore_cleanup_errors=True)
    try:
        if size > shutil.disk_usage(copy.name).free:
            lacking = f"no room for a copy of {figures.size(size)}"
            raise unreachable(spec.shown, lacking, f"set TMPDIR, or {_HINT}")
        for path in folder.iterdir():
            if path.is_dir():
                shutil.copytree(path, Path(copy.name, path.name))
        address = f"{resolved(database).as_uri()}?mode=ro"
        new = sqlite3.connect(Path(copy.name, DATABASE))
        with closing(new), closing(sqlite3.connect(address, uri=True)) as old:
            old.backup(new)
    except (OSError, *SQLITE_FAULTS) as error:
        copy.cleanup()
        raise unreachable(
            spec.shown, error, "is a server writing? name it: chroma://http://HOST:8000#…"
        ) from error
    except EvalkitError:
        copy.cleanup()
        raise
    return copy


def _plain_files(spec: StoreSpec, folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, which a copy must not follow anywhere else, or wait for.

    Raises:
        ModelError: It holds a link, a pipe or a device.
    """
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            told = f"{path.relative_to(folder)} is a link, a pipe or a device"
            raise ModelError(
                f"{spec.shown} is not copied: {told}", hint="take it out of the folder", code="EK557"
            )
        if path.is_file():
            yield path


def _server(spec: StoreSpec, library: Any, settings: Any) -> Any:
    parts = urlsplit(spec.place)
    if "@" in spec.place or parts.query:
        hint = f"put a token into {TOKEN}"
        raise UsageError(f"{spec.shown}: credentials are no part of the address", hint=hint, code="EK615")
    token = os.environ.get(TOKEN, "")
    keep_secret(token)
    headers = {"Authorization": f"Bearer {token}", "X-Chroma-Token": token} if token else {}
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 8000)
    return _CLIENT.asked(
        spec.shown,
        library.HttpClient,
        parts.hostname or "",
        port,
        ssl=secure,
        headers=headers,
        settings=settings,
    )


def _described(
    shown: str, collection: Any, asked: Mapping[str, str], *, copied: bool
) -> tuple[Description, dict[str, str], tuple[Finding, ...]]:
    import chromadb

    count = int(_CLIENT.asked(shown, collection.count))
    ends = [
        _CLIENT.asked(shown, collection.get, limit=_SOME, offset=offset, include=["metadatas", "documents"])
        for offset in sorted({0, max(0, count - _SOME)})
    ]
    keys = {key for end in ends for item in end["metadatas"] for key in (item or {})}
    own = {ID: ("", "id"), VECTOR: ("", "embedding"), TEXT: ("", _DOCUMENT)}  # which are no metadata
    wanted = {role: key for role, key in asked.items() if key not in own.get(role, ()) or key in keys}
    if wanted.get(VECTOR):
        hint = "a collection has one vector for each record: leave it out"
        raise UsageError(f"{shown} has no vector {wanted[VECTOR]!r}", hint=hint, code="EK618")
    roles, told = settled_roles(shown, keys, wanted, _USUAL)
    documents = any(text is not None for end in ends for text in end["documents"])
    if TEXT not in roles and asked.get(TEXT, _DOCUMENT) and documents:
        roles[TEXT] = _DOCUMENT
    stated = {**(collection.metadata or {}), **(collection.configuration_json.get("hnsw") or {})}
    some = _CLIENT.asked(shown, collection.get, limit=1, include=["embeddings"])["embeddings"]
    description = Description(
        name=shown,
        kind="chroma",
        software=f"chromadb {chromadb.__version__}",
        count=count,
        width=len(some[0]) if len(some) else 0,
        metric=str(stated.get("space") or stated.get("hnsw:space") or ""),
        index="hnsw",
        snapshot="a copy of the folder, taken when it was opened" if copied else "",
        columns=pairs_of({ID: "id", VECTOR: "embedding", **roles}),
        source=str(collection.name),
        stating=(roles[VERSION],) if VERSION in roles else (),
    )
    return description, roles, told
