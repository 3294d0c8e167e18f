"""What goes wrong with Qdrant: lengths that were changed, locks, late fields, keys, addresses."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from live_stores import SECRET, code_of, fill_qdrant, qdrant_folder
from qdrant_by_hand import serving
from qdrant_client import QdrantClient, models
from store_folders import DIMS, SIZE, TEXTS, VERSIONS, vectors

from evalkit.auditing.stores import qdrant
from evalkit.auditing.stores.counting import rank
from evalkit.auditing.stores.opening import open_store
from evalkit.auditing.stores.store import Store

IDS = [str(row) for row in range(SIZE)]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QDRANT_API_KEY", raising=False)
    return tmp_path


@pytest.fixture(params=["folder", "server"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "folder":
        with closing(open_store(qdrant_folder())) as opened:
            yield opened
        return
    engine = QdrantClient(":memory:")
    fill_qdrant(engine)
    with serving(engine) as (place, writes), closing(open_store(f"qdrant://{place}#docs")) as opened:
        yield opened
        assert writes == []


def test_records_are_counted_drawn_fetched_and_streamed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = store.describe()
    assert (told.count, told.width, told.metric, told.normalised) == (SIZE, DIMS, "dot", False)
    assert dict(told.columns)["version"] == "model_version"
    counts: dict[str, int] = {}
    for group in store.census():
        counts[group.stratum.version] = counts.get(group.stratum.version, 0) + group.count
    assert counts == {name or "": VERSIONS.count(name) for name in set(VERSIONS)}
    assert store.sample({None: 9}, 3)[None] == tuple(sorted(IDS, key=lambda name: rank(3, name)))[:9]
    found = store.fetch(["41", "nobody", "900", "7"])
    assert found.ids == ("41", "7")
    assert found.texts == (TEXTS[41], TEXTS[7])
    np.testing.assert_array_equal(found.vectors, vectors()[[41, 7]])
    monkeypatch.setattr(qdrant, "PAGE", 7)
    batches = list(store.stream())
    assert [name for records in batches for name in records.ids] == IDS
    for at, records in enumerate(batches):
        rest = [name for later in store.stream(records.checkpoint, vectors=False) for name in later.ids]
        assert rest == [name for later in batches[at + 1 :] for name in later.ids]


def test_cosine_collections_say_that_they_change_lengths() -> None:
    with closing(open_store(qdrant_folder(distance=models.Distance.COSINE))) as folder:
        assert folder.describe().normalised is None
    engine = QdrantClient(":memory:")
    fill_qdrant(engine, models.Distance.COSINE)
    with serving(engine) as (place, _), closing(open_store(f"qdrant://{place}#docs")) as store:
        assert store.describe().normalised
        np.testing.assert_allclose(np.linalg.norm(store.fetch(IDS).vectors, axis=1), 1, rtol=1e-5)


def test_more_versions_than_a_facet_shows_are_counted_exactly() -> None:
    """Qdrant's own counts stop at ten values, and are estimates, where nobody says otherwise."""
    client = QdrantClient(path="many")
    client.create_collection("docs", vectors_config=models.VectorParams(size=2, distance=models.Distance.DOT))
    payloads = [{"model": f"m{row % 23}"} for row in range(230)]
    client.upsert("docs", models.Batch(ids=list(range(230)), vectors=[[1.0, 2.0]] * 230, payloads=payloads))
    client.close()
    with closing(open_store("qdrant://many")) as store:
        assert {group.stratum.version: group.count for group in store.census()} == {
            f"m{number}": 10 for number in range(23)
        }


def test_a_folder_that_another_program_holds_is_told() -> None:
    name = qdrant_folder()
    holder = QdrantClient(path="qdrant")
    try:
        assert code_of(name) == "EK624"
    finally:
        holder.close()
    with closing(open_store(name)) as store:
        assert store.describe().count == SIZE
    with closing(open_store(name)) as again:  # the lock is given back
        assert again.describe().count == SIZE


def test_points_without_the_vector_and_ids_of_both_kinds() -> None:
    names = [str(uuid.UUID(int=row)) for row in range(5)]
    client = QdrantClient(path="named")
    sizes = {"a": models.VectorParams(size=2, distance=models.Distance.DOT)}
    client.create_collection(
        "docs", vectors_config={**sizes, "b": models.VectorParams(size=3, distance=models.Distance.DOT)}
    )
    both = {"a": [1.0, 2.0], "b": [1.0, 2.0, 3.0]}
    points = [models.PointStruct(id=row, vector=both) for row in range(3)]
    points += [models.PointStruct(id=name, vector={"b": [1.0, 2.0, 3.0]}) for name in names]
    client.upsert("docs", points)
    client.close()
    assert code_of("qdrant://named#docs") == "EK620"
    assert code_of("qdrant://named#docs", vector="c") == "EK618"
    with closing(open_store("qdrant://named#docs", {"vector": "a"})) as store:
        assert sorted((group.width, group.count) for group in store.census()) == [(0, 5), (2, 3)]
        found = store.fetch(["1", names[2]])
        assert (found.ids, found.widths.tolist()) == (("1", names[2]), [2, 0])
        assert sum(map(len, store.stream())) == 8


@pytest.mark.parametrize("whole", [False, True])
def test_ids_that_lie_in_the_payload_are_the_ids_where_somebody_says_so(
    monkeypatch: pytest.MonkeyPatch,
    whole: bool,  # noqa: FBT001 - a case
) -> None:
    """Points have numbers or UUIDs for ids, and the ids of documents lie beside the texts."""
    monkeypatch.setattr(qdrant, "PAGE", 7)
    client = QdrantClient(path="inside")
    client.create_collection("docs", vectors_config=models.VectorParams(size=2, distance=models.Distance.DOT))
    payloads = [{"metadata": {"doc": 1000 + row if whole else f"d-{row}"}} for row in range(20)]
    vectors = [[float(row), 1.0] for row in range(20)]
    client.upsert("docs", models.Batch(ids=list(range(20)), vectors=vectors, payloads=payloads))
    client.close()
    wanted = ["1013", "1004"] if whole else ["d-13", "d-4"]
    with closing(open_store("qdrant://inside#docs?id=metadata.doc")) as store:
        assert dict(store.describe().columns)["id"] == "metadata.doc"
        drawn = store.sample({None: 9}, 1)[None]
        assert len(store.fetch(drawn)) == 9
        found = store.fetch([wanted[0], "nobody", wanted[1]])
        assert (found.ids, found.vectors[:, 0].tolist()) == (tuple(wanted), [13.0, 4.0])
        assert sum(map(len, store.stream())) == sum(group.count for group in store.census()) == 20
    assert code_of("qdrant://inside#docs", id="metadata.dco") == "EK618"
    client = QdrantClient(path="inside")
    client.upsert("docs", [models.PointStruct(id=99, vector=[1.0, 2.0], payload={"metadata": {}})])
    client.close()
    assert code_of("qdrant://inside#docs", id="metadata.doc") == "EK618"


def test_fields_that_only_late_points_have_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qdrant, "PAGE", 40)
    client = QdrantClient(path="late")
    client.create_collection("docs", vectors_config=models.VectorParams(size=2, distance=models.Distance.DOT))
    late = [{"metadata": {"model": "new"}} if row >= 40 else {} for row in range(SIZE)]
    client.upsert(
        "docs",
        models.Batch(ids=list(range(SIZE)), vectors=[[1.0, 2.0]] * SIZE, payloads=late),
    )
    client.close()
    with closing(open_store("qdrant://late")) as store:
        found = {group.stratum.version: group.count for group in store.census()}
    assert found == {"": 40, "new": 20}


def test_a_server_without_samples_and_with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = QdrantClient(":memory:")
    fill_qdrant(engine)
    with serving(engine, key=SECRET, samples=False) as (place, _):
        assert code_of(f"qdrant://{place}#docs") == "EK625"
        monkeypatch.setenv("QDRANT_API_KEY", SECRET)
        with closing(open_store(f"qdrant://http://{place}#docs")) as store:
            assert store.describe().count == SIZE
            assert SECRET not in str(store.describe())
        assert code_of(f"qdrant://{place}#dosc") == "EK617"
        assert code_of(f"qdrant://{SECRET}@{place}#docs") == "EK615"
        assert code_of(f"qdrant://{place}?api_key={SECRET}#docs") == "EK615"


def test_what_is_no_store_is_told(work: Path) -> None:
    assert code_of("qdrant://127.0.0.1:1#docs") == "EK616"
    assert code_of("qdrant://./nowhere#docs") == "EK557"
    Path("folder").mkdir()
    assert code_of("qdrant://folder#docs") == "EK557"
    assert not (work / "nowhere").exists()
    assert list(Path("folder").iterdir()) == []
