"""What goes wrong with LanceDB: readers that stay behind, limits that nobody asked for, checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pytest
from live_stores import code_of, lance_folder
from store_folders import DIMS, IDS, SIZE, VERSIONS, rows, vectors

from evalkit.auditing.stores import lancedb as module
from evalkit.auditing.stores.opening import open_store
from evalkit.auditing.stores.store import Store
from evalkit.errors import EvalkitError


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_reading_changes_no_byte_and_leaves_no_file(work: Path) -> None:
    name = lance_folder()
    before = {path: path.read_bytes() for path in work.rglob("*") if path.is_file()}
    with closing(open_store(name)) as store:
        store.census()
        store.fetch(store.sample({None: 5}, 1)[None])
    assert {path: path.read_bytes() for path in work.rglob("*") if path.is_file()} == before


def test_one_version_is_read_however_much_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 10)
    name = lance_folder()
    with closing(open_store(name)) as store:
        batches = store.stream()
        checkpoint = next(batches).checkpoint
        lancedb.connect("lance").open_table("docs").delete("id < 'd030'")
        assert sum(map(len, batches)) == SIZE - 10
        assert store.describe().snapshot == "version 1 of the table"
    with closing(open_store(name)) as later:
        assert later.describe().count == SIZE // 2
        with pytest.raises(EvalkitError) as caught:
            next(later.stream(checkpoint))
        assert caught.value.findings[0].code == "EK627"


def test_many_records_are_all_read() -> None:
    flat = np.zeros((12_345, 2), dtype=np.float32)
    table = pa.table(
        {
            "id": np.arange(12_345),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(flat.reshape(-1)), 2),
        }
    )
    lancedb.connect("lance").create_table("docs", table)
    with closing(open_store("lancedb://lance")) as store:
        assert sum(map(len, store.stream())) == 12_345
        assert len(store.fetch([str(row) for row in range(2_000)])) == 2_000
        assert store.fetch(["7", "x'; drop", "-3"]).ids == ("7",)


def test_claims_inside_structs_missing_vectors_and_half_precision() -> None:
    held = [None if row == 3 else vector.tolist() for row, vector in enumerate(vectors().astype(np.float16))]
    table = rows().drop_columns(["vector", "model_version"])
    table = table.append_column("vector", pa.array(held, pa.list_(pa.float16(), DIMS)))
    claims = [{"model": name} for name in VERSIONS]
    table = table.append_column("metadata", pa.array(claims))
    lancedb.connect("lance").create_table("docs", table, on_bad_vectors="null")
    with closing(open_store("lancedb://lance")) as store:
        assert store.describe().stored == "float16"
        assert dict(store.describe().columns)["version"] == "metadata.model"
        counts: dict[str, int] = {}
        for group in store.census():
            counts[group.stratum.version] = counts.get(group.stratum.version, 0) + group.count
        assert counts == {name or "": VERSIONS.count(name) for name in set(VERSIONS)}
        assert sum(group.count for group in store.census() if group.width == 0) == 1
        assert store.fetch(IDS[2:5]).sound.tolist() == [0, 2]
        assert list(store.sample({None: 5}, 1)[None]) == list(store.sample({None: 60}, 1)[None])[:5]


def test_what_is_no_store_is_told(work: Path) -> None:
    name = lance_folder()
    database = lancedb.connect("lance")
    database.create_table("plain", rows().drop_columns(["vector"]))
    database.create_table("bare", database.open_table("docs").to_arrow().drop_columns(["id"]))
    database.create_table("texts", rows().set_column(1, "vector", pa.array(["[1,2]"] * SIZE)))
    table = database.open_table("docs").to_arrow()
    database.create_table("twice", table.append_column("other", table["vector"]))
    assert code_of("lancedb://lance#dosc") == "EK617"
    assert code_of("lancedb://lance") == "EK617"
    assert code_of("lancedb://lance#plain") == "EK618"
    assert code_of("lancedb://lance#bare") == "EK618"
    assert code_of("lancedb://lance#texts") == "EK621"
    assert code_of("lancedb://lance#twice") == "EK620"
    assert code_of("lancedb://nowhere#docs") == "EK557"
    assert not (work / "nowhere").exists()
    assert code_of(name, version="modle") == "EK618"


READ: dict[str, Callable[[Store], object]] = {
    "census": lambda store: store.census(),
    "sample": lambda store: store.sample({None: 5}, 1),
    "fetch": lambda store: store.fetch(IDS[:3]),
    "stream": lambda store: sum(map(len, store.stream())),
}


@pytest.mark.parametrize("verb", READ)
@pytest.mark.parametrize("damage", ["gone", "cut", "a bit near its end"])
def test_a_damaged_file_of_a_table_that_opens_is_told(damage: str, verb: str) -> None:
    """LanceDB opens a table by its manifest, and meets the files of its data when rows are read."""
    name = lance_folder()
    (file,) = Path("lance/docs.lance/data").iterdir()
    data = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    else:
        at = len(data) - 355
        file.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
    with closing(open_store(name)) as store, pytest.raises(EvalkitError, match="cannot be read") as caught:
        READ[verb](store)
    assert caught.value.findings[0].code == "EK616"
    assert "damaged, cut off or gone" in str(caught.value)
