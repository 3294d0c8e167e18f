"""Parity: missing, stale and foreign vectors are found, in every form of store, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import faiss
import jsonschema
import numpy as np
import pyarrow as pa
import pytest
import store_folders
from hypothesis import given
from hypothesis import strategies as st
from live_stores import lance_folder, sqlite_file
from pyarrow import parquet

from evalkit.auditing.parity import compare_stores
from evalkit.auditing.side import Side
from evalkit.cli import main
from evalkit.reporting.pages.parity import parity_page
from evalkit.reporting.views.html import html
from evalkit.results.parity import ParityResult
from evalkit.results.schemas import schema_of

IDS = [f"d{row:02d}" for row in range(20)]
KINDS = ("missing_in_new", "missing_in_old", "stale", "foreign")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def vectors_of(model: int, ids: list[str], dims: int = 8) -> Any:
    return np.stack(
        [np.random.default_rng([model, int(name[1:])]).standard_normal(dims) for name in ids]
    ).astype("<f4")


def table(name: str, ids: list[str], vectors: Any, **columns: Any) -> str:
    rows = {
        "id": ids,
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1]),
    }
    folder = Path(name)
    folder.mkdir(exist_ok=True)
    parquet.write_table(pa.table({**rows, **columns}), folder / "corpus.parquet")
    return name


def stamp(name: str, model: str, dims: int = 8) -> None:
    Path(name, "fingerprint.json").write_text(json.dumps({"provider": "st", "model": model, "dims": dims}))


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main.run(["parity", *arguments, "--json"])
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(shown, schema_of("parity"))
    return code, shown


def ids_of(shown: dict[str, Any]) -> dict[str, list[str]]:
    for kind in KINDS:
        assert shown[kind]["count"] == shown[kind]["low"] == shown[kind]["high"] == len(shown[kind]["ids"])
    return {kind: shown[kind]["ids"] for kind in KINDS if shown[kind]["ids"]}


def test_equal_stores_are_equal_whatever_their_form(capsys: pytest.CaptureFixture[str]) -> None:
    vectors = vectors_of(1, IDS)
    old = table("old", IDS, vectors)
    turned = list(reversed(range(20)))
    folder = Path("npy")
    folder.mkdir()
    np.save(folder / "corpus.npy", vectors[turned])
    (folder / "corpus.ids").write_text("".join(f"{IDS[row]}\n" for row in turned))
    shards = Path("shards")
    shards.mkdir()
    for number in range(2):
        some = slice(10 * number, 10 * number + 10)
        table(f"part{number}", IDS[some], vectors[some])
        Path(f"part{number}/corpus.parquet").rename(shards / f"shard-0000{number}.parquet")
    for factory in ("Flat", "HNSW8", "IVF2,Flat"):
        index = faiss.index_factory(8, factory)
        index.train(vectors)
        index.add(vectors)
        faiss.write_index(index, f"{factory}.faiss")
        Path(f"{factory}.faiss.ids").write_text("\n".join(IDS))
    stores = (
        "npy", "vectors/old", "shards", "old/corpus.parquet", "faiss://Flat.faiss", "faiss://HNSW8.faiss",
        "faiss://IVF2,Flat.faiss",
    )  # fmt: skip
    for store in stores:
        code, shown = asked(capsys, old, store)
        assert (code, shown["verdict"], ids_of(shown)) == (0, "EQUAL", {}), store


def test_everything_that_differs_is_told_by_id(capsys: pytest.CaptureFixture[str]) -> None:
    digests = [f"{row:032x}" for row in range(20)]
    old = table("old", IDS, vectors_of(1, IDS), text_digest=digests)
    later = [*digests[:3], "f" * 32, *digests[4:]]
    fresh = vectors_of(2, IDS)
    fresh[6] = vectors_of(1, IDS)[6]  # copied, never embedded
    fresh[7] = 0
    kept = [row for row in range(20) if row != 5]
    new = table(
        "new",
        [*[IDS[row] for row in kept], "x99"],
        np.concatenate((fresh[kept], vectors_of(2, ["x99"]))),
        text_digest=[*[later[row] for row in kept], "0" * 32],
    )
    stamp("old", "a")
    stamp("new", "b")
    code, shown = asked(capsys, old, new)
    assert code == 1
    assert ids_of(shown) == {
        "missing_in_new": ["d05"], "missing_in_old": ["x99"], "stale": ["d03"], "foreign": ["d06", "d07"],
    }  # fmt: skip
    assert main.run(["parity", old, new]) == 1
    assert "d05" in capsys.readouterr().out


def test_vectors_of_one_space_must_agree(capsys: pytest.CaptureFixture[str]) -> None:
    old = table("old", IDS, vectors_of(1, IDS))
    mixed = vectors_of(1, IDS)
    mixed[[2, 9]] = vectors_of(3, IDS)[[2, 9]]
    new = table("new", IDS, (5 * mixed).astype(np.float16).astype("<f4"))
    stamp("old", "a")
    stamp("new", "a")
    assert ids_of(asked(capsys, old, new)[1]) == {"foreign": ["d02", "d09"]}


def test_rows_that_name_another_model_are_foreign(capsys: pytest.CaptureFixture[str]) -> None:
    old = table("old", IDS, vectors_of(1, IDS))
    new = table("new", IDS, vectors_of(2, IDS), model_version=["v2"] * 18 + ["v1", None])
    assert ids_of(asked(capsys, old, new)[1]) == {"foreign": ["d18", "d19"]}


def test_stored_texts_tell_what_is_stale(capsys: pytest.CaptureFixture[str]) -> None:
    old = table("old", IDS, vectors_of(1, IDS), text=[f"text {name}" for name in IDS])
    new = table("new", IDS, vectors_of(2, IDS), text=["another", *(f"text {name}" for name in IDS[1:])])
    assert ids_of(asked(capsys, old, new)[1]) == {"stale": ["d00"]}


def test_dates_tell_what_is_stale_and_how_far_behind(capsys: pytest.CaptureFixture[str]) -> None:
    days = [f"2026-03-{row + 1:02d}T00:00:00Z" for row in range(20)]
    old = table("old", IDS, vectors_of(1, IDS), updated_at=days)
    new = table("new", IDS, vectors_of(2, IDS), updated_at=[*days[:10], days[0], *days[11:]])
    code, shown = asked(capsys, old, new)
    assert code == 1
    assert ids_of(shown) == {"stale": ["d10"]}
    assert shown["lag_s"] == 10 * 86_400


def test_shards_are_held_against_the_texts_of_today(capsys: pytest.CaptureFixture[str]) -> None:
    def corpus(changed: str = "") -> None:
        rows = [{"_id": name, "text": f"text {name}"} for name in IDS]
        if changed:
            rows[4]["text"] = changed
        Path("corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    corpus()
    for model, folder in (("hash/16", "old"), ("hash/32", "new")):
        assert main.run(["embed", "corpus.jsonl", "--model", model, "-o", folder]) == 0
    assert ids_of(asked(capsys, "old", "new", "--corpus", "corpus.jsonl")[1]) == {}
    corpus("another text")
    assert ids_of(asked(capsys, "old", "new", "--corpus", "corpus.jsonl")[1]) == {"stale": ["d04"]}
    assert main.run(["embed", "corpus.jsonl", "--model", "hash/32", "-o", "new"]) == 0
    assert ids_of(asked(capsys, "old", "new", "--corpus", "corpus.jsonl")[1]) == {"stale": ["d04"]}
    assert main.run(["embed", "corpus.jsonl", "--model", "hash/16", "-o", "old"]) == 0
    assert asked(capsys, "old", "new", "--corpus", "corpus.jsonl")[0] == 0


@pytest.mark.parametrize(
    "store", ["nowhere", "faiss://nothing.faiss", "empty", "text.parquet", "faiss://short.faiss"]
)
def test_a_store_that_cannot_be_read_is_told(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    Path("text.parquet").write_text("no parquet")
    index = faiss.IndexFlatIP(8)
    index.add(vectors_of(1, IDS))
    faiss.write_index(index, "short.faiss")
    Path("short.faiss.ids").write_text("one\n")
    old = table("old", IDS, vectors_of(1, IDS))
    assert main.run(["parity", old, store]) == 2
    assert "error[EK" in capsys.readouterr().err


def test_an_id_that_stands_twice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    old = table("old", [*IDS, "d03"], vectors_of(1, [*IDS, "d03"]))
    assert main.run(["parity", old, old]) == 2
    assert "EK557" in capsys.readouterr().err


@given(old=st.sets(st.sampled_from(IDS), min_size=1), new=st.sets(st.sampled_from(IDS), min_size=1))
def test_what_either_side_lacks_is_the_difference_of_sets(old: set[str], new: set[str]) -> None:
    sides = [Side(name="s", ids=tuple(sorted(ids)), vectors=vectors_of(1, sorted(ids))) for ids in (old, new)]
    found = compare_stores(sides[0], sides[1])
    assert set(found.missing_in_new.ids) == old - new
    assert set(found.missing_in_old.ids) == new - old
    assert found.holds == (old == new)


def test_a_page_and_a_record_are_two_views_of_one_check(capsys: pytest.CaptureFixture[str]) -> None:
    digests = [f"{row:032x}" for row in range(20)]
    table("old", IDS, vectors_of(1, IDS), text_digest=digests)
    table("new", IDS[:-2], vectors_of(1, IDS[:-2]), text_digest=["0" * 32, *digests[1:-2]])
    assert main.run(["parity", "old", "new", "-o", "found", "-o", "alone.html"]) == 1
    told = capsys.readouterr().out
    assert "d18, d19" in told
    record = json.loads(Path("found/result.json").read_text())
    assert ParityResult.of(record).to_json() == record
    page = Path("found/report.html").read_text()
    assert page == html(parity_page(ParityResult.of(record))) == Path("alone.html").read_text()
    for part in ("DIFFERENT", "2 missing in the new store", "d19", "Reproduce"):
        assert part in page
    assert main.run(["report", "found"]) == 0
    assert Path("found/report.html").read_text() == page


def test_a_page_of_equal_stores_names_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    table("old", IDS, vectors_of(1, IDS))
    assert main.run(["parity", "old", "old", "-o", "found"]) == 0
    capsys.readouterr()
    assert "Nothing differs." in Path("found/report.html").read_text()


def test_a_sample_bounds_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"d{row:04d}" for row in range(1_000)]
    held = vectors_of(1, names)
    old = table("old", names, held)
    mixed = held.copy()
    mixed[:200] = vectors_of(3, names)[:200]
    new = table("new", names[5:], mixed[5:])
    stamp("old", "a")
    stamp("new", "a")
    code, shown = asked(capsys, old, new, "--sample", "100")
    assert code == 1
    assert shown["missing_in_new"]["count"] == shown["missing_in_new"]["high"] == 5
    foreign = shown["foreign"]
    assert foreign["count"] < 60
    assert foreign["low"] < 195 < foreign["high"] < 400
    assert set(foreign["ids"]) <= set(names[5:200])
    assert asked(capsys, old, new, "--sample", "100")[1]["foreign"] == foreign
    whole = asked(capsys, old, new, "--sample", "5000")[1]["foreign"]
    assert (whole["low"], whole["count"], whole["high"]) == (195, 195, 195)


def test_live_stores_are_held_against_folders(capsys: pytest.CaptureFixture[str]) -> None:
    store_folders.parquet_file("old.parquet")
    stores = [sqlite_file(), lance_folder(), store_folders.index_file("new.faiss")]
    for store in stores:
        code, shown = asked(capsys, "old.parquet", store)
        assert set(shown["foreign"]["why"]) == {"says '', not 'v1'", "says 'v2', not 'v1'"}
        assert (code, shown["missing_in_new"]["count"], shown["stale"]["count"]) == (1, 0, 0)
        assert asked(capsys, "old.parquet", f"{store.partition('#')[0]}#docs?version=")[0] == 0
        sampled = asked(capsys, "old.parquet", f"{store.partition('#')[0]}#docs?version=", "--sample", "9")[1]
        assert (sampled["verdict"], sampled["foreign"]["count"]) == ("EQUAL", 0)
        assert sampled["foreign"]["high"] > 0
