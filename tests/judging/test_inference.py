"""Prediction-powered inference: known answers, limits, and how often its interval covers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evalkit.errors import InvalidValueError
from evalkit.judging.inference import ppi

HUMAN = [0.1, -0.2, 0.3, 0.0, 0.25, 0.05, -0.1, 0.4, 0.15, 0.0]
MODEL_ON_HUMAN = [0.15, -0.1, 0.25, 0.05, 0.2, 0.1, 0.0, 0.3, 0.2, 0.05]
MODEL = np.round(np.linspace(-0.2, 0.5, 40), 3)


def test_with_lambda_one_it_is_what_ppi_py_gives() -> None:
    found = ppi(HUMAN, MODEL_ON_HUMAN, MODEL, lam=1)

    assert (found.estimate, found.low, found.high) == pytest.approx((0.125, 0.049469, 0.200531), abs=1e-6)


def test_lambda_is_the_one_of_least_variance() -> None:
    y, f, g = np.array(HUMAN), np.array(MODEL_ON_HUMAN), MODEL
    found = ppi(HUMAN, MODEL_ON_HUMAN, MODEL)
    rest = y - found.lam * f
    error = np.sqrt(found.lam**2 * g.var(ddof=1) / 40 + rest.var(ddof=1) / 10)

    assert found.lam == pytest.approx(np.cov(y, f)[0, 1] / (1.25 * f.var(ddof=1)))
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, 9) * error)
    assert found.estimate == pytest.approx(found.lam * g.mean() + rest.mean())


def test_without_trust_it_is_the_sample_of_people_alone() -> None:
    found = ppi(HUMAN, MODEL_ON_HUMAN, MODEL, lam=0)

    assert found.estimate == pytest.approx(np.mean(HUMAN))
    assert ppi(HUMAN, [0.5] * 10, MODEL).lam == 0


def test_it_covers_where_a_judge_alone_does_not() -> None:
    draw = np.random.default_rng(5)
    covered = alone = 0
    for _ in range(400):
        truth = draw.normal(0.0, 0.2, 560)
        said = 0.8 * truth + draw.normal(0.0, 0.12, 560) - 0.03  # ρ = .8, and a bias
        found = ppi(truth[:60], said[:60], said[60:])
        low, high = stats.t.interval(0.95, 559, said.mean(), stats.sem(said))
        covered += found.low <= 0 <= found.high
        alone += low <= 0 <= high

    assert covered / 400 >= 0.92
    assert alone / 400 <= 0.2


def test_samples_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="human"):
        ppi([0.1], [0.1], MODEL)
    with pytest.raises(InvalidValueError, match="same sample"):
        ppi(HUMAN, MODEL_ON_HUMAN[:-1], MODEL)
    with pytest.raises(InvalidValueError, match="model"):
        ppi(HUMAN, MODEL_ON_HUMAN, [0.1, float("nan")])
