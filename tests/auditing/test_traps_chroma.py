"""What goes wrong with Chroma: fields that are not there, orders, folders that change when opened."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import chromadb
import pytest
from chromadb.config import Settings
from live_stores import chroma_folder, fill_chroma
from store_folders import IDS, SIZE, VERSIONS

from evalkit.auditing.stores.opening import open_store
from evalkit.errors import EvalkitError

TOKEN = "hunter22"  # noqa: S105 - of a test


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def code_of(name: str, **roles: str) -> str:
    with pytest.raises(EvalkitError) as caught, closing(open_store(name, roles)) as store:
        list(store.stream())
    assert TOKEN not in str(caught.value)
    return caught.value.findings[0].code


def test_reading_changes_no_byte_and_leaves_no_file(work: Path) -> None:
    name = chroma_folder()
    before = {path: path.read_bytes() for path in work.rglob("*") if path.is_file()}
    with closing(open_store(name)) as store:
        store.census()
        store.fetch(store.sample({None: 5}, 1)[None])
    assert {path: path.read_bytes() for path in work.rglob("*") if path.is_file()} == before


def test_records_without_the_field_are_counted_apart() -> None:
    """Chroma's own filter `$ne` would count them among the others."""
    with closing(open_store(chroma_folder())) as store:
        counts: dict[str, int] = {}
        for group in store.census():
            counts[group.stratum.version] = counts.get(group.stratum.version, 0) + group.count
    assert counts == {name or "": VERSIONS.count(name) for name in set(VERSIONS)}


def test_the_order_that_was_asked_for_is_kept_and_nothing_is_embedded() -> None:
    wanted = [IDS[row] for row in (50, 2, 31)]
    with closing(open_store(chroma_folder())) as store:
        assert store.fetch(wanted).ids == tuple(wanted)


def test_what_is_no_store_is_told(work: Path) -> None:
    client = chromadb.PersistentClient("chroma", settings=Settings(anonymized_telemetry=False))
    fill_chroma(client)
    client.create_collection("empty", embedding_function=None)
    client.close()
    assert code_of("chroma://chroma") == "EK617"
    assert code_of("chroma://chroma#dosc") == "EK617"
    assert code_of("chroma://chroma#docs", version="modle") == "EK618"
    assert code_of("chroma://nowhere#docs") == "EK557"
    assert not (work / "nowhere").exists()
    assert code_of(f"chroma://http://me:{TOKEN}@127.0.0.1:1#docs") == "EK615"
    assert code_of("chroma://http://127.0.0.1:1#docs") == "EK616"
    with closing(open_store("chroma://chroma#empty")) as store:
        assert (store.describe().count, store.census(), list(store.stream())) == (0, (), [])


def test_nothing_is_left_of_the_copy_that_is_read(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (work / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work / "temporary"))
    with closing(open_store(chroma_folder())) as store:
        assert store.describe().snapshot
        assert len(list((work / "temporary").iterdir())) == 1
    assert code_of("chroma://chroma#dosc") == "EK617"
    assert list((work / "temporary").iterdir()) == []


@pytest.fixture
def server(work: Path) -> Iterator[str]:
    """Chroma's own server on this machine; its address as a store's name."""
    chroma_folder(str(work / "served"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(work / "served")]
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
        yield f"chroma://http://127.0.0.1:{port}#docs"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.slow
def test_a_server_gives_what_its_folder_does(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMA_TOKEN", TOKEN)
    with closing(open_store(chroma_folder("beside"))) as folder, closing(open_store(server)) as store:
        assert store.describe().count == SIZE
        assert TOKEN not in str(store.describe())
        assert store.census() == folder.census()
        assert store.sample({None: 7}, 2) == folder.sample({None: 7}, 2)
        assert store.fetch(IDS[:3]).texts == folder.fetch(IDS[:3]).texts
        assert (store.fetch(IDS[:3]).vectors == folder.fetch(IDS[:3]).vectors).all()
    assert code_of(server.replace("#docs", "#dosc")) == "EK617"
