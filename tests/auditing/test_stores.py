"""Every store counts, draws, fetches and streams alike; here those in files."""

from __future__ import annotations

import pickle
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
import store_folders
from hypothesis import given
from hypothesis import strategies as st
from live_stores import chroma_folder, lance_folder, postgres, sqlite_file, vec0_file
from pyarrow import parquet
from store_folders import IDS, SIZE, TENANTS, TEXTS, VERSIONS, index_file, parquet_file, rows, shards, vectors

from evalkit.auditing.stores import parquetfile
from evalkit.auditing.stores.counting import rank
from evalkit.auditing.stores.opening import open_store
from evalkit.auditing.stores.store import Store, Stratum
from evalkit.confidential import without_secrets
from evalkit.embedding.storespec import StoreSpec, shown_place
from evalkit.errors import EvalkitError

MADE = {
    "parquet": lambda: parquet_file("store.parquet"),
    "shards": lambda: shards("store"),
    "faiss": lambda: index_file("store.faiss"),
    "hnsw": lambda: index_file("store.faiss", "HNSW8"),
    "ivf": lambda: index_file("store.faiss", "IVF2,Flat"),
    "sqlite": sqlite_file,
    "sqlite-wal": lambda: sqlite_file(journal="wal"),
    "vec0": vec0_file,
    "lancedb": lance_folder,
    "chroma": chroma_folder,
    "pgvector": None,
}


@pytest.fixture(scope="session")
def database() -> str:
    """PostgreSQL with a filled table."""
    return postgres()


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=MADE)
def store(request: pytest.FixtureRequest) -> Any:
    made = MADE[request.param]
    name = made() if made else f"{request.getfixturevalue('database')}#docs"
    with closing(open_store(name)) as opened:
        yield opened


def test_the_description_counts_records_and_names_what_was_read_as_what(store: Store) -> None:
    told = store.describe()
    assert (told.count, told.width, told.exact) == (SIZE, store_folders.DIMS, True)
    assert {"id", "text", "version", "date", "tenant"} <= dict(told.columns).keys()


def test_the_census_counts_each_claim_and_unknown_ones_apart(store: Store) -> None:
    groups = store.census()
    assert sum(group.count for group in groups) == SIZE
    versions: Counter[str] = Counter()
    for group in groups:
        versions[group.stratum.version] += group.count
        assert group.stratum.month in ("2026-01", "2026-02", "2026-03")
    assert versions == Counter(name or "" for name in VERSIONS)
    assert list(groups) == sorted(groups, key=lambda group: group.stratum)


def test_samples_are_repeatable_and_stratified(store: Store) -> None:
    small, large = store.sample({None: 10}, 3)[None], store.sample({None: 20}, 3)[None]
    assert len(set(large)) == 20
    assert large[:10] == small
    assert store.sample({None: 10}, 4)[None] != small
    assert large == tuple(sorted(IDS, key=lambda name: rank(3, name)))[:20]
    stratum = store.census()[0].stratum
    drawn = store.sample({stratum: 2, Stratum("nobody"): 2}, 3)
    assert drawn[Stratum("nobody")] == ()
    assert all(VERSIONS[IDS.index(name)] == (stratum.version or None) for name in drawn[stratum])
    assert store.sample({None: 1_000}, 3)[None] == tuple(sorted(IDS, key=lambda name: rank(3, name)))


def test_fetching_keeps_the_order_that_was_asked_for(store: Store) -> None:
    wanted = [IDS[40], IDS[3], "nobody", IDS[59]]
    found = store.fetch(wanted)
    assert found.ids == (IDS[40], IDS[3], IDS[59])
    np.testing.assert_allclose(found.vectors, vectors()[[40, 3, 59]], rtol=1e-6)  # Chroma keeps lengths apart
    assert found.vectors.dtype == np.float32
    assert found.texts == (TEXTS[40], TEXTS[3], TEXTS[59])
    assert found.tenants == (TENANTS[40], TENANTS[3], TENANTS[59])
    assert store.fetch([]).ids == ()


def test_a_stream_goes_on_from_its_checkpoint(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("parquetfile", "held", "sqlitevec", "pgvector", "lancedb"):
        monkeypatch.setattr(f"evalkit.auditing.stores.{module}.BATCH", 7)
    monkeypatch.setattr("evalkit.auditing.stores.chroma.PAGE", 7)
    batches = list(store.stream())
    assert [name for records in batches for name in records.ids] == IDS
    streamed = np.concatenate([records.vectors for records in batches])
    np.testing.assert_allclose(streamed, vectors(), rtol=1e-6)
    assert max(map(len, batches)) <= 7
    for at, records in enumerate(batches):
        rest = [name for later in store.stream(records.checkpoint, vectors=False) for name in later.ids]
        assert rest == [name for later in batches[at + 1 :] for name in later.ids]


def test_vectors_of_other_widths_and_none_at_all_are_counted_and_never_lost() -> None:
    held: list[Any] = [row.tolist() for row in vectors()]
    held[3], held[4] = [1.0, 2.0], None
    with closing(open_store(parquet_file("mixed.parquet", held))) as store:
        widths: Counter[int] = Counter()
        for group in store.census():
            widths[group.width] += group.count
        assert widths == {store_folders.DIMS: SIZE - 2, 2: 1, 0: 1}
        found = store.fetch(IDS[2:6])
        assert found.widths.tolist() == [6, 2, 0, 6]
        assert found.sound.tolist() == [0, 3]


def test_a_compressed_index_says_that_it_gives_approximations() -> None:
    for factory, exact in (
        ("SQ8", False),
        ("PQ3x4", False),
        ("IVF2,PQ3x4", False),
        ("PCA4,Flat", False),
        ("L2norm,Flat", True),
    ):
        store = open_store(index_file("c.faiss", factory))
        assert store.describe().exact is exact
        assert [told.code for told in store.findings] == ([] if exact else ["EK626"])


class Bomb:
    """What runs when it is read as a pickle."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path("exploded"),)


def test_a_pickle_beside_an_index_is_never_read(work: Path) -> None:
    """LangChain keeps ids so, and a pickle can run code."""
    index_file("index.faiss")
    Path("index.faiss.parquet").unlink()
    Path("index.pkl").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(EvalkitError) as caught:
        open_store("faiss://index.faiss")
    assert caught.value.findings[0].code == "EK618"
    assert "INDEX.ids" in str(caught.value)
    assert not (work / "exploded").exists()


def test_an_index_with_ids_of_its_own_needs_none_beside_it() -> None:
    index = faiss.index_factory(store_folders.DIMS, "IDMap,Flat")
    index.add_with_ids(vectors(), np.arange(SIZE) * 3 + 7)
    faiss.write_index(index, "map.faiss")
    store = open_store("faiss://map.faiss")
    np.testing.assert_array_equal(store.fetch(["13"]).vectors, vectors()[[2]])


def test_several_columns_that_could_be_meant_are_told_and_can_be_chosen() -> None:
    parquet.write_table(rows().append_column("model", [["m"] * SIZE]), "two.parquet")
    store = open_store("two.parquet")
    assert dict(store.describe().columns)["version"] == "model_version"
    assert [told.code for told in store.findings] == ["EK619"]
    chosen = open_store("two.parquet", {"version": "model", "tenant": ""})
    assert {group.stratum.version for group in chosen.census()} == {"m"}
    assert {group.stratum.tenant for group in chosen.census()} == {""}
    assert chosen.findings == ()


@pytest.mark.parametrize(
    ("name", "roles", "code"),
    [
        ("no-ids.parquet", {}, "EK618"),
        ("store.parquet", {"version": "modle_version"}, "EK618"),
        ("nowhere", {}, "EK557"),
        ("redis://host#table", {}, "EK102"),
        ("faiss://no-ids.faiss", {}, "EK618"),
    ],
)
def test_what_cannot_be_read_as_a_store_is_told(name: str, roles: dict[str, str], code: str) -> None:
    parquet_file("store.parquet")
    parquet.write_table(rows().drop_columns(["id"]), "no-ids.parquet")
    index = faiss.IndexFlatIP(store_folders.DIMS)
    index.add(vectors())
    faiss.write_index(index, "no-ids.faiss")
    with pytest.raises(EvalkitError) as caught:
        open_store(name, roles)
    assert caught.value.findings[0].code == code


@pytest.mark.parametrize(
    "name",
    [
        "pgvector://me:hunter22@db.example:5432/prod#docs",
        "pgvector://me:hunt/er22@db.example/prod#docs",
        "pgvector://me:hunt#er22@db.example/prod#docs",
        "pgvector://me:hunt?er22@db.example/prod#docs",
        "postgresql://me:hunt@er22@db.example/prod#docs",
        "pgvector://db.example/prod?user=me&password=hunter22&sslmode=require#docs",
        "pgvector://host=db.example password='hunt er22' dbname=prod#docs",
        "pgvector://host=db.example password=hunter22 dbname=prod#docs",
        "qdrant://https://hunter22@db.example:6333#docs",
        "qdrant://https://db.example:6333?api_key=hunter22#docs",
        "chroma://http://me:hunter22@db.example:8000#docs",
        "lancedb://s3://me:hunter22@db.example/folder#docs",
        "lancedb://s3://db.example/folder?aws_secret_access_key=hunter22#docs",
    ],
)
def test_no_secret_is_shown(name: str) -> None:
    spec = StoreSpec.parse(name)
    assert spec.table == "docs"
    assert "db.example" in spec.shown
    for part in ("hunt", "er22"):
        assert part not in spec.shown
        assert part not in without_secrets(f"the driver says: {spec.place}")


@given(secret=st.text("ab%/#?@:&=' ", min_size=4))
def test_whatever_stands_before_the_host_is_hidden(secret: str) -> None:
    shown = shown_place(f"user:{secret}@host:5432/db")
    assert shown == "host:5432/db"


def test_reading_holds_one_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquetfile, "BATCH", 10)
    store = open_store(parquet_file("store.parquet"))
    assert max(len(records) for records in store.stream()) <= 10
