"""Maps between two spaces: bridges, the quantile map, pseudo-queries and alignment."""

from __future__ import annotations

import numpy as np
from small_worlds import World, embedded, world

from evalkit.mixing.controls import rotated
from evalkit.mixing.curve import mix
from evalkit.mixing.options import MixOptions
from evalkit.spaces.calibration import (
    PseudoQueries,
)

RNG = np.random.default_rng(0)
OLD = RNG.normal(size=(300, 8)).astype(np.float32)
TURN = np.linalg.qr(RNG.normal(size=(8, 8)))[0]


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
