"""Stamping: statements that write a model's name beside vectors that were shown to be of it; none is run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from evalkit.auditing.attribution import Attribution, attribute
from evalkit.auditing.census import Census
from evalkit.auditing.evidence import join_texts
from evalkit.auditing.question import AuditQuestion
from evalkit.auditing.sampling import Bound, bound_of
from evalkit.auditing.stores.store import Description, Store, Stratum
from evalkit.embedding.encoder import Fingerprint

COLUMN = "embedding_model"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Unstated:
    """Records that state no model, and what their vectors show.

    Attributes:
        count: How many there are.
        bound: The share of them that is of another model, among those that were drawn.
        attribution: Whose vectors these are; None where none could be made again.
    """

    count: int
    bound: Bound
    attribution: Attribution | None


def examine_unstated(store: Store, question: AuditQuestion) -> Unstated:
    """Draw from the records that state no model, evenly, and return whose vectors they have.

    Raises:
        EvalkitError: The store or the model failed, or texts do not belong to the store.
    """
    census = Census(store.census())
    total = census.unstated
    wanted = question.drawn(total)
    sizes = _spread({g.stratum: g.count for g in census.groups if not g.stratum.version}, wanted)
    drawn = store.sample(sizes, question.seed) if sizes else {}
    ids = [identity for some in drawn.values() for identity in some]
    if not ids or not store.describe().exact:
        return Unstated(count=total, bound=bound_of(0, 0, total), attribution=None)
    _, sampled = join_texts(store.fetch(ids), question.texts, "")
    if not len(sampled):
        return Unstated(count=total, bound=bound_of(0, 0, total), attribution=None)
    # Whatever records state elsewhere: these are held against the one model they are to be stamped with.
    found = attribute(sampled, replace(question, window=None, old=None).bench)
    bound = bound_of(int(found.foreign.sum()), len(sampled), total if len(sampled) == len(ids) else None)
    return Unstated(count=total, bound=bound, attribution=found)


def _spread(counts: Mapping[Stratum, int], wanted: int) -> dict[Stratum | None, int]:
    """Return how many to draw from each group so that its share is kept, at least one from each."""
    total = sum(counts.values())
    return {stratum: min(count, int(np.ceil(wanted * count / total))) for stratum, count in counts.items()}


def statements(store: Description, fingerprint: Fingerprint, value: str) -> str:
    """Return what writes a model's name into the records that state none, for somebody to read and run.

    Args:
        store: The store.
        fingerprint: The model.
        value: What records are to state.
    """
    column = dict(store.columns).get("version", "")
    return _WRITERS.get(store.kind, _beside)(store, fingerprint, column, value)


def _sql(store: Description, fingerprint: Fingerprint, column: str, value: str) -> str:
    del fingerprint
    table = ".".join(_name(part) for part in _table_of(store).split("."))
    added = f"ALTER TABLE {table} ADD COLUMN {_name(COLUMN)} text;\n" if not column else ""
    name = _name(column or COLUMN)
    # Printed for somebody to read; identifiers and the text are quoted all the same.
    return f"{added}UPDATE {table} SET {name} = {_text(value)} WHERE {name} IS NULL OR {name} = '';\n"  # noqa: S608 - never run


def _qdrant(store: Description, fingerprint: Fingerprint, column: str, value: str) -> str:
    del fingerprint
    key = column or COLUMN
    asked = {"payload": {key: value}, "filter": {"must": [{"is_empty": {"key": key}}]}}
    return f"POST /collections/{_table_of(store)}/points/payload\n{json.dumps(asked, ensure_ascii=False)}\n"


def _lancedb(store: Description, fingerprint: Fingerprint, column: str, value: str) -> str:
    del fingerprint, store
    if not column:
        return f"table.add_columns({{{COLUMN!r}: {_text(value)!r}}})\n"
    return f"table.update(where={f'{column} IS NULL'!r}, values={{{column!r}: {value!r}}})\n"


def _chroma(store: Description, fingerprint: Fingerprint, column: str, value: str) -> str:
    del fingerprint, store
    key = column or COLUMN
    return (
        "for start in range(0, collection.count(), 1000):\n"
        '    some = collection.get(limit=1000, offset=start, include=["metadatas"])\n'
        '    pairs = zip(some["ids"], some["metadatas"])\n'
        f"    lacking = [name for name, data in pairs if not (data or {{}}).get({key!r})]\n"
        "    if lacking:\n"
        f"        collection.update(ids=lacking, metadatas=[{{{key!r}: {value!r}}}] * len(lacking))\n"
    )


def _beside(store: Description, fingerprint: Fingerprint, column: str, value: str) -> str:
    """Return the file that states the model of a whole folder."""
    del store, column, value
    settings = json.dumps(fingerprint.to_settings(), indent=1, ensure_ascii=False)
    return f"cat > fingerprint.json <<'END'\n{settings}\nEND\n"


_WRITERS: Mapping[str, Callable[[Description, Fingerprint, str, str], str]] = {
    "pgvector": _sql,
    "sqlite-vec": _sql,
    "qdrant": _qdrant,
    "lancedb": _lancedb,
    "chroma": _chroma,
}


def _table_of(store: Description) -> str:
    return store.name.rpartition("#")[2] if "#" in store.name else "TABLE"


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
