"""What `evalkit stamp` prints runs as it stands on the real store, and touches unstated records alone."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import apsw
import chromadb
import lancedb
import psycopg
import pyarrow as pa
import pytest
from audited import EXPECTED, expectation
from live_stores import (
    chroma_folder,
    lance_folder,
    pg_table,
    postgres,
    qdrant_folder,
    sqlite_file,
    vec0_database,
    vec0_file,
)
from qdrant_client import QdrantClient, models
from store_folders import DIMS, SIZE, index_file, parquet_file, rows, vectors

from evalkit.auditing.census import Census
from evalkit.auditing.statements import statements
from evalkit.auditing.stores.opening import open_store

MODEL = 'it\'s/"64"'  # with the signs that end a text in SQL and in Python
BARE: Sequence[str | None] = [("other", None, "")[row % 3] for row in range(SIZE)]
Made = tuple[str, Callable[[str], object]]


@pytest.fixture(autouse=True)
def work(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def database() -> str:
    """PostgreSQL with a filled table."""
    return postgres()


def python(printed: str) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", printed], check=True, timeout=120)


def in_postgres(database: str, *changes: str, table: str = '"My.docs"') -> Made:
    def ran(printed: str) -> None:
        with psycopg.connect(database.replace("pgvector://", "postgresql://"), autocommit=True) as admin:
            admin.execute(printed.encode())

    with psycopg.connect(database.replace("pgvector://", "postgresql://"), autocommit=True) as admin:
        admin.execute("DROP TABLE IF EXISTS stamped CASCADE")
        pg_table(admin, '"My.docs"')
        for change in changes:
            admin.execute(change.encode())
    return f"{database}#{table.strip(chr(34))}", ran


def in_sqlite(name: str, *changes: str) -> Made:
    path = name.partition("://")[2].partition("#")[0]

    def ran(printed: str) -> None:
        opened: Any = vec0_database(path) if "vec0" in path else apsw.Connection(path)
        with closing(opened) as base:
            base.execute(printed)

    for change in changes:
        ran(change)
    return name, ran


def in_qdrant(payloads: Sequence[dict[str, Any]]) -> Made:
    name = qdrant_folder()
    with closing(QdrantClient(path="qdrant")) as client:
        points = zip(range(SIZE), vectors().tolist(), payloads, strict=True)
        client.upsert("docs", [models.PointStruct(id=i, vector=v, payload=p) for i, v, p in points])
    return name, python


def in_lance(*, nested: bool) -> Made:
    table = rows().drop_columns(["model_version", "vector"])
    flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors().reshape(-1)), DIMS)
    cells = [{"model name": name, "kept": row} for row, name in enumerate(BARE)]
    column = ("metadata", pa.array(cells)) if nested else ("model name", pa.array(BARE, pa.string()))
    lancedb.connect("made").create_table("docs", table.append_column("vector", flat).append_column(*column))
    return "lancedb://made#docs", python


def in_chroma() -> Made:
    name = chroma_folder()
    with closing(chromadb.PersistentClient("chroma")) as client:
        collection = client.get_collection("docs", embedding_function=None)
        some = collection.get(limit=20)["ids"]
        collection.update(ids=some, metadatas=[{"model_version": ""}] * 20)
    return name, python


def in_json(database: str, kind: str) -> Made:
    return in_postgres(
        database,
        f'ALTER TABLE "My.docs" ADD meta {kind}',
        "UPDATE \"My.docs\" SET meta = (CASE model_version WHEN 'v2' THEN "
        '\'{"a": {"model": "v2", "kept": 1}}\' WHEN \'v1\' THEN \'{"a": null, "kept": 2}\' END)'
        f"::{kind}",
    )


CASES: dict[str, Callable[[str], tuple[Made, dict[str, str]]]] = {
    "pgvector": lambda d: (in_postgres(d, "UPDATE \"My.docs\" SET model_version = '' WHERE id < 'd020'"), {}),
    "pgvector, no column": lambda d: (in_postgres(d, 'ALTER TABLE "My.docs" DROP model_version'), {}),
    "pgvector, json": lambda d: (in_json(d, "json"), {"version": "meta.a.model"}),
    "pgvector, jsonb": lambda d: (in_json(d, "jsonb"), {"version": "meta.a.model"}),
    "sqlite": lambda _: (
        in_sqlite(sqlite_file(), "UPDATE docs SET model_version = '' WHERE model_version = 'v1'"),
        {},
    ),
    "sqlite, no column": lambda _: (in_sqlite(sqlite_file(), "ALTER TABLE docs DROP model_version"), {}),
    "vec0": lambda _: (in_sqlite(vec0_file()), {}),
    "qdrant": lambda _: (in_qdrant([{} if n is None else {"model": n, "kept": 1} for n in BARE]), {}),
    "qdrant, none": lambda _: (in_qdrant([{"kept": 1}] * SIZE), {}),
    "qdrant, nested": lambda _: (
        in_qdrant([{"metadata": {"kept": 1, **({} if n is None else {"model": n})}} for n in BARE]),
        {},
    ),
    "lancedb": lambda _: (in_lance(nested=False), {"version": "model name"}),
    "lancedb, nested": lambda _: (in_lance(nested=True), {"version": "metadata.model name"}),
    "lancedb, none": lambda _: ((lance_folder(), python), {"version": ""}),
    "chroma": lambda _: (in_chroma(), {}),
}


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_what_is_printed_states_the_model_where_none_was_stated(case: str, database: str) -> None:
    (name, ran), roles = CASES[case](database)
    fingerprint = expectation(EXPECTED).fingerprint
    assert fingerprint is not None
    with closing(open_store(name, roles)) as store:
        before, printed = Census(store.census()), statements(store.describe(), fingerprint, MODEL)
    assert before.unstated

    ran(printed)

    later = {key: value or "embedding_model" for key, value in roles.items()}
    with closing(open_store(name, later)) as store:
        after = Census(store.census())
    wanted = {**before.versions, MODEL: before.unstated}
    del wanted[""]
    assert after.versions == wanted


def test_what_else_lies_in_a_nested_field_is_kept(database: str) -> None:
    (name, ran), roles = CASES["pgvector, jsonb"](database)
    fingerprint = expectation(EXPECTED).fingerprint
    assert fingerprint is not None
    with closing(open_store(name, roles)) as store:
        ran(statements(store.describe(), fingerprint, MODEL))

    with psycopg.connect(database.replace("pgvector://", "postgresql://")) as admin:
        found = admin.execute('SELECT DISTINCT meta::text FROM "My.docs"').fetchall()
    held = sorted((json.loads(row[0]) for row in found), key=str)
    new = {"a": {"model": MODEL}}
    assert held == [{"a": {"kept": 1, "model": "v2"}}, {**new, "kept": 2}, new]


def test_files_get_the_file_beside_them_that_states_it() -> None:
    fingerprint = expectation(EXPECTED).fingerprint
    assert fingerprint is not None
    for number, make in enumerate((parquet_file, index_file)):
        folder = f"some folder {number}"
        subprocess.run(["mkdir", folder], check=True)
        name = make(f"{folder}/store.{'parquet' if make is parquet_file else 'faiss'}")
        with closing(open_store(name)) as store:
            printed = statements(store.describe(), fingerprint, MODEL)
        assert "every store that lies in the folder" in printed
        subprocess.run(["sh", "-c", printed], check=True)
        with closing(open_store(name)) as store:
            assert store.describe().stated == fingerprint


def test_what_cannot_take_a_column_says_so(database: str) -> None:
    fingerprint = expectation(EXPECTED).fingerprint
    assert fingerprint is not None
    with closing(open_store(vec0_file(), {"version": ""})) as store:
        printed = statements(store.describe(), fingerprint, MODEL)
    assert all(line.startswith("--") for line in printed.splitlines())
    sqlite_file("plain.db")
    with closing(sqlite3.connect("plain.db")) as base:
        base.execute("CREATE VIEW seen AS SELECT * FROM docs")
    viewed, _ = in_postgres(database, 'CREATE OR REPLACE VIEW seen AS SELECT * FROM "My.docs"')
    for name in ("sqlite-vec://plain.db#seen", viewed.replace("#My.docs", "#seen")):
        with closing(open_store(name)) as store:
            assert '"seen" is a view' in statements(store.describe(), fingerprint, MODEL).splitlines()[0]


def test_a_server_of_qdrant_gets_a_request_and_one_of_chroma_its_client() -> None:
    from evalkit.auditing.stores.store import Description  # noqa: PLC0415 - here alone

    fingerprint = expectation(EXPECTED).fingerprint
    assert fingerprint is not None
    told = Description(name="qdrant://h:6333#my docs", kind="qdrant", count=1, width=2, source="my docs")
    first, second = statements(told, fingerprint, "hash/64").splitlines()
    assert first == "POST /collections/my docs/points/payload"
    assert models.SetPayload.model_validate(json.loads(second)).payload == {"embedding_model": "hash/64"}
    told = Description(name="chroma://https://h#docs", kind="chroma", count=1, width=2, source="docs")
    assert "HttpClient('h', 443, ssl=True)" in statements(told, fingerprint, "hash/64")
