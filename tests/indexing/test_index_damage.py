"""A damaged index never answers: every bit of its files is looked at before, and damage is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.errors import RunError
from evalkit.indexing.faiss import load_index, open_index
from evalkit.indexing.index import FILE, MANIFEST, remove_indexes

VECTORS = np.random.default_rng(4).normal(size=(200, 8)).astype(np.float32)
CORPUS = Embeddings(
    fingerprint=Fingerprint(provider="test", model="m", dims=8), role=Role.document, vectors=VECTORS
)
PLACES = 60


def damage(path: Path, rng: np.random.Generator) -> bytes:
    """Flip a bit of a file or cut it off; return what it held."""
    whole = path.read_bytes()
    at = int(rng.integers(len(whole)))
    flipped = bytearray(whole)
    flipped[at] ^= 1 << int(rng.integers(8))
    path.write_bytes(whole[:at] if rng.random() < 0.2 else bytes(flipped))
    return whole


@pytest.mark.long
@pytest.mark.parametrize("factory", ["HNSW8", "IVF4,Flat", "PQ4x4"])
@pytest.mark.parametrize("name", [FILE, MANIFEST])
def test_no_damage_of_a_saved_index_gives_another_answer(tmp_path: Path, factory: str, name: str) -> None:
    rng = np.random.default_rng(5)
    sound = open_index(CORPUS, factory, tmp_path)
    (home,) = tmp_path.iterdir()
    wanted = sound.search(VECTORS[:20], 5)[0].tolist()
    for _ in range(PLACES):
        whole = damage(home / name, rng)
        with pytest.raises(RunError) as caught:
            load_index(home, CORPUS, factory)
        assert caught.value.findings[0].code in ("EK401", "EK402")
        (home / name).write_bytes(whole)

    damage(home / name, rng)
    mended = open_index(CORPUS, factory, tmp_path)

    assert mended.search(VECTORS[:20], 5)[0].tolist() == wanted
    assert [told.code for told in mended.findings] == ["EK374"]
    assert open_index(CORPUS, factory, tmp_path).findings == ()


def test_an_index_of_an_older_version_is_built_again_without_a_word(tmp_path: Path) -> None:
    open_index(CORPUS, "HNSW8", tmp_path)
    (home,) = tmp_path.iterdir()
    stated = json.loads((home / MANIFEST).read_text())
    del stated["seal"]
    (home / MANIFEST).write_text(json.dumps(stated))

    assert open_index(CORPUS, "HNSW8", tmp_path).findings == ()
    assert "seal" in json.loads((home / MANIFEST).read_text())


def test_only_folders_that_evalkit_made_are_removed(tmp_path: Path) -> None:
    open_index(CORPUS, "HNSW8", tmp_path)
    (home,) = tmp_path.iterdir()
    for stranger in ("production", f"{'a' * 16}-HNSW8"):
        (tmp_path / stranger).mkdir()
        (tmp_path / stranger / "index.bin").write_text("somebody's")
    (tmp_path / f"{'b' * 16}-link").symlink_to(tmp_path / "production")

    assert remove_indexes(tmp_path, None) == 1
    assert not home.exists()
    assert (tmp_path / "production" / "index.bin").exists()
    assert (tmp_path / f"{'a' * 16}-HNSW8" / "index.bin").exists()
