"""A store as a system: documents' vectors as they lie there, queries' from the model that made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Array
from evalkit.auditing.stores.opening import open_store
from evalkit.auditing.stores.store import BATCH, Description, Records, Store
from evalkit.digests import digest_array, digest_texts
from evalkit.embedding.encoder import Encoder, Fingerprint, Role, VectorSource
from evalkit.embedding.modelspec import ModelSpec, Options, check_options, known_options, open_encoder
from evalkit.embedding.rowfile import RowFile
from evalkit.embedding.storespec import LIVE, SERVERS, StoreSpec
from evalkit.errors import ModelError, UnknownNameError, UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.texts import Texts

OPTIONS = {"queries": str, "base": str, "normalize": bool, "offline": bool}
_METRICS = {"cosine": "", "": "", "dot": "dot", "ip": "dot", "l2": "l2", "euclid": "l2"}
_QUERIES_HINT = 'name the model that made its vectors: #table?queries=st/MODEL, or queries = "st/MODEL"'
LAST: dict[tuple[object, ...], StoreVectors] = {}  # so that one command reads a store once, at one moment


@dataclass(frozen=True, slots=True, eq=False)
class StoreVectors:
    """The vectors of a golden set's documents as a store holds them.

    Attributes:
        fingerprint: Which store, and what it held.
        corpus: (D, E) vectors in the order of the documents' ids.
        ids: (D,) those ids.
        encoder: What embeds the queries.
        findings: What is worth knowing about them.
    """

    fingerprint: Fingerprint
    corpus: Array
    ids: tuple[str, ...]
    encoder: Encoder | VectorSource
    findings: tuple[Finding, ...] = ()

    def vectors(self, texts: Texts, role: Role) -> Array | RowFile:
        """Return (n, E) vectors in the order of `texts.ids`.

        Raises:
            ModelError: They are not those that the store was asked for.
        """
        if role is Role.document and texts.ids == self.ids:
            return self.corpus
        if role is Role.document:
            raise ModelError("the store was asked for other documents", hint="run it again", code="EK341")
        if isinstance(self.encoder, VectorSource):
            return self.encoder.vectors(texts, role)
        return self.encoder.encode(texts.bodies, role)


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> StoreVectors:
    """Return the vectors of a golden set's documents from a store.

    Args:
        spec: The store's name; behind the table may stand columns, and `queries=MODEL`.
        golden: Whose documents.
        options: `queries`, where the name does not say it; `normalize`, `offline`, `base`.

    Raises:
        UsageError: Nothing says which model embeds the queries, or the store compares by what cannot be done.
        ModelError: A document has no vector, or one of another width.
        ProviderError: The store does not answer.
    """
    check_options(spec, options, OPTIONS)
    key = (str(spec), golden.digest, *sorted((name, str(value)) for name, value in options.items()))
    if key not in LAST:
        parsed = _located(StoreSpec.parse(str(spec)), str(options.get("base", "")))
        with closing(open_store(parsed)) as store:
            made = _read(store, spec, golden, {**dict(parsed.options), **options})
        LAST.clear()
        LAST[key] = made
    return LAST[key]


def _located(spec: StoreSpec, base: str) -> StoreSpec:
    """Return a store whose relative path starts from the folder that says so, where it is there."""
    path = Path(base, spec.place)
    is_path = spec.kind not in SERVERS or (spec.kind != "pgvector" and "://" not in spec.place)
    return replace(spec, place=str(path)) if base and is_path and path.exists() else spec


def _read(store: Store, spec: ModelSpec, golden: GoldenSet, options: Mapping[str, Any]) -> StoreVectors:
    told = store.describe()
    ids = golden.searched.ids
    parts = [store.fetch(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]
    claims = Counter(claim for records in parts for claim in records.versions)
    _check(told, ids, parts)
    corpus = np.concatenate([records.vectors for records in parts])
    queries = str(options.get("queries") or _claimed(spec, claims))
    encoder = _encoder(queries, golden, offline=bool(options.get("offline")))
    fingerprint = _fingerprint(spec, told, encoder, corpus, ids)
    if "normalize" in options:
        fingerprint = replace(fingerprint, normalize=bool(options["normalize"]))
    findings = (*store.findings, *_mixed(told, claims))
    return StoreVectors(fingerprint, corpus, ids, encoder, findings)


def _check(told: Description, ids: tuple[str, ...], parts: list[Records]) -> None:
    """Raise unless each document has one vector of the store's width."""
    known = {name for records in parts for name in records.ids}
    absent = [name for name in ids if name not in known]
    if absent:
        raise ModelError(
            f"{told.name} has no record for {len(absent)} of {len(ids)} documents",
            places=(place(told.name, (), absent),),
            hint="documents have the store's ids; `golden import --corpus STORE` takes them",
            code="EK341",
        )
    odd = [
        records.ids[row]
        for records in parts
        for row in np.setdiff1d(np.arange(len(records)), records.sound).tolist()
    ]
    if odd:
        raise ModelError(
            f"{told.name} has no finite vector of {told.width} numbers for {len(odd)} documents",
            places=(place(told.name, (), odd),),
            hint=f"evalkit audit {told.name}  tells which widths there are",
            code="EK628",
        )


def _claimed(spec: ModelSpec, claims: Mapping[str, int]) -> str:
    """Return the model that all documents say made their vectors, where its name is a spec.

    Raises:
        UsageError: They say nothing, different things, or no spec.
    """
    names = sorted(claims)
    if len(names) == 1 and names[0]:
        try:
            ModelSpec.parse(names[0])
        except (UsageError, UnknownNameError):
            names = [f"{names[0]!r}, which names no model as provider/model"]
        else:
            return names[0]
    said = f"its records say {', '.join(name or 'nothing' for name in names[:4])}" if names else "it is empty"
    raise UsageError(
        f"nothing says which model embeds the queries for {spec}: {said}", hint=_QUERIES_HINT, code="EK629"
    )


def _encoder(text: str, golden: GoldenSet, *, offline: bool) -> Encoder | VectorSource:
    spec = ModelSpec.parse(text)
    if spec.provider in LIVE:
        raise UsageError(f"queries = {text!r} is a store, no model", hint=_QUERIES_HINT, code="EK629")
    takes = offline and "offline" in (known_options(spec.provider) or {})
    return open_encoder(spec, golden, {"offline": True} if takes else {})


def _fingerprint(
    spec: ModelSpec, told: Description, encoder: Encoder | VectorSource, corpus: Array, ids: tuple[str, ...]
) -> Fingerprint:
    if told.metric.lower() not in _METRICS:
        raise UsageError(
            f"{spec} compares by {told.metric}, which is not done here",
            hint='say metric = "cosine", "dot" or "l2" in [models.NAME]',
            code="EK356",
        )
    metric = _METRICS[told.metric.lower()]
    content = digest_texts([digest_texts(ids), digest_array(corpus), encoder.fingerprint.digest])
    return Fingerprint.of(
        {
            "provider": spec.provider,
            "model": spec.model,
            "revision": content,
            "dims": told.width,
            **({"metric": metric} if metric else {"normalize": True}),
            **({"normalize": False} if metric else {}),
        }
    )


def _mixed(told: Description, claims: Mapping[str, int]) -> tuple[Finding, ...]:
    if len(claims) < 2 or "version" not in dict(told.columns):  # noqa: PLR2004 - one claim is no mixture
        return ()
    counts = ", ".join(f"{name or 'nothing'} {count}" for name, count in sorted(claims.items()))
    problem = f"the records of {told.name} say different things of their model: {counts}"
    hint = f"evalkit audit {told.name} --expect MODEL  tells which of them are foreign"
    return (Finding("EK630", Severity.WARNING, problem, (), hint),)
