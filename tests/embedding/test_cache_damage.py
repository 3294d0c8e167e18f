"""The cache held against damage and company: the right vector or a miss, told and mended, never another's."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from texts_by_hand import Counting, golden_set

from evalkit.cli import main
from evalkit.embedding import cache as cache_module
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.cachefile import row_digest
from evalkit.embedding.cachefolder import MARKER
from evalkit.embedding.embeddedset import embed
from evalkit.embedding.encoder import Role
from evalkit.errors import EvalkitError, OutputError, UsageError

GOLDEN = golden_set(documents=40)
PLACES = 60


def filled(folder: Path) -> Path:
    cache = VectorCache(folder)
    embed(GOLDEN, Counting(), cache=cache)
    cache.remember("dims:x", "16")
    execute(folder, "pragma wal_checkpoint(truncate)")
    return folder


def execute(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "vectors.sqlite") as database:
        for statement in statements:
            database.execute(statement)
    database.close()


def without_matrices(folder: Path) -> None:
    for path in (folder / "matrices").iterdir():
        path.unlink()


@pytest.mark.long
@pytest.mark.parametrize("pattern", ["vectors.sqlite", "matrices/*.npy", "matrices/*.json"])
def test_no_damage_of_a_stored_file_gives_another_vector(tmp_path: Path, pattern: str) -> None:
    rng = np.random.default_rng(7)
    sound = filled(tmp_path / "sound")
    wanted = embed(GOLDEN, Counting()).corpus.vectors.tolist()
    for number in range(PLACES):
        folder = tmp_path / f"cache{number}"
        shutil.copytree(sound, folder)
        path = min(folder.glob(pattern))
        data = bytearray(path.read_bytes())
        at = int(rng.integers(len(data)))
        data[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(data[:at] if number % 7 == 0 else data)
        if pattern == "vectors.sqlite":
            without_matrices(folder)
        for _ in range(2):
            cache = VectorCache(folder)
            found = embed(GOLDEN, Counting(), cache=cache)
            assert found.corpus.vectors.tolist() == wanted
            assert cache.recall("dims:x") in ("16", None)
            assert {str(space.fingerprint) for space in cache.spaces()} <= {"hash/16", "None"}
        assert embed(GOLDEN, Counting(), cache=VectorCache(folder)).encoded == 0
        shutil.rmtree(folder)


def test_a_vector_under_anothers_name_is_a_miss_and_told(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    without_matrices(folder)
    execute(
        folder,
        "create table swap as select rowid as row, vector, checksum from vectors where rowid in (5, 6)",
        "update vectors set (vector, checksum) = "
        "(select vector, checksum from swap where row = 11 - vectors.rowid) where rowid in (5, 6)",
    )

    found = embed(GOLDEN, Counting(), cache=VectorCache(folder))

    assert found.encoded == 2
    assert found.corpus.vectors.tolist() == embed(GOLDEN, Counting()).corpus.vectors.tolist()
    assert [told.problem for told in found.findings if told.code == "EK360"] == [
        "2 damaged vectors in the cache are made again"
    ]


ODD = {
    "a vector of odd length": "update vectors set vector = x'0102030405' where rowid = 3",
    "a text for a vector": "update vectors set vector = 'abc' where rowid = 3",
    "a checksum that is text": "update vectors set checksum = 'abc' where rowid = 3",
    "a bad role": "update vectors set space = replace(space, 'document', 'documemt') where rowid = 9",
    "a bad role of a space": "update spaces set space = 'x' where rowid = 1",
    "a bad date": "update spaces set used = 99999999999999",
    "a date that is text": "update spaces set used = 'yesterday'",
    "settings of another": """update spaces set settings = replace(settings, '"16"', '"17"')""",
    "settings that are none": "update spaces set settings = '{{'",
    "a note": "update notes set value = replace(value, '16', '17')",
    "no table": "drop table vectors",
    "no column": "alter table vectors rename column text to txet",
}


@pytest.mark.parametrize("statement", ODD.values(), ids=ODD.keys())
def test_odd_rows_are_neither_served_nor_a_crash(
    tmp_path: Path, statement: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = filled(tmp_path / "cache")
    without_matrices(folder)
    execute(folder, statement)
    monkeypatch.setenv("EVALKIT_CACHE", str(folder))

    assert main.run(["cache", "ls"]) == 0
    assert "hash/17" not in capsys.readouterr().out
    cache = VectorCache(folder)
    found = embed(GOLDEN, Counting(), cache=cache)

    assert found.corpus.vectors.tolist() == embed(GOLDEN, Counting()).corpus.vectors.tolist()
    assert cache.recall("dims:x") in ("16", None)
    assert main.run(["cache", "prune", "--all"]) == 0


def test_what_is_sound_in_a_damaged_database_is_saved(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    names = [f"t{number:04}" for number in range(2_000)]
    cache.write(Counting().fingerprint, Role.query, {name: np.ones(16, np.float32) for name in names})
    execute(tmp_path, "pragma wal_checkpoint(truncate)")
    data = bytearray((tmp_path / "vectors.sqlite").read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 8192] = b"\xff" * 8192
    (tmp_path / "vectors.sqlite").write_bytes(data)

    again = VectorCache(tmp_path)
    found = again.read(Counting().fingerprint, Role.query, names)

    assert 1_000 < len(found) < 2_000
    assert "vectors were saved" in again.take_findings()[0].problem


@pytest.mark.long
def test_the_first_opening_by_several_programs_at_once(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import sys, time
        from evalkit.embedding.cache import VectorCache
        time.sleep(max(0, float(sys.argv[2]) - time.time()))
        VectorCache(sys.argv[1]).remember(sys.argv[3], "1")
    """)
    import time  # noqa: PLC0415 - beside the code that reads the same clock

    start = str(time.time() + 3)
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "new"), start, str(number)], stderr=subprocess.PIPE
        )
        for number in range(8)
    ]

    errors = [program.communicate(timeout=60)[1].decode() for program in programs]

    assert errors == [""] * 8
    assert VectorCache(tmp_path / "new").recall("7") == "1"


def test_a_warm_cache_that_cannot_be_written_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = filled(tmp_path)

    def read_only(path: Path) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(cache_module, "prepare", read_only)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    cache = VectorCache(folder)

    assert embed(GOLDEN, Counting(), cache=cache).encoded == 0
    with pytest.raises(OutputError, match="cannot be written"):
        embed(golden_set(documents=41), Counting(), cache=cache)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_foreign_folder_is_neither_made_a_cache_nor_emptied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "indexes" / "production").mkdir(parents=True)
    (tmp_path / "indexes" / "production" / "index.faiss").write_bytes(b"theirs")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(UsageError, match="holds indexes of something else"):
        VectorCache(tmp_path)
    assert main.run(["cache", "prune", "--all", "--cache", str(tmp_path)]) == 2
    assert "EK375" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "options", [["--model", ""], ["--model", " "], ["--unused-days", "-1"], ["--unused-days", "nan"]]
)
def test_a_selection_that_selects_nothing_or_all_by_accident_is_refused(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path)

    assert main.run(["cache", "prune", *options, "--cache", str(tmp_path)]) == 2
    assert "EK376" in capsys.readouterr().err
    assert sum(space.vectors for space in VectorCache(tmp_path).spaces()) == 43


def test_a_cache_is_marked_and_an_older_one_is_marked_when_it_is_opened(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / MARKER).unlink()

    assert embed(GOLDEN, Counting(), cache=VectorCache(tmp_path)).encoded == 0
    assert (tmp_path / MARKER).is_file()


def test_a_digest_covers_whose_vector_it_is() -> None:
    made = {
        row_digest(*of)
        for of in (("s", "t", b"v"), ("s", "u", b"v"), ("r", "t", b"v"), ("s", "t", b"w"), ("st", "", b"v"))
    }

    assert len(made) == 5


def test_nothing_of_a_failed_write_is_an_internal_error(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limit[1]))
    try:
        with pytest.raises(EvalkitError, match="cannot be kept"):
            cache.write(
                Counting().fingerprint, Role.query, {str(n): np.ones(16, np.float32) for n in range(500)}
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
