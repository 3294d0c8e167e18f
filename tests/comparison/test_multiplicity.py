"""Holm and Benjamini-Hochberg: known answers, statsmodels and scipy."""

import numpy as np
import pytest
from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st
from known_answers import expected, given
from scipy import stats
from statsmodels.stats.multitest import multipletests

from evalkit.comparison.multiplicity import benjamini_hochberg, holm
from evalkit.errors import InvalidValueError

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.parametrize("identity", ["P9", "P10"])
def test_both_have_the_known_answers(identity: str) -> None:
    values = given(identity)["p"]

    assert holm(values) == pytest.approx(expected(identity)["holm"], abs=1e-9)
    assert benjamini_hochberg(values) == pytest.approx(expected(identity)["bh"], abs=1e-9)


@pytest.mark.long
@settings(max_examples=15, deadline=None)  # statsmodels takes a twentieth of a second for each
@always(p_values)
def test_holm_agrees_with_statsmodels(values: list[float]) -> None:
    assert holm(values) == pytest.approx(multipletests(values, method="holm")[1], abs=1e-12)


@settings(deadline=None)
@always(p_values)
def test_benjamini_hochberg_agrees_with_scipy(values: list[float]) -> None:
    oracle = stats.false_discovery_control(values, method="bh")

    assert benjamini_hochberg(values) == pytest.approx(oracle, abs=1e-12)


@settings(deadline=None)
@always(p_values)
def test_adjusting_never_makes_a_p_value_smaller(values: list[float]) -> None:
    assert np.all(holm(values) >= values)
    assert np.all(benjamini_hochberg(values) >= values)
    assert np.all(holm(values) >= benjamini_hochberg(values) - 1e-12)


def test_none_stay_none() -> None:
    assert holm([]).size == benjamini_hochberg([]).size == 0


@pytest.mark.parametrize("values", [[0.1, np.nan], [0.1, 1.1], [-0.1], [[0.1]]])
def test_what_is_no_p_value_is_refused(values: list[float]) -> None:
    with pytest.raises(InvalidValueError):
        holm(values)
