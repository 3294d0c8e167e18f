"""The quantile map and its pseudo-queries: strictly monotone, fitted on texts that are no golden query."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.embedding.adapters.hashing import HashingEncoder
from evalkit.embedding.encoder import Fingerprint
from evalkit.errors import InvalidValueError
from evalkit.golden.goldenset import GoldenSet
from evalkit.spaces import calibration
from evalkit.spaces.calibration import (
    QUERIES,
    PseudoQueries,
    QuantileMap,
    drawn_documents,
    encode_pseudo_queries,
    first_words,
    fit_quantile_map,
)

RNG = np.random.default_rng(0)
OLD = RNG.normal(size=(300, 8)).astype(np.float32)


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


def test_a_map_goes_on_beyond_its_ends_with_the_mean_slope() -> None:
    """Knots (0, 0), (1, 1), (2, 10): the mean slope is 5, on both sides, without end."""
    scale = QuantileMap.through(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 10.0]))
    found = scale.forward(np.array([-20.0, -1.0, 0.5, 1.5, 3.0, 22.0]))
    np.testing.assert_allclose(found, [-100.0, -5.0, 0.5, 5.5, 15.0, 110.0])


def test_points_too_close_to_the_last_one_kept_are_dropped_on_either_side() -> None:
    """A point is kept only where both scales have moved by a ten-thousandth of their range since."""
    old = np.array([0.0, 1e-6, 0.2, 0.2 + 1e-6, 0.5, 1.0])
    new = np.array([0.0, 0.3, 0.3, 0.9, 0.3 + 1e-6, 1.0])
    kept = QuantileMap.through(old, new)
    np.testing.assert_allclose(kept.old[1:-1], [0.0, 0.2, 1.0])
    np.testing.assert_allclose(kept.new[1:-1], [0.0, 0.3, 1.0])


@pytest.mark.parametrize(
    ("old", "new"),
    [([0.0], [0.0]), ([0.0, 1.0], [1.0, 1.0]), ([1.0, 0.0], [0.0, 1.0]), ([0.0, 1.0, 2.0], [0.0, 1.0])],
)
def test_knots_that_make_no_line_are_refused(old: list[float], new: list[float]) -> None:
    with pytest.raises(InvalidValueError):
        QuantileMap(np.array(old), np.array(new))


def test_both_sides_of_pseudo_queries_hold_the_same_texts() -> None:
    with pytest.raises(InvalidValueError, match="new space"):
        PseudoQueries(OLD[:3], OLD[:2], np.arange(3))
    with pytest.raises(InvalidValueError, match="old space"):
        PseudoQueries(OLD[:2], OLD[:3], np.arange(3))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Title\n\n  \n", "Title"),
        ("A v1.2 release. More", "A v1.2 release"),
        ("Title. With stop\nText", "Title. With stop"),
        ("", ""),
        ("\n\nFirst\nSecond", "First"),
    ],
)
def test_a_title_is_a_first_line_with_more_behind_it(body: str, words: str) -> None:
    assert first_words(body) == words


@given(documents=st.integers(1, 1000), seed=st.integers(0, 99))
def test_documents_are_drawn_once_each_in_their_order_and_no_more_than_are_wanted(
    documents: int, seed: int
) -> None:
    rows = drawn_documents(documents, seed).tolist()
    assert rows == sorted(set(rows))
    assert len(rows) == min(documents, QUERIES)
    assert 0 <= rows[0] <= rows[-1] < documents


def test_a_document_does_not_score_against_itself_where_it_stands_in_for_a_query() -> None:
    """All vectors are orthogonal: but for themselves, every score is 0, and so is every knot."""
    corpus = np.eye(40, dtype=np.float32)
    rows = np.arange(8)
    alone = fit_quantile_map(
        PseudoQueries(corpus[rows], corpus[rows], rows, from_texts=False), corpus, corpus, seed=1
    )
    texts = fit_quantile_map(PseudoQueries(corpus[rows], corpus[rows], rows), corpus, corpus, seed=1)
    assert np.abs(alone.old).max() == 1.0  # the level and one step, which is all that a constant has
    assert texts.old[-2] == 1.0


def test_a_model_that_compares_by_distance_is_calibrated_on_distances() -> None:
    """Of three documents on a line the nearest scores best, not the longest."""
    corpus = np.array([[1.0], [2.0], [9.0]], dtype=np.float32)
    query = np.array([[1.2]], dtype=np.float32)
    pseudo = PseudoQueries(query, query, np.array([0]))
    product, distance = (Fingerprint(provider="test", model="m", dims=1, metric=m) for m in ("dot", "l2"))
    assert distance.by_distance
    assert not product.by_distance
    plain = fit_quantile_map(pseudo, corpus, corpus, seed=1)
    mixed = fit_quantile_map(pseudo, corpus, corpus, seed=1, asking=(product, distance))
    turned = fit_quantile_map(pseudo, corpus, corpus, seed=1, asking=(distance, product))
    assert plain.old[-2] == pytest.approx(1.2 * 9)
    assert mixed.old[-2] == pytest.approx(1.2 * 9)
    assert mixed.new[-2] < 1.2 * 9
    assert turned.new[-2] == pytest.approx(1.2 * 9)
