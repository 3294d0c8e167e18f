"""Qdrant as a store, a server or a local folder: points in pages, by id."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.auditing.stores.cells import (
    ID,
    TEXT,
    USUAL,
    VECTOR,
    VERSION,
    dug,
    keys_of,
    nested,
    records_of,
    rows_of,
    way_to,
)
from evalkit.auditing.stores.faults import (
    Client,
    locked,
    missing_extra,
    null_ids,
    unreachable,
    which_table,
)
from evalkit.auditing.stores.qdrantnames import checkpoint_at, point_id, vectors_meant
from evalkit.auditing.stores.roles import settled_roles
from evalkit.auditing.stores.store import Description, Records
from evalkit.auditing.stores.streamed import StreamedStore
from evalkit.confidential import keep_secret
from evalkit.embedding.storespec import StoreSpec, pairs_of
from evalkit.errors import ModelError, UsageError
from evalkit.findings import Finding

KEY = "QDRANT_API_KEY"
PAGE = 1_000  # of points with vectors, which are sent as text
CLAIMS = 5_000
TIMEOUT_S = 60
_USUAL = nested(USUAL, "metadata")
_WHOLE = re.compile(r"-?\d{1,18}")
_REFUSED = (401, 403)
_HINT = "qdrant://HOST:6333#collection, qdrant://https://HOST#collection or qdrant://FOLDER#collection"
_CLIENT = Client(
    refuses=lambda error: getattr(error, "status_code", 0) in _REFUSED,
    needed=f"a read-only key in {KEY}",
    hint=f"is it running? {_HINT}",
    said=lambda error: error.args[0] if error.args else "",
)


@dataclass(frozen=True, slots=True, eq=False)
class QdrantStore(StreamedStore):
    """A collection, counted by reading all claims.

    A server's own counts (facets) need an index of the payload, which would have to be written, and stop at
    ten values.

    Attributes:
        client: Of qdrant_client.
        collection: Its name there.
        vector: The name of the vectors that are looked at, "" where they have none.
        roles: Role → key of the payload, dotted where it is nested.
        findings: What is worth knowing about it.
    """

    client: Any
    collection: str
    vector: str
    roles: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    def fetch(self, ids: Sequence[str]) -> Records:
        """Return the records of some ids, in their order."""
        if ID in self.roles:
            return self._by_payload(ids)
        found: dict[str, Any] = {}
        keys = [key for name in ids if (key := point_id(name)) is not None]
        for start in range(0, len(keys), PAGE):
            some = keys[start : start + PAGE]
            points = self._asked(
                "retrieve", ids=some, with_payload=self._wanted(texts=True), with_vectors=self._with()
            )
            found |= {str(point.id): point for point in points}
        return self._records([found[name] for name in ids if name in found])

    def _by_payload(self, ids: Sequence[str]) -> Records:
        """Return the records of ids that lie in the payload, in their order."""
        from qdrant_client import models

        found: dict[str, Any] = {}
        for start in range(0, len(ids), PAGE):
            some = list(ids[start : start + PAGE])
            kinds = (some, [int(name) for name in some if _WHOLE.fullmatch(name)])
            within = [
                models.FieldCondition(key=self.roles[ID], match=models.MatchAny(any=values))
                for values in kinds
                if values
            ]
            for points in self._pages(
                PAGE,
                scroll_filter=models.Filter(should=list(within)),
                with_payload=self._wanted(texts=True),
                with_vectors=self._with(),
            ):
                found |= {str(dug(point.payload, self.roles[ID])): point for point in points}
        return self._records([found[name] for name in ids if name in found])

    def _pages(self, limit: int, **options: Any) -> Iterator[Sequence[Any]]:
        """Give all points that fit, in pages."""
        offset = None
        while True:
            points, offset = self._asked("scroll", limit=limit, offset=offset, **options)
            yield points
            if offset is None:
                return

    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches, by id."""
        offset = point_id(after)
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
                yield self._records(points, bare, vectors=vectors, checkpoint=checkpoint_at(offset))
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
        pages = self._pages(CLAIMS, scroll_filter=without, with_payload=False, with_vectors=False)
        return {str(point.id) for points in pages for point in points}

    def _asked(self, verb: str, **options: Any) -> Any:
        return _CLIENT.asked(self.description.name, getattr(self.client, verb), self.collection, **options)

    def _records(
        self,
        points: Sequence[Any],
        bare: set[str] | None = None,
        *,
        vectors: bool = True,
        checkpoint: str = "",
    ) -> Records:
        ids: list[Any] = [str(point.id) for point in points]
        bare_rows = [bool(bare) and name in (bare or ()) for name in ids]
        cells = {role: [dug(point.payload, name) for point in points] for role, name in self.roles.items()}
        ids = cells.pop(ID, ids)
        if None in ids:
            raise null_ids(self.description.name, self.roles[ID])
        width = self.description.width
        if vectors:
            found, widths = rows_of([self._vector(point) for point in points], width)
            return records_of(ids, cells, vectors=found, widths=widths, checkpoint=checkpoint)
        held = np.where(np.array(bare_rows, dtype=np.bool_), 0, width).astype(np.int64)
        return records_of(ids, cells, widths=held, checkpoint=checkpoint)

    def _vector(self, point: Any) -> Any:
        held = point.vector
        return (held or {}).get(self.vector) if self.vector else held or None


def open_store(spec: StoreSpec, asked: Mapping[str, str]) -> QdrantStore:
    """Return a collection of Qdrant as a store.

    Args:
        spec: `qdrant://URL#collection` or `qdrant://FOLDER#collection`; the key stands in QDRANT_API_KEY.
        asked: Role → key of the payload as somebody said; the vector by its name. Ids are the points' own, or
            lie in the payload where somebody says so.

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
        held = _CLIENT.asked(spec.shown, client.get_collections).collections
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


def _opened(shown: str, client: Any, name: str, asked: Mapping[str, str]) -> QdrantStore:
    info = _CLIENT.asked(shown, client.get_collection, name)
    vector, params = vectors_meant(shown, info.config.params.vectors, asked)
    payloads = _some_payloads(shown, client, name)
    keys = [*(info.payload_schema or {}), *keys_of(payloads)]
    wanted = {role: key for role, key in asked.items() if role != VECTOR}
    if wanted.get(ID, "id") in ("", "id") and "id" not in keys:
        wanted.pop(ID, None)  # the points' own
    roles, told = settled_roles(shown, keys, wanted, _USUAL)
    datatype = str(getattr(params.datatype, "value", params.datatype) or "float32")
    metric = str(getattr(params.distance, "value", params.distance)).lower()
    description = Description(
        name=shown,
        kind="qdrant",
        software=f"qdrant-client {version('qdrant-client')}",
        count=int(_CLIENT.asked(shown, client.count, name, exact=True).count),
        width=int(params.size),
        metric=metric,
        index="hnsw",
        stored=datatype,
        exact=datatype == "float32",
        normalised=_normalised(client, metric),
        columns=pairs_of({ID: "id", VECTOR: vector or "(unnamed)", **roles}),
        source=name,
        stating=way_to(roles.get(VERSION, ""), {key for payload in payloads for key in payload or {}}),
    )
    return QdrantStore(description, client, name, vector, roles, told)


def _normalised(client: Any, metric: str) -> bool | None:
    """Return whether a collection keeps vectors at unit length; a folder does so only until it is closed."""
    local = type(getattr(client, "_client", None)).__name__ == "QdrantLocal"
    return None if local and metric == "cosine" else metric == "cosine"


def _some_payloads(shown: str, client: Any, name: str) -> list[Any]:
    """Return payloads of the first points, and of some from everywhere where that is offered."""
    from qdrant_client import models

    points, _ = _CLIENT.asked(shown, client.scroll, name, limit=PAGE, with_payload=True, with_vectors=False)
    try:
        drawn_points = client.query_points(
            name, query=models.SampleQuery(sample=models.Sample.RANDOM), limit=PAGE, with_payload=True
        ).points
    except Exception:  # noqa: BLE001 - older servers draw no samples; the first points must do
        drawn_points = []
    return [point.payload for point in (*points, *drawn_points)]
