"""The database file of the cache: its tables, opened, brought up to date, mended when damaged."""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from evalkit.embedding.cachefolder import locked
from evalkit.opening import refuse_irregular, resolved
from evalkit.parsing import parse_json

WAIT_S = 60.0
PAUSE_S = 0.05
UNKNOWN = "{}"
LAYOUT = 2  # since then a checksum also covers whose vector it is
DIGEST_BYTES = 16
AT_ONCE = 5_000
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
# What SQLite says of a file that holds what nobody wrote: error, corrupt, format, not a database.
DAMAGE = (1, 11, 24, 26)
BUSY = (5, 6)


def row_digest(space: str, text: str, vector: bytes) -> bytes:
    """Return the digest of a vector and of whose it is."""
    made = blake2b(f"{space}\0{text}\0".encode(), digest_size=DIGEST_BYTES)
    made.update(vector)
    return made.digest()


def is_sound(space: object, text: object, vector: object, checksum: object) -> bool:
    """Return whether a row is what was written, and belongs to what it says."""
    if not (isinstance(space, str) and isinstance(text, str) and isinstance(vector, bytes)):
        return False
    return isinstance(checksum, bytes) and checksum == row_digest(space, text, vector)


def sealed_note(name: str, value: str) -> str:
    """Return a note with a digest of it and of its name."""
    return f"{value}#{row_digest('note', name, value.encode()).hex()}"


def opened_note(name: str, stored: object) -> str | None:
    """Return the note that was sealed under a name; None for a damaged one, or one of an older layout."""
    value, mark, _ = str(stored).rpartition("#")
    return value if mark and stored == sealed_note(name, value) else None


def known_versions(stored: object) -> dict[str, Any]:
    """Return the versions that a row of makers states, {} where it is damaged."""
    try:
        found = parse_json(str(stored))
        return {str(name): str(number) for name, number in found.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error tells of a damaged file, not of a full disk or of other programs."""
    code = getattr(error, "sqlite_errorcode", 1)
    return bool(code & 0xFF in DAMAGE)


@contextmanager
def connected(path: Path, *, read_only: bool = False, log_too: bool = False) -> Iterator[sqlite3.Connection]:
    """Give a connection that waits for other programs, and close it.

    Args:
        path: The database.
        read_only: Whether nothing at all may be written, not even a lock.
        log_too: Whether to look into a log beside it as well, which needs a lock.

    Raises:
        sqlite3.Error: What the file cannot do, damage of all kinds among it.
    """
    refuse_irregular(path)
    mode = "mode=ro" if log_too else "mode=ro&immutable=1"
    where = f"{resolved(path).as_uri()}?{mode}" if read_only else str(path)
    with closing(sqlite3.connect(where, timeout=WAIT_S, uri=read_only)) as database:
        database.text_factory = _text
        try:
            if not read_only:
                database.execute("pragma synchronous = normal")
            yield database
        except UnicodeDecodeError as error:  # sqlite3's, of a name in a message about damage
            raise sqlite3.DatabaseError(f"a name in it is no UTF-8: {error}") from error


def prepare(path: Path) -> int | None:
    """Make the tables, or bring those of an older layout up to date; a damaged file is mended.

    Returns:
        How many vectors could be saved from a damaged file; None where it was sound.

    Raises:
        sqlite3.Error: The file cannot be written, or another program holds it for too long.
    """
    with locked(path.parent):
        try:
            with connected(path) as database:
                _use_log(database)
                fits = _fits(database)
                if fits:
                    _bring_up_to_date(database)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            fits = False
        return None if fits else _mended(path)


def mend(path: Path, seen: tuple[int, int]) -> int | None:
    """Begin a new database with what is sound in a damaged one, which is set aside, never to be trusted.

    Args:
        path: The database.
        seen: Which file was found damaged, as `identity` tells; where another lies there, somebody mended it.

    Returns:
        How many vectors could be saved; None where somebody else did.
    """
    with locked(path.parent):
        return _mended(path) if identity(path) == seen else None


def identity(path: Path) -> tuple[int, int]:
    """Return what tells one file from another that later bears its name."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return 0, 0


def is_cache(path: Path) -> bool:
    """Return whether a file is a database with the tables of a cache, of this layout or an older one."""
    for log_too in (False, True):  # the log of a program that was killed may hold all there is
        try:
            with connected(path, read_only=True, log_too=log_too) as database:
                if _fits(database) and _columns(database, "vectors"):
                    return True
        except (sqlite3.Error, OSError):
            continue
    return False


def _mended(path: Path) -> int:
    damaged = path.with_suffix(".damaged")
    for suffix in ("-wal", "-shm"):
        Path(f"{damaged}{suffix}").unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        path.replace(damaged)
    with suppress(FileNotFoundError):  # pages that the file itself does not hold yet
        Path(f"{path}-wal").replace(f"{damaged}-wal")
    Path(f"{path}-shm").unlink(missing_ok=True)
    with connected(path) as database:
        _use_log(database)
        _bring_up_to_date(database)
        return _rescue(damaged, database)


def _rescue(damaged: Path, database: sqlite3.Connection) -> int:
    """Copy what is sound, from the first row to the damage and from the last row back to it."""
    try:
        with connected(damaged) as source, database:
            for order in ("asc", "desc"):
                for table, columns in (("spaces", 3), ("makers", 2), ("notes", 2), ("vectors", 5)):
                    _copied(source, database, f"{table} not indexed order by rowid {order}", columns)
    except sqlite3.Error:  # nothing in it can be read
        pass
    return int(database.execute("select count(*) from vectors").fetchone()[0])


def _copied(source: sqlite3.Connection, database: sqlite3.Connection, rows: str, columns: int) -> None:
    table, marks = rows.split(maxsplit=1)[0], ",".join("?" * columns)
    insert = f"insert or ignore into {table} values ({marks})"  # noqa: S608 - our own names and question marks
    with suppress(sqlite3.Error):  # as far as it can be read
        for row in source.execute(f"select * from {rows}"):  # noqa: S608 - a name of ours, from no user
            if len(row) == columns and (table != "vectors" or is_sound(*row[:4])):
                database.execute(insert, row)


def _use_log(database: sqlite3.Connection) -> None:
    """Write through a log; while that is changed, SQLite does not wait for other programs by itself."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            database.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in BUSY or time.monotonic() > until:
                raise
            time.sleep(PAUSE_S)
        else:
            return


def _fits(database: sqlite3.Connection) -> bool:
    found = {name: _columns(database, name) for name in TABLES}
    return all(not columns or columns >= COLUMNS[name] for name, columns in found.items())


def _bring_up_to_date(database: sqlite3.Connection) -> None:
    tables = {name: _columns(database, name) for name in TABLES}
    layout = database.execute("pragma user_version").fetchone()[0]
    if all(tables.values()) and ADDED_LATER in tables["vectors"] and layout >= LAYOUT:
        return
    with database:
        database.execute("begin immediate")  # of two programs, the second finds the work done
        for name, columns in TABLES.items():
            database.execute(f"create table if not exists {name} ({columns})")
        if ADDED_LATER not in _columns(database, "vectors"):
            database.execute(f"alter table vectors add column {ADDED_LATER} integer")
            # Which model made them was not written down then; the first use fills that in.
            database.execute(
                "insert or ignore into spaces select distinct space, ?, strftime('%s') from vectors",
                (UNKNOWN,),
            )
        if layout < LAYOUT:
            _cover_owners(database)
            database.execute(f"pragma user_version = {LAYOUT}")


def _cover_owners(database: sqlite3.Connection) -> None:
    """Give the vectors of an older layout, whose checksum covers them alone, one that covers their owner."""
    after = -1
    query = "select rowid, space, text, vector, checksum from vectors where rowid > ? order by rowid limit ?"
    while rows := database.execute(query, (after, AT_ONCE)).fetchall():
        after = rows[-1][0]
        sound = [row for row in rows if isinstance(row[3], bytes) and zlib.crc32(row[3]) == row[4]]
        made = [(row_digest(space, text, vector), number) for number, space, text, vector, _ in sound]
        database.executemany("update vectors set checksum = ? where rowid = ?", made)


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[0] for row in database.execute("select name from pragma_table_info(?)", (table,))}


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")
