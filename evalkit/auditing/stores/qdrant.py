"""Qdrant as a store, a server or a local folder: points in pages, by id."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.auditing.stores.cells import ID, TEXT, USUAL, VECTOR, dug, keys_of, nested, records_of, rows_of
from evalkit.auditing.stores.counting import counted, drawn
from evalkit.auditing.stores.faults import (
    forbidden,
    locked,
    missing_extra,
    no_numbers,
    several_vectors,
    unreachable,
    which_table,
)
from evalkit.auditing.stores.roles import settled_roles
from evalkit.auditing.stores.store import Description, Group, Records, Stratum
from evalkit.confidential import keep_secret
from evalkit.embedding.storespec import StoreSpec, pairs_of
from evalkit.errors import EvalkitError, ModelError, UsageError
from evalkit.findings import Finding

KEY = "QDRANT_API_KEY"
PAGE = 1_000  # of points with vectors, which are sent as text
CLAIMS = 5_000
TIMEOUT_S = 60
_USUAL = nested(USUAL, "metadata")
_REFUSED = (401, 403)
_HINT = "qdrant://HOST:6333#collection, qdrant://https://HOST#collection or qdrant://FOLDER#collection"


@dataclass(frozen=True, slots=True, eq=False)
class QdrantStore:
    """A collection.

    Attributes:
        description: What it is.
        client: Of qdrant_client.
        collection: Its name there.
        vector: The name of the vectors that are looked at, "" where they have none.
        roles: Role → key of the payload, dotted where it is nested.
        findings: What is worth knowing about it.
    """

    description: Description
    client: Any
    collection: str
    vector: str
    roles: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    def describe(self) -> Description:
        """Return what it is."""
        return self.description

    def census(self) -> tuple[Group, ...]:
        """Return how many records say what of themselves.

        By reading all claims: a server's own counts (facets) need an index of the payload, which would have
        to be written, and stop at ten values.
        """
        return counted(self.stream(vectors=False, texts=False))

    def sample(self, sizes: Mapping[Stratum | None, int], seed: int) -> dict[Stratum | None, tuple[str, ...]]:
        """Return ids drawn evenly within each stratum."""
        return drawn(self.stream(vectors=False, texts=False), sizes, seed)

    def fetch(self, ids: Sequence[str]) -> Records:
        """Return the records of some ids, in their order."""
        found: dict[str, Any] = {}
        keys = [key for name in ids if (key := _key(name)) is not None]
        for start in range(0, len(keys), PAGE):
            some = keys[start : start + PAGE]
            points = self._asked(
                "retrieve", ids=some, with_payload=self._wanted(texts=True), with_vectors=self._with()
            )
            found |= {str(point.id): point for point in points}
        return self._records([found[name] for name in ids if name in found])

    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches, by id."""
        offset = _key(after)
        bare = set() if vectors else self._bare()
        while True:
            points, offset = self._asked(
                "scroll",
                limit=PAGE if vectors else CLAIMS,
                offset=offset,
                with_payload=self._wanted(texts=texts),
                with_vectors=self._with() if vectors else False,
            )
            if points:
                yield self._records(points, bare, vectors=vectors, checkpoint=_checkpoint(offset))
            if offset is None:
                return

    def close(self) -> None:
        """Let go of the server, or of the folder, which is locked until then."""
        self.client.close()

    def _wanted(self, *, texts: bool) -> Any:
        names = [name for role, name in self.roles.items() if role != TEXT or texts]
        return names or False

    def _with(self) -> Any:
        return [self.vector] if self.vector else True

    def _bare(self) -> set[str]:
        """Return the ids of points without the vector that is looked at; only named ones can be missing."""
        from qdrant_client import models

        if not self.vector:
            return set()
        without = models.Filter(must_not=[models.HasVectorCondition(has_vector=self.vector)])
        found: set[str] = set()
        offset = None
        while True:
            points, offset = self._asked(
                "scroll",
                limit=CLAIMS,
                offset=offset,
                scroll_filter=without,
                with_payload=False,
                with_vectors=False,
            )
            found |= {str(point.id) for point in points}
            if offset is None:
                return found

    def _asked(self, verb: str, **options: Any) -> Any:
        return asked_of(self.description.name, getattr(self.client, verb), self.collection, **options)

    def _records(
        self,
        points: Sequence[Any],
        bare: set[str] | None = None,
        *,
        vectors: bool = True,
        checkpoint: str = "",
    ) -> Records:
        ids = [str(point.id) for point in points]
        cells = {role: [dug(point.payload, name) for point in points] for role, name in self.roles.items()}
        width = self.description.width
        if vectors:
            found, widths = rows_of([self._vector(point) for point in points], width)
            return records_of(ids, cells, vectors=found, widths=widths, checkpoint=checkpoint)
        held = np.array([0 if bare and name in bare else width for name in ids], dtype=np.int64)
        return records_of(ids, cells, widths=held, checkpoint=checkpoint)

    def _vector(self, point: Any) -> Any:
        held = point.vector
        return (held or {}).get(self.vector) if self.vector else held or None


def open_store(spec: StoreSpec, asked: Mapping[str, str]) -> QdrantStore:
    """Return a collection of Qdrant as a store.

    Args:
        spec: `qdrant://URL#collection` or `qdrant://FOLDER#collection`; the key stands in QDRANT_API_KEY.
        asked: Role → key of the payload as somebody said; the vector by its name.

    Raises:
        MissingExtraError: qdrant-client is not installed.
        UsageError: There is no such collection, or points have several vectors and none is named.
        ProviderError: It does not answer, refuses, or another program holds the folder.
    """
    try:
        import qdrant_client
    except ImportError:
        raise missing_extra(spec.kind) from None
    client = _client(spec, qdrant_client)
    place = spec.bare
    try:
        held = asked_of(spec.shown, client.get_collections).collections
        name = which_table(place, spec.table, [one.name for one in held], "collection")
        return _opened(f"{place}#{name}", client, name, asked)
    except Exception:
        client.close()
        raise


def _client(spec: StoreSpec, library: Any) -> Any:
    folder = Path(spec.place)
    if (folder / "meta.json").is_file():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that many points are slow in a folder
                return library.QdrantClient(path=str(folder))
        except Exception as error:
            if "already accessed" in str(error):
                hint = "stop the program that holds it, or read a copy of the folder"
                raise locked(spec.shown, "one at a time may open the folder", hint) from None
            raise unreachable(spec.shown, error, _HINT) from error
    if folder.exists() or spec.place.startswith(("/", ".", "~")):
        raise ModelError(f"{spec.shown} is no folder of Qdrant's", hint=_HINT, code="EK557")
    address = spec.place if "://" in spec.place else f"http://{spec.place}"
    if "@" in address or "?" in address:
        raise UsageError(
            f"{spec.shown}: a key is no part of the address", hint=f"put it into {KEY}", code="EK615"
        )
    key = os.environ.get(KEY, "")
    keep_secret(key)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a key goes over plain HTTP, as on this very machine
        return library.QdrantClient(
            url=address, api_key=key or None, timeout=TIMEOUT_S, check_compatibility=False
        )


def asked_of(name: str, verb: Any, *values: Any, **options: Any) -> Any:
    """Return what the client answers.

    Raises:
        ProviderError: It does not answer, or refuses.
    """
    try:
        return verb(*values, **options)
    except EvalkitError:
        raise
    except Exception as error:
        if getattr(error, "status_code", 0) in _REFUSED:
            raise forbidden(name, error.args[0] if error.args else "", f"a read-only key in {KEY}") from error
        raise unreachable(name, error, f"is it running? {_HINT}") from error


def _opened(shown: str, client: Any, name: str, asked: Mapping[str, str]) -> QdrantStore:
    info = asked_of(shown, client.get_collection, name)
    vector, params = _vectors(shown, info.config.params.vectors, asked)
    keys = [*(info.payload_schema or {}), *keys_of(_some_payloads(shown, client, name))]
    wanted = {role: key for role, key in asked.items() if role not in (ID, VECTOR)}
    roles, told = settled_roles(shown, keys, wanted, _USUAL)
    datatype = str(getattr(params.datatype, "value", params.datatype) or "float32")
    metric = str(getattr(params.distance, "value", params.distance)).lower()
    description = Description(
        name=shown,
        kind="qdrant",
        software=f"qdrant-client {version('qdrant-client')}",
        count=int(asked_of(shown, client.count, name, exact=True).count),
        width=int(params.size),
        metric=metric,
        index="hnsw",
        stored=datatype,
        exact=datatype == "float32",
        normalised=_normalised(client, metric),
        columns=pairs_of({ID: "id", VECTOR: vector or "(unnamed)", **roles}),
    )
    return QdrantStore(description, client, name, vector, roles, told)


def _normalised(client: Any, metric: str) -> bool | None:
    """Return whether a collection keeps vectors at unit length; a folder does so only until it is closed."""
    local = type(getattr(client, "_client", None)).__name__ == "QdrantLocal"
    return None if local and metric == "cosine" else metric == "cosine"


def _vectors(shown: str, stated: Any, asked: Mapping[str, str]) -> tuple[str, Any]:
    """Return the name of the vectors that are meant, "" for unnamed ones, and what is said of them."""
    named = stated if isinstance(stated, Mapping) else {"": stated}
    wanted = asked.get(VECTOR, "")
    if stated is None or not named:
        raise no_numbers(shown, "its points", "sparse vectors", "a collection of dense vectors")
    if wanted and wanted not in named:
        raise UsageError(
            f"{shown} has no vectors called {wanted!r}", hint=f"it has {', '.join(named)}", code="EK618"
        )
    if not wanted and len(named) > 1:
        raise several_vectors(shown, sorted(named))
    vector = wanted or next(iter(named))
    if getattr(named[vector], "multivector_config", None) is not None:
        raise no_numbers(shown, vector or "vectors", "several vectors a point", "one vector for each point")
    return vector, named[vector]


def _some_payloads(shown: str, client: Any, name: str) -> list[Any]:
    """Return payloads of the first points, and of some from everywhere where that is offered."""
    from qdrant_client import models

    points, _ = asked_of(shown, client.scroll, name, limit=PAGE, with_payload=True, with_vectors=False)
    try:
        drawn_points = client.query_points(
            name, query=models.SampleQuery(sample=models.Sample.RANDOM), limit=PAGE, with_payload=True
        ).points
    except Exception:  # noqa: BLE001 - older servers draw no samples; the first points must do
        drawn_points = []
    return [point.payload for point in (*points, *drawn_points)]


def _key(name: str) -> int | str | None:
    """Return an id as Qdrant has it: a whole number or a UUID; None where it is neither."""
    import uuid

    if name.isdigit():
        return int(name)
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return None


def _checkpoint(offset: Any) -> str:
    """Return the id that follows; behind the last one nothing is left, which an id beyond all says."""
    return "ffffffff-ffff-ffff-ffff-ffffffffffff" if offset is None else str(offset)
