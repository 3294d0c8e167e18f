"""What goes wrong with SQLite files: keys that are numbers, writers, vectors that are none, and locks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_stores import code_of, sqlite_file, vec0_database, vec0_file
from store_folders import DIMS, IDS, SIZE, vectors

from evalkit.auditing.stores import sqlitevec
from evalkit.auditing.stores.opening import open_store
from evalkit.auditing.stores.sqlitevec import SqliteStore


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(path: str, *statements: str) -> None:
    with closing(sqlite3.connect(path, timeout=0.1)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


@pytest.mark.parametrize("make", [sqlite_file, vec0_file])
def test_reading_changes_no_byte_and_leaves_no_file(make: Any, work: Path) -> None:
    with closing(open_store(make())) as store:
        before = {path: path.read_bytes() for path in work.iterdir()}
        store.census()
        store.fetch(store.sample({None: 5}, 1)[None])
        assert isinstance(store, SqliteStore)
        with pytest.raises(Exception, match="readonly"):
            store.database.execute("DROP TABLE docs")
    assert {path: path.read_bytes() for path in work.iterdir()} == before


def test_what_is_written_meanwhile_is_not_seen_where_the_file_keeps_snapshots() -> None:
    with closing(open_store(sqlite_file(journal="wal"))) as store:
        assert store.describe().snapshot
        first = store.census()
        change("store.db", "DELETE FROM docs WHERE id < 'd030'")
        assert store.census() == first


def test_without_snapshots_no_writer_waits_for_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlitevec, "BATCH", 10)
    with closing(open_store(sqlite_file())) as store:
        assert store.describe().snapshot == ""
        batches = store.stream()
        assert len(next(batches)) == 10
        change("store.db", "DELETE FROM docs WHERE id = 'd059'")
        assert sum(map(len, batches)) == SIZE - 11


@pytest.mark.parametrize("key", ["id INTEGER PRIMARY KEY", ""])
def test_keys_that_are_numbers_are_read_as_texts(key: str) -> None:
    name = "id" if key else "rowid"
    with closing(vec0_database("ints.db")) as database:
        database.execute(f"CREATE VIRTUAL TABLE docs USING vec0({key and f'{key}, '}embedding float[{DIMS}])")
        for row, vector in enumerate(vectors()):
            database.execute(
                f"INSERT INTO docs ({name}, embedding) VALUES (?, ?)", (row + 5, vector.tobytes())
            )
    with closing(open_store("sqlite-vec://ints.db")) as store:
        assert store.fetch(["7", "x", "900", "5"]).ids == ("7", "5")
        np.testing.assert_array_equal(store.fetch(["7"]).vectors, vectors()[[2]])
        (batch,) = store.stream("60")
        assert batch.ids == ("61", "62", "63", "64")


@pytest.mark.parametrize(("kind", "stored"), [("int8", "int8"), ("bit", "bit")])
def test_other_number_types_of_vec0(kind: str, stored: str) -> None:
    held = np.arange(-8, 8, dtype=np.int8)
    blob = held.tobytes() if kind == "int8" else np.packbits(held > 0, bitorder="little").tobytes()
    with closing(vec0_database("kinds.db")) as database:
        database.execute(f"CREATE VIRTUAL TABLE docs USING vec0(id TEXT PRIMARY KEY, embedding {kind}[16])")
        database.execute(f"INSERT INTO docs VALUES ('a', vec_{kind}(?))", (blob,))
    with closing(open_store("sqlite-vec://kinds.db")) as store:
        assert store.describe().stored == stored
        found = store.fetch(["a"]).vectors[0]
        np.testing.assert_array_equal(found, held if kind == "int8" else held > 0)


def test_vectors_of_other_widths_and_none_are_counted() -> None:
    name = sqlite_file()
    change(
        "store.db",
        "UPDATE docs SET embedding = NULL WHERE id = 'd001'",
        "UPDATE docs SET embedding = substr(embedding, 1, 8) WHERE id = 'd002'",
    )
    with closing(open_store(name)) as store:
        found = {group.width: 0 for group in store.census()}
        for group in store.census():
            found[group.width] += group.count
        assert found == {DIMS: SIZE - 2, 0: 1, 2: 1}
        assert store.fetch(IDS[:4]).sound.tolist() == [0, 3]


def test_vectors_as_text_are_refused_with_the_statement_that_turns_them() -> None:
    name = sqlite_file()
    change("store.db", "UPDATE docs SET embedding = '[1,2,3,4,5,6]' WHERE id = 'd040'")
    assert code_of(name) == "EK621"
    change("store.db", "UPDATE docs SET embedding = x'0102030405' WHERE id = 'd040'")
    assert code_of(name) == "EK621"


def test_a_view_is_a_store() -> None:
    sqlite_file()
    change(
        "store.db",
        "CREATE VIEW seen AS SELECT id AS doc_id, embedding, 'm' AS model FROM docs WHERE tenant = 'a'",
    )
    with closing(open_store("sqlite-vec://store.db#seen")) as store:
        assert store.describe().count == SIZE // 2
        assert {group.stratum.version for group in store.census()} == {"m"}


def test_tables_without_ids_or_vectors_and_several_tables_are_told() -> None:
    name = sqlite_file()
    change(
        "store.db",
        "CREATE TABLE other AS SELECT embedding, content FROM docs",
        "CREATE TABLE bare (id TEXT)",
        "CREATE TABLE unnamed AS SELECT * FROM docs",
        "UPDATE unnamed SET id = NULL WHERE id = 'd003'",
    )
    place = name.partition("#")[0]
    assert code_of(place) == "EK617"
    assert code_of(f"{place}#dosc") == "EK617"
    assert code_of(f"{place}#other") == "EK618"
    assert code_of(f"{place}#bare") == "EK618"
    assert code_of(f"{place}#unnamed") == "EK618"
    assert code_of(name, version="model_versoin") == "EK618"
    with closing(open_store(f"{place}#other", {"id": "rowid"})) as store:
        assert store.fetch(["3"]).ids == ("3",)


def test_a_file_that_is_none_or_locked_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlitevec, "WAIT_S", 0.1)
    Path("text.db").write_text("no database at all, but longer than a hundred bytes " * 5)
    assert code_of("sqlite-vec://nowhere.db#docs") == "EK557"
    assert code_of("sqlite-vec://text.db#docs") == "EK557"
    name = sqlite_file()
    with closing(sqlite3.connect("store.db")) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert code_of(name) == "EK624"
