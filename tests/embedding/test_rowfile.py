"""Vectors that are read from their file as they are needed are those that would be held."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from evalkit.digests import digest_array
from evalkit.embedding import rowfile
from evalkit.embedding.adapters.vectors import StoredVectors
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Role
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.embedding.rowfile import RowFile, on_disk
from evalkit.embedding.vectorfiles.numpyfiles import open_array
from evalkit.errors import ModelError
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.faiss import build_index
from evalkit.retrieval.run import retrieve

DOCUMENTS, DIMS = 300, 8


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a `vectors/` folder in float16 whose corpus stands in another order than its ids sort."""
    rng = np.random.default_rng(3)
    for stem, prefix, count in (("queries", "q", 5), ("corpus", "d", DOCUMENTS)):
        ids = [f"{prefix}{row:04}" for row in rng.permutation(count)]
        (tmp_path / f"{stem}.ids").write_text("\n".join(ids) + "\n", encoding="utf-8")
        np.save(tmp_path / f"{stem}.npy", rng.normal(size=(count, DIMS)).astype(np.float16))
    return tmp_path


def golden() -> GoldenSet:
    corpus = {f"d{row:04}": "text" for row in range(DOCUMENTS - 20)}  # the folder holds more than is wanted
    queries = {f"q{row:04}": "question" for row in range(5)}
    return GoldenSet.of("g", queries=queries, corpus=corpus, qrels={"q0000": {"d0000": 1}})


def embedded(folder: Path) -> EmbeddedSet:
    return embed(golden(), open_encoder(ModelSpec.parse(f"vectors/{folder}"), golden(), {}))


def test_a_search_of_vectors_on_disk_is_that_of_vectors_in_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = embedded(folder)
    monkeypatch.setattr(rowfile, "HELD_BYTES", 1_000)
    read = embedded(folder)
    assert on_disk(read.corpus.vectors)
    assert not on_disk(held.corpus.vectors)
    assert read.fingerprint == held.fingerprint
    here, there = (retrieve(side, build_index(side.corpus), depth=20) for side in (held, read))
    assert np.array_equal(here.rows, there.rows)
    assert np.array_equal(here.scores, there.scores)


def test_rows_come_as_an_array_would_give_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "corpus.npy"
    stored = np.load(path)
    monkeypatch.setattr(rowfile, "HELD_BYTES", 0)
    found = open_array(path)
    assert isinstance(found, RowFile)
    whole = stored.astype(np.float32)
    wanted = np.array([[5, -1], [7, 0]])
    assert np.array_equal(found[wanted], whole[wanted])
    assert np.array_equal(found[250:400], whole[250:400])
    assert np.array_equal(found[::-7], whole[::-7])
    order = np.array([9, 3, 3])
    assert np.array_equal(np.asarray(found.reordered(order)), whole[order])
    assert found.digest() == digest_array(stored)
    assert (found.shape, found.nbytes) == (stored.shape, stored.nbytes)


def test_a_zero_vector_on_disk_stays_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = np.array([[3, 4], [0, 0]], dtype=np.float16)
    np.save(tmp_path / "corpus.npy", stored)
    monkeypatch.setattr(rowfile, "HELD_BYTES", 0)
    found = open_array(tmp_path / "corpus.npy")
    assert isinstance(found, RowFile)
    assert np.allclose(found.unit()[:], np.array([[0.6, 0.8], [0.0, 0.0]]))


def opened(path: Path) -> RowFile:
    found = open_array(path)
    assert isinstance(found, RowFile)
    return found


def test_a_file_that_is_replaced_meanwhile_is_read_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rowfile, "HELD_BYTES", 0)
    source = open_encoder(ModelSpec.parse(f"vectors/{folder}"), golden(), {})
    assert isinstance(source, StoredVectors)
    before = np.asarray(source.vectors(golden().corpus, Role.document))

    np.save(folder / "new.npy", np.zeros((DOCUMENTS, DIMS), np.float16))
    (folder / "new.npy").replace(folder / "corpus.npy")

    assert np.array_equal(source.vectors(golden().corpus, Role.document)[:], before)


@pytest.mark.parametrize("keep_times", [True, False])
@pytest.mark.parametrize("rows", ["whole", "single"])
def test_a_file_that_is_written_meanwhile_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, rows: str, *, keep_times: bool
) -> None:
    monkeypatch.setattr(rowfile, "HELD_BYTES", 0)
    path = folder / "corpus.npy"
    found = opened(path)
    found.digest()
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(-2, os.SEEK_END)
        file.write(b"\1\2")
    if keep_times:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(ModelError, match="was changed while its vectors were read") as caught:
        _ = found[:] if rows == "whole" else found[np.array([3, 1])]
    assert caught.value.findings[0].code == "EK349"


def test_a_file_that_is_touched_or_renamed_is_still_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rowfile, "HELD_BYTES", 0)
    found = opened(folder / "corpus.npy")
    digest, before = found.digest(), found[:]

    (folder / "corpus.npy").touch()
    (folder / "corpus.npy").rename(folder / "elsewhere.npy")

    assert np.array_equal(found[:], before)
    assert found.digest() == digest


def test_a_file_that_is_cut_off_meanwhile_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rowfile, "HELD_BYTES", 0)
    found = opened(folder / "corpus.npy")
    os.truncate(folder / "corpus.npy", 500)

    with pytest.raises(ModelError, match="was changed"):
        found.digest()
