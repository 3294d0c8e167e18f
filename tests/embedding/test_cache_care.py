"""Care of the cache: what it holds, who made it, what goes, and caches of older layouts."""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from texts_by_hand import Counting, golden_set

from evalkit.digests import digest_text
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.cachefolder import mark
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.errors import OutputError, UsageError
from evalkit.findings import Severity

DAY_S = 86_400


@dataclass(frozen=True)
class Produced(Counting):
    """The hashing encoder, which says that it depends on numpy and on something that is not here."""

    libraries: tuple[str, ...] = ("numpy", "nothing-of-this-name")


def other(model: str) -> Counting:
    return Counting(replace(Counting().fingerprint, model=model))


def age(cache: VectorCache, fingerprint: Fingerprint, days: float) -> None:
    """Make it look as if a model had not been used for some days."""
    with sqlite3.connect(cache.folder / "vectors.sqlite") as database:
        database.execute(
            "update spaces set used = ? where space like ?",
            (int(time.time() - days * DAY_S), f"{fingerprint.digest}%"),
        )
    database.close()


def execute(cache: Path, statement: str) -> None:
    with sqlite3.connect(cache / "vectors.sqlite") as database:
        database.execute(statement)
    database.close()


def test_each_model_and_role_is_told_with_what_it_takes(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Counting(), cache=cache)
    embed(golden_set(documents=9), other("17"), cache=cache)

    spaces = {(str(space.fingerprint), space.role): space for space in cache.spaces()}

    assert {key: space.vectors for key, space in spaces.items()} == {
        ("hash/16", Role.query): 3,
        ("hash/16", Role.document): 5,
        ("hash/17", Role.query): 3,
        ("hash/17", Role.document): 9,
    }
    document = spaces["hash/16", Role.document]
    assert document.fingerprint == Counting().fingerprint
    assert document.digest == Counting().fingerprint.digest
    assert 2 * 5 * 16 * 4 < document.size_bytes < 2 * 5 * 16 * 4 + 400
    assert abs(document.used - time.time()) < DAY_S


def test_the_size_is_that_of_all_files(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Counting(), cache=cache)
    (tmp_path / "indexes").mkdir()
    (tmp_path / "indexes" / "index.faiss").write_bytes(b"x" * 12_345)

    wanted = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())

    assert cache.size_bytes == wanted > 12_345


def test_pruning_by_digest_removes_one_model_and_no_other(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Counting(), cache=cache)
    embed(golden_set(), other("17"), cache=cache)

    removed = cache.prune(digest=other("17").fingerprint.digest[:8].upper())

    assert {(space.digest, space.role) for space in removed} == {
        (other("17").fingerprint.digest, role) for role in Role
    }
    assert embed(golden_set(), Counting(), cache=cache).encoded == 0
    assert embed(golden_set(), other("17"), cache=cache).encoded == 8


def test_pruning_by_age_removes_what_nobody_used(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    for encoder in (Counting(), other("17")):
        embed(golden_set(), encoder, cache=cache)
        age(cache, encoder.fingerprint, days=31)
    embed(golden_set(), Counting(), cache=cache)

    removed = cache.prune(unused_days=30)

    assert {space.digest for space in removed} == {other("17").fingerprint.digest}


def test_both_conditions_must_hold(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Counting(), cache=cache)

    assert cache.prune(digest="", unused_days=1) == ()
    assert len(cache.prune(digest="")) == 2
    assert cache.spaces() == ()
    assert list((tmp_path / "matrices").iterdir()) == []


def test_without_a_condition_nothing_is_removed(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Counting(), cache=cache)

    with pytest.raises(UsageError, match="which vectors are to go"):
        cache.prune()
    assert len(cache.spaces()) == 2


def test_pruning_gives_room_back_and_clears_what_was_left_behind(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(documents=2000), Counting(), cache=cache)
    before = cache.size_bytes
    (tmp_path / "vectors.damaged").write_bytes(b"x")
    old, fresh = tmp_path / "matrices" / "a.npy.1.part", tmp_path / "matrices" / "b.npy.2.part"
    for draft in (old, fresh):
        draft.write_bytes(b"x")
    os.utime(old, (0, 0))

    cache.prune(digest=Counting().fingerprint.digest)

    assert cache.size_bytes < before / 5
    assert not old.exists()
    assert fresh.exists()
    assert not (tmp_path / "vectors.damaged").exists()


def test_a_cache_that_cannot_be_written_is_not_pruned_by_half(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Counting(), cache=cache)
    execute(
        tmp_path,
        "create trigger fixed before delete on spaces begin select raise(abort, 'read only'); end",
    )

    with pytest.raises(OutputError):
        cache.prune(digest="")
    assert sum(space.vectors for space in cache.spaces()) == 8


def test_a_note_is_kept_until_it_is_written_anew(tmp_path: Path) -> None:
    VectorCache(tmp_path).remember("dims:x", "8")
    cache = VectorCache(tmp_path)
    assert (cache.recall("dims:x"), cache.recall("dims:y")) == ("8", None)

    cache.remember("dims:x", "9")

    assert cache.recall("dims:x") == "9"


def test_vectors_of_other_versions_are_told_and_used(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Produced(), cache=cache)
    assert _told(embed(golden_set(), Produced(), cache=cache)) == []
    execute(tmp_path, """update makers set versions = '{"numpy": "0.9", "nothing-of-this-name": "1"}'""")
    for matrix in (tmp_path / "matrices").iterdir():
        matrix.unlink()

    fresh, warm = (embed(golden_set(), Produced(), cache=cache) for _ in range(2))

    assert fresh.encoded == warm.encoded == 0
    assert _told(fresh) == _told(warm)
    (told,) = _told(warm)
    assert "made by   numpy 0.9" in told
    assert f"installed   numpy {np.__version__}" in told
    assert "nothing-of-this-name" not in told
    assert Counting().fingerprint.digest[:6] in told


def _told(embedded: EmbeddedSet) -> list[str]:
    found = [finding for finding in embedded.findings if finding.code == "EK316"]
    assert all(finding.severity is Severity.NOTICE for finding in found)
    return [str(finding) for finding in found]


def test_only_the_versions_that_made_these_texts_are_told(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    fingerprint = Produced().fingerprint
    cache.write(fingerprint, Role.query, {"a": np.ones(16, np.float32)}, versions=(("numpy", "1"),))
    cache.write(fingerprint, Role.query, {"b": np.ones(16, np.float32)}, versions=(("numpy", "2"),))
    cache.write(fingerprint, Role.query, {"c": np.ones(16, np.float32)})

    assert cache.versions(fingerprint, Role.query, ["a"]) == ((("numpy", "1"),),)
    assert cache.versions(fingerprint, Role.query, ["a", "b"]) == ((("numpy", "1"),), (("numpy", "2"),))
    assert cache.versions(fingerprint, Role.query, ["c", "d"]) == ()


def test_a_cache_of_the_first_layout_is_brought_up_to_date(tmp_path: Path) -> None:
    encoder, golden = Counting(), golden_set()
    _first_layout(tmp_path, encoder)

    cache = VectorCache(tmp_path)

    unknown = cache.spaces()
    assert {space.fingerprint for space in unknown} == {None}
    assert sum(space.vectors for space in unknown) == 8
    assert embed(golden, encoder, cache=cache).encoded == 0
    assert {space.fingerprint for space in cache.spaces()} == {encoder.fingerprint}
    assert VectorCache(tmp_path).prune(unused_days=1) == ()


def _first_layout(folder: Path, encoder: Counting) -> None:
    """Write a cache as the first version did: one table, keys that name no model."""
    golden = golden_set()
    with sqlite3.connect(folder / "vectors.sqlite") as database:
        database.execute(
            "create table vectors (space text not null, text text not null, vector blob not null, "
            "checksum integer not null, primary key (space, text))"
        )
        for role, texts in ((Role.query, golden.queries), (Role.document, golden.corpus)):
            for body in texts.bodies:
                vector = encoder.encode([body], role)[0]
                blob = (vector / np.linalg.norm(vector)).astype("<f4").tobytes()
                row = (f"{encoder.fingerprint.digest}:{role}", digest_text(body), blob, zlib.crc32(blob))
                database.execute("insert into vectors values (?, ?, ?, ?)", row)
    database.close()
    (folder / "matrices").mkdir()
    (folder / "matrices" / "abc.npy").write_bytes(b"of an older layout")
    (folder / "matrices" / "abc.crc32").write_text("1")


def test_matrices_of_an_older_layout_go_with_the_next_pruning(tmp_path: Path) -> None:
    _first_layout(tmp_path, Counting())

    VectorCache(tmp_path).prune(digest="no such digest")

    assert list((tmp_path / "matrices").iterdir()) == []


@pytest.mark.parametrize(
    "table", ["create table vectors (id integer)", "create table spaces (name text)"], ids=str
)
def test_a_database_of_something_else_is_left_alone_and_set_aside_in_a_cache_of_ours(
    tmp_path: Path, table: str
) -> None:
    execute(tmp_path, table)
    before = (tmp_path / "vectors.sqlite").read_bytes()

    with pytest.raises(UsageError, match="of something else"):
        VectorCache(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.sqlite"]
    assert (tmp_path / "vectors.sqlite").read_bytes() == before

    mark(tmp_path)
    assert embed(golden_set(), Counting(), cache=VectorCache(tmp_path)).encoded == 8
    assert (tmp_path / "vectors.damaged").exists()


def test_a_cache_of_a_later_layout_still_serves(tmp_path: Path) -> None:
    embed(golden_set(), Counting(), cache=VectorCache(tmp_path))
    execute(tmp_path, "alter table vectors add column later text")
    execute(tmp_path, "alter table spaces add column later text")

    cache = VectorCache(tmp_path)

    assert embed(golden_set(documents=6), Counting(), cache=cache).encoded == 1
    assert not (tmp_path / "vectors.damaged").exists()
