"""What goes wrong with Chroma: fields that are not there, orders, folders that change when opened."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import chromadb
import pytest
from chromadb.config import Settings
from chromadb.utils.embedding_functions import JinaEmbeddingFunction
from live_stores import SECRET, chroma_folder, chroma_server, code_of, fill_chroma
from store_folders import IDS, SIZE, VERSIONS

from evalkit.auditing.stores.opening import open_store


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


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


def test_the_model_that_a_collection_names_is_neither_loaded_nor_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Chroma keeps beside a collection which function embeds for it; here one that needs a key."""
    monkeypatch.setenv("SOME_KEY", "some")
    client = chromadb.PersistentClient("named", settings=Settings(anonymized_telemetry=False))
    function = JinaEmbeddingFunction(api_key_env_var="SOME_KEY")
    collection = client.create_collection("docs", embedding_function=function)
    collection.add(ids=["a"], embeddings=[[1.0, 2.0]], documents=["text"])
    client.close()
    monkeypatch.delenv("SOME_KEY")
    with closing(open_store("chroma://named")) as store:
        assert store.fetch(store.sample({None: 1}, 1)[None]).texts == ("text",)


def test_ids_and_texts_that_lie_in_the_metadata_are_taken_where_somebody_says_so() -> None:
    """LangChain gives records ids of its own, and keeps those of documents beside."""
    client = chromadb.PersistentClient("inside", settings=Settings(anonymized_telemetry=False))
    collection = client.create_collection("docs", embedding_function=None)
    for kind, name in ((str, "texts"), (int, "numbers")):
        collection.add(
            ids=[f"{name}-{row}" for row in range(20)],
            embeddings=[[float(row), 1.0] for row in range(20)],
            metadatas=[
                {"doc": kind(1000 + row + 20 * (kind is int)), "body": f"body {row}"} for row in range(20)
            ],
        )
    client.close()
    with closing(open_store("chroma://inside#docs?id=doc&text=body")) as store:
        assert dict(store.describe().columns)["id"] == "doc"
        found = store.fetch(["1033", "nobody", "1004"])
        assert found.ids == ("1033", "1004")
        assert found.vectors[:, 0].tolist() == [13.0, 4.0]
        assert found.texts == ("body 13", "body 4")
        assert len(store.fetch(store.sample({None: 9}, 1)[None])) == 9
        assert [name for records in store.stream() for name in records.ids] != []
    assert code_of("chroma://inside#docs", id="dco") == "EK618"
    assert code_of("chroma://inside#docs", vector="body") == "EK618"
    assert code_of("chroma://inside#docs", text="bdoy") == "EK618"


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
    assert code_of(f"chroma://http://me:{SECRET}@127.0.0.1:1#docs") == "EK615"
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
    with chroma_server(work / "served") as place:
        yield f"chroma://{place}#docs"


@pytest.mark.slow
def test_a_server_gives_what_its_folder_does(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMA_TOKEN", SECRET)
    with closing(open_store(chroma_folder("beside"))) as folder, closing(open_store(server)) as store:
        assert store.describe().count == SIZE
        assert SECRET not in str(store.describe())
        assert store.census() == folder.census()
        assert store.sample({None: 7}, 2) == folder.sample({None: 7}, 2)
        assert store.fetch(IDS[:3]).texts == folder.fetch(IDS[:3]).texts
        assert (store.fetch(IDS[:3]).vectors == folder.fetch(IDS[:3]).vectors).all()
    assert code_of(server.replace("#docs", "#dosc")) == "EK617"


def test_a_folder_is_copied_without_anything_that_it_points_at(work: Path) -> None:
    name = chroma_folder()
    inside = next(path for path in work.rglob("chroma.sqlite3")).parent / "more"
    inside.mkdir()
    odd = inside / "x"
    for target in ("/dev/zero", "/etc", ""):
        if target:
            odd.symlink_to(target)
        else:
            os.mkfifo(odd)
        assert code_of(name) == "EK557"
        odd.unlink()
