"""A FAISS file as a store: its ids one a line beside it, or a Parquet file of the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.auditing.stores.cells import ID
from evalkit.auditing.stores.held import HeldStore
from evalkit.auditing.stores.roles import settled_roles
from evalkit.auditing.stores.store import Description
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.storespec import pairs_of
from evalkit.embedding.vectorfiles.ids import read_ids
from evalkit.errors import MissingExtraError, ModelError
from evalkit.findings import Finding, Severity
from evalkit.indexing.faiss import library
from evalkit.indexing.storedrows import open_vectors
from evalkit.opening import refuse_irregular

_SIDECAR_HINT = "one id a line in INDEX.ids, in the order in which vectors were added, or INDEX.parquet"


def open_faiss(
    shown: str, path: Path, asked: Mapping[str, str], stated: Fingerprint | None = None
) -> HeldStore:
    """Return a FAISS file as a store.

    Args:
        shown: As the user named it.
        path: The index.
        asked: Role → column of the Parquet file beside it.
        stated: The space that is stated beside it.

    Raises:
        RunError: The index cannot be read, or does not give its vectors back.
        ModelError: No ids are beside it, or another number of them.
    """
    index = open_vectors(path)
    sidecar = _sidecar(path)
    cells, columns, told = _beside(shown, sidecar, asked) if sidecar else ({}, {}, ())
    ids: Sequence[object] | None = cells.pop(ID, index.ids)
    if ids is None:
        raise ModelError(f"{path.name} states no ids", places=(str(path),), hint=_SIDECAR_HINT, code="EK618")
    names = tuple(map(str, ids))
    if len(names) != len(index):
        raise ModelError(
            f"{path.name} holds {len(index)} vectors, {(sidecar or path).name} {len(names)} ids",
            places=(str(path), str(sidecar or path)),
            hint=_SIDECAR_HINT,
            code="EK557",
        )
    description = Description(
        name=shown,
        kind="faiss",
        software=library(),
        count=len(index),
        width=index.shape[1],
        metric=index.metric,
        index=index.kind,
        exact=index.exact,
        snapshot="the file as it was when it was opened",
        columns=pairs_of(columns),
        source=str(path.parent),
        stated=stated,
    )
    return HeldStore(description, names, index, cells, (*told, *_approximate(shown, index.kind, index.exact)))


def _sidecar(path: Path) -> Path | None:
    places = (path.with_name(f"{path.name}.ids"), path.with_suffix(".ids"))
    tables = (path.with_name(f"{path.name}.parquet"), path.with_suffix(".parquet"))
    return next((place for place in (*tables, *places) if place.exists()), None)


def _beside(
    shown: str, sidecar: Path, asked: Mapping[str, str]
) -> tuple[dict[str, list[Any]], dict[str, str], tuple[Finding, ...]]:
    if sidecar.suffix == ".ids":
        return {ID: [name.strip() for name in read_ids(sidecar)]}, {ID: sidecar.name}, ()
    try:
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError.for_extra("parquet", f"reading {sidecar.name}") from None
    from evalkit.auditing.stores.cells import USUAL

    refuse_irregular(sidecar)
    with parquet.ParquetFile(sidecar) as file:
        roles, told = settled_roles(shown, file.schema_arrow.names, asked, {ID: ("id", "_id"), **USUAL})
        table = file.read(columns=list(roles.values()))
    return {role: table[name].to_pylist() for role, name in roles.items()}, roles, told


def _approximate(shown: str, kind: str, exact: bool) -> tuple[Finding, ...]:  # noqa: FBT001 - a fact of the index
    if exact:
        return ()
    problem = f"{shown} is compressed ({kind}): it gives back approximations of the vectors that were put in"
    hint = "no model is judged by them; audit what the index was built from"
    return (Finding("EK626", Severity.WARNING, problem, (), hint),)
