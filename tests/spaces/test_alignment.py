"""Alignment: vectors of different lengths in one column, as stores make them fit."""

from __future__ import annotations

import numpy as np
import pytest
from pair_of_spaces import OLD, embedded

from evalkit.embedding.encoder import Role
from evalkit.errors import UnknownNameError
from evalkit.spaces.alignment import PAD, TRUNCATE, align


@pytest.mark.parametrize("unit", [True, False])
def test_truncation_renormalises_only_where_the_fingerprint_says_so(unit: bool) -> None:  # noqa: FBT001 - drawn
    short = embedded(OLD[:2, :4], OLD[:, :4])
    long = embedded(OLD[:2], OLD, unit=unit)

    _, cut = align(short, long, "truncate")

    kept = np.linalg.norm(OLD[:, :4], axis=1)
    np.testing.assert_allclose(np.linalg.norm(cut.corpus.vectors, axis=1), 1 if unit else kept, atol=1e-6)


def test_padding_changes_no_product_within_a_model() -> None:
    short, long = embedded(OLD[:2, :4], OLD[:, :4]), embedded(OLD[:2], OLD)
    padded, same = align(short, long, PAD)
    assert same is long
    assert padded.corpus.vectors.shape == OLD.shape
    assert padded.fingerprint.dims == OLD.shape[1]
    np.testing.assert_array_equal(padded.corpus.vectors[:, 4:], 0)
    np.testing.assert_allclose(
        padded.queries.vectors @ padded.corpus.vectors.T, OLD[:2, :4] @ OLD[:, :4].T, rtol=1e-6
    )


@pytest.mark.parametrize("how", [PAD, TRUNCATE])
@pytest.mark.parametrize("turned", [False, True])
def test_either_side_may_be_the_longer_one_and_keeps_its_roles(how: str, turned: bool) -> None:  # noqa: FBT001 - drawn
    short, long = embedded(OLD[:2, :4], OLD[:, :4]), embedded(OLD[:2], OLD)
    first, second = align(long, short, how) if turned else align(short, long, how)
    assert first.fingerprint.dims == second.fingerprint.dims == (4 if how == TRUNCATE else 8)
    assert (first.queries.role, first.corpus.role) == (Role.query, Role.document)
    assert len(first.queries.vectors) == 2
    assert first.corpus.vectors.dtype == np.float32


@pytest.mark.parametrize("how", [PAD, TRUNCATE])
def test_vectors_of_one_length_stay_as_they_are(how: str) -> None:
    one, other = embedded(OLD[:2], OLD), embedded(OLD[:3], OLD)
    assert align(one, other, how) == (one, other)


def test_a_zero_vector_stays_zero_where_lengths_are_made_one() -> None:
    vectors = np.zeros((3, 8))
    vectors[0, 7] = 1.0  # nothing of it is left
    _, cut = align(embedded(OLD[:1, :4], OLD[:, :4]), embedded(OLD[:1], vectors, unit=True), TRUNCATE)
    np.testing.assert_array_equal(cut.corpus.vectors, 0)


def test_no_other_alignment_is_known() -> None:
    with pytest.raises(UnknownNameError, match="alignment") as told:
        align(embedded(OLD, OLD), embedded(OLD, OLD), "truncat")
    assert "did you mean truncate" in told.value.hint
