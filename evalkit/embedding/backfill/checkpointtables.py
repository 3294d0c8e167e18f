"""The tables of a checkpoint: made where they lack, brought up to date, refused where they are others."""

from __future__ import annotations

import sqlite3

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shards (number INTEGER PRIMARY KEY, size INTEGER);
CREATE TABLE IF NOT EXISTS done (id TEXT PRIMARY KEY, digest TEXT, shard INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS done_by_shard ON done (shard);
CREATE TABLE IF NOT EXISTS pending
    (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, digest TEXT, vector BLOB, seal BLOB);
DROP TABLE IF EXISTS wanted;
CREATE TABLE wanted (id TEXT PRIMARY KEY, digest TEXT, tokens INTEGER, line INTEGER) WITHOUT ROWID;
"""
_COLUMNS = {
    "meta": {"key", "value"},
    "shards": {"number", "size"},
    "done": {"id", "digest", "shard"},
    "pending": {"seq", "id", "digest", "vector", "seal"},
}


def prepare(base: sqlite3.Connection) -> None:
    """Make the tables, and give the waiting vectors of an older layout room for a seal.

    No seal fits these vectors then: they are embedded again, since nothing tells whose they are.

    Raises:
        sqlite3.DatabaseError: The file is none of SQLite's, or a table has other columns than in any layout.
    """
    base.executescript(_TABLES)
    if _columns(base, "pending") == _COLUMNS["pending"] - {"seal"}:
        base.execute("ALTER TABLE pending ADD COLUMN seal BLOB")
    for table, wanted in _COLUMNS.items():
        found = _columns(base, table)
        if found != wanted:
            raise sqlite3.DatabaseError(f"its table {table} has the columns {', '.join(sorted(found))}")


def _columns(base: sqlite3.Connection, table: str) -> set[str]:
    return {row[0] for row in base.execute("SELECT name FROM pragma_table_info(?)", (table,))}
