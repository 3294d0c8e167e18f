"""The lab on real documents and real models, against indexes that were really rebuilt."""

from __future__ import annotations

import numpy as np
import pytest
from small_worlds import World, rebuilt, values_of

from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddedset import embed
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.golden.folder import find_golden, read_golden
from evalkit.mixing.controls import rotated
from evalkit.mixing.curve import mix
from evalkit.mixing.orders import make_order

pytestmark = pytest.mark.slow

MEASURES = ("nDCG@10", "Recall@10", "MRR@10", "MAP@10")
RUNS = 25


@pytest.fixture(scope="module", params=["python-stdlib", "helpdesk"])
def shipped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A shipped golden set in two models of 384 dimensions."""
    golden = read_golden(find_golden(request.param))
    cache = VectorCache(tmp_path_factory.mktemp("vectors"))
    sides = [
        embed(golden, open_encoder(ModelSpec.parse(spec), golden), cache=cache)
        for spec in ("lsa/384", "st/all-MiniLM-L6-v2")
    ]
    return World(golden, sides[0], sides[1])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_expected_curve_is_the_mean_of_rebuilt_indexes(shipped: World, share: float) -> None:
    curve = mix(shipped.golden, shipped.old, shipped.new, shares=[share], measures=MEASURES)

    rng, counted = np.random.default_rng(0), shipped.golden.counted
    runs = [rebuilt(shipped, shipped.new, rng.random(shipped.documents) < share, 10) for _ in range(RUNS)]
    means = np.array([values_of(shipped, run, *MEASURES)[:, counted].mean(axis=1) for run in runs])
    errors = np.maximum(means.std(axis=0, ddof=1) / np.sqrt(RUNS), 1 / (RUNS * counted.sum()))
    expected = np.array([line.means[0] for line in curve.lines])
    assert np.all(np.abs(expected - means.mean(axis=0)) <= 4 * errors)


@pytest.mark.parametrize("order", ["id", "hot", "cluster"])
def test_a_fixed_order_equals_rebuilt_indexes_query_by_query(shipped: World, order: str) -> None:
    shares = np.array([0.0, 0.13, 0.5, 0.87, 1.0])
    made = make_order(order, shipped.golden, shipped.old, shipped.new, seed=1)

    curve = mix(shipped.golden, shipped.old, shipped.new, order=made, shares=shares, measures=MEASURES)

    assert made.positions is not None
    for step, share in enumerate(shares):
        index = rebuilt(shipped, shipped.new, made.positions <= share, 10)
        found = [line.values[step] for line in curve.lines]
        np.testing.assert_allclose(found, values_of(shipped, index, *MEASURES), atol=1e-12)


def test_the_rotated_control_breaks_the_accident_and_procrustes_restores_all(shipped: World) -> None:
    curve = mix(
        shipped.golden,
        shipped.new,
        rotated(shipped.new),
        strategies=["new-query", "dual-raw", "bridged"],
        shares=[0, 0.5, 1],
        measures=["nDCG@10"],
    )

    whole = curve.line("dual-raw").old_mean
    assert curve.line("new-query").means[0] < 0.05 * whole
    np.testing.assert_allclose(curve.line("dual-raw").means[[0, 2]], whole, atol=1e-6)
    np.testing.assert_allclose(curve.line("bridged").means, whole, atol=0.002)
