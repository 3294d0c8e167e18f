"""Indexes: built by factory string, saved with a manifest that is checked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.errors import OutputError, RunError, UsageError
from evalkit.indexing.faiss import build_index, load_index, open_index, save_index


def corpus(seed: int = 0, model: str = "m", documents: int = 300) -> Embeddings:
    vectors = np.random.default_rng(seed).normal(size=(documents, 16)).astype(np.float32)
    return Embeddings(
        fingerprint=Fingerprint(provider="test", model=model, dims=16), role=Role.document, vectors=vectors
    )


def test_a_saved_index_answers_as_before(tmp_path: Path) -> None:
    vectors = corpus()
    index = build_index(vectors, "HNSW16")
    save_index(index, tmp_path / "index")

    again = load_index(tmp_path / "index", vectors, "HNSW16")

    queries = corpus(1).vectors[:20]
    assert again.search(queries, 5)[0].tolist() == index.search(queries, 5)[0].tolist()
    assert again.manifest == index.manifest


@pytest.mark.parametrize(
    ("wanted", "factory", "differs"),
    [
        (corpus(seed=9), "HNSW16", "vectors"),
        (corpus(model="other"), "HNSW16", "fingerprint"),
        (corpus(documents=299), "HNSW16", "documents"),
        (corpus(), "HNSW32", "factory"),
    ],
)
def test_an_index_of_something_else_is_refused_and_the_difference_named(
    tmp_path: Path, wanted: Embeddings, factory: str, differs: str
) -> None:
    save_index(build_index(corpus(), "HNSW16"), tmp_path / "index")

    with pytest.raises(RunError, match=differs):
        load_index(tmp_path / "index", wanted, factory)


@pytest.mark.parametrize("damage", ["manifest.json", "index.faiss"])
def test_a_damaged_index_is_refused_and_built_again(tmp_path: Path, damage: str) -> None:
    vectors = corpus()
    open_index(vectors, "HNSW16", tmp_path)
    (folder,) = tmp_path.iterdir()
    (folder / damage).write_bytes(b"{}")

    with pytest.raises(RunError, match=r"build it again|manifest"):
        load_index(folder, vectors, "HNSW16")
    assert open_index(vectors, "HNSW16", tmp_path).native.ntotal == 300
    assert json.loads((folder / "manifest.json").read_text())["documents"] == 300


def test_an_exact_index_is_not_saved(tmp_path: Path) -> None:
    open_index(corpus(), "Flat", tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_graph_is_the_same_every_time() -> None:
    queries = corpus(1, documents=50).vectors
    first, second = (build_index(corpus(documents=3000), "HNSW8").search(queries, 10)[0] for _ in range(2))

    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("factory", ["Flatt", "IVF4096,Flat", "PQ7", "", "Fl\udcffat"])
def test_a_factory_string_that_does_not_fit_is_refused(factory: str) -> None:
    with pytest.raises(UsageError, match="FAISS factory string"):
        build_index(corpus(), factory)


def test_what_faiss_says_is_told_without_its_source_lines() -> None:
    with pytest.raises(UsageError) as caught:
        build_index(corpus(), "IVF4096,Flat")

    (where,) = caught.value.findings[0].places
    assert where.startswith("'nx >= static_cast<idx_t>(k)' failed: Number of training points (300)")


def test_an_index_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match="cannot be kept") as caught:
        save_index(build_index(corpus(), "HNSW8"), tmp_path / "file" / "index")

    assert caught.value.findings[0].code == "EK602"


def test_an_index_that_another_program_saved_first_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = build_index(corpus(), "HNSW8")
    save_index(index, tmp_path / "index")
    (tmp_path / "taken").touch()  # nothing can be drafted there
    monkeypatch.setattr("evalkit.indexing.faiss.draft_name", lambda _: "taken")

    save_index(index, tmp_path / "index")

    assert load_index(tmp_path / "index", corpus(), "HNSW8").native.ntotal == 300
