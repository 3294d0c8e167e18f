"""The exponent of a log: found again where it is known, held against later queries, else refused."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import InvalidValueError
from evalkit.planning.zipf import ZipfFit, fit_zipf

DOCUMENTS = 4000


def log_of(s: float, queries: int, *, seed: int, k: int = 10, documents: int = DOCUMENTS) -> np.ndarray:
    """Return results that follow the law, which documents are popular being drawn as well."""
    rng = np.random.default_rng(seed)
    chances = np.arange(1, documents + 1) ** -s
    rows = rng.choice(documents, size=(queries, k), p=chances / chances.sum())
    return np.asarray(rng.permutation(documents)[rows])


@pytest.mark.parametrize("s", [0.3, 0.6, 0.8, 1.0, 1.3])
def test_the_exponent_that_made_a_log_is_found_again(s: float) -> None:
    found = fit_zipf(log_of(s, 1600, seed=5), DOCUMENTS)
    assert found.s == pytest.approx(s, abs=0.06)
    assert found.low <= found.s <= found.high
    assert abs(found.error) < 0.02
    assert (found.queries, found.later) == (800, 800)


def test_a_log_whose_interests_change_is_told_by_its_later_half() -> None:
    shown = log_of(1.0, 1000, seed=2)
    shown[500:] = (shown[500:] + DOCUMENTS // 2) % DOCUMENTS
    found = fit_zipf(shown, DOCUMENTS)
    assert found.error > 0.2
    assert found.low < found.s or found.high > found.s


def test_empty_places_count_for_nothing() -> None:
    shown = log_of(0.9, 800, seed=3)
    gaps = np.concatenate([shown, np.full_like(shown, -1)], axis=1)
    assert fit_zipf(gaps, DOCUMENTS) == fit_zipf(shown, DOCUMENTS)


@pytest.mark.parametrize("shown", [np.zeros((19, 3), int), np.full((40, 3), -1), np.zeros((0, 3), int)])
def test_what_tells_no_exponent_is_refused(shown: np.ndarray) -> None:
    with pytest.raises(InvalidValueError) as error:
        fit_zipf(shown, DOCUMENTS)
    assert error.value.findings[0].code == "EK760"


def test_a_log_that_touches_all_it_can_is_even() -> None:
    found = fit_zipf(np.arange(400).reshape(40, 10) % 200, 200)
    assert isinstance(found, ZipfFit)
    assert found.s == pytest.approx(0, abs=1e-6)
