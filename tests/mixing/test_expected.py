"""The closed form equals the definition: every set of moved documents, weighted by its probability."""

from __future__ import annotations

import numpy as np
import pytest
from every_subset import EXACT, Case, by_definition, cases
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import InvalidValueError, UsageError
from evalkit.mixing.binomial import binomial
from evalkit.mixing.expected import expected_curve

SHARES = np.array([0.0, 0.1, 0.5, 0.77, 1.0])


@settings(max_examples=120)
@given(case=cases(), measure=st.sampled_from(EXACT))
def test_the_closed_form_equals_the_sum_over_all_subsets(case: Case, measure: str) -> None:
    s_old, s_new, grades = case

    found = expected_curve(s_old, s_new, grades, shares=SHARES, measure=measure)

    wanted = by_definition(s_old, s_new, grades, shares=SHARES, measure=measure)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("measure", EXACT)
def test_twelve_documents_equal_all_4096_subsets(measure: str) -> None:
    rng = np.random.default_rng(12)
    s_old, s_new = rng.integers(0, 9, size=(2, 4, 12)) / 4
    grades = rng.integers(-1, 3, size=(4, 12))

    found = expected_curve(s_old, s_new, grades, shares=SHARES, measure=measure)

    wanted = by_definition(s_old, s_new, grades, shares=SHARES, measure=measure)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def test_two_documents_by_hand() -> None:
    """The relevant document scores 2 before and 1 after its move, the other 0 before and 3 after."""
    shares = np.array([0.0, 0.25, 1.0])

    found = expected_curve([[2.0, 0.0]], [[1.0, 3.0]], [[1, 0]], shares=shares, measure="MRR@2")

    # Second exactly when the other document has moved, whatever the relevant one did.
    np.testing.assert_allclose(found[:, 0], 1 - shares / 2)


def test_a_tie_goes_to_the_larger_row() -> None:
    alone = expected_curve([[1.0, 1.0]], [[1.0, 1.0]], [[0, 1]], shares=[0.3], measure="Recall@1")
    behind = expected_curve([[1.0, 1.0]], [[1.0, 1.0]], [[1, 0]], shares=[0.3], measure="Recall@1")

    assert (alone.item(), behind.item()) == (1.0, 0.0)


def test_a_document_without_a_score_is_never_found_and_beats_nobody() -> None:
    nowhere = np.full((1, 2), -np.inf)

    found = expected_curve(nowhere, [[1.0, 2.0]], [[1, 0]], shares=SHARES, measure="Recall@1")

    # Found if it has moved and the better document, seen only once it has moved, has not.
    np.testing.assert_allclose(found[:, 0], SHARES * (1 - SHARES), atol=1e-15)


@settings(max_examples=40)
@given(case=cases(), measure=st.sampled_from(EXACT))
def test_equal_columns_give_a_flat_curve(case: Case, measure: str) -> None:
    scores, _, grades = case

    curve = expected_curve(scores, scores, grades, shares=SHARES, measure=measure)

    np.testing.assert_allclose(curve, np.broadcast_to(curve[0], curve.shape), rtol=0, atol=1e-14)


@settings(max_examples=40)
@given(case=cases(), measure=st.sampled_from(EXACT))
def test_swapping_the_columns_reverses_the_curve(case: Case, measure: str) -> None:
    s_old, s_new, grades = case

    forth = expected_curve(s_old, s_new, grades, shares=SHARES, measure=measure)
    back = expected_curve(s_new, s_old, grades, shares=1 - SHARES, measure=measure)

    np.testing.assert_allclose(forth, back, rtol=0, atol=1e-14)


@settings(max_examples=40)
@given(case=cases(), measure=st.sampled_from(EXACT))
def test_a_strictly_increasing_map_of_both_columns_changes_nothing(case: Case, measure: str) -> None:
    s_old, s_new, grades = case

    plain = expected_curve(s_old, s_new, grades, shares=SHARES, measure=measure)
    mapped = expected_curve(3 * s_old + 7, 3 * s_new + 7, grades, shares=SHARES, measure=measure)

    np.testing.assert_array_equal(mapped, plain)


@settings(max_examples=20)
@given(case=cases())
def test_queries_do_not_touch_each_other(case: Case) -> None:
    s_old, s_new, grades = case

    together = expected_curve(s_old, s_new, grades, shares=SHARES, measure="nDCG@3")
    alone = expected_curve(s_old[:1], s_new[:1], grades[:1], shares=SHARES, measure="nDCG@3")

    np.testing.assert_array_equal(together[:, 0], alone[:, 0])


def test_a_query_without_a_relevant_document_scores_zero() -> None:
    assert not expected_curve([[1.0]], [[1.0]], [[0]], shares=SHARES, measure="nDCG@10").any()


@settings(max_examples=50)
@given(
    trials=st.lists(st.integers(0, 200_000), min_size=1, max_size=4),
    share=st.one_of(st.sampled_from([0.0, 1.0, 0.5]), st.floats(1e-9, 1)),
)
def test_probabilities_are_those_of_the_binomial_distribution(trials: list[int], share: float) -> None:
    from scipy.stats import binom  # noqa: PLC0415 - the oracle

    found = binomial(np.array(trials), np.array([share]), 30)

    wanted = binom.pmf(np.arange(30)[None], np.array(trials)[:, None], share)
    np.testing.assert_allclose(found[:, 0], wanted, rtol=1e-9, atol=1e-13)


def test_large_corpora_keep_their_rare_documents() -> None:
    """With a million rivals at f = 0.00001 the number above is Poisson(10), to four digits."""
    from scipy.stats import poisson  # noqa: PLC0415 - the oracle

    found = binomial(np.array([1_000_000]), np.array([1e-5]), 40)[0, 0]

    np.testing.assert_allclose(found, poisson.pmf(np.arange(40), 10), rtol=1e-3)


@pytest.mark.parametrize("measure", ["Judged@10", "Precision", "RecallCap"])
def test_measures_that_are_no_sum_over_relevant_documents_are_refused(measure: str) -> None:
    with pytest.raises(UsageError):
        expected_curve([[1.0]], [[1.0]], [[1]], shares=[0.5], measure=measure)


@pytest.mark.parametrize(
    ("s_old", "shares"), [([[np.nan]], [0.5]), ([[1.0, 2.0]], [0.5]), ([[1.0]], [1.5]), ([[1.0]], [np.nan])]
)
def test_broken_input_is_named(s_old: list[list[float]], shares: list[float]) -> None:
    with pytest.raises(InvalidValueError):
        expected_curve(s_old, [[1.0]], [[1]], shares=shares, measure="Recall@1")
