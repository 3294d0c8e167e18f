"""The cache: survives kills, damage and company, and never serves a wrong vector."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from texts_by_hand import Counting, golden_set

from evalkit.embedding.cache import VectorCache, default_cache_folder
from evalkit.embedding.embeddedset import embed
from evalkit.embedding.encoder import Role
from evalkit.errors import OutputError

SLOW_ENCODER = textwrap.dedent(
    """
    import sys, time
    import numpy as np
    from evalkit.embedding.cache import VectorCache
    from evalkit.embedding.embeddedset import embed
    from evalkit.embedding.encoder import Fingerprint
    from evalkit.golden.goldenset import GoldenSet

    class Slow:
        fingerprint = Fingerprint(provider="test", model="slow", dims=4)

        def encode(self, texts, role):
            time.sleep(float(sys.argv[2]))
            return np.array([[len(t), hash(t) % 7, 1, 2] for t in texts], dtype=np.float32)

    corpus = {f"d{n:04}": f"document number {n}" for n in range(1024)}
    golden = GoldenSet.of("s", queries={"q": "x"}, corpus=corpus, qrels={"q": {"d0000": 1}})
    done = lambda *step: print(*step, flush=True)
    print("encoded", embed(golden, Slow(), cache=VectorCache(sys.argv[1]), progress=done).encoded, flush=True)
    """
)


def _start(folder: Path, pause_s: float, before: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.Popen(
        [sys.executable, "-c", SLOW_ENCODER, str(folder), str(pause_s)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=before,  # noqa: PLW1509 - the only way to limit the child alone
    )


def test_a_kill_in_the_middle_loses_at_most_one_batch(tmp_path: Path) -> None:
    victim = _start(tmp_path, 0.3)
    assert victim.stdout is not None
    for line in victim.stdout:
        if line.startswith("document 512"):
            victim.send_signal(signal.SIGKILL)
            break
    victim.communicate()

    resumed, _ = _start(tmp_path, 0).communicate(timeout=60)

    assert resumed.splitlines()[-1] in ("encoded 512", "encoded 256")


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    both = [_start(tmp_path, 0.02) for _ in range(2)]

    outputs = [process.communicate(timeout=60)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert all("encoded" in output for output in outputs)
    assert _start(tmp_path, 0).communicate(timeout=60)[0].strip() == "encoded 0"


def test_a_damaged_row_counts_as_absent(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Counting(), cache=cache)
    with sqlite3.connect(tmp_path / "vectors.sqlite") as database:
        database.execute("update vectors set vector = zeroblob(64) where rowid = 5")
    for path in (tmp_path / "matrices").iterdir():
        path.unlink()

    assert embed(golden_set(), Counting(), cache=cache).encoded == 1


def test_a_damaged_matrix_is_made_again_from_the_rows(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    before = embed(golden_set(), Counting(), cache=cache).corpus.vectors.copy()
    for path in (tmp_path / "matrices").glob("*.npy"):
        data = bytearray(path.read_bytes())
        data[-3] ^= 0xFF
        path.write_bytes(data)

    again = embed(golden_set(), Counting(), cache=cache)

    assert again.encoded == 0
    assert again.corpus.vectors.tolist() == before.tolist()


def test_a_file_that_is_no_database_is_set_aside_not_trusted(tmp_path: Path) -> None:
    VectorCache(tmp_path)
    (tmp_path / "vectors.sqlite").write_bytes(
        b"not a database at all, but long enough to be read as one" * 40
    )

    cache = VectorCache(tmp_path)

    assert embed(golden_set(), Counting(), cache=cache).encoded == 8
    assert (tmp_path / "vectors.damaged").exists()


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    vectors = {"a": np.ones(16, np.float32), "b": np.ones(16, np.float32)}
    fingerprint = Counting().fingerprint
    with sqlite3.connect(tmp_path / "vectors.sqlite") as database:
        database.execute(
            "create trigger full before insert on vectors when new.text = 'b' "
            "begin select raise(abort, 'database or disk is full'); end"
        )

    with pytest.raises(OutputError) as caught:
        cache.write(fingerprint, Role.query, vectors)

    assert caught.value.findings[0].code == "EK602"
    assert cache.read(fingerprint, Role.query, ["a", "b"]) == {}


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path) -> None:
    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))

    output, errors = _start(tmp_path, 0, before=small_files_only).communicate(timeout=60)

    assert "EK602" in errors
    assert "encoded" not in output
    resumed, _ = _start(tmp_path, 0).communicate(timeout=60)
    assert 0 < int(resumed.split()[-1]) < 1025


def test_a_database_with_damaged_pages_is_set_aside(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(documents=400), Counting(), cache=cache)
    with sqlite3.connect(tmp_path / "vectors.sqlite") as database:
        database.execute("pragma wal_checkpoint(truncate)")
    data = bytearray((tmp_path / "vectors.sqlite").read_bytes())
    data[4096:40960] = b"\xff" * (40960 - 4096)
    (tmp_path / "vectors.sqlite").write_bytes(data)
    for path in (tmp_path / "matrices").iterdir():
        path.unlink()

    assert embed(golden_set(documents=400), Counting(), cache=cache).encoded == 403
    assert embed(golden_set(documents=400), Counting(), cache=cache).encoded == 0


def test_a_cache_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(OutputError, match="--cache"):
        VectorCache(tmp_path / "file" / "cache")


def test_the_folder_is_the_users_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.delenv("EVALKIT_CACHE", raising=False)
    assert default_cache_folder() == Path("/somewhere/evalkit")

    monkeypatch.setenv("EVALKIT_CACHE", "/elsewhere")
    assert default_cache_folder() == Path("/elsewhere")


def test_more_texts_than_one_question_can_name_are_read(tmp_path: Path) -> None:
    cache, fingerprint = VectorCache(tmp_path), Counting().fingerprint
    names = [f"t{number}" for number in range(1_203)]
    cache.write(
        fingerprint, Role.query, {name: np.full(16, row, np.float32) for row, name in enumerate(names)}
    )

    found = cache.read(fingerprint, Role.query, [*names, "unknown"])

    assert len(found) == 1_203
    assert found["t1202"][0] == 1202
