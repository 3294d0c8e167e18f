"""Shards and vectors at a URL: those of a folder, to the bit, on a server that speaks as S3 does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from buckets import failed, here, place, remove, result, set_keys, there
from clusters import HERE, s3_server
from support_sets import write_golden
from test_shared_embedding import (
    assert_each_once,
    corpus,
    embedded,
    forget_notes,
    noted,
    started,
    texts_of,
    wait_until,
)

from evalkit.auditing.stores.opening import open_store
from evalkit.embedding.backfill.places import mark_of
from evalkit.embedding.mirror import local_name, mirrored


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("moto", reason="moto is not installed")
    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own; workers find the model beside these tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(HERE))
    (tmp_path / "notes").mkdir()
    return tmp_path


@pytest.fixture
def bucket(server: str, work: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of its own for a test."""
    import s3fs  # noqa: PLC0415 - an extra

    set_keys(monkeypatch, server)
    name = re.sub(r"[^a-z0-9]", "-", work.name.lower())
    s3fs.S3FileSystem().mkdir(name)
    return f"s3://{name}"


@pytest.mark.long
def test_what_lies_in_a_bucket_is_what_lies_in_a_folder(
    bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_golden(Path("support"))
    options = ("embed", "support", "--model", "lsa/8", "--shard-rows", "30")
    for where, more in (("one", ()), (f"{bucket}/one", ()), (f"{bucket}/two", ("--on", "local:2"))):
        found = result(capsys, *options, "-o", where, *more)
        assert found["folder"] == where
        assert found["complete"]
        assert result(capsys, *options, "-o", where, *more)["embedded"] == 0
    assert len(here("one")) > 5
    assert here("one") == there(f"{bucket}/one") == there(f"{bucket}/two")


@pytest.mark.long
@pytest.mark.parametrize("on", [(), ("--on", "local:2")])
def test_vectors_of_a_bucket_give_the_results_of_a_folder(
    on: tuple[str, ...], bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_golden(Path("support"))
    for model in ("hash/64", "lsa/8"):
        for where in ("", f"{bucket}/"):
            folder = f"{where}{model.replace('/', '-')}"
            result(capsys, "embed", "support", "--model", model, "-o", folder, "--shard-rows", "30")
    one, two = ("hash-64", "lsa-8")
    for command in (
        ("run", "support", "--model", "vectors/%hash-64"),
        ("compare", "support", "--baseline", "vectors/%hash-64", "--candidate", "vectors/%lsa-8"),
        ("mix", "support", "--old", "vectors/%hash-64", "--new", "vectors/%lsa-8", "--align", "pad"),
    ):
        texts = []
        for where, more in (("", ()), (f"{bucket}/", on)):
            found = result(capsys, *(part.replace("%", where) for part in command), *more)
            texts.append(json.dumps(found, sort_keys=True).replace(f"vectors/{where}", "vectors/"))
        assert texts[0] == texts[1]
    copies = {path.name for path in (Path("cache") / "remote").iterdir()}
    assert copies == {local_name(place(f"{bucket}/{name}")) for name in (one, two)}


@pytest.mark.long
def test_a_killed_command_goes_on_in_the_bucket(bucket: str) -> None:
    source, folder = corpus(400), place(f"{bucket}/S")
    driver = started(source, "local:2", output=str(folder))
    wait_until(lambda: len(list(folder.glob("shard-*.parquet"))) >= 3)
    driver.kill()
    driver.communicate()
    kept = texts_of(folder)
    forget_notes()
    again = started(source, "local:2", seconds=0, output=str(folder))
    told, _ = again.communicate(timeout=60)
    found = json.loads(told)
    assert again.returncode == 0
    assert found["kept"] >= len(kept)
    assert found["kept"] + found["embedded"] == 400
    assert not kept & noted().keys()
    assert_each_once(folder, 400)


def test_another_machine_goes_on_where_this_one_stopped(
    bucket: str, work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, options = corpus(130), ("--model", "hash/16", "-o", f"{bucket}/S")
    assert embedded(capsys, source, *options)[1]["embedded"] == 130
    monkeypatch.setenv("EVALKIT_CACHE", str(work / "other"))
    assert embedded(capsys, corpus(150, mark=" changed"), *options)[1]["changed"] > 0
    monkeypatch.setenv("EVALKIT_CACHE", str(work / "cache"))
    assert embedded(capsys, Path("corpus.jsonl"), *options)[1]["embedded"] == 0
    other = embedded(capsys, Path("corpus.jsonl"), "--model", "hash/16", "-o", "one")[1]
    assert other["embedded"] == 150


def test_a_shard_that_has_vanished_is_told_and_made_again(
    bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_golden(Path("support"))
    options = ("--model", "hash/64", "-o", f"{bucket}/S")
    run = ("run", "support", "--model", f"vectors/{bucket}/S")
    embedded(capsys, "support", *options)
    before, one = there(f"{bucket}/S"), result(capsys, *run)
    remove(f"{bucket}/S/shard-00001.parquet")
    code, told = failed(capsys, *run)
    assert code == 2
    assert "EK341" in told
    found = embedded(capsys, "support", *options)[1]
    assert found["embedded"] == 40
    assert [finding["code"] for finding in found["findings"]] == ["EK725"]
    assert sorted(there(f"{bucket}/S").values()) == sorted(before.values())
    assert measured(result(capsys, *run)) == measured(one)


def test_a_bucket_that_was_emptied_is_begun_anew(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    source, options = corpus(100), ("-o", f"{bucket}/S")
    assert embedded(capsys, source, "--model", "hash/16", *options)[1]["embedded"] == 100
    for name in there(f"{bucket}/S"):
        remove(f"{bucket}/S/{name}")
    found = embedded(capsys, source, "--model", "hash/32", *options)[1]
    assert (found["embedded"], found["findings"]) == (100, [])


def test_only_what_has_changed_is_fetched_again(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--model", "hash/16", "-o", f"{bucket}/S")
    embedded(capsys, corpus(120), *options)
    folder = mirrored(place(f"{bucket}/S"))
    fetched = {path.name: path.stat().st_ino for path in folder.iterdir()}
    mirrored(place(f"{bucket}/S"))
    assert {path.name: path.stat().st_ino for path in folder.glob("*.parquet")}.items() <= fetched.items()
    embedded(capsys, corpus(120, mark=" changed"), *options)
    (folder / "shard-00001.parquet").write_bytes(b"cut off")
    mirrored(place(f"{bucket}/S"))
    shards = {name: digest for name, digest in there(f"{bucket}/S").items() if name.startswith("shard")}
    assert {name: digest for name, digest in here(str(folder)).items() if name.startswith("shard")} == shards


def test_another_content_of_one_size_is_another_file(bucket: str) -> None:
    file = place(f"{bucket}/S/corpus.npy")
    marks, copies = [], []
    for content in (b"one", b"two", b"one"):
        file.write_bytes(content)
        marks.append(mark_of(file))
        copies.append((mirrored(place(f"{bucket}/S")) / "corpus.npy").read_bytes())
    assert marks[0] == marks[2] != marks[1]
    assert copies == [b"one", b"two", b"one"]


@pytest.mark.parametrize("command", ["embed", "run"])
def test_a_bucket_that_is_not_there_is_told_before_anything_is_embedded(
    command: str, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del bucket  # another one
    write_golden(Path("support"))
    where = (
        ("hash/64", "-o", "s3://absent-bucket/S") if command == "embed" else ("vectors/s3://absent-bucket/S",)
    )
    code, told = failed(capsys, command, "support", "--model", *where)
    assert code == 2
    assert "EK770" in told
    assert "The specified bucket does not exist" in told


def test_any_place_that_fsspec_knows_will_do(capsys: pytest.CaptureFixture[str], work: Path) -> None:
    write_golden(Path("support"))
    options = ("embed", "support", "--model", "hash/64", "--shard-rows", "30")
    run = ("run", "support", "--model")
    result(capsys, *options, "-o", "one")
    for url in (f"memory://{work.name}/one", f"file://{work}/two/one"):
        result(capsys, *options, "-o", url)
        assert there(url) == here("one")
        texts = [
            json.dumps(result(capsys, *run, f"vectors/{where}")).replace(f"vectors/{where}", "vectors")
            for where in ("one", url)
        ]
        assert texts[0] == texts[1]


def test_shards_at_a_url_are_a_store_that_is_audited(capsys: pytest.CaptureFixture[str], work: Path) -> None:
    write_golden(Path("support"))
    url = f"memory://{work.name}/one"
    for where in ("one", url):
        result(capsys, "embed", "support", "--model", "hash/64", "-o", where)
    stores = [open_store(f"vectors/{where}") for where in ("one", url)]
    one, other = (store.fetch([f"d{at:03d}" for at in range(9)]) for store in stores)
    assert len(one.ids) == 9
    assert one.ids == other.ids
    assert np.asarray(one.vectors).tobytes() == np.asarray(other.vectors).tobytes()


def test_names_that_lead_out_of_the_copy_are_left_alone(work: Path) -> None:
    import fsspec  # noqa: PLC0415 - an extra

    memory = fsspec.filesystem("memory")
    root = f"/{work.name}"
    for name in (
        "corpus.npy",
        "../out.npy",
        "queries/../../out.npy",
        "notes.txt",
        "other/corpus.npy",
        ".hidden.npy",
    ):
        memory.store[f"{root}/{name}"] = fsspec.implementations.memory.MemoryFile(
            memory, f"{root}/{name}", b"x"
        )
    folder = mirrored(place(f"memory:/{root}"))
    assert sorted(path.name for path in folder.parent.rglob("*") if path.is_file()) == [
        ".versions.json",
        "corpus.npy",
    ]


def measured(found: dict[str, Any]) -> list[object]:
    """Return what was measured, apart from the digest of vectors, which stand in another order."""
    return [system["measures"] for system in found["systems"].values()]
