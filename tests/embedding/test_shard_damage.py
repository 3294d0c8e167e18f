"""Shards and their checkpoint with bits that nobody wrote: told, or embedded again; never another vector."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support_sets import write_golden

from evalkit.arrays import Vectors
from evalkit.auditing.stores.parquetfile import open_parquet
from evalkit.cli import main
from evalkit.embedding.backfill.checkpoint import Checkpoint
from evalkit.embedding.backfill.shards import Shard, read_shard, write_shard
from evalkit.embedding.vectorfiles.parquet import read_parquet
from evalkit.embedding.vectorfiles.table import VectorColumns
from evalkit.errors import ModelError

EMBED = ("embed", "set", "--model", "hash/16", "-o", "shards", "--shard-rows", "500")
READING = (
    "run set --model vectors/shards",
    "parity shards shards",
    "compare set --baseline hash/16 --candidate vectors/shards",
)
IDS = tuple(f"d{row}" for row in range(50))
VECTORS = np.random.default_rng(4).standard_normal((50, 8)).astype(np.float32)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "kept"))
    write_golden(tmp_path / "set", queries=6)
    return tmp_path


@settings(max_examples=60)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_in_a_shard_is_told_or_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, at: float, bit: int
) -> None:
    path = tmp_path_factory.mktemp("shard") / "shard-00000.parquet"
    write_shard(path, Shard(IDS, VECTORS, IDS), fingerprint="f", half=False)
    data = bytearray(path.read_bytes())
    data[int(at * len(data))] ^= 1 << bit
    path.write_bytes(data)

    for of_backfill in (True, False):
        try:
            found = read_shard(path).vectors if of_backfill else read_parquet(path, VectorColumns()).values
        except ModelError:
            continue
        assert np.array_equal(np.asarray(found), VECTORS)


def test_the_numbers_of_a_shard_have_a_checksum(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(EMBED) == 0
    (path,) = (work / "shards").glob("*.parquet")
    column = pq.ParquetFile(path).metadata.row_group(0).column(1)
    data = bytearray(path.read_bytes())
    begin = column.dictionary_page_offset or column.data_page_offset
    data[begin + column.total_compressed_size - 3] ^= 1
    path.write_bytes(data)

    for line in READING:
        assert main.run(line.split()) == 2
        told = capsys.readouterr().err
        assert "error[EK" in told
        assert "EK900" not in told


DAMAGES = {
    "a bit of a vector": "UPDATE pending SET vector = zeroblob(length(vector)) WHERE seq = 1",
    "a vector that is cut": "UPDATE pending SET vector = substr(vector, 1, 7) WHERE seq = 1",
    "another vector": "UPDATE pending SET vector = (SELECT vector FROM pending WHERE seq = 2) WHERE seq = 1",
    "another id": "UPDATE pending SET id = 'd119' WHERE seq = 1 AND id != 'd119'",
    "a digest": "UPDATE pending SET digest = (SELECT digest FROM pending WHERE seq = 2) WHERE seq = 1",
    "a text in its place": "UPDATE pending SET vector = 'x' WHERE seq = 1",
    "nothing in its place": "UPDATE pending SET vector = NULL, seal = NULL WHERE seq = 1",
}


def values(folder: Path) -> dict[str, Vectors]:
    """Return the vectors of a folder of shards by id."""
    shards = [read_shard(path) for path in sorted(folder.glob("*.parquet"))]
    return {
        name: row for shard in shards for name, row in zip(shard.ids, np.asarray(shard.vectors), strict=True)
    }


def wait(whole: Path, folder: Path) -> None:
    """Leave a folder as a kill does: the first vectors of a shard wait for the others."""
    folder.mkdir()
    shutil.copy(whole / "fingerprint.json", folder)
    (path,) = whole.glob("*.parquet")
    shard = read_shard(path)
    checkpoint = Checkpoint(folder)
    checkpoint.keep(shard.ids[:5], shard.digests[:5], np.asarray(shard.vectors, dtype=np.float32)[:5])
    checkpoint.close()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_waiting_vector_that_is_not_as_it_was_kept_is_embedded_again(
    damage: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run((*EMBED[:5], "whole")) == 0
    wait(work / "whole", work / "shards")
    base = sqlite3.connect(work / "shards" / "checkpoint.sqlite")
    base.execute(damage)
    base.commit()
    base.close()

    assert main.run(EMBED) == 0
    assert "embedded again" in capsys.readouterr().err
    found, right = values(work / "shards"), values(work / "whole")
    assert found.keys() == right.keys()
    assert all(np.array_equal(found[name], right[name]) for name in right)


def test_what_waits_in_a_checkpoint_of_an_older_layout_is_embedded_again(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It had no seal: nothing tells whether a waiting vector is as it was kept, and whose."""
    assert main.run((*EMBED[:5], "whole")) == 0
    wait(work / "whole", work / "shards")
    with sqlite3.connect(work / "shards" / "checkpoint.sqlite") as base:
        base.execute("UPDATE pending SET vector = zeroblob(length(vector)) WHERE seq = 2")
        base.execute("ALTER TABLE pending DROP COLUMN seal")
    base.close()

    assert main.run(EMBED) == 0
    assert "5 texts were embedded again" in " ".join(capsys.readouterr().err.split())  # folded or not
    found, right = values(work / "shards"), values(work / "whole")
    assert found.keys() == right.keys()
    assert all(np.array_equal(found[name], right[name]) for name in right)


STRANGE = {
    "another column": "ALTER TABLE done RENAME COLUMN digest TO other",
    "another table": "DROP TABLE meta; CREATE TABLE meta (a)",
    "a view": "DROP TABLE shards; CREATE VIEW shards AS SELECT 1 AS number, 2 AS size",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON done BEGIN SELECT RAISE(ABORT, 'no'); END",
}


@pytest.mark.parametrize("sql", STRANGE.values(), ids=STRANGE.keys())
def test_a_checkpoint_that_nobody_wrote_so_is_told(
    sql: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run((*EMBED[:5], "whole")) == 0
    wait(work / "whole", work / "shards")
    base = sqlite3.connect(work / "shards" / "checkpoint.sqlite")
    base.executescript(sql)
    base.close()

    assert main.run(EMBED) == 2
    assert "error[EK726]" in capsys.readouterr().err


@pytest.mark.parametrize("page", range(1, 8))
def test_damage_deep_in_a_checkpoint_is_no_bug(
    page: int, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run((*EMBED[:5], "whole")) == 0
    wait(work / "whole", work / "shards")
    path = work / "shards" / "checkpoint.sqlite"
    data = bytearray(path.read_bytes())
    data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)

    code, told = main.run(EMBED), capsys.readouterr().err
    assert code == 0 or "error[EK726]" in told, told
    if code == 0:
        found, right = values(work / "shards"), values(work / "whole")
        assert all(np.array_equal(found[name], right[name]) for name in right)


def damaged(path: Path, before: bytes, after: bytes) -> None:
    """Replace bytes of a file where they stand once."""
    data = path.read_bytes()
    at = data.index(before)
    path.write_bytes(data[:at] + after + data[at + len(before) :])


# Bytes in the end of a shard, and what one bit makes of them: names, the type of numbers (no number at all).
TWICE = {
    "text_digest": (b"\x18\x0btext_digest", b"\x18\x0buext_digest"),
    "vector": (b"\x18\x06vector", b"\x18\x06wector"),
    "id": (b"\x18\x02id", b"\x18\x02hd"),
    "type": (b"\x15\x08\x25\x02\x18\x07element", b"\x15\x00\x25\x02\x18\x07element"),
}


@pytest.mark.parametrize("name", TWICE)
def test_what_the_end_of_a_shard_tells_twice_is_told_whoever_reads(
    name: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(EMBED) == 0
    shard = work / "shards" / "shard-00000.parquet"
    data = shard.read_bytes()
    end = len(data) - 8 - pq.ParquetFile(shard).metadata.serialized_size
    before, after = TWICE[name]
    assert before in data[end:]
    shard.write_bytes(data[:end] + data[end:].replace(before, after, 1))
    capsys.readouterr()

    for line in ("run set --model vectors/shards", "parity shards shards", "audit shards --expect hash/16"):
        assert main.run(line.split()) == 2
        told = capsys.readouterr().err
        assert "error[EK" in told
        assert "at once" in told
    with pytest.raises(ModelError, match="at once"):  # as where embed goes on with it
        read_shard(shard)


def test_a_damaged_count_of_rows_is_told(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(EMBED) == 0
    table = pq.read_table(work / "shards" / "shard-00000.parquet")
    short = work / "short.parquet"
    pq.write_table(table, short)
    store = open_parquet("short", short, {})
    lying = replace(store, files=((short, table.num_rows + 4),))
    with pytest.raises(ModelError, match="rows by its end") as raised:
        list(lying.stream())
    assert raised.value.findings[0].code == "EK557"
    assert sum(len(records.ids) for records in store.stream()) == table.num_rows
    capsys.readouterr()


@pytest.mark.parametrize("table", ["meta", "shards", "done", "pending"])
def test_a_name_in_a_checkpoint_that_is_no_utf8_is_no_bug(
    table: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(EMBED) == 0
    checkpoint = work / "shards" / "checkpoint.sqlite"
    text = f"table{table}{table}".encode()
    odd = f"table{table[:-1]}".encode() + bytes([ord(table[-1]) | 0x80]) + table.encode()
    damaged(checkpoint, text, odd)
    capsys.readouterr()
    assert main.run(EMBED) in (0, 2)
    told = capsys.readouterr().err
    assert "EK900" not in told
    assert "EK726" in told


def test_a_name_in_a_cache_that_is_no_utf8_is_no_bug(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["run", "set", "--model", "hash/16", "--json"]
    assert main.run(line) == 0
    right = json.loads(capsys.readouterr().out)["systems"]
    base = work / "kept" / "vectors.sqlite"
    with contextlib.closing(sqlite3.connect(base)) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    damaged(base, b"tablemakersmakers", b"tablemaker\xf3makers")
    assert main.run(line) == 0
    told = capsys.readouterr()
    assert "EK900" not in told.err
    assert json.loads(told.out)["systems"].keys() == right.keys()
