"""A corpus in two spaces is noticed; one that is sorted by topic, by language or not at all is not."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.arrays import Vectors
from evalkit.golden.texts import Texts
from evalkit.retrieval.patchwork import find_seam, patchwork_findings

DOCUMENTS, DIMS = 160, 48


def corpus(seed: int, *, topics: int, common: int, in_order: str) -> tuple[Texts, Vectors]:
    """Return texts of a few words of their topic and some common ones, with vectors of one space.

    The vectors are a random projection of the words with noise: near for texts that share words.
    """
    rng = np.random.default_rng(seed)
    topic = (
        np.sort(rng.integers(topics, size=DOCUMENTS)) if in_order else rng.integers(topics, size=DOCUMENTS)
    )
    chosen = [
        [
            *(f"t{t}w{n}" for n in rng.integers(25, size=8)),
            *(f"common{n}" for n in rng.integers(30, size=common)),
        ]
        for t in topic
    ]
    names = {word: row for row, word in enumerate(sorted({word for found in chosen for word in found}))}
    projection = rng.standard_normal((len(names), DIMS))
    vectors = np.stack([projection[[names[word] for word in found]].sum(axis=0) for found in chosen])
    vectors += 0.5 * rng.standard_normal(vectors.shape) * vectors.std()
    vectors = vectors.astype(np.float32)
    ids = tuple(f"d{number:04}" for number in range(DOCUMENTS))
    return Texts(ids, tuple(" ".join(found) for found in chosen)), vectors


def turned(vectors: Vectors, rows: slice, seed: int = 0) -> Vectors:
    """Return vectors of which some are in another space: turned, so that angles among them stay."""
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((DIMS, DIMS)))[0]
    made = vectors.copy()
    made[rows] = (vectors[rows] @ rotation).astype(np.float32)
    return made


@pytest.mark.parametrize(
    ("topics", "common", "in_order"),
    [
        pytest.param(5, 4, "", id="topics mixed"),
        pytest.param(5, 4, "topic", id="sorted by topic"),
        pytest.param(2, 4, "topic", id="two topics, one after the other"),
        pytest.param(2, 0, "topic", id="two languages, one after the other"),
        pytest.param(12, 2, "topic", id="many small topics in order"),
    ],
)
def test_one_space_is_hardly_ever_taken_for_two(topics: int, common: int, in_order: str) -> None:
    """At a level of 0.01 sixty corpora of one space should give no alarm at all, and give none."""
    alarms = [
        find_seam(*corpus(seed, topics=topics, common=common, in_order=in_order)) is not None
        for seed in range(12)
    ]

    assert sum(alarms) == 0


def test_vectors_that_say_nothing_of_texts_are_no_patchwork() -> None:
    texts, vectors = corpus(1, topics=5, common=4, in_order="")

    alarms = [
        find_seam(texts, np.random.default_rng(seed).standard_normal(vectors.shape).astype(np.float32))
        for seed in range(10)
    ]

    assert alarms == [None] * 10


@pytest.mark.parametrize(
    ("rows", "first", "last"),
    [
        pytest.param(slice(80, None), 0, 79, id="second half"),
        pytest.param(slice(0, 80), 0, 79, id="first half"),
        pytest.param(slice(40, 80), 40, 79, id="a quarter within"),
        pytest.param(slice(110, None), 0, 111, id="the last third"),
    ],
)
def test_a_part_in_another_space_is_found_with_its_border(rows: slice, first: int, last: int) -> None:
    found = []
    for seed in range(5):
        texts, vectors = corpus(seed, topics=4, common=5, in_order="")
        seam = find_seam(texts, turned(vectors, rows, seed))
        found += [(seam.first, seam.last)] if seam is not None else []

    assert len(found) == 5
    assert np.median([abs(one - first) + abs(other - last) for one, other in found]) <= 16


def test_the_finding_names_the_documents_and_both_figures() -> None:
    texts, vectors = corpus(3, topics=4, common=5, in_order="")

    (finding,) = patchwork_findings("mine", texts, turned(vectors, slice(80, None)))

    assert finding.code == "EK417"
    assert "the documents d0000 to d0079 (about 80 of 160) and the rest share no space" in finding.problem
    assert patchwork_findings("mine", texts, vectors) == ()


def test_few_documents_say_nothing() -> None:
    texts, vectors = corpus(3, topics=4, common=5, in_order="")
    few = Texts(texts.ids[:60], texts.bodies[:60])

    assert find_seam(few, turned(vectors, slice(30, 60))[:60]) is None
