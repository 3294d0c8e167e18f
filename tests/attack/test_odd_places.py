"""Pipes, folders and devices where a file was kept: told or left aside, never waited for, never a bug."""

from __future__ import annotations

import gzip
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import faiss
import numpy as np
import pytest
from lines import EMBED, LINES
from place import furnish

from evalkit.cli import main
from evalkit.errors import OutputError
from evalkit.golden.writing import replacing
from evalkit.output import append, write_file

PATIENCE_S = 60
AUDIT = LINES["audit"].line
RUN = LINES["run"].line
INDEX = "parity faiss://i.faiss faiss://i.faiss"
UPDATE = LINES["gate --update"].line
MERGE = "golden merge judged ann.csv bo.csv"
# What is kept, the lines that make it, and the line that meets something else there.
KEPT = {
    "the lock of the cache": ("kept/.lock", (RUN,), RUN),
    "the vectors of the cache": ("kept/vectors.sqlite", (RUN,), RUN),
    "a matrix": ("kept/matrices/*.npy", (RUN,), RUN),
    "the facts of a matrix": ("kept/matrices/*.json", (RUN,), RUN),
    "a saved index": ("kept/indexes/*/*.faiss", (f"{RUN} --index HNSW8",), f"{RUN} --index HNSW8"),
    "a checkpoint": ("shards/checkpoint.sqlite", (EMBED,), EMBED),
    "a shard, embedded again": ("shards/shard-00001.parquet", (EMBED,), EMBED),
    "a shard, read": ("shards/shard-00001.parquet", (EMBED,), "parity shards shards"),
    "a fingerprint": ("shards/fingerprint.json", (EMBED,), EMBED),
    "the history of an audit": ("audited/history.jsonl", (EMBED, AUDIT), AUDIT),
    "a baseline that is replaced": ("baselines/set/hash-64.json", (UPDATE,), UPDATE),
    "who judged": ("judged/judged_by.csv", (MERGE,), "golden merge judged ann.csv bo.csv"),
    "an index": ("i.faiss", (), INDEX),
    "the ids of an index": ("i.faiss.ids", (), INDEX),
    "the table of an index": ("i.faiss.parquet", (), INDEX),
}
ODD: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "nothing in it": Path.touch,
    "an archive that is cut": lambda path: path.write_bytes(gzip.compress(bytes(range(256)) * 9)[:-20]),
}


def wake(folder: Path) -> None:
    """Open and close every pipe of a folder, so that nobody waits any longer."""
    for path in folder.rglob("*"):
        if path.is_fifo():
            os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A furnished folder; whoever waits for a pipe in it has waited for nothing after a minute."""
    furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "kept"))
    begun = time.monotonic()
    waker = threading.Timer(PATIENCE_S, wake, (tmp_path,))
    waker.daemon = True
    waker.start()
    yield tmp_path
    waker.cancel()
    assert time.monotonic() - begun < PATIENCE_S, "a pipe was waited for"


@pytest.mark.long
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize(("file", "made", "line"), KEPT.values(), ids=KEPT.keys())
def test_what_lies_in_the_place_of_a_kept_file_is_told_or_left_aside(
    file: str,
    made: tuple[str, ...],
    line: str,
    odd: Callable[[Path], object],
    work: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    index = faiss.IndexFlatIP(4)
    index.add(np.eye(4, dtype=np.float32))
    faiss.write_index(index, str(work / "i.faiss"))
    (work / "i.faiss.ids").write_text("a\nb\nc\nd\n")
    for one in made:
        assert main.run(one.split()) in (0, 1, 3), one
    found = sorted(work.glob(file)) or [work / file]
    for path in found:
        path.unlink(missing_ok=True)
        odd(path)
    capsys.readouterr()

    code = main.run(line.split())
    told = capsys.readouterr().err
    assert code in (0, 1, 3) or (code in (2, 4) and "error[EK" in told), told
    assert "EK900" not in told


def test_nobody_writes_into_a_pipe_that_nobody_named(work: Path) -> None:
    os.mkfifo(work / "pipe")

    with pytest.raises(OutputError, match="a pipe") as caught:
        write_file(work / "pipe", b"x", named=False)
    assert caught.value.findings[0].code == "EK172"
    with pytest.raises(OSError, match="a pipe"):
        append(work / "pipe", b"x")


@pytest.mark.parametrize("word", ["a\udcff", "caf\udce9/\udcff"])
@pytest.mark.parametrize("place", ["set", "--model", "--measure", "--index"])
def test_a_word_that_is_no_text_is_told_as_such(
    word: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {"set": "set", "--model": "hash/8", "--measure": "nDCG@10", "--index": "Flat", place: word}
    options = [part for name, value in line.items() if name != "set" for part in (name, value)]

    assert main.run(("run", line["set"], *options)) == 2
    told = capsys.readouterr().err
    assert "error[EK" in told
    assert "EK900" not in told
    told.encode()


def test_a_model_of_a_server_whose_name_is_no_text_is_told_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    for line in ("run set --model openai/a\udcff", "embed set --model openai/a\udcff -o new"):
        assert main.run(line.split()) == 2
        assert "error[EK175]: 'openai/a\\udcff' is not in UTF-8" in capsys.readouterr().err


def test_names_of_files_may_be_in_any_encoding_but_texts_of_reports_may_not(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "set").rename(work / "s\udcff")

    assert main.run(("golden", "check", "s\udcff")) == 0
    capsys.readouterr()
    code = main.run(("compare", "s\udcff", "--baseline", "hash/8", "--candidate", "hash/16", "-o", "rep"))
    told = capsys.readouterr().err
    assert (code, "EK900" in told) in ((0, False), (1, False), (2, False), (3, False))


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("golden import graded.csv --into set", "set"),
        (MERGE, "judged"),
        ("golden check broken --fix all", "broken"),
        ("golden lock set", "set"),
    ],
)
def test_a_set_that_goes_before_it_is_written_does_not_come_back_as_half_of_one(
    line: str, folder: str, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = replacing.write_into

    def gone(path: Path, data: bytes) -> None:
        if (work / folder).exists():
            (work / folder).rename(work / "away")
        write(path, data)

    monkeypatch.setattr(replacing, "write_into", gone)
    assert main.run(line.split()) == 2
    told = capsys.readouterr().err
    assert "error[EK611]" in told
    assert "is the golden set still there" in told
    assert not (work / folder).exists()
