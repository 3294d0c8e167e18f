"""Archives and stores of strangers: bombs, other people's files, rows without end; an error that says so."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import faiss
import h5py  # type: ignore[import-untyped,unused-ignore]
import numpy as np
import pytest
from lines import LINES
from place import furnish

from evalkit import packing
from evalkit.auditing.stores import sqlitevec
from evalkit.cli import main
from evalkit.embedding.vectorfiles import hdf5

RUN = "run set --model vectors/v --json"
SQLITE = "parity sqlite-vec://s.db#t sqlite-vec://s.db#t"
INDEX = "parity faiss://i.faiss faiss://i.faiss"
OF_TEXTS = {"corpus": ("set/corpus.jsonl", "train"), "queries": ("set/queries.jsonl", "test")}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A furnished folder, and a file beside it."""
    folder = tmp_path / "here"
    folder.mkdir()
    furnish(folder)
    (folder / "v").mkdir()
    (tmp_path / "outside").write_bytes(os.urandom(1 << 16))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EVALKIT_CACHE", str(folder / "kept"))
    return folder


def refused(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is told by a line that ends in a clear error."""
    capsys.readouterr()
    code = main.run(line.split())
    told = capsys.readouterr().err
    assert code == 2, told
    assert "error[EK" in told
    return told


def ids(role: str) -> list[str]:
    """Return the ids of the texts of a role, and write them beside its vectors."""
    lines = Path(OF_TEXTS[role][0]).read_text().splitlines()
    named = [json.loads(line)["_id"] for line in lines]
    Path(f"v/{role}.ids").write_text("\n".join(named) + "\n")
    return named


@pytest.mark.parametrize("spare", [0, 4_000_000], ids=["as stated", "and more after it"])
def test_a_bomb_of_vectors_is_told_before_it_is_unpacked(
    spare: int, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packing, "ALWAYS_BYTES", 1_000_000)
    for role in OF_TEXTS:
        np.save(work / "flat.npy", np.zeros((len(ids(role)), 8 if spare else 50_000), np.float32))
        with zipfile.ZipFile(work / "v" / f"{role}.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("vectors.npy", (work / "flat.npy").read_bytes() + bytes(spare))

    assert "more than 200 times its size" in refused(RUN, capsys)


def test_a_state_that_is_a_bomb_is_told(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packing, "ALWAYS_BYTES", 100_000)
    with (work / "canary.state").open("wb") as file:
        np.savez_compressed(file, head=np.zeros(10**7, np.uint8))

    assert "more than 200 times" in refused(LINES["canary"].line, capsys)


def elsewhere(file: h5py.File, name: str, rows: int) -> None:
    """Let a dataset lie in a plain file beside the folder."""
    file.create_dataset(name, (rows, 8), "f4", external=[("../outside", 0, rows * 32)])


def linked(file: h5py.File, name: str, rows: int) -> None:
    """Let a dataset be a link to one of another file."""
    with h5py.File("../other.h5", "a") as other:
        other[name] = np.ones((rows, 8), np.float32)
    file[name] = h5py.ExternalLink("../other.h5", name)


def virtual(file: h5py.File, name: str, rows: int) -> None:
    """Let a dataset be put together from another file."""
    layout = h5py.VirtualLayout((rows, 8), "f4")
    layout[:] = h5py.VirtualSource("../other.h5", name, (rows, 8))
    file.create_virtual_dataset(name, layout)


def unwritten(file: h5py.File, name: str, rows: int) -> None:
    """Let a dataset state more rows than anybody wrote."""
    file.create_dataset(name, (rows * 1_000_000, 8), "f4", chunks=(1000, 8))


SLIPS = {"another file": elsewhere, "a link": linked, "a virtual one": virtual, "unwritten rows": unwritten}


@pytest.mark.parametrize("lay", SLIPS.values(), ids=SLIPS.keys())
def test_a_dataset_that_lies_elsewhere_or_nowhere_is_not_read(
    lay: Callable[[h5py.File, str, int], None],
    work: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(hdf5, "ALWAYS_BYTES", 1_000_000)
    for role, (_, name) in OF_TEXTS.items():
        with h5py.File(work / "v" / f"{role}.h5", "w") as file:
            lay(file, name, len(ids(role)))

    told = refused(RUN, capsys)
    assert "lie in another file" in told or "would be read as" in told


def test_an_index_whose_vectors_lie_in_another_folder_is_refused(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vectors = np.random.default_rng(1).random((200, 8), dtype=np.float32)
    for place in (work, work.parent):
        near = faiss.IndexFlatL2(8)  # held here, since the index does not
        index = faiss.IndexIVFFlat(near, 8, 2)
        index.train(vectors)
        lists = faiss.OnDiskInvertedLists(2, index.code_size, str(place / "lists"))
        index.replace_invlists(lists)
        index.add(vectors)
        faiss.write_index(index, str(work / "i.faiss"))
        (work / "i.faiss.ids").write_text("".join(f"{row}\n" for row in range(200)))
        if place == work:
            assert main.run(INDEX.split()) == 0

    assert "a file of another folder" in refused(INDEX, capsys)


VIEWS = {
    "rows without end": (
        "CREATE VIEW t AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        "SELECT 'd' || x AS id, zeroblob(32) AS embedding FROM c"
    ),
    "a gigabyte of zeros": "CREATE VIEW t AS SELECT 'a' AS id, zeroblob(900000000) AS embedding",
    "a view of itself": "CREATE VIEW t AS SELECT * FROM t",
    "a view of nothing": "CREATE VIEW t AS SELECT * FROM nowhere",
}


@pytest.mark.parametrize("sql", VIEWS.values(), ids=VIEWS.keys())
def test_a_view_that_makes_up_what_it_likes_is_told(
    sql: str, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sqlitevec, "_COUNT_S", 0.2)
    with sqlite3.connect(work / "s.db") as base:
        base.execute(sql)
    base.close()

    assert "EK557" in refused(SQLITE, capsys)
