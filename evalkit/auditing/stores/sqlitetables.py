"""Tables of an SQLite file: which hold vectors, and what vec0 tables declare of them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping

from evalkit.auditing.stores.roles import quoted

NAMES = ("embedding", "vector")
_VEC0 = re.compile(r"\busing\s+vec0\b", re.IGNORECASE)
_DECLARED = re.compile(
    r"[(,]\s*[\"'`\[]?(\w+)[\"'`\]]?\s+(float|f32|int8|bit)\w*\s*\[\s*(\d+)\s*\]", re.IGNORECASE
)
_SHADOW = re.compile(r"_(info|chunks|rowids|auxiliary|vector_chunks\d+|metadatachunks\d+|metadatatext\d+)$")


def with_vectors(database: sqlite3.Connection, made: Mapping[str, str], named: str) -> list[str]:
    """Return the tables and views that hold vectors, as far as their names tell; one that is named does."""
    virtual = [name for name, sql in made.items() if sql and _VEC0.search(sql)]
    found = []
    for name, sql in made.items():
        shadow = any(name.startswith(f"{table}_") and _SHADOW.search(name) for table in virtual)
        if name in (*virtual, named):
            found.append(name)
        elif not shadow and not (sql or "").upper().startswith("CREATE VIRTUAL"):
            held = {row[1] for row in database.execute(f"PRAGMA table_info({quoted(name)})")}
            found += [name] if held & set(NAMES) else []
    return found


def declared_vectors(sql: str) -> dict[str, tuple[str, int]] | None:
    """Return the vectors that a vec0 table declares, with number type and width; None for other tables."""
    if not _VEC0.search(sql):
        return None
    kinds = {"float": "float32", "f32": "float32"}
    return {
        name: (kinds.get(kind.lower(), kind.lower()), int(size))
        for name, kind, size in _DECLARED.findall(sql)
    }
