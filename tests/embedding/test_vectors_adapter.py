"""vectors/FOLDER: joined by id, in any order, and refused with the reason when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from texts_by_hand import golden_set

from evalkit.embedding.adapters.vectors import StoredVectors
from evalkit.embedding.embeddedset import embed
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError, ModelError

GOLDEN = golden_set()


def write_vectors(folder: Path, *, seed: int = 0) -> Path:
    """Write a sound vectors folder, rows in another order than the golden set's, with ids to spare."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for stem, ids in (("queries", GOLDEN.queries.ids), ("corpus", GOLDEN.corpus.ids)):
        named = [*reversed(ids), f"{stem} to spare"]
        np.save(folder / f"{stem}.npy", rng.normal(size=(len(named), 6)).astype(np.float32))
        (folder / f"{stem}.ids").write_text("\n".join(named) + "\n")
    return folder


def opened(folder: Path, **options: object) -> StoredVectors:
    source = open_encoder(ModelSpec.parse(f"vectors/{folder}"), GOLDEN, options)
    assert isinstance(source, StoredVectors)
    return source


def test_rows_are_joined_by_id(tmp_path: Path) -> None:
    folder = write_vectors(tmp_path)

    embedded = embed(GOLDEN, opened(folder, normalize=False))

    stored = np.load(folder / "corpus.npy")
    assert embedded.corpus.vectors.tolist() == stored[4::-1].tolist()


def test_vectors_are_brought_to_unit_length_unless_told_otherwise(tmp_path: Path) -> None:
    embedded = embed(GOLDEN, opened(write_vectors(tmp_path)))

    np.testing.assert_allclose(np.linalg.norm(embedded.queries.vectors, axis=1), 1, atol=1e-6)


def test_parquet_says_the_same(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    plain = write_vectors(tmp_path / "plain")
    packed = tmp_path / "packed"
    packed.mkdir()
    for stem in ("queries", "corpus"):
        ids = (plain / f"{stem}.ids").read_text().split("\n")[:-1]
        vectors = np.load(plain / f"{stem}.npy").tolist()
        pq.write_table(pa.table({"id": ids, "vector": vectors}), packed / f"{stem}.parquet")

    assert (
        embed(GOLDEN, opened(packed)).corpus.vectors.tolist()
        == embed(GOLDEN, opened(plain)).corpus.vectors.tolist()
    )


def test_other_content_is_another_space_and_never_stale(tmp_path: Path) -> None:
    first = opened(write_vectors(tmp_path)).fingerprint

    second = opened(write_vectors(tmp_path, seed=1)).fingerprint

    assert first != second
    assert first.provider == "vectors"


def test_a_stated_fingerprint_is_taken_and_options_win_over_it(tmp_path: Path) -> None:
    folder = write_vectors(tmp_path)
    stated = {"provider": "st", "model": "bge-m3", "dims": 6, "normalize": False, "prompts": {"query": "q: "}}
    (folder / "fingerprint.json").write_text(json.dumps(stated))

    as_stated, overruled = opened(folder).fingerprint, opened(folder, normalize=True).fingerprint

    assert (as_stated.provider, as_stated.model, as_stated.normalize) == ("st", "bge-m3", False)
    assert as_stated.prompts == (("query", "q: "),)
    assert overruled.normalize is True


def _ids(folder: Path, *ids: str) -> None:
    (folder / "queries.ids").write_text("\n".join(ids) + "\n")


def _nan(folder: Path) -> None:
    values = np.load(folder / "corpus.npy")
    values[2, 3] = np.nan
    np.save(folder / "corpus.npy", values)


BROKEN: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "no corpus": (lambda folder: (folder / "corpus.npy").unlink(), "EK342", "corpus.npy"),
    "no ids": (lambda folder: (folder / "queries.ids").unlink(), "EK342", "queries.ids"),
    "not an array": (lambda folder: (folder / "corpus.npy").write_bytes(b"zzz"), "EK342", "corpus.npy"),
    "a damaged head": (
        lambda folder: (folder / "corpus.npy").write_bytes(
            (folder / "corpus.npy").read_bytes().replace(b"(", b"'", 1)
        ),
        "EK342",
        "corpus.npy",
    ),
    "a head that promises too much": (
        lambda folder: (folder / "corpus.npy").write_bytes(
            (folder / "corpus.npy")
            .read_bytes()
            .replace(b"(6, 6), }          ", b"(6000000000000, 6), }"[:19])
        ),
        "EK342",
        "corpus.npy",
    ),
    "an id is missing": (lambda folder: _ids(folder, "q0", "q1", "x", "y"), "EK341", "q2"),
    "fewer ids than vectors": (lambda folder: _ids(folder, "q0", "q1"), "EK346", "2 ids for 4 vectors"),
    "an id twice": (lambda folder: _ids(folder, "q0", "q1", "q2", "q2"), "EK346", "q2"),
    "other dimensions": (
        lambda folder: np.save(folder / "queries.npy", np.ones((4, 5), np.float32)),
        "EK343",
        "5 dimensions",
    ),
    "one axis": (lambda folder: np.save(folder / "queries.npy", np.ones(4, np.float32)), "EK345", "shape"),
    "whole numbers": (lambda folder: np.save(folder / "queries.npy", np.ones((4, 6), int)), "EK345", "int64"),
    "not finite": (_nan, "EK347", "not finite"),
    "fingerprint of other dimensions": (
        lambda folder: (folder / "fingerprint.json").write_text('{"dims": 7}'),
        "EK343",
        "7 dimensions",
    ),
    "fingerprint with a misspelt key": (
        lambda folder: (folder / "fingerprint.json").write_text('{"modle": "x"}'),
        "EK311",
        "fingerprint.json",
    ),
    "fingerprint of a wrong kind": (
        lambda folder: (folder / "fingerprint.json").write_text('{"normalize": "no"}'),
        "EK344",
        "it is true or false",
    ),
    "fingerprint with truth for a number": (
        lambda folder: (folder / "fingerprint.json").write_text('{"dims": true}'),
        "EK344",
        "fingerprint.json",
    ),
    "fingerprint that is no JSON": (
        lambda folder: (folder / "fingerprint.json").write_text("{"),
        "EK344",
        "fingerprint.json",
    ),
}


@pytest.mark.parametrize(("spoil", "code", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_each_broken_folder_names_its_code_and_reason(
    tmp_path: Path, spoil: Callable[[Path], object], code: str, told: str
) -> None:
    folder = write_vectors(tmp_path)
    spoil(folder)

    with pytest.raises(ModelError, match=told) as caught:
        embed(GOLDEN, opened(folder))

    assert caught.value.findings[0].code == code


def test_an_absent_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a folder"):
        opened(tmp_path / "nowhere")


def test_an_unknown_option_offers_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(EvalkitError, match="did you mean normalize"):
        opened(write_vectors(tmp_path), normalise=False)


@pytest.mark.parametrize("scale", [1e200, 1e-200, 5e-324])
def test_values_near_the_ends_of_float64_keep_their_direction(tmp_path: Path, scale: float) -> None:
    folder = write_vectors(tmp_path)
    axes = np.eye(len(GOLDEN.queries) + 1, 6) * scale
    np.save(folder / "queries.npy", axes)

    found = embed(GOLDEN, opened(folder)).queries.vectors

    assert found.tolist() == np.eye(len(GOLDEN.queries) + 1, 6)[-2::-1].tolist()


def test_values_that_float32_cannot_hold_are_refused(tmp_path: Path) -> None:
    folder = write_vectors(tmp_path)
    np.save(folder / "queries.npy", np.full((len(GOLDEN.queries) + 1, 6), 1e200))

    with pytest.raises(EvalkitError, match="not finite"):
        embed(GOLDEN, opened(folder, normalize=False))


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"id": ["a"], "vectors": [[1.0]]}, "no column vector, only id, vectors"),
        ({"id": ["a", "b"], "vector": [[1.0], [1.0, 2.0]]}, "from 1 to 2 dimensions"),
    ],
)
def test_a_parquet_file_says_what_is_wrong_with_it(
    tmp_path: Path, columns: dict[str, list[object]], told: str
) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    folder = write_vectors(tmp_path)
    (folder / "corpus.npy").unlink()
    pq.write_table(pa.table(columns), folder / "corpus.parquet")

    with pytest.raises(ModelError, match=told):
        opened(folder)
