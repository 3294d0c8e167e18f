"""Maps between two spaces: bridges, the quantile map, pseudo-queries and alignment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import World, embedded, world

from evalkit.embedding.adapters.hashing import HashingEncoder
from evalkit.embedding.encoder import Fingerprint
from evalkit.errors import InvalidValueError, ModelError
from evalkit.golden.goldenset import GoldenSet
from evalkit.mixing.controls import rotated
from evalkit.mixing.curve import mix
from evalkit.mixing.options import MixOptions
from evalkit.spaces import calibration
from evalkit.spaces.alignment import align
from evalkit.spaces.bridges import fit_bridge
from evalkit.spaces.calibration import (
    PseudoQueries,
    QuantileMap,
    encode_pseudo_queries,
    first_words,
    fit_quantile_map,
)

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


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    values=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20, unique=True),
)
def test_the_quantile_map_is_strictly_monotone_everywhere_and_its_inverse_undoes_it(
    seed: int, values: list[float]
) -> None:
    rng = np.random.default_rng(seed)
    knots = np.sort(rng.normal(size=(2, 30)) ** 3, axis=1)
    scale = QuantileMap.through(*knots)
    grid = np.unique(np.round(values, 6))

    mapped = scale.forward(grid)

    assert np.all(np.diff(mapped) > 0)
    np.testing.assert_allclose(scale.inverse(mapped), grid, atol=1e-6)


def test_the_quantile_map_keeps_documents_that_are_never_found_away() -> None:
    assert (
        QuantileMap.through(np.array([0.0, 1]), np.array([5.0, 9])).forward(np.array([-np.inf]))[0] == -np.inf
    )


def test_scores_that_never_differ_still_get_a_map() -> None:
    scale = QuantileMap.through(np.zeros(3), np.ones(3))

    np.testing.assert_allclose(scale.forward(np.array([0.0, 0.5])), [1.0, 1.5])


def test_a_map_needs_increasing_knots() -> None:
    with pytest.raises(InvalidValueError):
        QuantileMap(np.array([0.0, 0.0]), np.array([0.0, 1.0]))


def test_the_fitted_map_takes_old_scores_to_the_scale_of_the_new() -> None:
    """The new model's scores are the old ones, squeezed into 0.7 to 1.0, as E5-like models do."""
    queries = RNG.normal(size=(120, 8)).astype(np.float32)
    pseudo = PseudoQueries(queries, queries * 0.1, np.arange(120))

    scale = fit_quantile_map(pseudo, OLD, OLD, seed=1)

    scores = np.linspace(-3, 12, 7)
    np.testing.assert_allclose(scale.forward(scores), 0.1 * scores, atol=2e-3)
    assert scale.error < 0.05


def test_pseudo_queries_are_titles_or_first_sentences_of_documents() -> None:
    assert first_words("Title\nText. More.") == "Title"
    assert first_words("One sentence. Another.") == "One sentence"
    assert first_words("  no stop  ") == "no stop"


def test_pseudo_queries_are_encoded_in_both_spaces_and_are_no_golden_queries() -> None:
    golden = GoldenSet.of(
        "set",
        queries={"q": "golden question"},
        corpus={f"d{n}": f"title {n}\nbody {n}" for n in range(5)},
        qrels={"q": {"d0": 1}},
    )
    old, new = (HashingEncoder(Fingerprint(provider="hash", model=str(n), dims=n)) for n in (16, 32))

    pseudo = encode_pseudo_queries(golden, old, new, seed=1)

    assert (pseudo.old.shape, pseudo.new.shape) == ((5, 16), (5, 32))
    np.testing.assert_allclose(np.linalg.norm(pseudo.old, axis=1), 1, atol=1e-6)


def test_without_an_encoder_the_curve_says_that_its_map_was_fitted_on_documents() -> None:
    found = world(1)
    pseudo = PseudoQueries(found.old.corpus.vectors[:9], found.new.corpus.vectors[:9], np.arange(9))

    blind = mix(found.golden, found.old, found.new, strategies=["dual-calibrated"], shares=3)
    told = mix(
        found.golden,
        found.old,
        found.new,
        strategies=["dual-calibrated"],
        shares=3,
        options=MixOptions(pseudo_queries=pseudo),
    )

    assert "EK564" in [finding.code for finding in blind.findings]
    assert "EK563" in [finding.code for finding in told.findings]


def test_unequal_lengths_of_vectors_are_warned_of() -> None:
    found = world(2)
    longer = embedded(3 * found.new.queries.vectors, 3 * found.new.corpus.vectors)

    alike = mix(found.golden, found.old, rotated(found.old), shares=2)
    unlike = mix(found.golden, rotated(found.new), longer, shares=2)

    assert "EK567" in [finding.code for finding in alike.findings]
    assert "EK566" in [finding.code for finding in unlike.findings]


@pytest.mark.parametrize("unit", [True, False])
def test_truncation_renormalises_only_where_the_fingerprint_says_so(unit: bool) -> None:  # noqa: FBT001 - drawn
    short = embedded(OLD[:2, :4], OLD[:, :4])
    long = embedded(OLD[:2], OLD, unit=unit)

    _, cut = align(short, long, "truncate")

    kept = np.linalg.norm(OLD[:, :4], axis=1)
    np.testing.assert_allclose(np.linalg.norm(cut.corpus.vectors, axis=1), 1 if unit else kept, atol=1e-6)


def test_a_calibrated_merge_ranks_each_half_as_its_own_model_does() -> None:
    """The map is strictly monotone: with nothing and with everything moved it changes no rank."""
    found = world(3)
    squeezed = World(
        found.golden, found.old, embedded(0.01 * found.new.queries.vectors, found.new.corpus.vectors)
    )

    curve = mix(
        found.golden, squeezed.old, squeezed.new, strategies=["dual-calibrated", "dual-raw"], shares=3
    )

    calibrated, raw = (curve.line(name) for name in curve.strategies)
    np.testing.assert_allclose(calibrated.values[[0, -1]], raw.values[[0, -1]], atol=1e-12)
    assert not np.allclose(calibrated.values[1], raw.values[1])


def test_the_documents_that_pseudo_queries_come_from_make_the_upper_tail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However few documents are sampled, a query's own document is among them: it scores highest."""
    monkeypatch.setattr(calibration, "DOCUMENTS", 5)
    rng = np.random.default_rng(3)
    corpus = rng.normal(size=(400, 64)).astype(np.float32)
    corpus /= np.linalg.norm(corpus, axis=1, keepdims=True)
    rows = np.arange(40)

    fitted = fit_quantile_map(PseudoQueries(corpus[rows], corpus[rows], rows), corpus, corpus, seed=1)

    # The last knot lies beyond the scores, so that the map goes on; the one before is the highest score.
    assert fitted.old[-2] == pytest.approx(1.0, abs=1e-6)
