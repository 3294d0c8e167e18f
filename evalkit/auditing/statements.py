"""Statements that write a model's name into records that state none, each store's own; none is run here."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from evalkit.auditing.stores.roles import quoted
from evalkit.auditing.stores.store import Description
from evalkit.embedding.encoder import Fingerprint

COLUMN = "embedding_model"
_VIEW = "-- {0} is a view: name the table that it shows in what follows\n"
_VEC0 = (
    "-- {0} is a vec0 table, which takes no further column: make it anew with the column  {1} TEXT,\n"
    "-- copy its rows into it, and let  evalkit stamp  look at the new one\n"
)


def statements(store: Description, fingerprint: Fingerprint, value: str) -> str:
    """Return what writes a model's name into the records that state none, for somebody to read and run.

    Args:
        store: The store.
        fingerprint: The model.
        value: What records are to state.
    """
    if store.kind not in _WRITERS:
        return _beside(store, fingerprint)
    return _WRITERS[store.kind](store, store.stating, value)


def _sql(store: Description, path: Sequence[str], value: str) -> str:
    """Return SQL; of PostgreSQL's JSON, that which makes the objects on the way."""
    told = _VIEW.format(store.source) if store.is_view else ""
    if not path and store.index == "vec0":
        return _VEC0.format(store.source, COLUMN)
    name = quoted(path[0] if path else COLUMN)
    added = "" if path else f"ALTER TABLE {store.source} ADD COLUMN {name} text;\n"
    cell, new = name, _text(value)
    if len(path) > 1:
        keys = ", ".join(map(_text, path[1:]))
        cell, new = f"({name}::jsonb #>> ARRAY[{keys}])", _nested(f"{name}::jsonb", path[1:], _text(value))
    unstated = f"{cell} IS NULL OR {cell} = ''"
    return f"{told}{added}UPDATE {store.source} SET {name} = {new} WHERE {unstated};\n"  # noqa: S608 - printed, never run


def _nested(held: str, keys: Sequence[str], new: str) -> str:
    """Return the JSON of a cell with a value at a path, all else in it kept."""
    head, rest = _text(keys[0]), keys[1:]
    inner = _nested(f"{held} -> {head}", rest, new) if rest else f"{new}::text"
    return f"coalesce(nullif({held}, 'null'), '{{}}') || jsonb_build_object({head}, {inner})"


def _qdrant(store: Description, path: Sequence[str], value: str) -> str:
    keys = list(path) or [COLUMN]
    dotted = ".".join(f'"{key}"' if "." in key else key for key in keys)
    asked = {
        "payload": {keys[-1]: value},
        **({"key": ".".join(keys[:-1])} if len(keys) > 1 else {}),
        "filter": {
            "should": [{"is_empty": {"key": dotted}}, {"key": dotted, "match": {"value": ""}}],
        },
    }
    place = _place(store)
    if not (Path(place) / "meta.json").is_file():
        told = json.dumps(asked, ensure_ascii=False)
        return f"POST /collections/{store.source}/points/payload\n{told}\n"
    inside = f", key={asked['key']!r}" if "key" in asked else ""
    return (
        "from qdrant_client import QdrantClient, models\n\n"
        f"client = QdrantClient(path={place!r})\n"
        f"unstated = models.Filter.model_validate({asked['filter']!r})\n"
        f"client.set_payload({store.source!r}, {asked['payload']!r}, points=unstated{inside})\n"
        "client.close()\n"
    )


def _lancedb(store: Description, path: Sequence[str], value: str) -> str:
    opened = f"import lancedb\n\ntable = lancedb.connect({_place(store)!r}).open_table({store.source!r})\n"
    if not path:
        return f"{opened}table.add_columns({{{COLUMN!r}: {_text(value)!r}}})\n"
    cell = ".".join(f"`{part}`" for part in path)
    where = f"{cell} IS NULL OR {cell} = ''"
    if len(path) == 1:
        return f"{opened}table.update(where={where!r}, values={{{path[0]!r}: {value!r}}})\n"
    column, key = path  # a struct is written whole
    return (
        f"{opened}inner = [field.name for field in table.schema.field({column!r}).type]\n"
        f"cells = [{_text(value)!r} if name == {key!r} else f'`{column}`.`{{name}}`' for name in inner]\n"
        "pairs = ', '.join(f\"'{name}', {cell}\" for name, cell in zip(inner, cells))\n"
        f"table.update(where={where!r}, values_sql={{{column!r}: f'named_struct({{pairs}})'}})\n"
    )


def _chroma(store: Description, path: Sequence[str], value: str) -> str:
    key, place = path[0] if path else COLUMN, _place(store)
    client = f"PersistentClient({place!r})"
    if "://" in place:
        parts = urlsplit(place)
        secure = parts.scheme == "https"
        client = f"HttpClient({parts.hostname!r}, {parts.port or (443 if secure else 8000)}, ssl={secure})"
    return (
        "import chromadb\n\n"
        f"collection = chromadb.{client}.get_collection({store.source!r}, embedding_function=None)\n"
        "for start in range(0, collection.count(), 1000):\n"
        '    some = collection.get(limit=1000, offset=start, include=["metadatas"])\n'
        '    pairs = zip(some["ids"], some["metadatas"])\n'
        f"    lacking = [name for name, data in pairs if not (data or {{}}).get({key!r})]\n"
        "    if lacking:\n"
        f"        collection.update(ids=lacking, metadatas=[{{{key!r}: {value!r}}}] * len(lacking))\n"
    )


def _beside(store: Description, fingerprint: Fingerprint) -> str:
    """Return the file that states the model of a whole folder."""
    folder = Path(store.source or ".")
    settings = json.dumps(fingerprint.to_settings(), indent=1, ensure_ascii=False)
    alone = store.kind != "faiss" and not Path(store.name).is_file()
    told = "" if alone else "# this states it for every store that lies in the folder\n"
    return f"{told}cat > {shlex.quote(str(folder / 'fingerprint.json'))} <<'END'\n{settings}\nEND\n"


_WRITERS: Mapping[str, Callable[[Description, Sequence[str], str], str]] = {
    "pgvector": _sql,
    "sqlite-vec": _sql,
    "qdrant": _qdrant,
    "lancedb": _lancedb,
    "chroma": _chroma,
}


def _place(store: Description) -> str:
    """Return where the store is, as it may be shown."""
    return store.name.partition("://")[2].rpartition("#")[0]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
