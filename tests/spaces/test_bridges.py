"""Bridges between two spaces: what each can undo, what it must not touch, and what it says of itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import ModelError
from evalkit.spaces import bridges
from evalkit.spaces.bridges import fit_bridge
from evalkit.streams import stream

RNG = np.random.default_rng(0)
OLD = RNG.normal(size=(300, 8)).astype(np.float32)
TURN = np.linalg.qr(RNG.normal(size=(8, 8)))[0]


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        ("procrustes", OLD @ TURN),
        ("affine", OLD @ (TURN * np.arange(1, 9)) + 3),
        ("mean-shift", OLD + np.arange(8)),
        ("procrustes", np.pad(OLD, ((0, 0), (0, 3)))),
        ("affine", np.pad(OLD @ TURN, ((0, 0), (0, 3))) + 1),
    ],
)
def test_each_bridge_undoes_what_it_can_express(kind: str, new: np.ndarray[tuple[int, int]]) -> None:
    bridge = fit_bridge(kind, new.astype(np.float32), OLD, unit=False, seed=1)

    np.testing.assert_allclose(bridge.crossed(new.astype(np.float32)), OLD, atol=2e-3)
    assert bridge.error is not None
    assert bridge.error < 1e-6


def test_unrelated_spaces_have_a_large_held_out_error_even_where_the_fit_is_perfect() -> None:
    old, new = RNG.normal(size=(2, 60, 80)).astype(np.float32)

    bridge = fit_bridge("affine", new, old, unit=False, seed=1)

    assert bridge.error is not None
    assert bridge.error > 0.5


def test_a_bridge_keeps_zero_vectors_and_unit_lengths() -> None:
    bridge = fit_bridge("mean-shift", OLD + 1, OLD, unit=True, seed=1)

    crossed = bridge.crossed(np.stack([np.zeros(8), np.ones(8)]).astype(np.float32))

    np.testing.assert_allclose(np.linalg.norm(crossed, axis=1), [0, 1], atol=1e-6)


def test_no_translation_leads_to_another_number_of_dimensions() -> None:
    with pytest.raises(ModelError, match="8 dimensions to 5"):
        fit_bridge("mean-shift", OLD, OLD[:, :5], unit=False, seed=1)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), wider=st.integers(0, 4))
def test_a_rotation_keeps_every_length_and_angle(seed: int, wider: int) -> None:
    new = np.random.default_rng(seed).normal(size=(300, 8 + wider)).astype(np.float32)
    matrix = fit_bridge("procrustes", new, OLD, unit=False, seed=1).matrix
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(8), atol=1e-9)


def test_a_translation_is_the_difference_of_the_means_and_a_regression_hits_them() -> None:
    new = RNG.normal(size=(300, 8)).astype(np.float32)
    shift = fit_bridge("mean-shift", new, OLD, unit=False, seed=1)
    np.testing.assert_array_equal(shift.matrix, np.eye(8))
    np.testing.assert_allclose(shift.shift, (OLD - new).mean(axis=0), atol=0.1)

    affine = fit_bridge("affine", new, OLD, unit=False, seed=1)
    np.testing.assert_allclose(affine.crossed(new).mean(axis=0), OLD.mean(axis=0), atol=0.1)


def test_a_regression_between_unrelated_spaces_says_little_and_so_harms_little() -> None:
    """Its ridge is chosen by leaving documents out, so that noise is not learned by heart."""
    old, new = RNG.normal(size=(2, 60, 50)).astype(np.float32)
    bridge = fit_bridge("affine", new, old, unit=False, seed=1)
    assert np.linalg.norm(bridge.crossed(new)) < 0.5 * np.linalg.norm(old)


def test_one_document_in_ten_is_held_out_and_only_those_tell_the_error() -> None:
    drawn = stream(1, "bridge").permutation(300)
    apart, fitted = drawn[:30], drawn[30:]
    new = RNG.normal(size=(300, 8)).astype(np.float32)
    bridge = fit_bridge("mean-shift", new, OLD, unit=False, seed=1)
    shift = (OLD[fitted].astype(np.float64) - new[fitted]).mean(axis=0)
    np.testing.assert_allclose(bridge.shift, shift, atol=1e-6)
    mapped, truth = new[apart] + shift, OLD[apart]
    cosines = (mapped * truth).sum(axis=1) / np.linalg.norm(mapped, axis=1) / np.linalg.norm(truth, axis=1)
    assert bridge.error == pytest.approx(np.mean(1 - cosines), abs=1e-6)


def test_the_scale_of_the_new_space_is_of_no_account_to_a_regression() -> None:
    new = OLD + RNG.normal(size=(300, 8)).astype(np.float32)
    large, small = (fit_bridge("affine", new * scale, OLD, unit=False, seed=1) for scale in (1.0, 1e-3))
    np.testing.assert_allclose(small.crossed(new * 1e-3), large.crossed(new), atol=1e-4)


def test_documents_that_are_all_alike_in_the_new_space_lead_to_the_mean_of_the_old() -> None:
    bridge = fit_bridge("affine", np.ones_like(OLD), OLD, unit=False, seed=1)
    np.testing.assert_allclose(bridge.crossed(np.ones_like(OLD))[0], OLD.mean(axis=0), atol=0.1)


def test_too_few_documents_to_hold_any_out_leave_the_error_unknown() -> None:
    assert fit_bridge("procrustes", OLD[:9], OLD[:9], unit=False, seed=1).error is None
    assert fit_bridge("procrustes", OLD[:10], OLD[:10], unit=False, seed=1).error is not None


def test_the_error_is_one_minus_the_cosine_of_documents_that_were_not_fitted_on() -> None:
    """A mean shift between a space and its mirror image: what it maps points the wrong way."""
    centred = OLD - OLD.mean(axis=0)
    bridge = fit_bridge("mean-shift", -centred, centred, unit=False, seed=1)
    assert bridge.error == pytest.approx(2.0, abs=0.05)


def test_of_a_large_corpus_a_sample_is_fitted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents that are not drawn may be anything: the sample of the seed alone says what the map is."""
    monkeypatch.setattr(bridges, "SAMPLE", 50)
    drawn = stream(1, "bridge").permutation(300)[:50]
    spoiled = np.full_like(OLD, 99.0)
    spoiled[drawn] = OLD[drawn] + 1
    np.testing.assert_allclose(
        fit_bridge("mean-shift", spoiled, OLD, unit=False, seed=1).shift, -np.ones(8), atol=1e-5
    )


@pytest.mark.parametrize("unit", [True, False])
def test_vectors_are_brought_to_unit_length_only_where_the_old_models_are(unit: bool) -> None:  # noqa: FBT001 - drawn
    crossed = fit_bridge("affine", OLD * 3, OLD, unit=unit, seed=1).crossed(OLD * 3)
    lengths = np.linalg.norm(crossed, axis=1)
    np.testing.assert_allclose(lengths, 1 if unit else np.linalg.norm(OLD, axis=1), rtol=1e-3)
    assert crossed.dtype == np.float32


def test_the_same_seed_fits_the_same_map_and_another_holds_out_others() -> None:
    new = OLD + RNG.normal(size=OLD.shape).astype(np.float32)
    one, again, other = (fit_bridge("affine", new, OLD, unit=False, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.matrix, again.matrix)
    assert one.error == again.error != other.error
