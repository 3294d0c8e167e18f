"""How vectors are compared: by cosine unless a system says dot or l2, from the index to the lab."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.arrays import Floats, Vectors
from evalkit.embedding import rowfile
from evalkit.embedding.adapters.vectors import StoredVectors
from evalkit.embedding.distance import lifted_documents, lifted_queries
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.faiss import build_index, open_index
from evalkit.mixing.curve import mix
from evalkit.retrieval import candidates
from evalkit.retrieval.run import Run, retrieve
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score

DOCUMENTS, QUERIES, DIMS = 60, 12, 8
METRICS = ("cosine", "dot", "l2")


def golden() -> GoldenSet:
    queries = {f"q{row:02}": f"question {row}" for row in range(QUERIES)}
    corpus = {f"d{row:02}": f"text {row}" for row in range(DOCUMENTS)}
    qrels = {
        query: {f"d{(5 * at + 3 * n) % DOCUMENTS:02}": 1 for n in range(3)}
        for at, query in enumerate(queries)
    }
    return GoldenSet.of("g", queries=queries, corpus=corpus, qrels=qrels)


GOLDEN = golden()


def write(folder: Path, seed: int = 0) -> Path:
    """Write vectors of lengths from .2 to 9."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    for stem, ids in (("queries", GOLDEN.queries.ids), ("corpus", GOLDEN.corpus.ids)):
        rows = rng.normal(size=(len(ids), DIMS))
        rows *= np.geomspace(0.2, 9, len(ids))[:, None] / np.linalg.norm(rows, axis=1, keepdims=True)
        np.save(folder / f"{stem}.npy", rng.permutation(rows).astype(np.float32))
        (folder / f"{stem}.ids").write_text("\n".join(ids) + "\n")
    return folder


def opened(folder: Path, **options: object) -> StoredVectors:
    source = open_encoder(ModelSpec.parse(f"vectors/{folder}"), GOLDEN, options)
    assert isinstance(source, StoredVectors)
    return source


def by_hand(folder: Path, metric: str) -> Floats:
    """Return (Q, D) similarities in float64."""
    queries, corpus = (np.load(folder / f"{stem}.npy").astype(np.float64) for stem in ("queries", "corpus"))
    if metric == "l2":
        return np.asarray(-((queries[:, None] - corpus[None]) ** 2).sum(axis=2))
    if metric == "cosine":
        queries, corpus = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, corpus))
    return np.asarray(queries @ corpus.T)


def searched(embedded: EmbeddedSet, depth: int = 20, factory: str = "Flat") -> Run:
    return retrieve(embedded, build_index(embedded.corpus, factory), depth=depth)


@pytest.mark.parametrize("factory", ["Flat", "HNSW32", "IVF1,Flat"])
@pytest.mark.parametrize("metric", METRICS)
def test_what_is_compared_is_what_was_said(tmp_path: Path, metric: str, factory: str) -> None:
    found = searched(embed(GOLDEN, opened(write(tmp_path), metric=metric)), factory=factory)

    wanted = by_hand(tmp_path, metric)
    assert found.rows.tolist() == np.argsort(-wanted, axis=1)[:, :20].tolist()
    np.testing.assert_allclose(found.scores, -np.sort(-wanted, axis=1)[:, :20], rtol=1e-6, atol=1e-6)


def test_the_cosine_is_what_nothing_stated_means(tmp_path: Path) -> None:
    unstated, stated = opened(write(tmp_path)), opened(tmp_path, metric="cosine")

    assert unstated.fingerprint == stated.fingerprint
    assert "metric" not in stated.fingerprint.to_settings()
    assert [told.code for told in unstated.findings] == ["EK357", "EK357"]
    assert "lengths from 0.2 to 9" in unstated.findings[0].problem
    assert not stated.findings


def test_a_metric_is_part_of_the_fingerprint_and_not_of_what_is_cached() -> None:
    plain = Fingerprint(provider="hash", model="8", dims=8, normalize=False)
    by_distance, by_product = (
        Fingerprint.of({**plain.to_settings(), "metric": name}) for name in ("l2", "dot")
    )

    assert len({plain.digest, by_distance.digest, by_product.digest}) == 3
    assert by_distance.stored == by_product.stored == plain
    assert Fingerprint.of(by_distance.to_settings()) == by_distance


@pytest.mark.parametrize("spec", ["hash/16", "lsa/4"])
def test_every_provider_takes_a_metric(spec: str) -> None:
    encoder = open_encoder(ModelSpec.parse(spec), GOLDEN, {"metric": "l2"})

    assert (encoder.fingerprint.metric, encoder.fingerprint.normalize) == ("l2", False)
    unit = open_encoder(ModelSpec.parse(spec), GOLDEN, {"metric": "dot", "normalize": True})
    assert unit.fingerprint.normalize


@pytest.mark.parametrize(
    ("name", "told"), [("euclidean", "no metric"), ("L2", "did you mean l2"), ("hamming", "packed")]
)
def test_a_metric_that_does_not_exist_or_does_not_go_is_refused(name: str, told: str) -> None:
    with pytest.raises(EvalkitError, match=told):
        open_encoder(ModelSpec.parse("hash/16"), GOLDEN, {"metric": name})


def test_a_fingerprint_in_the_folder_may_state_it_and_an_option_wins(tmp_path: Path) -> None:
    (write(tmp_path) / "fingerprint.json").write_text(json.dumps({"model": "m", "metric": "l2"}))

    assert opened(tmp_path).fingerprint.metric == "l2"
    assert opened(tmp_path).fingerprint.normalize is False
    assert opened(tmp_path, metric="cosine").fingerprint.normalize is True


@given(seed=st.integers(0, 50), scale=st.sampled_from([1e-3, 1.0, 300.0]))
def test_products_of_lifted_vectors_are_distances(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    queries, corpus = (rng.normal(size=(n, 5)).astype(np.float32) * np.float32(scale) for n in (4, 7))

    products = lifted_queries(queries).astype(float) @ lifted_documents(corpus).astype(float).T

    exact = ((queries[:, None].astype(float) - corpus[None].astype(float)) ** 2).sum(axis=2)
    np.testing.assert_allclose(products, -exact, rtol=1e-9, atol=1e-9 * scale**2)


@pytest.mark.long
@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize(("old", "new"), [("l2", "l2"), ("dot", "l2"), ("l2", "cosine")])
def test_both_ends_of_the_lab_are_the_two_searches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, *, held: bool
) -> None:
    monkeypatch.setattr(rowfile, "HELD_BYTES", 1 << 30 if held else 0)
    sides = [
        embed(GOLDEN, opened(write(tmp_path / f"{place}", seed=place), metric=metric))
        for place, metric in enumerate((old, new))
    ]

    measure = Measure.parse("nDCG@10")
    strategies = ("filter-new", "new-query", "dual-raw", "dual-calibrated", "stay-old", "dual-rrf", "cascade")
    curve = mix(GOLDEN, *sides, strategies=strategies, shares=(0, 1), measures=[measure])

    ends = [float(score(searched(side, 100), GOLDEN, (measure,)).values.mean()) for side in sides]
    assert curve.summary("stay-old").old == pytest.approx(ends[0])
    for name in ("filter-new", "new-query", "dual-raw", "dual-calibrated"):
        rows = [
            row["value"]
            for row in curve.rows()
            if row["strategy"] == name and row["share"] == 1 and row["cohort"] is None
        ]
        assert rows == [pytest.approx(ends[1])]


@pytest.mark.parametrize("metric", METRICS)
def test_queries_too_many_to_hold_are_searched_like_those_that_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metric: str
) -> None:
    held = searched(embed(GOLDEN, opened(write(tmp_path), metric=metric)))
    monkeypatch.setattr(rowfile, "HELD_BYTES", 100)
    monkeypatch.setattr(candidates, "QUERIES_AT_ONCE", 5)

    embedded = embed(GOLDEN, opened(tmp_path, metric=metric))
    read = searched(embedded)

    assert rowfile.on_disk(embedded.queries.vectors)
    assert np.array_equal(held.rows, read.rows)
    assert np.array_equal(held.scores, read.scores)


def test_an_index_of_one_metric_is_not_taken_for_another(tmp_path: Path) -> None:
    by_distance, by_product = (
        embed(GOLDEN, opened(write(tmp_path / "v"), metric=name)) for name in ("l2", "dot")
    )

    runs = [
        retrieve(side, open_index(side.corpus, "HNSW32", tmp_path / "indexes"), depth=5)
        for side in (by_distance, by_product, by_distance)
    ]

    assert runs[0].rows.tolist() == runs[2].rows.tolist() != runs[1].rows.tolist()


def test_a_query_of_length_zero_has_distances_but_no_direction(tmp_path: Path) -> None:
    folder = write(tmp_path)
    queries: Vectors = np.load(folder / "queries.npy")
    queries[0] = 0
    np.save(folder / "queries.npy", queries)

    near, far = (searched(embed(GOLDEN, opened(folder, metric=name))) for name in ("l2", "dot"))

    assert near.returned[0] == 20
    assert far.returned[0] == 0
