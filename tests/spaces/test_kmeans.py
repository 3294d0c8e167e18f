"""Clusters: every vector belongs to the centre nearest to it, whatever was sampled and in what blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.spaces import kmeans
from evalkit.spaces.kmeans import nearest_centres
from evalkit.streams import stream


def drawn(seed: int, count: int = 60) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)


def test_heaps_that_lie_apart_are_the_clusters() -> None:
    centres = np.array([[0, 0, 0], [50, 0, 0], [0, 50, 0]], dtype=np.float32)
    truth = np.arange(90) % 3
    labels = nearest_centres(centres[truth] + drawn(1, 90), 3, stream(4, "clusters"))
    assert len({(int(a), int(b)) for a, b in zip(truth, labels, strict=True)}) == 3


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 12))
def test_at_the_end_every_vector_is_nearest_to_the_mean_of_its_own_cluster(seed: int, count: int) -> None:
    """Where the centres have come to rest, which 60 vectors do within 25 turns."""
    vectors = drawn(seed)
    labels = nearest_centres(vectors, count, stream(seed, "clusters"))
    names = np.unique(labels)
    means = np.stack([vectors[labels == name].mean(axis=0) for name in names])
    distances = np.linalg.norm(vectors[:, None] - means[None], axis=2)
    own = distances[np.arange(len(vectors)), np.searchsorted(names, labels)]
    assert np.all(own <= distances.min(axis=1) + 1e-5)
    assert set(labels) <= set(range(count))


def test_one_cluster_holds_everything_and_as_many_as_vectors_hold_one_each() -> None:
    vectors = drawn(2, 20)
    assert set(nearest_centres(vectors, 1, stream(1, "c"))) == {0}
    assert sorted(nearest_centres(vectors, 20, stream(1, "c"))) == list(range(20))


def test_vectors_that_are_all_alike_make_one_cluster_and_no_empty_one_moves() -> None:
    labels = nearest_centres(np.ones((10, 2), dtype=np.float32), 3, stream(1, "c"))
    assert len(set(labels)) == 1


@pytest.mark.parametrize("block", [1, 7, 60])
def test_blocks_change_no_label(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = drawn(3)
    whole = nearest_centres(vectors, 5, stream(1, "c"))
    monkeypatch.setattr(kmeans, "BLOCK", block)
    np.testing.assert_array_equal(nearest_centres(vectors, 5, stream(1, "c")), whole)


def test_centres_are_fitted_on_a_sample_and_everything_is_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kmeans, "SAMPLE", 20)
    heaps = np.repeat(np.array([[0.0, 0, 0], [90, 0, 0]], dtype=np.float32), 100, axis=0)
    labels = nearest_centres(heaps + drawn(5, 200), 2, stream(6, "c"))
    assert labels.shape == (200,)
    assert len(set(labels[:100])) == len(set(labels[100:])) == 1
    assert labels[0] != labels[-1]


def test_another_stream_may_number_the_clusters_otherwise_and_the_same_never_does() -> None:
    vectors = drawn(7)
    one, two, other = (nearest_centres(vectors, 8, stream(seed, "c")) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
