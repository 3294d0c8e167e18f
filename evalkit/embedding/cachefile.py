"""The database file of the cache: its tables, opened, brought up to date, set aside when damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

WAIT_S = 60.0
UNKNOWN = "{}"
TABLES = {
    "vectors": """
        space text not null, text text not null, vector blob not null, checksum integer not null,
        made_by integer, primary key (space, text)
    """,
    "spaces": "space text primary key, settings text not null, used integer not null",
    "makers": "id integer primary key, versions text not null unique",
    "notes": "name text primary key, value text not null",
}
COLUMNS = {
    "vectors": {"space", "text", "vector", "checksum"},
    "spaces": {"space", "settings", "used"},
    "makers": {"id", "versions"},
    "notes": {"name", "value"},
}
ADDED_LATER = "made_by"


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that waits for other programs, and close it."""
    with closing(sqlite3.connect(path, timeout=WAIT_S)) as database:
        database.execute("pragma synchronous = normal")
        yield database


def prepare(path: Path) -> None:
    """Make the tables, or bring those of an older layout up to date; what is no cache is set aside.

    Raises:
        sqlite3.OperationalError: The file cannot be written, or another program holds it for too long.
    """
    try:
        with connected(path) as database:
            database.execute("pragma journal_mode = wal")
            found = {name: _columns(database, name) for name in TABLES}
            fits = all(not columns or columns >= COLUMNS[name] for name, columns in found.items())
            if fits and not (all(found.values()) and ADDED_LATER in found["vectors"]):
                _bring_up_to_date(database)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:  # not a database any more
        fits = False
    if not fits:
        set_aside(path)


def set_aside(path: Path) -> None:
    """Move a damaged or foreign database out of the way, never to be trusted, and begin a new one."""
    path.replace(path.with_suffix(".damaged"))
    for leftover in (".sqlite-wal", ".sqlite-shm"):
        path.with_suffix(leftover).unlink(missing_ok=True)
    prepare(path)


def _bring_up_to_date(database: sqlite3.Connection) -> None:
    with database:
        database.execute("begin immediate")  # of two programs, the second finds the work done
        for name, columns in TABLES.items():
            database.execute(f"create table if not exists {name} ({columns})")
        if ADDED_LATER in _columns(database, "vectors"):
            return
        database.execute(f"alter table vectors add column {ADDED_LATER} integer")
        # Which model made them was not written down then; the first use fills that in.
        database.execute(
            "insert or ignore into spaces select distinct space, ?, strftime('%s') from vectors", (UNKNOWN,)
        )


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[0] for row in database.execute("select name from pragma_table_info(?)", (table,))}
