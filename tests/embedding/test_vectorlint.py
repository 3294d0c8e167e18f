"""Vector lint: what looks wrong with vectors is told, and what is right is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evalkit.arrays import Vectors
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.vectorlint import CHUNK, vector_findings
from evalkit.findings import Finding
from evalkit.golden.texts import Texts


def told(
    vectors: Vectors, bodies: list[str] | None = None, *, role: Role = Role.document, normalize: bool = False
) -> dict[str, Finding]:
    bodies = bodies or [f"text {row}" for row in range(len(vectors))]
    texts = Texts.of({f"t{row:05}": body for row, body in enumerate(bodies)})
    fingerprint = Fingerprint(provider="test", model="m", dims=vectors.shape[1], normalize=normalize)
    side = Embeddings(fingerprint=fingerprint, role=role, vectors=vectors)
    return {finding.code: finding for finding in vector_findings(texts, side)}


def random(rows: int, dims: int = 8) -> Vectors:
    vectors = np.random.default_rng(1).standard_normal((rows, dims)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("kind", [np.float32, np.float16])
@pytest.mark.parametrize("normalize", [True, False])
def test_distinct_vectors_of_unit_length_have_no_finding(kind: type, *, normalize: bool) -> None:
    assert told(random(300).astype(kind), normalize=normalize) == {}


def test_vectors_of_length_zero_are_told_by_id_and_by_role() -> None:
    vectors = random(5)
    vectors[[1, 3]] = 0

    assert told(vectors)["EK321"].places == ("test/m   t00001, t00003",)
    assert set(told(vectors)) == {"EK321"}
    assert told(vectors, role=Role.query)["EK321"].problem == (
        "2 query vectors of length zero: they retrieve nothing and score 0"
    )


def test_a_vector_so_short_that_its_square_vanishes_is_not_zero() -> None:
    vectors = random(3)
    vectors[0] *= np.float32(1e-30)

    assert set(told(vectors)) == {"EK322"}


def test_lengths_that_differ_are_told_with_their_range_unless_normalised() -> None:
    vectors = random(4) * np.array([[1], [2], [3], [0.5]], dtype=np.float32)

    assert told(vectors)["EK322"].problem == "document vectors have lengths from 0.5 to 3"
    assert told(vectors, normalize=True) == {}


def test_different_texts_with_one_vector_are_told_across_chunks() -> None:
    vectors = random(CHUNK + 3)
    vectors[CHUNK + 1] = vectors[7]

    assert told(vectors)["EK323"].places == (f"test/m   t00007 = t{CHUNK + 1:05}",)


def test_texts_that_differ_in_case_and_space_alone_may_share_a_vector() -> None:
    vectors = np.ascontiguousarray(random(1)[[0, 0, 0]])

    assert told(vectors, ["Invoice lost", "invoice  lost\n", "INVOICE LOST"]) == {}
    assert told(vectors, ["Invoice lost", "invoice lost", "invoice found"])["EK323"].places == (
        "test/m   t00000 = t00002",
    )


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 2)),
        elements=st.sampled_from([1.0, -1.0, 0.5]),
    )
)
@settings(deadline=None)
def test_equal_rows_are_told_exactly_when_there_are_some(vectors: Vectors) -> None:
    assert ("EK323" in told(vectors)) is (len(np.unique(vectors, axis=0)) < len(vectors))
