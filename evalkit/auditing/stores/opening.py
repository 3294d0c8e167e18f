"""A store's name becomes an open store; the library that it needs is loaded then."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from evalkit.auditing.stores.faissfile import open_faiss
from evalkit.auditing.stores.store import Store
from evalkit.auditing.stores.vectorfolder import HINT, open_folder, stated_space
from evalkit.embedding.storespec import FOLDER, StoreSpec
from evalkit.errors import EvalkitError, ModelError
from evalkit.opening import FILE_FAULTS, fault

HOME = "evalkit.auditing.stores"
LIVE = {  # kind → the module that opens it
    "pgvector": f"{HOME}.pgvector",
    "sqlite-vec": f"{HOME}.sqlitevec",
    "qdrant": f"{HOME}.qdrant",
    "chroma": f"{HOME}.chroma",
    "lancedb": f"{HOME}.lancedb",
}


def open_store(spec: str | StoreSpec, roles: Mapping[str, str] | None = None) -> Store:
    """Return the store that a name stands for, open for reading; close it when done.

    Args:
        spec: `pgvector://DSN#table`, `qdrant://URL#collection`, `vectors/FOLDER` …; its parts.
        roles: Role (id, vector, text, digest, version, date, tenant) → column, "" for none; what nobody says
            is looked for under usual names, and the description tells what was taken.

    Raises:
        UsageError: It names no store, a column that was named is not there, or a package is missing.
        ModelError: Files are not there, or are wrong.
        ProviderError: A server or database does not answer, or refuses.
    """
    parsed = spec if isinstance(spec, StoreSpec) else StoreSpec.parse(spec)
    asked = {**parsed.roles, **(roles or {})}
    try:
        if parsed.kind == FOLDER:
            return open_folder(parsed.shown, parsed.place, asked)
        if parsed.kind == "faiss":
            path = Path(parsed.place)
            return open_faiss(parsed.shown, path, asked, stated_space(path.parent))
        store: Store = importlib.import_module(LIVE[parsed.kind]).open_store(parsed, asked)
    except FILE_FAULTS as error:
        if isinstance(error, EvalkitError):
            raise
        raise ModelError(f"{parsed.shown} cannot be read: {fault(error)}", hint=HINT, code="EK557") from error
    return store
